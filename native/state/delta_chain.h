// DeltaChain: how the snapshots of one structure build on each other.
//
//   snapshot      1       2       3       4
//   written       base    delta   delta   base       the deltas came to more than half of the base
//   num_earlier   0       1       2       0
#pragma once

#include <cstdint>

#include "state/snapshot.h"

namespace sabot {

class DeltaChain {
 public:
  // Whether the next snapshot may be a delta.
  bool CanGrow() const {
    return num_earlier_ > 0 && num_earlier_ < kLengthMax && delta_bytes_ <= base_bytes_ / 2;
  }
  int num_earlier() const { return num_earlier_; }
  bool broken() const { return broken_; }

  void Add(SectionKind kind, int64_t bytes) {
    if (kind == SectionKind::kBase) *this = {};
    ++num_earlier_;
    (kind == SectionKind::kBase ? base_bytes_ : delta_bytes_) += bytes;
  }
  // A snapshot was given up: the next one is a base.
  void Break() {
    *this = {};
    broken_ = true;
  }
  // What a restored structure was read from is built on further.
  void Continue(const SnapshotReader::SectionChain& chain) {
    for (const SnapshotSection* section : chain) {
      int64_t bytes = 0;
      for (const std::string_view piece : section->pieces) bytes += std::ssize(piece);
      Add(section->kind, bytes);
    }
  }

 private:
  static constexpr int kLengthMax = 64;

  int num_earlier_ = 0;
  int64_t base_bytes_ = 0;
  int64_t delta_bytes_ = 0;
  bool broken_ = false;
};

}  // namespace sabot
