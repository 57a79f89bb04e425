// Batches as single IPC messages: written with one copy, read without one.
#include "operators/row_call.h"

#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/message.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>

namespace sabot {
namespace {

// Keeps the message behind it aligned as Arrow wants it.
constexpr int64_t kReplyHeaderBytes = 8;
constexpr uint8_t kMore = 1;

}  // namespace

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

void RowCall::Begin(std::string request) {
  function_->Call(arrow::Buffer::FromString(std::move(request)));
}

arrow::Result<std::optional<RowCall::Reply>> RowCall::Take() {
  const auto answered = function_->TakeReply();
  if (!answered) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(const auto bytes, *answered);
  if (bytes->size() < kReplyHeaderBytes) return arrow::Status::Invalid("A reply is cut off.");
  Reply reply;
  reply.more = (bytes->data()[0] & kMore) != 0;
  if (bytes->size() == kReplyHeaderBytes) return reply;
  arrow::io::BufferReader from(arrow::SliceBuffer(bytes, kReplyHeaderBytes));
  ARROW_ASSIGN_OR_RAISE(const auto message, arrow::ipc::ReadMessage(&from));
  if (message == nullptr) return arrow::Status::Invalid("A reply holds no message.");
  const arrow::ipc::DictionaryMemo no_dictionaries;
  ARROW_ASSIGN_OR_RAISE(reply.rows,
                        arrow::ipc::ReadRecordBatch(*message, schema_, &no_dictionaries,
                                                    arrow::ipc::IpcReadOptions::Defaults()));
  ARROW_RETURN_NOT_OK(reply.rows->Validate());
  return reply;
}

}  // namespace sabot
