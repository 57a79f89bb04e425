// Flink's avro.* options.
#pragma once

#include <arrow/result.h>

#include <string>

#include "formats/avro_schema.h"
#include "plan/plan.h"

namespace sabot {

struct AvroOptions {
  std::string codec = "snappy";  // Of files that are written.
  AvroTimestamps timestamps = AvroTimestamps::kLegacy;
};

// Also checks that Avro has the columns' types.
arrow::Result<AvroOptions> ReadAvroOptions(const Schema& columns, const PlanNode& node);

}  // namespace sabot
