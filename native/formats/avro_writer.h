// Rows as Avro's binary records, in the schema that AvroSchemaOf gives their columns.
//
//   id INT 7, s STRING NULL   ->   02 0E 00
//
// No state.
#pragma once

#include <arrow/array.h>
#include <arrow/status.h>

#include <string>
#include <vector>

#include "batch/batch.h"
#include "batch/type.h"

namespace sabot {

void AppendAvroLong(int64_t value, std::string* out);
void AppendAvroBytes(std::string_view bytes, std::string* out);

// Writes the values of one column (or child).
class AvroValueWriter {
 public:
  AvroValueWriter(const Type& type, std::string name);
  arrow::Status Write(const arrow::Array& array, int64_t row, std::string* out) const;

 private:
  arrow::Status WriteValue(const arrow::Array& array, int64_t row, std::string* out) const;
  arrow::Status WriteMap(const arrow::Array& array, int64_t row, std::string* out) const;

  Type type_;
  std::string name_;  // For messages.
  std::vector<AvroValueWriter> children_;
};

class AvroRowWriter {
 public:
  explicit AvroRowWriter(const Schema& columns);
  arrow::Status Write(const Batch& batch, int64_t row, std::string* out) const;

 private:
  std::vector<AvroValueWriter> writers_;
};

}  // namespace sabot
