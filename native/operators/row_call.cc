// Batches as single IPC messages: written with one copy, read without one.
#include "operators/row_call.h"

#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/message.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>

#include <cstring>

#include "operators/failed_rows.h"

namespace sabot {

arrow::Result<RowCall> RowCall::Open(const PlanNode& node, const OperatorContext& context,
                                     std::shared_ptr<arrow::Schema> rows) {
  if (!context.open_user_function) {
    return node.Error("needs a function of the job's owner, and this job has none");
  }
  return RowCall(context.open_user_function(), std::move(rows));
}

arrow::Status RowCall::Begin(const arrow::RecordBatch& rows) {
  ARROW_ASSIGN_OR_RAISE(auto message, arrow::ipc::SerializeRecordBatch(
                                          rows, arrow::ipc::IpcWriteOptions::Defaults()));
  function_->Call(std::move(message));
  return arrow::Status::OK();
}

arrow::Status RowCall::Begin(uint8_t what, const arrow::RecordBatch& rows) {
  ARROW_ASSIGN_OR_RAISE(auto sink, arrow::io::BufferOutputStream::Create());
  const uint8_t header[kHeaderBytes] = {what};
  ARROW_RETURN_NOT_OK(sink->Write(header, kHeaderBytes));
  ARROW_RETURN_NOT_OK(
      arrow::ipc::SerializeRecordBatch(rows, arrow::ipc::IpcWriteOptions::Defaults(), sink.get()));
  ARROW_ASSIGN_OR_RAISE(auto request, sink->Finish());
  function_->Call(std::move(request));
  return arrow::Status::OK();
}

void RowCall::Begin(std::string request) {
  function_->Call(arrow::Buffer::FromString(std::move(request)));
}

arrow::Result<std::shared_ptr<arrow::Buffer>> RowCall::TakeBytes() {
  const auto answered = function_->TakeReply();
  if (!answered) return nullptr;
  ARROW_ASSIGN_OR_RAISE(auto bytes, *answered);
  if (bytes->size() < kHeaderBytes) return arrow::Status::Invalid("A reply is cut off.");
  return bytes;
}

arrow::Result<std::optional<RowCall::Reply>> RowCall::Take() {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, TakeBytes());
  if (bytes == nullptr) return std::nullopt;
  Reply reply;
  reply.more = HasMore(*bytes);
  int64_t at = kHeaderBytes;
  if (HasFailed(*bytes)) {
    int64_t size = 0;
    if (bytes->size() - at < static_cast<int64_t>(sizeof(size))) return WrongReply();
    std::memcpy(&size, bytes->data() + at, sizeof(size));
    at += static_cast<int64_t>(sizeof(size));
    if (size <= 0 || size > bytes->size() - at) return WrongReply();
    ARROW_ASSIGN_OR_RAISE(reply.failed,
                          ReadRows(arrow::SliceBuffer(bytes, at, size), FailedRows::ReplySchema()));
    at += size;
  }
  ARROW_ASSIGN_OR_RAISE(reply.rows, ReadRows(arrow::SliceBuffer(bytes, at), schema_));
  return reply;
}

arrow::Result<RecordBatchPtr> ReadRows(const std::shared_ptr<arrow::Buffer>& message,
                                       const std::shared_ptr<arrow::Schema>& schema) {
  if (message->size() == 0) return nullptr;
  arrow::io::BufferReader from(message);
  ARROW_ASSIGN_OR_RAISE(const auto read, arrow::ipc::ReadMessage(&from));
  if (read == nullptr) return arrow::Status::Invalid("A reply holds no message.");
  const arrow::ipc::DictionaryMemo no_dictionaries;
  ARROW_ASSIGN_OR_RAISE(auto rows,
                        arrow::ipc::ReadRecordBatch(*read, schema, &no_dictionaries,
                                                    arrow::ipc::IpcReadOptions::Defaults()));
  ARROW_RETURN_NOT_OK(rows->Validate());
  return rows;
}

arrow::Result<Batch> FlattenReply(const Batch& in, std::span<const int> columns,
                                  const arrow::RecordBatch& results,
                                  const std::shared_ptr<arrow::Schema>& schema) {
  const auto& of = static_cast<const arrow::Int32Array&>(*results.column(0));
  const std::span<const int32_t> rows(of.raw_values(), static_cast<size_t>(of.length()));
  for (const int32_t row : rows) {
    if (row < 0 || row >= in.num_rows()) return WrongReply();
  }
  std::vector<ArrayPtr> flattened;
  for (const int column : columns) {
    ARROW_ASSIGN_OR_RAISE(auto taken, Take(in.column(column), rows));
    flattened.push_back(std::move(taken));
  }
  for (int i = 1; i < results.num_columns(); ++i) flattened.push_back(results.column(i));
  Batch flat;
  flat.rows = arrow::RecordBatch::Make(schema, results.num_rows(), std::move(flattened));
  flat.split = in.split;
  if (in.kinds != nullptr) {
    ARROW_ASSIGN_OR_RAISE(const ArrayPtr kinds, Take(in.kinds, rows));
    flat.kinds = std::static_pointer_cast<arrow::Int8Array>(kinds);
  }
  return flat;
}

arrow::Status WrongReply() {
  return arrow::Status::Invalid("A function's results do not fit the rows it was given.");
}

}  // namespace sabot
