// Avro's binary records into batches.
#include "formats/avro_rows.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

namespace sabot {

AvroRows::AvroRows(const Schema& columns) : columns_(columns), schema_(ToArrow(columns)) {
  for (const Field& column : columns)
    buffers_.push_back(std::make_unique<ColumnBuffer>(column.type));
}

arrow::Result<std::unique_ptr<AvroReader>> AvroRows::MakeReader(
    std::shared_ptr<const AvroSchema> writer) {
  return AvroReader::Make(std::move(writer), columns_, buffers_);
}

int64_t AvroRows::Read(AvroReader& reader, std::string_view data, AvroFault* fault) {
  const auto* begin = reinterpret_cast<const uint8_t*>(data.data());
  const uint8_t* next = reader.Read(begin, begin + data.size(), fault);
  if (next == nullptr) {
    for (auto& buffer : buffers_) buffer->Truncate(num_rows_);
    return -1;
  }
  ++num_rows_;
  return next - begin;
}

arrow::Result<Batch> AvroRows::Take() {
  std::vector<ArrayPtr> arrays;
  for (auto& buffer : buffers_) {
    ARROW_ASSIGN_OR_RAISE(auto array, buffer->Finish());
    arrays.push_back(std::move(array));
  }
  Batch batch;
  batch.rows = arrow::RecordBatch::Make(schema_, num_rows_, std::move(arrays));
  num_rows_ = 0;
  return batch;
}

}  // namespace sabot
