// Confluent's wire format.
#include "formats/avro_confluent.h"

#include <utility>

#include "formats/format_options.h"

namespace sabot {

bool ReadConfluentHeader(std::string_view message, int32_t* schema_id) {
  if (message.size() < kConfluentHeaderBytes || message[0] != '\0') return false;
  uint32_t id = 0;
  for (const char c : message.substr(1, 4)) id = id << 8 | static_cast<unsigned char>(c);
  *schema_id = static_cast<int32_t>(id);
  return true;
}

void AppendConfluentHeader(int32_t schema_id, std::string* out) {
  out->push_back('\0');
  for (int shift = 24; shift >= 0; shift -= 8)
    out->push_back(static_cast<char>(static_cast<uint32_t>(schema_id) >> shift & 0xFF));
}

arrow::Result<AvroConfluentOptions> ReadAvroConfluentOptions(const std::string& format,
                                                             const Schema& columns,
                                                             const PlanNode& node) {
  const std::string url = format + ".url";
  const std::string subject = format + ".subject";
  const std::string_view names[] = {url, subject};
  ARROW_ASSIGN_OR_RAISE(const FormatOptions given, FormatOptions::Read(node, names));
  AvroConfluentOptions options;
  options.subject = given.String(subject, "");
  for (const Field& column : columns) {
    ARROW_RETURN_NOT_OK(CheckAvroType(column.type, column.name, options.timestamps));
  }
  return options;
}

arrow::Result<std::string> DebeziumAvroSchemaOf(const Schema& columns, AvroTimestamps timestamps) {
  Type row;
  row.kind = TypeKind::kRow;
  for (const Field& column : columns) {
    row.names.push_back(column.name);
    row.children.push_back(column.type);
  }
  Type op;
  op.kind = TypeKind::kVarchar;
  ARROW_ASSIGN_OR_RAISE(
      const std::string record,
      AvroSchemaOf({{"before", row}, {"after", std::move(row)}, {"op", op}}, timestamps));
  return R"(["null",)" + record + "]";
}

}  // namespace sabot
