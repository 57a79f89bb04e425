// How far event time has come in every split of a source: written by the watermark assigner behind
// it, read by anybody.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "stream/element.h"

namespace sabot {

class SplitTimes {
 public:
  struct Split {
    std::shared_ptr<const std::string> name = nullptr;  // nullptr where the source gives none.
    int64_t watermark_ms = kWatermarkMin;
    bool idle = false;
    bool waiting = false;  // To be read.
  };

  void Set(int32_t number, Split split) {
    const std::lock_guard lock(mutex_);
    splits_[number] = std::move(split);
  }
  void Advance(int32_t number, int64_t watermark_ms) {
    const std::lock_guard lock(mutex_);
    splits_[number].watermark_ms = watermark_ms;
  }
  void Remove(int32_t number) {
    const std::lock_guard lock(mutex_);
    splits_.erase(number);
  }
  // Calls visit(number, split) for every split.
  template <typename Visit>
  void ForEach(Visit visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, split] : splits_) visit(number, split);
  }

 private:
  mutable std::mutex mutex_;
  std::map<int32_t, Split> splits_;
};

}  // namespace sabot
