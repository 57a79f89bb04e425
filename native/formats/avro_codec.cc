// The codecs of Avro files.
#include "formats/avro_codec.h"

#include <arrow/util/compression.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace sabot {
namespace {

arrow::Status Damaged(const char* codec) {
  return arrow::Status::Invalid("the block is not what ", codec, " compressed");
}

arrow::Status TooLarge() {
  return arrow::Status::Invalid("the block is larger than it may be when decompressed");
}

class NullCodec final : public AvroCodec {
 public:
  arrow::Status Compress(std::string_view block, std::string* out) const override {
    out->append(block);
    return arrow::Status::OK();
  }
  arrow::Status Decompress(std::string_view block, int64_t, std::string* out) const override {
    out->assign(block);
    return arrow::Status::OK();
  }
};

// RFC 1951, without zlib's header.
class DeflateCodec final : public AvroCodec {
 public:
  arrow::Status Compress(std::string_view block, std::string* out) const override {
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      return arrow::Status::OutOfMemory("deflate");
    }
    const size_t begin = out->size();
    out->resize(begin + deflateBound(&stream, block.size()));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
    stream.avail_in = static_cast<uInt>(block.size());
    stream.next_out = reinterpret_cast<Bytef*>(out->data() + begin);
    stream.avail_out = static_cast<uInt>(out->size() - begin);
    const int result = deflate(&stream, Z_FINISH);
    out->resize(begin + stream.total_out);
    deflateEnd(&stream);
    return result == Z_STREAM_END ? arrow::Status::OK()
                                  : arrow::Status::UnknownError("deflate failed");
  }

  arrow::Status Decompress(std::string_view block, int64_t size_max,
                           std::string* out) const override {
    z_stream stream{};
    if (inflateInit2(&stream, -15) != Z_OK) return arrow::Status::OutOfMemory("inflate");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
    stream.avail_in = static_cast<uInt>(block.size());
    size_t size = 0;
    int result = Z_OK;
    out->resize(std::max<size_t>(4 * block.size(), 4'096));
    while (result == Z_OK) {
      if (size == out->size()) out->resize(2 * size);
      if (static_cast<int64_t>(size) > size_max) break;
      const size_t room = std::min<size_t>(out->size() - size, 1 << 30);
      stream.next_out = reinterpret_cast<Bytef*>(out->data() + size);
      stream.avail_out = static_cast<uInt>(room);
      result = inflate(&stream, Z_NO_FLUSH);
      size += room - stream.avail_out;
      if (result == Z_BUF_ERROR && stream.avail_in > 0) result = Z_OK;
    }
    inflateEnd(&stream);
    out->resize(size);
    if (static_cast<int64_t>(size) > size_max) return TooLarge();
    return result == Z_STREAM_END ? arrow::Status::OK() : Damaged("deflate");
  }
};

class ZstandardCodec final : public AvroCodec {
 public:
  arrow::Status Compress(std::string_view block, std::string* out) const override {
    const size_t begin = out->size();
    out->resize(begin + ZSTD_compressBound(block.size()));
    const size_t size = ZSTD_compress(out->data() + begin, out->size() - begin, block.data(),
                                      block.size(), ZSTD_CLEVEL_DEFAULT);
    if (ZSTD_isError(size)) return arrow::Status::UnknownError(ZSTD_getErrorName(size));
    out->resize(begin + size);
    return arrow::Status::OK();
  }

  // Java's writer streams: the frame need not say its size.
  arrow::Status Decompress(std::string_view block, int64_t size_max,
                           std::string* out) const override {
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                       &ZSTD_freeDCtx);
    ZSTD_inBuffer in{block.data(), block.size(), 0};
    out->resize(std::max<size_t>(4 * block.size(), 4'096));
    ZSTD_outBuffer to{out->data(), out->size(), 0};
    for (;;) {
      const size_t left = ZSTD_decompressStream(context.get(), &to, &in);
      if (ZSTD_isError(left)) return Damaged("zstandard");
      if (left == 0 && in.pos == in.size) break;
      if (to.pos < to.size && in.pos == in.size) return Damaged("zstandard");
      if (to.pos < to.size) continue;
      if (static_cast<int64_t>(to.pos) > size_max) return TooLarge();
      out->resize(2 * out->size());
      to = {out->data(), out->size(), to.pos};
    }
    out->resize(to.pos);
    return arrow::Status::OK();
  }
};

// Snappy is Arrow's.
class SnappyCodec final : public AvroCodec {
 public:
  explicit SnappyCodec(std::unique_ptr<arrow::util::Codec> codec) : codec_(std::move(codec)) {}

  // The block's CRC-32 stands behind it.
  arrow::Status Compress(std::string_view block, std::string* out) const override {
    const auto* bytes = reinterpret_cast<const uint8_t*>(block.data());
    const int64_t length = static_cast<int64_t>(block.size());
    const size_t begin = out->size();
    const int64_t bound = codec_->MaxCompressedLen(length, bytes);
    out->resize(begin + static_cast<size_t>(bound));
    ARROW_ASSIGN_OR_RAISE(
        const int64_t size,
        codec_->Compress(length, bytes, bound, reinterpret_cast<uint8_t*>(out->data() + begin)));
    out->resize(begin + static_cast<size_t>(size));
    const uint32_t checksum = Checksum(block);
    for (int shift = 24; shift >= 0; shift -= 8)
      out->push_back(static_cast<char>(checksum >> shift & 0xFF));
    return arrow::Status::OK();
  }

  arrow::Status Decompress(std::string_view block, int64_t size_max,
                           std::string* out) const override {
    if (block.size() < 5) return Damaged("snappy");
    uint32_t checksum = 0;
    for (const char c : block.substr(block.size() - 4))
      checksum = checksum << 8 | static_cast<unsigned char>(c);
    block.remove_suffix(4);
    // Snappy's block begins with its size.
    uint64_t size = 0;
    size_t i = 0;
    for (int shift = 0;; shift += 7, ++i) {
      if (i == block.size() || shift > 28) return Damaged("snappy");
      size |= static_cast<uint64_t>(block[i] & 0x7F) << shift;
      if ((block[i] & 0x80) == 0) break;
    }
    if (size > static_cast<uint64_t>(size_max)) return TooLarge();
    out->resize(static_cast<size_t>(size));
    const auto got = codec_->Decompress(
        static_cast<int64_t>(block.size()), reinterpret_cast<const uint8_t*>(block.data()),
        static_cast<int64_t>(size), reinterpret_cast<uint8_t*>(out->data()));
    if (!got.ok() || *got != static_cast<int64_t>(size) || Checksum(*out) != checksum)
      return Damaged("snappy");
    return arrow::Status::OK();
  }

 private:
  static uint32_t Checksum(std::string_view bytes) {
    return static_cast<uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  }

  const std::unique_ptr<arrow::util::Codec> codec_;
};

}  // namespace

arrow::Result<std::unique_ptr<AvroCodec>> MakeAvroCodec(const std::string& name) {
  if (name == "null") return std::make_unique<NullCodec>();
  if (name == "deflate") return std::make_unique<DeflateCodec>();
  if (name == "zstandard") return std::make_unique<ZstandardCodec>();
  if (name == "snappy") {
    ARROW_ASSIGN_OR_RAISE(auto codec, arrow::util::Codec::Create(arrow::Compression::SNAPPY));
    return std::make_unique<SnappyCodec>(std::move(codec));
  }
  return UserError(
      "unknown-codec", name,
      "there is no codec '" + name + "' for Avro files; known: null, deflate, snappy, zstandard");
}

}  // namespace sabot
