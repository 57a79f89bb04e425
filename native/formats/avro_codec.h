// How the blocks of an Avro file are compressed: null, deflate, snappy, zstandard.
//
//   block   ->   compressed block, and back
//
// No state between blocks.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <string>
#include <string_view>

namespace sabot {

class AvroCodec {
 public:
  virtual ~AvroCodec() = default;
  virtual arrow::Status Compress(std::string_view block, std::string* out) const = 0;
  // Replaces what is in `out`. `size_max` bounds what damaged bytes can ask for.
  virtual arrow::Status Decompress(std::string_view block, int64_t size_max,
                                   std::string* out) const = 0;
};

// By the name that files have in `avro.codec`; an error for one that is not there.
arrow::Result<std::unique_ptr<AvroCodec>> MakeAvroCodec(const std::string& name);

}  // namespace sabot
