// A file's bytes in order, decompressed where its name says that it is compressed.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/file/read_ahead.h"

namespace sabot {

enum class Compression : uint8_t { kNone, kGzip, kZstd };

// By the name's extension: .gz and .gzip, .zst and .zstd. Flink's others (.bz2, .xz, .deflate) are
// an error.
arrow::Result<Compression> CompressionOf(const std::string& path);

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // At most `size` bytes; 0 only at the end; kNotYet: the waker will be called.
  virtual arrow::Result<int64_t> Read(char* to, int64_t size) = 0;
  // The next Read is from this (uncompressed) offset on, and nothing behind `until` is read before
  // it is asked for. A compressed stream reads up to there, and only forwards.
  virtual void Seek(int64_t offset, int64_t until = INT64_MAX) = 0;
};

// A missing file is found out by Read.
arrow::Result<std::unique_ptr<ByteStream>> OpenByteStream(FileSystem& files,
                                                          const std::string& path,
                                                          const IoContext& io);

}  // namespace sabot
