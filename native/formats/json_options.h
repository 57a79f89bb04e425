// Options that all formats over JSON have, each under its own name: `json.ignore-parse-errors`,
// `debezium-json.ignore-parse-errors`.
#pragma once

#include <arrow/result.h>

#include <string>

#include "formats/changelog_json.h"
#include "formats/format_options.h"
#include "formats/json_reader.h"
#include "formats/json_writer.h"
#include "plan/plan.h"

namespace sabot {

// As Flink's reader that makes a tree first: the last of equal names counts, and fractions are
// doubles, or decimals where some column of `columns` is.
void ReadAsTree(const Schema& columns, JsonReadOptions* read);

// The node's options of a changelog format.
arrow::Result<FormatOptions> ReadChangelogJsonOptions(const ChangelogJson& format,
                                                      const PlanNode& node);

arrow::Result<JsonReadOptions> ReadJsonReadOptions(const FormatOptions& options,
                                                   const std::string& format);
arrow::Result<JsonWriteOptions> ReadJsonWriteOptions(const FormatOptions& options,
                                                     const std::string& format);

// Flink's JSON has no text for some types: an error that names the column.
arrow::Status CheckJsonReadable(const Type& type, const std::string& column,
                                const std::string& format);

}  // namespace sabot
