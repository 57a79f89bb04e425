// Rows to the job's owner and back, for operators and sources that call its code.
//
//   request   rows as one Arrow IPC message, maybe behind 8 bytes that say what they are, or what
//             the operator and its counterpart agreed on
//   reply     8 bytes (bit 0 of the first: more is to come on Continue; bit 1: rows have failed),
//             if rows have failed an int64 and an Arrow IPC message of that size
//             (FailedRows::ReplySchema), then one Arrow IPC message or nothing
#pragma once

#include <arrow/buffer.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "batch/batch.h"
#include "stream/operator.h"
#include "stream/user_function.h"

namespace sabot {

class RowCall {
 public:
  // `rows`: what replies hold. Fails if the job's owner has no code to call.
  static arrow::Result<RowCall> Open(const PlanNode& node, const OperatorContext& context,
                                     std::shared_ptr<arrow::Schema> rows);

  arrow::Status Begin(const arrow::RecordBatch& rows);
  // With 8 bytes in front, of which the first says what the rows are.
  arrow::Status Begin(uint8_t what, const arrow::RecordBatch& rows);
  void Begin(std::string request);
  void Begin(std::shared_ptr<arrow::Buffer> request) { function_->Call(std::move(request)); }
  // After a reply with `more`.
  void Continue() { Begin(std::string()); }

  struct Reply {
    RecordBatchPtr rows;    // nullptr: none.
    RecordBatchPtr failed;  // nullptr: none.
    bool more = false;
  };
  // nullopt: not there yet, the operator is blocked.
  arrow::Result<std::optional<Reply>> Take();
  // The same as bytes, for an operator that agreed on something else with its counterpart. There is
  // a header.
  arrow::Result<std::shared_ptr<arrow::Buffer>> TakeBytes();
  static bool HasMore(const arrow::Buffer& reply) { return (reply.data()[0] & 1) != 0; }
  static bool HasFailed(const arrow::Buffer& reply) { return (reply.data()[0] & 2) != 0; }
  static constexpr int64_t kHeaderBytes = 8;  // Keeps the message behind it aligned.

 private:
  RowCall(std::unique_ptr<UserFunction> function, std::shared_ptr<arrow::Schema> rows)
      : function_(std::move(function)), schema_(std::move(rows)) {}

  std::unique_ptr<UserFunction> function_;
  std::shared_ptr<arrow::Schema> schema_;
};

// The rows of one message, which are views into it; nullptr where it is empty.
arrow::Result<RecordBatchPtr> ReadRows(const std::shared_ptr<arrow::Buffer>& message,
                                       const std::shared_ptr<arrow::Schema>& schema);

// Rows of a reply whose first column says which row of `in` each belongs to: those columns of the
// row, then the other ones of the reply.
arrow::Result<Batch> FlattenReply(const Batch& in, std::span<const int> columns,
                                  const arrow::RecordBatch& results,
                                  const std::shared_ptr<arrow::Schema>& schema);
// A reply that does not fit what was asked.
arrow::Status WrongReply();

}  // namespace sabot
