// Which checkpoint counts, told to the operators of a task: in its next step, or, where no step
// runs any more, by whoever commits.
#pragma once

#include <arrow/status.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>

#include "stream/task_operator.h"

namespace sabot {

class TaskCommits {
 public:
  // The checkpoint of this epoch counts. Any thread.
  arrow::Status Commit(int64_t epoch, std::span<const TaskOperator> operators);
  // In a step: tells what has not been told.
  arrow::Status Tell(std::span<const TaskOperator> operators) {
    return committed_epoch_ > told_epoch_ ? TellNow(operators) : arrow::Status::OK();
  }
  // No step will run any more: tells what has not been told, and from here on at once.
  arrow::Status TellDirectly(std::span<const TaskOperator> operators);

 private:
  arrow::Status TellNow(std::span<const TaskOperator> operators);

  std::mutex mutex_;  // Guards is_told_directly_ and, once that is set, OnCommitted.
  bool is_told_directly_ = false;
  std::atomic<int64_t> committed_epoch_{INT64_MIN};
  int64_t told_epoch_ = INT64_MIN;
};

}  // namespace sabot
