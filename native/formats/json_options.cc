// Options of formats over JSON.
#include "formats/json_options.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace sabot {
namespace {

arrow::Result<bool> IsIso(const FormatOptions& options, const std::string& format) {
  const std::string option = format + ".timestamp-format.standard";
  const std::string standard = options.String(option, "SQL");
  if (standard != "SQL" && standard != "ISO-8601") {
    return UserError("invalid-option", option,
                     "option '" + option + "' must be 'SQL' or 'ISO-8601', not '" + standard + "'");
  }
  return standard == "ISO-8601";
}

bool HasDecimal(const Type& type) {
  return type.kind == TypeKind::kDecimal ||
         std::any_of(type.children.begin(), type.children.end(), HasDecimal);
}

}  // namespace

arrow::Result<JsonReadOptions> ReadJsonReadOptions(const FormatOptions& options,
                                                   const std::string& format) {
  JsonReadOptions read;
  ARROW_ASSIGN_OR_RAISE(read.ignore_parse_errors,
                        options.Bool(format + ".ignore-parse-errors", false));
  ARROW_ASSIGN_OR_RAISE(read.iso_timestamps, IsIso(options, format));
  return read;
}

arrow::Result<JsonWriteOptions> ReadJsonWriteOptions(const FormatOptions& options,
                                                     const std::string& format) {
  JsonWriteOptions write;
  write.format = format;
  ARROW_ASSIGN_OR_RAISE(write.iso_timestamps, IsIso(options, format));
  ARROW_ASSIGN_OR_RAISE(write.plain_decimals,
                        options.Bool(format + ".encode.decimal-as-plain-number", false));
  ARROW_ASSIGN_OR_RAISE(write.omit_nulls,
                        options.Bool(format + ".encode.ignore-null-fields", false));
  const std::string option = format + ".map-null-key.mode";
  const std::string mode = options.String(option, "FAIL");
  if (mode == "FAIL") {
    write.null_keys = JsonWriteOptions::NullKeys::kFail;
  } else if (mode == "DROP") {
    write.null_keys = JsonWriteOptions::NullKeys::kDrop;
  } else if (mode == "LITERAL") {
    write.null_keys = JsonWriteOptions::NullKeys::kLiteral;
  } else {
    return UserError("invalid-option", option,
                     "option '" + option + "' must be FAIL, DROP or LITERAL, not '" + mode + "'");
  }
  write.null_key = options.String(format + ".map-null-key.literal", "null");
  return write;
}

void ReadAsTree(const Schema& columns, JsonReadOptions* read) {
  read->last_name_wins = true;
  const bool decimals = std::any_of(columns.begin(), columns.end(),
                                    [](const Field& column) { return HasDecimal(column.type); });
  read->number_text = decimals ? JsonNumberText::kDecimal : JsonNumberText::kDouble;
}

arrow::Result<FormatOptions> ReadChangelogJsonOptions(const ChangelogJson& format,
                                                      const PlanNode& node) {
  std::vector<std::string> names = {"ignore-parse-errors",       "timestamp-format.standard",
                                    "map-null-key.mode",         "map-null-key.literal",
                                    "encode.ignore-null-fields", "encode.decimal-as-plain-number"};
  if (format.has_payload) names.emplace_back("schema-include");
  if (format.has_filters) names.insert(names.end(), {"database.include", "table.include"});
  std::vector<std::string_view> known;
  for (std::string& name : names) {
    name.insert(0, std::string(format.name) + ".");
    known.push_back(name);
  }
  return FormatOptions::Read(node, known);
}

arrow::Status CheckJsonReadable(const Type& type, const std::string& column,
                                const std::string& format) {
  switch (type.kind) {
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return UserError(
          "unsupported-type", column,
          "format '" + format + "' cannot read column '" + column + "' of type " + ToString(type));
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      if (!type.children[0].is_string()) {
        return UserError("unsupported-type", column,
                         "format '" + format + "' reads maps with text keys only; column '" +
                             column + "' is " + ToString(type));
      }
      break;
    default:
      break;
  }
  for (const Type& child : type.children) RETURN_NOT_OK(CheckJsonReadable(child, column, format));
  return arrow::Status::OK();
}

}  // namespace sabot
