// Sources that wait for each other.
#include "stream/watermark_alignment.h"

#include <algorithm>

namespace sabot {
namespace {

// Who has not told any time yet holds nobody back.
template <typename Members>
int64_t LeastOf(const Members& members) {
  int64_t least = kWatermarkMax;
  for (const auto& member : members) {
    if (member.watermark != kWatermarkMin) least = std::min(least, member.watermark);
  }
  return least;
}

}  // namespace

size_t WatermarkAlignment::Join(const std::string& group, std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  std::vector<Member>& members = groups_[group];
  members.push_back({kWatermarkMin, std::move(wake)});
  return members.size() - 1;
}

void WatermarkAlignment::Report(const std::string& group, size_t member, int64_t watermark) {
  std::vector<std::function<void()>> to_wake;
  {
    const std::lock_guard lock(mutex_);
    std::vector<Member>& members = groups_[group];
    const int64_t before = LeastOf(members);
    members[member].watermark = watermark;
    if (LeastOf(members) == before) return;
    for (size_t i = 0; i < members.size(); ++i) {
      if (i != member) to_wake.push_back(members[i].wake);
    }
  }
  for (const auto& wake : to_wake) wake();
}

int64_t WatermarkAlignment::Least(const std::string& group) const {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(group);
  return found == groups_.end() ? kWatermarkMax : LeastOf(found->second);
}

}  // namespace sabot
