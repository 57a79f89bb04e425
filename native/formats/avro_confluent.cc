// Confluent's wire format.
#include "formats/avro_confluent.h"

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

arrow::Result<AvroConfluentOptions> ReadAvroConfluentOptions(const Schema& columns,
                                                             const PlanNode& node) {
  static constexpr std::string_view kNames[] = {"avro-confluent.url",
                                                "avro-confluent.subject",
                                                "avro-confluent.basic-auth.user-info",
                                                "avro-confluent.basic-auth.credentials-source",
                                                "avro-confluent.bearer-auth.token",
                                                "avro-confluent.bearer-auth.credentials-source"};
  ARROW_ASSIGN_OR_RAISE(const FormatOptions given, FormatOptions::Read(node, kNames));
  AvroConfluentOptions options;
  options.subject = given.String("avro-confluent.subject", "");
  for (const Field& column : columns) {
    ARROW_RETURN_NOT_OK(CheckAvroType(column.type, column.name, options.timestamps));
  }
  return options;
}

}  // namespace sabot
