// A bounded queue of elements between two tasks.
#include "stream/channel.h"

#include <utility>

namespace sabot {
namespace {

constexpr int64_t kControlElementBytes = 64;
constexpr int64_t kMeasureNanos = 50'000'000;
constexpr double kNanosPerSecond = 1e9;
constexpr int64_t kSmallSecondShare = 8;  // Of a second.

int64_t BytesOf(const Element& element) {
  const auto* batch = std::get_if<Batch>(&element);
  return batch == nullptr ? kControlElementBytes : SizeBytes(*batch) + kControlElementBytes;
}

int64_t NumSmall(int64_t bytes) { return bytes < kSmallElementBytes ? 1 : 0; }

}  // namespace

bool Channel::EndsWait() { return waited_for_ && HasRoom() && std::exchange(waited_for_, false); }

void Channel::Push(Element element) {
  const int64_t bytes = BytesOf(element);
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = entries_.empty();
    num_batches_ += std::holds_alternative<Batch>(element) ? 1 : 0;
    entries_.push_back({std::move(element), bytes});
    bytes_ += bytes;
    num_small_ += NumSmall(bytes);
  }
  if (was_empty && wake_consumer_) wake_consumer_();
}

std::optional<Element> Channel::Pop() {
  std::optional<Element> element;
  bool made_room = false;
  {
    const std::lock_guard lock(mutex_);
    if (entries_.empty()) return std::nullopt;
    element = std::move(entries_.front().element);
    num_batches_ -= std::holds_alternative<Batch>(*element) ? 1 : 0;
    const int64_t bytes = entries_.front().bytes;
    bytes_ -= bytes;
    bytes_taken_ += bytes;
    num_small_ -= NumSmall(bytes);
    small_taken_ += NumSmall(bytes);
    entries_.pop_front();
    made_room = EndsWait();
  }
  if (made_room && wake_producer_) wake_producer_();
  return element;
}

void Channel::AdjustBound(int64_t now_ns) {
  const int64_t elapsed_ns = now_ns - measured_ns_;
  if (elapsed_ns < kMeasureNanos) return;
  const auto per_second = [&](int64_t taken) {
    return static_cast<double>(taken) / static_cast<double>(elapsed_ns) * kNanosPerSecond;
  };
  const double bytes = per_second(bytes_taken_);
  const auto num_small = static_cast<int64_t>(per_second(small_taken_));
  const bool first = measured_ns_ == 0;
  measured_ns_ = now_ns;
  bytes_taken_ = 0;
  small_taken_ = 0;
  if (first) return;
  bool made_room = false;
  {
    const std::lock_guard lock(mutex_);
    bytes_max_ = static_cast<int64_t>(
        std::clamp(bytes, static_cast<double>(bytes_least_), static_cast<double>(bytes_most_)));
    small_max_ = std::max(kChannelSmallMin, num_small / kSmallSecondShare);
    made_room = EndsWait();
  }
  if (made_room && wake_producer_) wake_producer_();
}

bool Channel::has_room() const {
  const std::lock_guard lock(mutex_);
  const bool room = HasRoom();
  waited_for_ = waited_for_ || !room;
  return room;
}

bool Channel::empty() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty();
}

}  // namespace sabot
