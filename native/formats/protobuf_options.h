// Flink's protobuf.* options, and the messages that the plan describes beside them.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <string>

#include "formats/protobuf_schema.h"
#include "plan/plan.h"

namespace sabot {

struct ProtobufOptions {
  std::shared_ptr<const ProtobufSchema> schema;
  bool ignore_parse_errors = false;
  bool read_default_values = false;
  std::string null_text;  // What is written for NULL in an array or map of text.
};

arrow::Result<ProtobufOptions> ReadProtobufOptions(const PlanNode& node);

}  // namespace sabot
