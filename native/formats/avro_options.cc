// Options of the `avro` format.
#include "formats/avro_options.h"

#include "base/error.h"
#include "formats/format_options.h"

namespace sabot {

arrow::Result<AvroOptions> ReadAvroOptions(const Schema& columns, const PlanNode& node) {
  static constexpr std::string_view kNames[] = {"avro.codec", "avro.encoding",
                                                "avro.timestamp_mapping.legacy"};
  ARROW_ASSIGN_OR_RAISE(const FormatOptions given, FormatOptions::Read(node, kNames));
  AvroOptions options;
  options.codec = given.String("avro.codec", options.codec);
  ARROW_ASSIGN_OR_RAISE(const bool legacy, given.Bool("avro.timestamp_mapping.legacy", true));
  options.timestamps = legacy ? AvroTimestamps::kLegacy : AvroTimestamps::kRight;
  const std::string encoding = given.String("avro.encoding", "binary");
  if (encoding != "binary") {
    return UserError("invalid-option", "avro.encoding",
                     "option 'avro.encoding' must be 'binary', not '" + encoding + "'");
  }
  for (const Field& column : columns) {
    ARROW_RETURN_NOT_OK(CheckAvroType(column.type, column.name, options.timestamps));
  }
  return options;
}

}  // namespace sabot
