// Avro's binary records into batches.
#include "formats/avro_rows.h"

#include <utility>

namespace sabot {

arrow::Result<std::unique_ptr<AvroReader>> AvroRows::MakeReader(
    std::shared_ptr<const AvroSchema> writer) {
  return AvroReader::Make(std::move(writer), columns_, buffers_);
}

int64_t AvroRows::Read(AvroReader& reader, std::string_view data, AvroFault* fault) {
  const auto* begin = reinterpret_cast<const uint8_t*>(data.data());
  const uint8_t* next = reader.Read(begin, begin + data.size(), fault);
  if (next == nullptr) {
    buffers_.DropUnfinished();
    return -1;
  }
  buffers_.FinishRow();
  return next - begin;
}

}  // namespace sabot
