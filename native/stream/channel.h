// A bounded queue of elements between one producer task and one consumer task.
//
// Bounded by bytes: a push is always taken, but a producer must see has_room() before it starts a
// new piece of work, so the overshoot is one piece. Crossing the bound downwards wakes the
// producer, a push into an empty channel wakes the consumer.
//
// The bound is what the consumer takes in about a second: a barrier is not much longer than that
// on its way through a channel, however slow the consumer is, and a fast one never runs dry. Small
// elements cost more than their bytes: of them it holds no more than are taken in an eighth of a
// second, so that a producer that is ahead gathers rows instead. While memory is short it is one
// batch.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "base/memory_budget.h"
#include "stream/element.h"

namespace sabot {

inline constexpr int64_t kChannelBytesMax = 4 << 20;
inline constexpr int64_t kChannelBytesMin = 64 << 10;
inline constexpr int64_t kSmallElementBytes = 4 << 10;
inline constexpr int64_t kChannelSmallMin = 16;

// How far event time has come in a channel, as its consumer has read it. Any thread may look.
struct ChannelTime {
  std::atomic<int64_t> watermark{kWatermarkMin};
  std::atomic<bool> idle{false};
  std::atomic<bool> ended{false};
  std::atomic<bool> counts{true};  // False: its consumer does not live by it.
};

class Channel {
 public:
  // `budget`: the job's, if it is limited; outlives the channel.
  explicit Channel(int64_t bytes_max = kChannelBytesMax, const MemoryBudget* budget = nullptr)
      : bytes_most_(bytes_max),
        bytes_least_(std::min(bytes_max, kChannelBytesMin)),
        budget_(budget),
        bytes_max_(bytes_least_) {}

  void SetWakers(std::function<void()> wake_producer, std::function<void()> wake_consumer) {
    wake_producer_ = std::move(wake_producer);
    wake_consumer_ = std::move(wake_consumer);
  }

  void Push(Element element);
  std::optional<Element> Pop();
  // The consumer's, now and then: the bound follows what it has taken since.
  void AdjustBound(int64_t now_ns);
  bool has_room() const;
  bool empty() const;

  ChannelTime& time() { return time_; }
  const ChannelTime& time() const { return time_; }

 private:
  struct Entry {
    Element element;
    int64_t bytes;
  };
  const int64_t bytes_most_;
  const int64_t bytes_least_;
  const MemoryBudget* const budget_;
  int64_t measured_ns_ = 0;  // The consumer's: when it began to count.
  int64_t bytes_taken_ = 0;  // The consumer's: since then.
  int64_t small_taken_ = 0;
  bool HasRoom() const {
    return bytes_ < bytes_max_ && num_small_ < small_max_ &&
           (num_batches_ == 0 || budget_ == nullptr || !budget_->is_short());
  }
  // Whether somebody waits for room that there is now.
  bool EndsWait();

  mutable std::mutex mutex_;
  mutable bool waited_for_ = false;  // Somebody was told that there is no room.
  int64_t bytes_max_;
  int64_t small_max_ = kChannelSmallMin;
  std::deque<Entry> entries_;
  int64_t bytes_ = 0;
  int64_t num_batches_ = 0;
  int64_t num_small_ = 0;
  ChannelTime time_;
  std::function<void()> wake_producer_;
  std::function<void()> wake_consumer_;
};

}  // namespace sabot
