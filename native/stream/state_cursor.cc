// Pieces as batches.
#include "stream/state_cursor.h"

#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/message.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/type.h>

#include "base/error.h"
#include "batch/key_encoding.h"

namespace sabot {

arrow::Result<RecordBatchPtr> ToBatch(const StatePiece& piece,
                                      const std::shared_ptr<arrow::Schema>& columns,
                                      std::span<const int> wanted) {
  if (piece.columns.empty() || piece.columns[0]->length() == 0) return nullptr;
  if (static_cast<int>(piece.columns.size()) != columns->num_fields())
    return arrow::Status::Invalid("an operator's state has not the columns that the plan names");
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<ArrayPtr> arrays;
  for (const int column : wanted) {
    const ArrayPtr& array = piece.columns[static_cast<size_t>(column)];
    if (!array->type()->Equals(*columns->field(column)->type())) {
      return arrow::Status::Invalid("column '", columns->field(column)->name(),
                                    "' of an operator's state is ", array->type()->ToString(),
                                    ", the plan says ", columns->field(column)->type()->ToString());
    }
    fields.push_back(columns->field(column));
    arrays.push_back(array);
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), piece.columns[0]->length(),
                                  std::move(arrays));
}

arrow::Result<std::string> SerializeMessage(const arrow::RecordBatch& rows) {
  ARROW_ASSIGN_OR_RAISE(const auto message, arrow::ipc::SerializeRecordBatch(
                                                rows, arrow::ipc::IpcWriteOptions::Defaults()));
  return message->ToString();
}

arrow::Result<RecordBatchPtr> DeserializeMessage(std::string_view message,
                                                 const std::shared_ptr<arrow::Schema>& schema) {
  // Copied: what the batch refers to must be aligned, and stay.
  arrow::io::BufferReader from(arrow::Buffer::FromString(std::string(message)));
  ARROW_ASSIGN_OR_RAISE(const auto read, arrow::ipc::ReadMessage(&from));
  if (read == nullptr) return arrow::Status::Invalid("there is no message");
  const arrow::ipc::DictionaryMemo no_dictionaries;
  ARROW_ASSIGN_OR_RAISE(auto rows,
                        arrow::ipc::ReadRecordBatch(*read, schema, &no_dictionaries,
                                                    arrow::ipc::IpcReadOptions::Defaults()));
  ARROW_RETURN_NOT_OK(rows->ValidateFull());
  return rows;
}

arrow::Result<StateKey> DecodeStateKey(std::string_view message, const arrow::Schema& columns,
                                       std::span<const int> keys) {
  if (keys.empty()) return UserError("state-key", "", "this state is not kept by a key");
  std::vector<std::shared_ptr<arrow::Field>> fields;
  for (const int key : keys) fields.push_back(columns.field(key));
  ARROW_ASSIGN_OR_RAISE(const auto row,
                        DeserializeMessage(message, arrow::schema(std::move(fields))));
  if (row->num_rows() != 1) return arrow::Status::Invalid("a key is one row");
  const std::vector<ArrayPtr> arrays = row->columns();
  EncodedKeys encoded;
  ARROW_RETURN_NOT_OK(encoded.Encode(arrays, 1));
  return StateKey{std::string(encoded.key(0)), encoded.hash(0)};
}

}  // namespace sabot
