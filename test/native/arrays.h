// Arrow arrays for tests, from JSON: Array(arrow::int64(), "[1, null, 3]").
#pragma once

#include <arrow/json/from_string.h>

#include <memory>
#include <string_view>

#include "batch/batch.h"

namespace sabot {

inline ArrayPtr Array(const std::shared_ptr<arrow::DataType>& type, std::string_view json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

}  // namespace sabot
