// The `raw` format's options and column: one value is a whole record.
//
//   'raw.endianness' = 'little-endian'   column i INT   ->   01 00 00 00 is 1
#pragma once

#include <arrow/result.h>

#include "batch/type.h"
#include "formats/charset.h"
#include "plan/plan.h"

namespace sabot {

struct RawOptions {
  Charset charset = Charset::kUtf8;
  bool little_endian = false;
};

// Also checks that there is one column, of a type that raw has bytes for.
arrow::Result<RawOptions> ReadRawOptions(const Schema& columns, const PlanNode& node);

// Bytes of a value of the type; 0: any number.
int RawWidth(const Type& type);

}  // namespace sabot
