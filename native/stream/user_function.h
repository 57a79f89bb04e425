// Code of the job's owner (JavaScript, or a model of it in tests), called by an operator: bytes in,
// bytes out, later.
//
//   Call(request)  ...  operator is kBlocked  ...  context.waker  ...  TakeReply() -> reply
//
// What the bytes say is between an operator and its counterpart in lib/. No engine thread ever
// waits for the owner.
#pragma once

#include <arrow/buffer.h>
#include <arrow/result.h>

#include <functional>
#include <memory>
#include <optional>

namespace sabot {

// One subtask's line to the owner. Used by its task alone; at most one call is open at a time.
class UserFunction {
 public:
  using Reply = arrow::Result<std::shared_ptr<arrow::Buffer>>;

  virtual ~UserFunction() = default;  // Forgets an open call.
  virtual void Call(std::shared_ptr<arrow::Buffer> request) = 0;
  // What the owner answered, or its error; nullopt while it has not. Closes the call.
  virtual std::optional<Reply> TakeReply() = 0;
};

// Opens the line of one subtask of plan node `node`; `waker` is called once per answer, from any
// thread.
using UserFunctionOpener = std::function<std::unique_ptr<UserFunction>(
    int node, int subtask, std::function<void()> waker)>;

}  // namespace sabot
