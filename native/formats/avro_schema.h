// Avro schemas: parsed from their JSON, and made of a table's columns as Flink does.
//
//   id INT, at TIMESTAMP(3) NOT NULL   ->   {"type": "record", "name": "record", "fields": [
//       {"name": "id", "type": ["null", "int"], "default": null},
//       {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "batch/type.h"

namespace sabot {

enum class AvroKind : uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kRecord,
  kEnum,
  kArray,
  kMap,
  kUnion,
  kFixed,
};

enum class AvroLogical : uint8_t { kNone, kDecimal, kDate, kTime, kTimestamp };

struct AvroType;

struct AvroField {
  std::string name;
  const AvroType* type = nullptr;
};

struct AvroType {
  AvroKind kind = AvroKind::kNull;
  AvroLogical logical = AvroLogical::kNone;
  int64_t ticks_per_second = 0;  // kTime, kTimestamp.
  int32_t scale = 0;             // kDecimal.
  int64_t size = 0;              // FIXED: bytes.
  std::string name;              // Full name of a RECORD, ENUM or FIXED.
  std::vector<std::string> symbols;
  std::vector<AvroField> fields;
  std::vector<const AvroType*> children;  // ARRAY: items. MAP: values. UNION: branches.
};

// Named types may refer to themselves: types live as long as the schema.
class AvroSchema {
 public:
  static arrow::Result<std::unique_ptr<AvroSchema>> Parse(std::string_view json);

  const AvroType& root() const { return *root_; }

 private:
  friend class AvroSchemaParser;

  std::vector<std::unique_ptr<AvroType>> types_;
  const AvroType* root_ = nullptr;
};

// As it is written in schemas: "int", "record a.B", "union of null, long".
std::string ToString(const AvroType& type);

// How TIMESTAMP and TIMESTAMP_LTZ are written; Flink's avro.timestamp_mapping.legacy.
enum class AvroTimestamps : uint8_t {
  kLegacy,  // TIMESTAMP(3) as timestamp-millis, nothing else.
  kRight    // TIMESTAMP as local-timestamp-..., TIMESTAMP_LTZ as timestamp-...
};

// An error that names the column where Avro has no such type.
arrow::Status CheckAvroType(const Type& type, const std::string& column, AvroTimestamps timestamps);

// The schema of records with these columns, whose types have passed CheckAvroType, as JSON. An
// error where a name is none of Avro's.
arrow::Result<std::string> AvroSchemaOf(const Schema& columns, AvroTimestamps timestamps);

}  // namespace sabot
