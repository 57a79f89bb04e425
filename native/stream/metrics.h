// Counters of one operator subtask: written by its task's thread, read by anybody.
#pragma once

#include <atomic>
#include <cstdint>

namespace sabot {

class Counter {
 public:
  void Add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  void Set(int64_t n) { value_.store(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

struct OperatorMetrics {
  Counter rows_in;
  Counter rows_out;
  Counter bytes_in;         // Sources: bytes read.
  Counter late_rows;        // Dropped because the watermark had passed them.
  Counter skipped_records;  // Malformed input skipped on the user's request.
  Counter watermark_ms;
  Counter state_bytes;
  Counter busy_ns;
  Counter idle_ns;
  Counter backpressured_ns;
};

}  // namespace sabot
