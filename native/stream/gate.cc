// Combining channels: least watermark, idleness, barrier alignment, ends.
#include "stream/gate.h"

#include <algorithm>

#include "base/check.h"

namespace sabot {

void Gate::Add(Channel* channel, int input) {
  while (input_times_.size() <= static_cast<size_t>(input)) {
    input_times_.emplace_back(CombinedTime::Return::kCatchesUp);
    time_.Add();
  }
  channels_.push_back({channel, input, input_times_[static_cast<size_t>(input)].Add()});
}

void Gate::SetUntimed(int input) {
  untimed_ = input;
  time_.Advance(static_cast<size_t>(input), kWatermarkMax);
  for (const Input& each : channels_) {
    if (each.input == input) each.channel->time().counts = false;
  }
}

std::optional<GateEvent> Gate::TakePending() {
  if (pending_.empty()) return std::nullopt;
  GateEvent event = std::move(pending_.front());
  pending_.erase(pending_.begin());
  return event;
}

std::optional<GateEvent> Gate::Next() {
  if (auto event = TakePending()) return event;
  // Round robin; one element may have no consequence (a watermark that is not the least): then go
  // on.
  size_t num_silent = 0;
  while (num_silent < channels_.size()) {
    Input& from = channels_[start_];
    start_ = (start_ + 1) % channels_.size();
    std::optional<Element> element;
    if (!from.ended && !IsHeld(from)) element = from.channel->Pop();
    if (!element) {
      ++num_silent;
      continue;
    }
    num_silent = 0;
    from.channel->AdjustBound(clock_->MonotonicNanos());
    if (auto event = Handle(from, std::move(*element))) return event;
  }
  return std::nullopt;
}

std::optional<GateEvent> Gate::Handle(Input& from, Element element) {
  const auto input = static_cast<size_t>(from.input);
  if (const auto* watermark = std::get_if<Watermark>(&element)) {
    from.channel->time().watermark = watermark->millis;
    input_times_[input].Advance(from.member, watermark->millis);
    AfterTime(input);
  } else if (const auto* status = std::get_if<StreamStatus>(&element)) {
    from.channel->time().idle = status->idle;
    input_times_[input].SetIdle(from.member, status->idle);
    AfterTime(input);
  } else if (const auto* barrier = std::get_if<Barrier>(&element)) {
    SABOT_CHECK(barrier->id > from.barrier);
    from.barrier = barrier->id;
    if (aligning_.empty() || aligning_.back().barrier.id < barrier->id) {
      SABOT_CHECK(aligning_.empty() || at_least_once_);
      aligning_.push_back({*barrier, channels_.size() > 1 ? clock_->MonotonicNanos() : 0});
    }
    AfterBarrier();
  } else if (std::holds_alternative<EndOfInput>(element)) {
    from.channel->time().ended = true;
    from.ended = true;
    ++num_ended_;
    const bool input_ended = std::all_of(channels_.begin(), channels_.end(), [&](const Input& c) {
      return c.input != from.input || c.ended;
    });
    // The end of a channel may let time advance and an alignment finish, before the end itself.
    input_times_[input].End(from.member);
    AfterTime(input, input_ended);
    AfterBarrier();
    if (input_ended) pending_.push_back({from.input, EndOfInput{}});
  } else {
    return GateEvent{from.input, std::move(element)};
  }
  return TakePending();
}

void Gate::AfterTime(size_t input, bool ended) {
  if (static_cast<int>(input) == untimed_) return;
  const CombinedTime& changed = input_times_[input];
  const int64_t before = time_.watermark();
  const bool was_idle = time_.idle();
  if (!changed.idle()) time_.SetIdle(input, false);
  time_.Advance(input, changed.watermark());
  if (changed.idle()) time_.SetIdle(input, true);
  if (ended) time_.End(input);
  if (was_idle && !time_.idle()) pending_.push_back({0, StreamStatus{.idle = false}});
  if (time_.watermark() > before) pending_.push_back({0, Watermark{time_.watermark()}});
  // Time stands, and consumers must not wait for us.
  if (!was_idle && time_.idle()) pending_.push_back({0, StreamStatus{.idle = true}});
}

void Gate::AfterBarrier() {
  while (!aligning_.empty() && Passed(aligning_.front().barrier)) {
    const Alignment& done = aligning_.front();
    last_align_ns_ = channels_.size() > 1 ? clock_->MonotonicNanos() - done.began_ns : 0;
    pending_.push_back({0, done.barrier});
    aligning_.pop_front();
  }
}

bool Gate::Passed(const Barrier& barrier) const {
  return std::all_of(channels_.begin(), channels_.end(), [&](const Input& channel) {
    return channel.ended || channel.barrier >= barrier.id;
  });
}

bool Gate::IsHeld(const Input& channel) const {
  return !at_least_once_ && !aligning_.empty() && channel.barrier >= aligning_.front().barrier.id;
}

size_t Gate::num_aligned() const {
  return static_cast<size_t>(
      std::count_if(channels_.begin(), channels_.end(),
                    [this](const Input& channel) { return !channel.ended && IsHeld(channel); }));
}

}  // namespace sabot
