// What the subtasks of one operator share, made by the one that asks first.
//
//   subtask 0: list the files of a folder  ->  kept     subtask 1: takes that list, so that both
//   deal
//                                                       out the same files
//
// A failure is one for all, too: nobody tries again what the first one has waited for in vain.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <mutex>
#include <optional>

namespace sabot {

class NodeShared {
 public:
  // `make` returns an arrow::Result<T>; all subtasks ask for the same T. Without `shared` (tests of
  // one operator) it is made for the caller alone.
  template <typename T, typename Make>
  static arrow::Result<std::shared_ptr<const T>> GetOrMake(NodeShared* shared, Make make) {
    if (shared == nullptr) return Own<T>(make);
    const std::lock_guard lock(shared->mutex_);
    if (!shared->value_) shared->value_ = Own<T>(make);
    ARROW_RETURN_NOT_OK(shared->value_->status());
    return std::static_pointer_cast<const T>(shared->value_->ValueUnsafe());
  }

 private:
  template <typename T, typename Make>
  static arrow::Result<std::shared_ptr<const T>> Own(Make& make) {
    ARROW_ASSIGN_OR_RAISE(T made, make());
    return std::make_shared<const T>(std::move(made));
  }

  std::mutex mutex_;
  std::optional<arrow::Result<std::shared_ptr<const void>>> value_;
};

}  // namespace sabot
