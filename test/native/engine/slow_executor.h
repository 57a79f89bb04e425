// An executor in front of a slow disk: work is handed on when the disk would have done it.
//
//   Submit(lane, work)   ->   the disk's latency of virtual time later: executor.Submit(lane, work)
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"

namespace sabot::test {

class SlowExecutor final : public Executor {
 public:
  // `latency` says of each work how many milliseconds it takes.
  SlowExecutor(SimulatedExecutor& executor, VirtualClock& clock, std::function<int64_t()> latency)
      : executor_(executor), clock_(clock), latency_(std::move(latency)) {}

  void Submit(Lane lane, std::function<void()> work) override {
    int64_t& free_ms = free_ms_[lane];
    free_ms = std::max(free_ms, clock_.NowMillis()) + latency_();
    waiting_.emplace(free_ms, Work{lane, std::move(work)});
    HandOn();
  }
  Lane NewLane() override { return executor_.NewLane(); }

  // Hands on what is done by now.
  void HandOn() {
    while (!waiting_.empty() && waiting_.begin()->first <= clock_.NowMillis()) {
      Work next = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      executor_.Submit(next.lane, std::move(next.work));
    }
  }
  // Lets virtual time go on to the next that is done; false if nothing waits.
  bool Wait() {
    if (waiting_.empty()) return false;
    clock_.AdvanceMillis(std::max<int64_t>(0, waiting_.begin()->first - clock_.NowMillis()));
    HandOn();
    return true;
  }
  // What a crash does.
  void Drop() { waiting_.clear(); }

 private:
  struct Work {
    Lane lane;
    std::function<void()> work;
  };

  SimulatedExecutor& executor_;
  VirtualClock& clock_;
  const std::function<int64_t()> latency_;
  std::map<Lane, int64_t> free_ms_;       // When the lane's last work is done.
  std::multimap<int64_t, Work> waiting_;  // By when it is done; equals in their order.
};

}  // namespace sabot::test
