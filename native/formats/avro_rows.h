// Avro's binary records into batches.
//
//   Read Read Read Take   ->   a batch of three rows
//
// State: the buffered rows.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <string_view>

#include "formats/avro_reader.h"
#include "formats/column_buffers.h"

namespace sabot {

class AvroRows {
 public:
  using Reader = AvroReader;

  explicit AvroRows(const Schema& columns) : columns_(columns), buffers_(columns) {}

  // A reader of records that were written with this schema.
  arrow::Result<std::unique_ptr<AvroReader>> MakeReader(std::shared_ptr<const AvroSchema> writer);

  // Appends the record at `data`, behind which 64 bytes are readable. Returns its size, or -1 with
  // the fault set and nothing of it left.
  int64_t Read(AvroReader& reader, std::string_view data, AvroFault* fault);

  int64_t num_rows() const { return buffers_.num_rows(); }
  arrow::Result<Batch> Take() { return buffers_.Take(); }

 private:
  const Schema columns_;
  ColumnBuffers buffers_;
};

}  // namespace sabot
