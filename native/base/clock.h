// Where processing time comes from. Nothing else in native/ may ask the operating system for time.
#pragma once

#include <atomic>
#include <cstdint>

namespace sabot {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01 UTC.
  virtual int64_t NowMillis() const = 0;
  // Monotonic nanoseconds, for durations.
  virtual int64_t MonotonicNanos() const = 0;
};

// The machine's clock; one object serves all threads.
Clock& SystemClock();

// A clock that moves only when told to: simulation and tests.
class VirtualClock final : public Clock {
 public:
  int64_t NowMillis() const override { return nanos_.load() / 1'000'000; }
  int64_t MonotonicNanos() const override { return nanos_.load(); }
  void AdvanceMillis(int64_t millis) { nanos_ += millis * 1'000'000; }

 private:
  std::atomic<int64_t> nanos_{0};
};

}  // namespace sabot
