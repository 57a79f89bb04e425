// Where a task's output goes: the channels of one edge of the plan.
//
// Hash exchange splits a batch by key group and coalesces small pieces per target; what is pending
// is flushed before every control element and when input pauses.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <vector>

#include "batch/key_encoding.h"
#include "plan/plan.h"
#include "stream/channel.h"
#include "stream/element.h"

namespace sabot {

class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual arrow::Status Send(const Batch& batch) = 0;
  virtual arrow::Status Flush() = 0;
  // Flushes, then sends the element to every target.
  arrow::Status Broadcast(const Element& element);
  bool has_room() const;

 protected:
  explicit Exchange(std::vector<Channel*> targets) : targets_(std::move(targets)) {}
  std::vector<Channel*> targets_;
};

// `sender` is the producing subtask: rebalance starts at it, so that senders do not all hit target
// 0 first.
std::unique_ptr<Exchange> MakeExchange(const PlanInput& edge, std::vector<Channel*> targets,
                                       int sender, int64_t rows_max);

}  // namespace sabot
