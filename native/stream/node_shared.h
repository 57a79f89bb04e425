// What the subtasks of one operator share, made by the one that asks first.
//
//   subtask 0: list the files of a folder  ->  kept     subtask 1: takes that list, so that both
//   deal
//                                                       out the same files
#pragma once

#include <arrow/result.h>

#include <memory>
#include <mutex>

namespace sabot {

class NodeShared {
 public:
  // `make` returns an arrow::Result<T>; all subtasks ask for the same T. A failure is not kept.
  template <typename T, typename Make>
  arrow::Result<std::shared_ptr<const T>> GetOrMake(Make make) {
    const std::lock_guard lock(mutex_);
    if (value_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(T made, make());
      value_ = std::make_shared<const T>(std::move(made));
    }
    return std::static_pointer_cast<const T>(value_);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const void> value_;
};

}  // namespace sabot
