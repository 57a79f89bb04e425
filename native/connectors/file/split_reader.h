// One reader's part of one file, and reading it through a decoder.
//
// A file of which several subtasks read parts is cut in stripes of equal size; reader i of n reads
// stripes i, i + n, i + 2n, ..., so that all of them move through the file, and through event time,
// together. A record belongs to the stripe where it begins.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/file/byte_stream.h"
#include "formats/format.h"
#include "state/snapshot.h"

namespace sabot {

struct FileSplit {
  std::string path;
  int64_t size = 0;  // As listed: what is appended later is not read.
  int64_t modified_ms = 0;
  int64_t stripe_bytes = 0;  // 0: the whole file is one stripe.
  int64_t first_stripe = 0;
  int64_t num_readers = 1;
  // Position: the next record to read.
  int64_t stripe = 0;
  int64_t offset = 0;    // Uncompressed.
  bool aligned = false;  // Whether offset is a record's beginning; else it is the stripe's.

  void Write(ByteWriter& to) const;
  static FileSplit Read(ByteReader& from);
};

// Why Fill came back.
enum class FillResult : uint8_t { kFull, kNoBytesYet, kEnded };

class SplitReader {
 public:
  SplitReader(FileSystem& files, FileSplit split, IoContext io);

  arrow::Status Open(Decoder& decoder);
  // Decodes until the decoder is full, the split has ended or bytes have to be waited for.
  arrow::Result<FillResult> Fill(Decoder& decoder, int64_t rows_max);
  // With the position behind what was decoded.
  const FileSplit& split() const { return split_; }
  int64_t TakeBytesRead() { return std::exchange(bytes_read_, 0); }

 private:
  enum class Aligned : uint8_t { kYes, kNoBytesYet, kNoRecord };

  RecordPlace Place() const;
  void SeekTo(int64_t offset);
  arrow::Result<Aligned> AlignToRecord(Decoder& decoder);
  bool NeedsHeader(const Decoder& decoder) const;
  // False: bytes have to be waited for.
  arrow::Result<bool> ReadHeader(Decoder& decoder);
  // False: bytes have to be waited for.
  arrow::Result<bool> ReadMore();
  bool NextStripe();
  void FindEnd();
  int64_t stripe_end() const;
  int64_t buffered_end() const { return position_ + static_cast<int64_t>(end_ - begin_); }

  FileSystem& files_;
  FileSplit split_;
  const IoContext io_;
  bool compressed_ = false;
  std::unique_ptr<ByteStream> stream_;
  // buffer_[begin_..end_) are the bytes from position_ on, which is split_.offset where that is
  // aligned; kDecodePadding behind end_ are allocated.
  std::vector<char> buffer_;
  int64_t position_ = 0;
  bool aligning_ = false;
  bool reading_header_ = false;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool at_end_of_file_ = false;
  int64_t records_end_ = -1;  // Where the stripe's last record ends; -1 while unknown.
  int64_t bytes_read_ = 0;
};

}  // namespace sabot
