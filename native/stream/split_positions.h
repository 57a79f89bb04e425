// How far a source has read every split, and how far there is something to read: written by the
// source, read by anybody.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace sabot {

inline constexpr int64_t kUnknownEnd = -1;

class SplitPositions {
 public:
  struct Split {
    std::string name;
    int64_t position = 0;       // What is read next.
    int64_t end = kUnknownEnd;  // Behind the last that there is, as the source has heard last.
  };

  // A new split, or one that goes on elsewhere.
  void Set(int32_t number, Split split) {
    const std::lock_guard lock(mutex_);
    splits_[number] = std::move(split);
  }
  void Advance(int32_t number, int64_t position, int64_t end) {
    const std::lock_guard lock(mutex_);
    Split& split = splits_[number];
    split.position = position;
    split.end = end;
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
