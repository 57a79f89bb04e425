// The event time of several channels, inputs or splits as one.
#include "stream/combined_time.h"

#include <algorithm>

namespace sabot {

size_t CombinedTime::Add() {
  members_.emplace_back();
  Combine();
  return members_.size() - 1;
}

void CombinedTime::Advance(size_t member, int64_t watermark) {
  Member& self = members_[member];
  if (watermark <= self.watermark) return;
  const bool was_least = self.watermark <= least_;
  self.watermark = watermark;
  if (watermark == kWatermarkMax) return End(member);
  self.before_end = watermark;
  const bool caught_up = !self.counts && watermark >= watermark_;
  if (caught_up) self.counts = true;
  // Thousands of files may wait to be read: only a change of the least is worth a look at all.
  if (was_least || caught_up) Combine();
}

void CombinedTime::SetIdle(size_t member, bool idle) {
  Member& self = members_[member];
  if (self.idle == idle) return;
  self.idle = idle;
  self.counts = comes_back_ == Return::kHolds || self.watermark >= watermark_;
  Combine(self.counts);
}

void CombinedTime::End(size_t member) {
  members_[member].ended = true;
  Combine();
}

int64_t CombinedTime::LeastOfOthers(size_t member) const {
  int64_t least = kWatermarkMax;
  for (size_t i = 0; i < members_.size(); ++i) {
    const Member& each = members_[i];
    if (i != member && !each.ended && !each.idle && each.counts)
      least = std::min(least, each.watermark);
  }
  return least;
}

void CombinedTime::Combine(bool lets_go) {
  if (members_.empty()) return;
  bool any_open = false;
  bool any_active = false;
  bool any_counts = false;
  int64_t least = kWatermarkMax;
  int64_t least_ended = kWatermarkMax;
  int64_t greatest = kWatermarkMin;
  for (const Member& each : members_) {
    greatest = std::max(greatest, each.before_end);
    if (each.ended) {
      least_ended = std::min(least_ended, each.watermark);
      continue;
    }
    any_open = true;
    if (each.idle) continue;
    any_active = true;
    if (!each.counts) continue;
    any_counts = true;
    least = std::min(least, each.watermark);
  }
  idle_ = any_open && !any_active;
  // All have ended: each has sent its last watermark before.
  least_ = any_open ? least : least_ended;
  if (any_counts || !any_open) watermark_ = std::max(watermark_, least_);
  if (idle_ && lets_go) watermark_ = std::max(watermark_, greatest);
}

}  // namespace sabot
