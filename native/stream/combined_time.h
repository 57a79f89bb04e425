// The event time of several channels, inputs or splits as one.
//
//   a: W(5)   b: W(3)   ->  W(3)
//   b is idle           ->  W(5)
//   a is idle too       ->  the greatest of all, then idle
//
// It only moves forward. The rules are Flink's, but for one: a member that has come to its end
// (kWatermarkMax) while the others are idle does not take time to its end, for the others may speak
// again, and all their rows would be late.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stream/element.h"

namespace sabot {

class CombinedTime {
 public:
  // What a member that comes back from idleness behind the combined time does to it: holds it where
  // it is (splits, the inputs of an operator), or nothing until it has caught up (channels).
  enum class Return : uint8_t { kHolds, kCatchesUp };

  explicit CombinedTime(Return comes_back) : comes_back_(comes_back) {}

  // A new member, active and without a watermark; returns its number.
  size_t Add();
  // What is not ahead of the member's watermark is ignored.
  void Advance(size_t member, int64_t watermark);
  void SetIdle(size_t member, bool idle);
  // Has ended: it holds nothing back any more. So does a member that advances to kWatermarkMax.
  void End(size_t member);

  int64_t watermark() const { return watermark_; }
  // All members that have not ended are idle.
  bool idle() const { return idle_; }
  // The least watermark of the active members but this one; kWatermarkMax if there is none.
  int64_t LeastOfOthers(size_t member) const;

 private:
  struct Member {
    int64_t watermark = kWatermarkMin;
    int64_t before_end = kWatermarkMin;  // The last one that is not kWatermarkMax.
    bool idle = false;
    bool ended = false;
    bool counts = true;
  };
  // `lets_go`: if all are idle now, time goes on to the greatest.
  void Combine(bool lets_go = true);

  const Return comes_back_;
  std::vector<Member> members_;
  int64_t watermark_ = kWatermarkMin;
  int64_t least_ = kWatermarkMin;  // Of the members that count.
  bool idle_ = false;
};

}  // namespace sabot
