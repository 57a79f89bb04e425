// Combining channels: least watermark, idleness, barrier alignment, ends.
#include "stream/gate.h"

#include <algorithm>

#include "base/check.h"

namespace sabot {

void Gate::Add(Channel* channel, int input) { channels_.push_back({channel, input}); }

std::optional<GateEvent> Gate::Next() {
  if (!pending_.empty()) {
    GateEvent event = std::move(pending_.front());
    pending_.erase(pending_.begin());
    return event;
  }
  // Round robin; one element may have no consequence (a watermark that is not the least): then go
  // on.
  size_t num_silent = 0;
  while (num_silent < channels_.size()) {
    Input& from = channels_[start_];
    start_ = (start_ + 1) % channels_.size();
    std::optional<Element> element;
    if (!from.ended && !from.aligned) element = from.channel->Pop();
    if (!element) {
      ++num_silent;
      continue;
    }
    num_silent = 0;
    if (auto event = Handle(from, std::move(*element))) return event;
  }
  return std::nullopt;
}

std::optional<GateEvent> Gate::Handle(Input& from, Element element) {
  if (const auto* watermark = std::get_if<Watermark>(&element)) {
    from.watermark = std::max(from.watermark, watermark->millis);
    return AfterWatermarks();
  }
  if (const auto* status = std::get_if<StreamStatus>(&element)) {
    from.idle = status->idle;
    return AfterWatermarks();
  }
  if (const auto* barrier = std::get_if<Barrier>(&element)) {
    SABOT_CHECK(!aligning_ || aligning_->id == barrier->id);
    aligning_ = *barrier;
    from.aligned = true;
    ++num_aligned_;
    return AfterBarrier();
  }
  if (std::holds_alternative<EndOfInput>(element)) {
    from.ended = true;
    ++num_ended_;
    const bool input_ended = std::all_of(channels_.begin(), channels_.end(), [&](const Input& c) {
      return c.input != from.input || c.ended;
    });
    // The end of a channel may let time advance and an alignment finish, before the end itself.
    if (auto event = AfterWatermarks()) pending_.push_back(std::move(*event));
    if (auto event = AfterBarrier()) pending_.push_back(std::move(*event));
    if (input_ended) pending_.push_back({from.input, EndOfInput{}});
    if (pending_.empty()) return std::nullopt;
    GateEvent event = std::move(pending_.front());
    pending_.erase(pending_.begin());
    return event;
  }
  return GateEvent{from.input, std::move(element)};
}

std::optional<GateEvent> Gate::AfterWatermarks() {
  int64_t least = kWatermarkMax;
  bool any_active = false;
  bool any_open = false;
  for (const Input& channel : channels_) {
    if (channel.ended) continue;
    any_open = true;
    if (channel.idle) continue;
    any_active = true;
    least = std::min(least, channel.watermark);
  }
  if (any_open && !any_active) {
    // All open channels are idle: time stands, and consumers must not wait for us.
    if (idle_) return std::nullopt;
    idle_ = true;
    return GateEvent{0, StreamStatus{true}};
  }
  if (idle_ && any_active) {
    idle_ = false;
    if (least > watermark_) pending_.push_back({0, Watermark{watermark_ = least}});
    return GateEvent{0, StreamStatus{false}};
  }
  // Ended channels hold nothing back; each has sent its last watermark before.
  if (!any_open) {
    for (const Input& channel : channels_) least = std::min(least, channel.watermark);
  }
  if (least <= watermark_) return std::nullopt;
  watermark_ = least;
  return GateEvent{0, Watermark{watermark_}};
}

std::optional<GateEvent> Gate::AfterBarrier() {
  if (!aligning_ || num_aligned_ == 0) return std::nullopt;
  for (const Input& channel : channels_) {
    if (!channel.ended && !channel.aligned) return std::nullopt;
  }
  for (Input& channel : channels_) channel.aligned = false;
  num_aligned_ = 0;
  const Barrier barrier = *aligning_;
  aligning_.reset();
  return GateEvent{0, barrier};
}

}  // namespace sabot
