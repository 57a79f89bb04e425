// DeltaChain: how the snapshots of one structure build on each other.
//
//   snapshot      1       2       3       4
//   written       base    delta   delta   base       a third of the chain's entries was stale
//   num_earlier   0       1       2       0
#pragma once

#include <cstdint>

#include "state/snapshot.h"

namespace sabot {

class DeltaChain {
 public:
  // Whether the next snapshot may be a delta: the chain is short, and of its entries (keys,
  // elements, rows) no more than a third is stale: the structure has `num_live` ones.
  bool CanGrow(int64_t num_live) const {
    return num_earlier_ > 0 && num_earlier_ < kLengthMax && num_entries_ <= num_live + num_live / 2;
  }
  int num_earlier() const { return num_earlier_; }
  int64_t base_entries() const { return base_entries_; }  // Of the last base.
  bool broken() const { return broken_; }

  // A snapshot with so many entries was written.
  void Add(SectionKind kind, int64_t num_entries) {
    if (kind == SectionKind::kBase) *this = {};
    ++num_earlier_;
    num_entries_ += num_entries;
    if (kind == SectionKind::kBase) base_entries_ = num_entries;
  }
  // A snapshot was given up: the next one is a base.
  void Break() {
    *this = {};
    broken_ = true;
  }
  // What a restored structure was read from, with so many entries in all, is built on further.
  void Continue(const SnapshotReader::SectionChain& chain, int64_t num_entries) {
    *this = {};
    num_earlier_ = static_cast<int>(chain.size());
    num_entries_ = base_entries_ = num_entries;
  }

 private:
  static constexpr int kLengthMax = 64;

  int num_earlier_ = 0;
  int64_t num_entries_ = 0;
  int64_t base_entries_ = 0;
  bool broken_ = false;
};

}  // namespace sabot
