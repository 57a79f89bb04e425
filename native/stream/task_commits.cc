// Telling operators which checkpoint counts.
#include "stream/task_commits.h"

namespace sabot {

arrow::Status TaskCommits::Commit(int64_t epoch, std::span<const TaskOperator> operators) {
  committed_epoch_ = epoch;
  const std::lock_guard lock(mutex_);
  // The task runs: it sees the number in its next step.
  return is_told_directly_ ? TellNow(operators) : arrow::Status::OK();
}

arrow::Status TaskCommits::TellDirectly(std::span<const TaskOperator> operators) {
  const std::lock_guard lock(mutex_);
  is_told_directly_ = true;
  return Tell(operators);
}

arrow::Status TaskCommits::TellNow(std::span<const TaskOperator> operators) {
  told_epoch_ = committed_epoch_;
  for (const TaskOperator& each : operators) ARROW_RETURN_NOT_OK(each.op->OnCommitted(told_epoch_));
  return arrow::Status::OK();
}

}  // namespace sabot
