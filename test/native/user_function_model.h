// A model of the job's owner: functions in C++ that answer when the test says so, in an order that
// a seed may decide. The real owner is JavaScript (binding/, lib/job/).
//
//   UserFunctionModel owner({{2, Doubled}});      node 2's code: request bytes -> reply bytes
//   surroundings.open_user_function = owner.opener();
//   owner.AnswerOne(random)                       one of the open calls is settled
#pragma once

#include <arrow/buffer.h>
#include <arrow/record_batch.h>

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "stream/user_function.h"

namespace sabot::test {

class UserFunctionModel {
 public:
  using Code = std::function<UserFunction::Reply(const std::shared_ptr<arrow::Buffer>& request)>;

  // Code by plan node; every subtask has a copy.
  explicit UserFunctionModel(std::map<int, Code> code) : code_(std::move(code)) {}

  UserFunctionOpener opener();
  size_t num_open() const { return open_.size(); }
  // Settles an open call, number `choice` modulo how many there are; false if there is none.
  bool AnswerOne(uint64_t choice);

 private:
  class Line;
  std::map<int, Code> code_;
  std::vector<Line*> open_;
};

// Rows of a request (columns of `schema`).
std::shared_ptr<arrow::RecordBatch> ReadRequest(const std::shared_ptr<arrow::Buffer>& request,
                                                const std::shared_ptr<arrow::Schema>& schema);
// A reply with rows; nullptr: without.
std::shared_ptr<arrow::Buffer> MakeReply(const std::shared_ptr<arrow::RecordBatch>& rows,
                                         bool more = false);

}  // namespace sabot::test
