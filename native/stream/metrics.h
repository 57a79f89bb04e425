// Counters of one operator subtask and the times of one task: written by the task's thread, read by
// anybody.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "stream/split_positions.h"
#include "stream/split_times.h"

namespace sabot {

class Counter {
 public:
  explicit Counter(int64_t value = 0) : value_(value) {}
  void Add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  void Set(int64_t n) { value_.store(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_;
};

struct OperatorMetrics {
  Counter rows_in;
  Counter rows_out;
  Counter bytes_in;         // Sources: bytes read. Others: only where rows enter the task.
  Counter bytes_out;        // Only where rows leave the task.
  Counter late_rows;        // Dropped because the watermark had passed them.
  Counter skipped_records;  // Malformed input skipped on the user's request.
  Counter watermark_ms{kWatermarkMin};
  Counter state_bytes;
  SplitTimes splits;         // Of a watermark assigner.
  SplitPositions positions;  // Of a source whose splits have numbered records.
};

// How a task spends its time.
class TaskTimes {
 public:
  enum class State : uint8_t {
    kBusy,           // Runs, or could if a worker were free.
    kIdle,           // Nothing to do: no input, or the source has none now.
    kBackpressured,  // A channel is full, or an operator is blocked (its reader, a function).
    kEnded,
  };

  // From now on the task is in that state.
  void Enter(State state, int64_t now_ns) {
    const State before = state_.load(std::memory_order_relaxed);
    totals_[static_cast<size_t>(before)].Add(now_ns - since_ns_.load(std::memory_order_relaxed));
    since_ns_.store(now_ns, std::memory_order_relaxed);
    state_.store(state, std::memory_order_relaxed);
  }
  // What is under way counts up to now. A reader on another thread may be off by one interval.
  int64_t Nanos(State state, int64_t now_ns) const {
    int64_t nanos = totals_[static_cast<size_t>(state)].value();
    if (state_.load(std::memory_order_relaxed) == state)
      nanos += now_ns - since_ns_.load(std::memory_order_relaxed);
    return nanos;
  }
  void Start(int64_t now_ns) { since_ns_.store(now_ns, std::memory_order_relaxed); }

 private:
  std::array<Counter, 4> totals_;
  std::atomic<State> state_{State::kIdle};
  std::atomic<int64_t> since_ns_{0};
};

}  // namespace sabot
