// A file's bytes in order.
#include "connectors/file/byte_stream.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/error.h"

namespace sabot {
namespace {

constexpr int64_t kCompressedBytes = 128 << 10;  // Read at once.

class PlainStream final : public ByteStream {
 public:
  PlainStream(FileSystem& files, const std::string& path, const IoContext& io)
      : file_(files, path, io) {}
  arrow::Result<int64_t> Read(char* to, int64_t size) override { return file_.Read(to, size); }
  void Seek(int64_t offset, int64_t until) override { file_.Seek(offset, until); }

 private:
  ReadAhead file_;
};

// What the two decompressors share: compressed input in pieces, skipping, damage.
class CompressedStream : public ByteStream {
 public:
  CompressedStream(FileSystem& files, const std::string& path, const IoContext& io)
      : path_(path), file_(files, path, io), input_(static_cast<size_t>(kCompressedBytes)) {}

  arrow::Result<int64_t> Read(char* to, int64_t size) override {
    while (offset_ < skip_to_) {
      skipped_.resize(static_cast<size_t>(kCompressedBytes));
      ARROW_ASSIGN_OR_RAISE(
          const int64_t got,
          ReadOn(skipped_.data(), std::min(kCompressedBytes, skip_to_ - offset_)));
      if (got == kNotYet) return kNotYet;
      if (got == 0) return Damaged("it is shorter than before");
    }
    return ReadOn(to, size);
  }

  void Seek(int64_t offset, int64_t) override {
    SABOT_CHECK(offset >= offset_);
    skip_to_ = offset;
  }

 protected:
  // Decompresses some of input() into `to`; calls Consume.
  virtual arrow::Result<int64_t> Inflate(char* to, int64_t size) = 0;
  virtual bool AtFrameEnd() const = 0;

  std::string_view input() const { return {input_.data() + input_at_, input_size_ - input_at_}; }
  void Consume(size_t count) { input_at_ += count; }
  arrow::Status Damaged(const std::string& how) const {
    return UserError(
        "bad-record", path_,
        "cannot decompress '" + path_ + "' at byte " +
            std::to_string(file_offset_ - static_cast<int64_t>(input_size_ - input_at_)) + ": " +
            how);
  }

 private:
  arrow::Result<int64_t> ReadOn(char* to, int64_t size) {
    int64_t done = 0;
    while (done < size) {
      if (input_at_ == input_size_ && !input_ended_) {
        ARROW_ASSIGN_OR_RAISE(const int64_t got, file_.Read(input_.data(), kCompressedBytes));
        if (got == kNotYet) {
          if (done == 0) return kNotYet;
          break;
        }
        file_offset_ += got;
        input_at_ = 0;
        input_size_ = static_cast<size_t>(got);
        input_ended_ = got == 0;
      }
      ARROW_ASSIGN_OR_RAISE(const int64_t got, Inflate(to + done, size - done));
      done += got;
      if (got == 0 && input_ended_) {
        if (!AtFrameEnd()) return Damaged("it ends early");
        break;
      }
    }
    offset_ += done;
    return done;
  }

  const std::string path_;
  ReadAhead file_;
  std::vector<char> input_;
  size_t input_at_ = 0;
  size_t input_size_ = 0;
  bool input_ended_ = false;
  int64_t file_offset_ = 0;
  int64_t offset_ = 0;
  int64_t skip_to_ = 0;
  std::vector<char> skipped_;  // Scratch.
};

class GzipStream final : public CompressedStream {
 public:
  using CompressedStream::CompressedStream;
  ~GzipStream() override { inflateEnd(&state_); }
  arrow::Status Open() {
    SABOT_CHECK(inflateInit2(&state_, 15 + 16) == Z_OK);  // 16: a gzip header.
    return arrow::Status::OK();
  }

 protected:
  arrow::Result<int64_t> Inflate(char* to, int64_t size) override {
    if (input().empty()) return 0;
    if (at_frame_end_) {
      SABOT_CHECK(inflateReset(&state_) == Z_OK);  // The next member.
      at_frame_end_ = false;
    }
    const size_t before = input().size();
    state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input().data()));
    state_.avail_in = static_cast<uInt>(before);
    state_.next_out = reinterpret_cast<Bytef*>(to);
    state_.avail_out = static_cast<uInt>(std::min<int64_t>(size, 1 << 30));
    const int64_t room = state_.avail_out;
    const int result = inflate(&state_, Z_NO_FLUSH);
    Consume(before - state_.avail_in);
    if (result == Z_STREAM_END) {
      at_frame_end_ = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return Damaged(state_.msg != nullptr ? state_.msg : "it is damaged");
    }
    return room - static_cast<int64_t>(state_.avail_out);
  }
  bool AtFrameEnd() const override { return at_frame_end_; }

 private:
  z_stream state_{};
  bool at_frame_end_ = false;
};

class ZstdStream final : public CompressedStream {
 public:
  using CompressedStream::CompressedStream;

 protected:
  arrow::Result<int64_t> Inflate(char* to, int64_t size) override {
    ZSTD_inBuffer in{input().data(), input().size(), 0};
    ZSTD_outBuffer out{to, static_cast<size_t>(size), 0};
    const size_t result = ZSTD_decompressStream(state_.get(), &out, &in);
    if (ZSTD_isError(result) != 0) return Damaged(ZSTD_getErrorName(result));
    if (in.pos > 0 || out.pos > 0) at_frame_end_ = result == 0;
    Consume(in.pos);
    return static_cast<int64_t>(out.pos);
  }
  bool AtFrameEnd() const override { return at_frame_end_; }

 private:
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> state_{ZSTD_createDCtx(), &ZSTD_freeDCtx};
  bool at_frame_end_ = false;
};

}  // namespace

arrow::Result<Compression> CompressionOf(const std::string& path) {
  const size_t dot = path.rfind('.');
  if (dot == std::string::npos || path.find('/', dot) != std::string::npos)
    return Compression::kNone;
  const std::string extension = path.substr(dot + 1);
  if (extension == "gz" || extension == "gzip") return Compression::kGzip;
  if (extension == "zst" || extension == "zstd") return Compression::kZstd;
  if (extension == "bz2" || extension == "xz" || extension == "deflate") {
    return UserError(
        "io", path,
        "cannot read '" + path + "': ." + extension + " is not supported; known are .gz and .zst");
  }
  return Compression::kNone;
}

arrow::Result<std::unique_ptr<ByteStream>> OpenByteStream(FileSystem& files,
                                                          const std::string& path,
                                                          const IoContext& io) {
  ARROW_ASSIGN_OR_RAISE(const Compression compression, CompressionOf(path));
  switch (compression) {
    case Compression::kNone:
      return std::make_unique<PlainStream>(files, path, io);
    case Compression::kGzip: {
      auto stream = std::make_unique<GzipStream>(files, path, io);
      ARROW_RETURN_NOT_OK(stream->Open());
      return stream;
    }
    case Compression::kZstd:
      return std::make_unique<ZstdStream>(files, path, io);
  }
  SABOT_CHECK(false);
}

}  // namespace sabot
