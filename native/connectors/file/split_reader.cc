// Reading a part of a file through a decoder.
#include "connectors/file/split_reader.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/error.h"

namespace sabot {
namespace {

constexpr int64_t kReadBytes = 256 << 10;  // At once: stays in the processor's second-level cache.
constexpr int64_t kRecordBytesMax = 1LL << 30;  // A record must fit the buffer.
constexpr int64_t kStripeReadBytesMin = 4 << 10;

// The line that begins at or contains `offset`, by counting from the start; 0 where that fails.
int64_t LineOf(FileSystem& files, const std::string& path, int64_t offset) {
  auto stream = OpenByteStream(files, path, {});
  if (!stream.ok()) return 0;
  std::vector<char> bytes(static_cast<size_t>(kReadBytes));
  int64_t line = 1;
  for (int64_t at = 0; at < offset;) {
    const auto got = (*stream)->Read(bytes.data(), std::min(kReadBytes, offset - at));
    if (!got.ok() || *got == 0) return 0;
    line += std::count(bytes.begin(), bytes.begin() + *got, '\n');
    at += *got;
  }
  return line;
}

}  // namespace

void FileSplit::Write(ByteWriter& to) const {
  to.Bytes(path);
  to.I64(size);
  to.I64(modified_ms);
  to.I64(stripe_bytes);
  to.I64(first_stripe);
  to.I64(num_readers);
  to.I64(stripe);
  to.I64(offset);
  to.I64(aligned ? 1 : 0);
}

FileSplit FileSplit::Read(ByteReader& from) {
  FileSplit split;
  split.path = std::string(from.Bytes());
  split.size = from.I64();
  split.modified_ms = from.I64();
  split.stripe_bytes = from.I64();
  split.first_stripe = from.I64();
  split.num_readers = from.I64();
  split.stripe = from.I64();
  split.offset = from.I64();
  split.aligned = from.I64() != 0;
  return split;
}

SplitReader::SplitReader(FileSystem& files, FileSplit split, IoContext io)
    : files_(files), split_(std::move(split)), io_(std::move(io)) {}

int64_t SplitReader::stripe_end() const {
  if (split_.stripe_bytes == 0) return compressed_ ? INT64_MAX : split_.size;
  return std::min((split_.stripe + 1) * split_.stripe_bytes, split_.size);
}

arrow::Status SplitReader::Open(Decoder& decoder) {
  ARROW_ASSIGN_OR_RAISE(const Compression compression, CompressionOf(split_.path));
  compressed_ = compression != Compression::kNone;
  ARROW_ASSIGN_OR_RAISE(stream_, OpenByteStream(files_, split_.path, io_));
  buffer_.resize(static_cast<size_t>(2 * kReadBytes + kDecodePadding));
  if (split_.offset == 0) split_.aligned = true;
  decoder.SetPlace(Place());
  if (split_.aligned && !NeedsHeader(decoder)) SeekTo(split_.offset);
  return arrow::Status::OK();
}

void SplitReader::SeekTo(int64_t offset) {
  stream_->Seek(offset, stripe_end());
  position_ = offset;
  begin_ = end_ = 0;
}

RecordPlace SplitReader::Place() const {
  RecordPlace place;
  place.file = split_.path;
  place.offset = split_.offset;
  place.find_line = [&files = files_, path = split_.path](int64_t offset) {
    return LineOf(files, path, offset);
  };
  return place;
}

// Makes room behind end_ and reads what comes next.
arrow::Result<bool> SplitReader::ReadMore() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  // A long record is read in ever larger pieces, so that looking for its end again and again stays
  // cheap.
  const int64_t growth = static_cast<int64_t>(end_) / 2;
  int64_t wanted = std::max(kReadBytes, growth);
  if (!compressed_) {
    const int64_t left = std::max({stripe_end() - buffered_end(), kStripeReadBytesMin, growth});
    wanted = std::min({wanted, left, split_.size - buffered_end()});
  }
  if (wanted <= 0) {
    at_end_of_file_ = true;
    return true;
  }
  if (end_ + static_cast<size_t>(wanted + kDecodePadding) > buffer_.size()) {
    if (static_cast<int64_t>(end_) >= kRecordBytesMax) {
      return BadRecord(Place(), {buffer_.data(), 64}, 0, "a record is longer than 1 GiB");
    }
    buffer_.resize(2 * buffer_.size());
  }
  wanted = std::min(wanted, static_cast<int64_t>(buffer_.size() - end_) - kDecodePadding);
  ARROW_ASSIGN_OR_RAISE(const int64_t got, stream_->Read(buffer_.data() + end_, wanted));
  if (got == kNotYet) return false;
  end_ += static_cast<size_t>(got);
  bytes_read_ += got;
  if (got == 0) at_end_of_file_ = true;
  return true;
}

// Finds the first record that begins in the stripe: reads from one byte before it. split_ stays at
// the stripe's beginning until then, for a snapshot may be taken meanwhile.
arrow::Result<SplitReader::Aligned> SplitReader::AlignToRecord(Decoder& decoder) {
  SABOT_CHECK(split_.offset > 0);
  if (!std::exchange(aligning_, true)) SeekTo(split_.offset - 1);
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const bool read, ReadMore());
    if (!read) return Aligned::kNoBytesYet;
    const char* from = buffer_.data() + begin_;
    const void* newline = begin_ == end_ ? nullptr : std::memchr(from, '\n', end_ - begin_);
    const size_t skipped = newline == nullptr
                               ? end_ - begin_
                               : static_cast<size_t>(static_cast<const char*>(newline) - from) + 1;
    begin_ += skipped;
    position_ += static_cast<int64_t>(skipped);
    const bool beyond = position_ >= stripe_end();
    if (newline == nullptr && !at_end_of_file_ && !beyond) continue;
    aligning_ = false;
    if (newline == nullptr || beyond) return Aligned::kNoRecord;
    split_.offset = position_;
    split_.aligned = true;
    decoder.SetPlace(Place());
    return Aligned::kYes;
  }
}

// In the middle of a file, what stands at its beginning has to be read first.
bool SplitReader::NeedsHeader(const Decoder& decoder) const {
  return split_.offset > 0 && decoder.needs_header();
}

arrow::Result<bool> SplitReader::ReadHeader(Decoder& decoder) {
  if (!std::exchange(reading_header_, true)) SeekTo(0);
  for (;;) {
    const std::string_view data(buffer_.data() + begin_, end_ - begin_);
    ARROW_ASSIGN_OR_RAISE(const size_t size, decoder.DecodeHeader(data, at_end_of_file_));
    if (size > 0) break;
    ARROW_ASSIGN_OR_RAISE(const bool read, ReadMore());
    if (!read) return false;
  }
  reading_header_ = at_end_of_file_ = false;
  SeekTo(split_.offset);
  return true;
}

// To the reader's next stripe; false where the file has no more.
bool SplitReader::NextStripe() {
  records_end_ = -1;
  begin_ = end_ = 0;
  if (split_.stripe_bytes == 0) return false;
  split_.stripe += split_.num_readers;
  split_.offset = split_.stripe * split_.stripe_bytes;
  split_.aligned = false;
  at_end_of_file_ = false;
  return split_.offset < split_.size;
}

// The stripe's last record ends with the first newline at or behind the stripe's last byte.
void SplitReader::FindEnd() {
  if (records_end_ >= 0) return;
  const int64_t last_byte = stripe_end() - 1;
  if (split_.offset > last_byte) {
    // Restored behind the stripe's last record: what comes next is another reader's.
    records_end_ = split_.offset;
    return;
  }
  if (buffered_end() > last_byte) {
    const int64_t from = std::max(last_byte - split_.offset, int64_t{0});
    const char* begin = buffer_.data() + begin_ + from;
    const char* end = buffer_.data() + end_;
    const void* newline =
        begin < end ? std::memchr(begin, '\n', static_cast<size_t>(end - begin)) : nullptr;
    if (newline != nullptr) {
      records_end_ = split_.offset + from + (static_cast<const char*>(newline) - begin) + 1;
      return;
    }
  }
  if (at_end_of_file_) records_end_ = buffered_end();
}

arrow::Result<FillResult> SplitReader::Fill(Decoder& decoder, int64_t rows_max) {
  while (!decoder.full(rows_max)) {
    if (NeedsHeader(decoder)) {
      ARROW_ASSIGN_OR_RAISE(const bool read, ReadHeader(decoder));
      if (!read) return FillResult::kNoBytesYet;
      continue;
    }
    if (!split_.aligned) {
      ARROW_ASSIGN_OR_RAISE(const Aligned aligned, AlignToRecord(decoder));
      if (aligned == Aligned::kNoBytesYet) return FillResult::kNoBytesYet;
      if (aligned == Aligned::kNoRecord && !NextStripe()) return FillResult::kEnded;
      continue;
    }
    FindEnd();
    const bool whole = records_end_ >= 0;
    const int64_t end = whole ? records_end_ : buffered_end();
    const std::string_view data(buffer_.data() + begin_, static_cast<size_t>(end - split_.offset));
    if (!data.empty()) {
      ARROW_ASSIGN_OR_RAISE(const size_t used, decoder.Decode(data, whole, rows_max));
      begin_ += used;
      split_.offset += static_cast<int64_t>(used);
      position_ = split_.offset;
      if (decoder.full(rows_max)) break;
    }
    if (whole) {
      SABOT_CHECK(split_.offset == records_end_);
      if (!NextStripe()) return FillResult::kEnded;
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(const bool read, ReadMore());
    if (!read) return FillResult::kNoBytesYet;
  }
  return FillResult::kFull;
}

}  // namespace sabot
