// Sources that wait for each other, so that none reads much further ahead in event time than the
// others and piles up state (Flink's watermark alignment).
//
//   group g, max drift 10:   a at 100   b at 50     a waits until b is at 90
//
// One per job; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "stream/element.h"

namespace sabot {

class WatermarkAlignment {
 public:
  // `wake` is called when the group's least watermark has advanced.
  size_t Join(const std::string& group, std::function<void()> wake);
  // kWatermarkMax: holds nobody back (idle, or ended).
  void Report(const std::string& group, size_t member, int64_t watermark);
  // The least watermark of the group; kWatermarkMax if nobody holds anybody back.
  int64_t Least(const std::string& group) const;

 private:
  struct Member {
    int64_t watermark = kWatermarkMin;
    std::function<void()> wake;
  };
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Member>> groups_;
};

}  // namespace sabot
