// The formats by name.
#include "formats/format.h"

#include "base/check.h"
#include "base/error.h"
#include "formats/decoders.h"

namespace sabot {
namespace {

constexpr const char* kKnown =
    "json, csv, raw, avro, avro-confluent, protobuf, debezium-json, debezium-avro-confluent, "
    "ogg-json, canal-json, maxwell-json";

}  // namespace

arrow::Result<size_t> Decoder::DecodeHeader(std::string_view, bool) {
  SABOT_CHECK(false);  // It has none.
}

bool EndsRecordsWithNewlines(const std::string& format) {
  return format == "json" || format == "raw" || FindChangelogJson(format) != nullptr;
}

arrow::Result<std::unique_ptr<Decoder>> MakeDecoder(const std::string& format,
                                                    const Schema& columns, const PlanNode& node) {
  if (format == "json") return MakeJsonDecoder(columns, node);
  if (format == "csv") return MakeCsvDecoder(columns, node);
  if (format == "raw") return MakeRawDecoder(columns, node);
  if (format == "avro") return MakeAvroDecoder(columns, node);
  if (format == "avro-confluent") return MakeAvroConfluentDecoder(columns, node);
  if (format == "debezium-avro-confluent") return MakeDebeziumAvroDecoder(columns, node);
  if (format == "protobuf") return MakeProtobufDecoder(columns, node);
  if (const ChangelogJson* changes = FindChangelogJson(format))
    return MakeChangelogJsonDecoder(*changes, columns, node);
  return UserError("unknown-format", format,
                   "there is no format '" + format + "' to read with; known: " + kKnown);
}

arrow::Result<std::unique_ptr<Encoder>> MakeEncoder(const std::string& format, const Schema& schema,
                                                    const PlanNode& node) {
  if (format == "json") return MakeJsonSinkEncoder(schema, node);
  if (format == "csv") return MakeCsvSinkEncoder(schema, node);
  if (format == "raw") return MakeRawEncoder(schema, node);
  if (format == "avro") return MakeAvroEncoder(schema, node);
  if (format == "avro-confluent") return MakeAvroConfluentEncoder(schema, node);
  if (format == "debezium-avro-confluent") return MakeDebeziumAvroEncoder(schema, node);
  if (format == "protobuf") return MakeProtobufEncoder(schema, node);
  if (const ChangelogJson* changes = FindChangelogJson(format))
    return MakeChangelogJsonEncoder(*changes, schema, node);
  return UserError("unknown-format", format,
                   "there is no format '" + format + "' to write with; known: " + kKnown);
}

}  // namespace sabot
