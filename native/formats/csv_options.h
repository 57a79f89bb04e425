// What a CSV file looks like: Flink's csv.* options.
#pragma once

#include <arrow/result.h>

#include <optional>
#include <string>

#include "plan/plan.h"

namespace sabot {

struct CsvOptions {
  char delimiter = ',';
  std::optional<char> quote = '"';
  std::optional<char> escape;
  std::optional<std::string> null_literal;
  std::string array_delimiter = ";";
  bool ignore_parse_errors = false;
  bool allow_comments = false;
  bool scientific_decimals = true;
  bool trim_spaces = false;
  bool empty_string_as_null = false;
  bool allow_trailing_comma = true;  // An empty field too many at a record's end.
  bool ignore_trailing_unmappable = false;
  bool fail_on_missing_columns = false;  // Also where errors are ignored: the record is dropped.

  static arrow::Result<CsvOptions> Read(const PlanNode& node);
};

}  // namespace sabot
