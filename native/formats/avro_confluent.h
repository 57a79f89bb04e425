// Confluent's wire format: a message says by number which schema it was written with.
//
//   00 | 00 00 00 07 | record   ->   magic byte, schema 7 of the registry, Avro's binary record
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "formats/avro_schema.h"
#include "plan/plan.h"

namespace sabot {

inline constexpr size_t kConfluentHeaderBytes = 5;

// False: the message does not begin so.
bool ReadConfluentHeader(std::string_view message, int32_t* schema_id);
void AppendConfluentHeader(int32_t schema_id, std::string* out);

struct AvroConfluentOptions {
  std::string subject;  // Empty: none was given.
  AvroTimestamps timestamps = AvroTimestamps::kLegacy;
};

// The options under the format's name. Also checks that Avro has the columns' types. The registry's
// address and credentials are the affair of whoever asks it.
arrow::Result<AvroConfluentOptions> ReadAvroConfluentOptions(const std::string& format,
                                                             const Schema& columns,
                                                             const PlanNode& node);

// The schema of the records in which Debezium tells changes of rows with these columns, as Flink
// makes it:
//
//   null, or {before: null or row, after: null or row, op: null or string}
arrow::Result<std::string> DebeziumAvroSchemaOf(const Schema& columns, AvroTimestamps timestamps);

}  // namespace sabot
