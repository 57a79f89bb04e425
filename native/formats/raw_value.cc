// Options and types of the `raw` format.
#include "formats/raw_value.h"

#include "base/error.h"
#include "formats/format_options.h"

namespace sabot {

int RawWidth(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
    case TypeKind::kTinyint:
      return 1;
    case TypeKind::kSmallint:
      return 2;
    case TypeKind::kInteger:
    case TypeKind::kFloat:
      return 4;
    case TypeKind::kBigint:
    case TypeKind::kDouble:
      return 8;
    default:
      return 0;
  }
}

arrow::Result<RawOptions> ReadRawOptions(const Schema& columns, const PlanNode& node) {
  static constexpr std::string_view kNames[] = {"raw.charset", "raw.endianness"};
  ARROW_ASSIGN_OR_RAISE(const FormatOptions given, FormatOptions::Read(node, kNames));
  if (columns.size() != 1) {
    return node.Error("format 'raw' has one column, not " + std::to_string(columns.size()));
  }
  const Type& type = columns[0].type;
  if (RawWidth(type) == 0 && !type.is_string() && !type.is_bytes()) {
    return UserError(
        "unsupported-type", columns[0].name,
        "format 'raw' has no bytes for column '" + columns[0].name + "' of type " + ToString(type));
  }
  RawOptions options;
  const std::string charset = given.String("raw.charset", "UTF-8");
  const auto found = FindCharset(charset);
  if (!found.has_value()) {
    return UserError("invalid-option", "raw.charset",
                     "option 'raw.charset' has no charset '" + charset +
                         "'; known: UTF-8, US-ASCII, ISO-8859-1, UTF-16, UTF-16BE, UTF-16LE");
  }
  options.charset = *found;
  const std::string endianness = given.String("raw.endianness", "big-endian");
  if (endianness != "big-endian" && endianness != "little-endian") {
    return UserError("invalid-option", "raw.endianness",
                     "option 'raw.endianness' must be 'big-endian' or 'little-endian', not '" +
                         endianness + "'");
  }
  options.little_endian = endianness == "little-endian";
  return options;
}

}  // namespace sabot
