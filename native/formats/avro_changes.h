// The records in which Debezium tells changes of rows, in Avro, into batches with row kinds.
//
//   {before: {id: 1, n: 7}, after: {id: 1, n: 8}, source: ..., op: "u"}   ->   -U (1, 7)  +U (1, 8)
//
// State: the buffered rows.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "formats/avro_reader.h"
#include "formats/column_buffers.h"

namespace sabot {

class AvroChangeRows {
 public:
  // Of one schema: of both rows as they come, and of each by itself.
  struct Reader {
    std::unique_ptr<AvroReader> both;
    std::unique_ptr<AvroReader> one[2];
  };

  explicit AvroChangeRows(const Schema& columns) : columns_(columns), buffers_(columns) {}

  arrow::Result<std::unique_ptr<Reader>> MakeReader(std::shared_ptr<const AvroSchema> writer);

  // Appends the rows of the change at `data`, behind which 64 bytes are readable. Returns how many
  // there are, or -1 with the fault set and nothing of it left.
  int64_t Read(Reader& reader, std::string_view data, AvroFault* fault);

  int64_t num_rows() const { return buffers_.num_rows(); }
  arrow::Result<Batch> Take();

 private:
  const Schema columns_;
  ColumnBuffers buffers_;
  std::vector<int8_t> kinds_;
};

}  // namespace sabot
