// A hash index from 32-bit tags to slots: open addressing, linear probing, no keys of its own.
// Shared by KeyedTable and ChildTable.
//
//   bucket: (tag, slot), at position tag % size or after; the owner compares the key bytes behind a
//   slot whose tag matches
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "state/cell_columns.h"

namespace sabot {

// left == right; most keys have 8 to 16 bytes and need no call.
inline bool SameKey(std::string_view left, std::string_view right) {
  const size_t size = left.size();
  if (size != right.size()) return false;
  if (size < 8 || size > 16) return left == right;
  uint64_t words[4];
  std::memcpy(&words[0], left.data(), 8);
  std::memcpy(&words[1], left.data() + size - 8, 8);
  std::memcpy(&words[2], right.data(), 8);
  std::memcpy(&words[3], right.data() + size - 8, 8);
  return ((words[0] ^ words[2]) | (words[1] ^ words[3])) == 0;
}

class KeyIndex {
 public:
  // What a slot takes, about.
  static constexpr size_t kBytesPerSlot = 16;

  // The hash's lower bits choose the key group: a subtask sees few of them.
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  void Prefetch(uint32_t tag) const { __builtin_prefetch(&buckets_[tag & mask_]); }
  // The slot that the first bucket suggests, or kNoSlot: worth prefetching, not more.
  Slot Candidate(uint32_t tag) const {
    const Bucket bucket = buckets_[tag & mask_];
    return bucket.tag == tag ? bucket.slot : kNoSlot;
  }

  // The slot with this tag for which equal(slot) holds, else kNoSlot.
  template <typename Equal>
  Slot Find(uint32_t tag, Equal&& equal) const {
    for (uint32_t at = tag & mask_;; at = (at + 1) & mask_) {
      const Bucket bucket = buckets_[at];
      if (bucket.slot == kNoSlot) return kNoSlot;
      if (bucket.tag == tag && equal(bucket.slot)) return bucket.slot;
    }
  }

  void Insert(uint32_t tag, Slot slot) {
    if (8 * (static_cast<uint64_t>(size_) + 1) > 5 * static_cast<uint64_t>(buckets_.size())) Grow();
    Place(tag, slot);
    ++size_;
  }

  // The slot must be in the index.
  void Erase(uint32_t tag, Slot slot) {
    uint32_t hole = PositionOf(tag, slot);
    // Moves later buckets of the run back, so that no probe meets a gap before its key.
    for (uint32_t at = (hole + 1) & mask_; buckets_[at].slot != kNoSlot; at = (at + 1) & mask_) {
      const uint32_t home = buckets_[at].tag & mask_;
      if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
      buckets_[hole] = buckets_[at];
      hole = at;
    }
    buckets_[hole] = {};
    --size_;
  }

  void Replace(uint32_t tag, Slot slot, Slot by) { buckets_[PositionOf(tag, slot)].slot = by; }

  void Clear() {
    buckets_.assign(kSizeMin, {});
    mask_ = kSizeMin - 1;
    size_ = 0;
  }

  void Reserve(uint64_t keys) {
    while (5 * static_cast<uint64_t>(buckets_.size()) < 8 * (size_ + keys)) Grow();
  }
  int64_t size() const { return size_; }
  int64_t size_bytes() const { return static_cast<int64_t>(buckets_.size() * sizeof(Bucket)); }

 private:
  struct Bucket {
    uint32_t tag = 0;
    Slot slot = kNoSlot;
  };
  static constexpr uint32_t kSizeMin = 16;

  uint32_t PositionOf(uint32_t tag, Slot slot) const {
    uint32_t at = tag & mask_;
    while (buckets_[at].slot != slot) at = (at + 1) & mask_;
    return at;
  }

  void Place(uint32_t tag, Slot slot) {
    uint32_t at = tag & mask_;
    while (buckets_[at].slot != kNoSlot) at = (at + 1) & mask_;
    buckets_[at] = {tag, slot};
  }

  void Grow() {
    std::vector<Bucket> old(buckets_.size() * 2);
    old.swap(buckets_);
    mask_ = static_cast<uint32_t>(buckets_.size() - 1);
    for (const Bucket& bucket : old) {
      if (bucket.slot != kNoSlot) Place(bucket.tag, bucket.slot);
    }
  }

  std::vector<Bucket> buckets_ = std::vector<Bucket>(kSizeMin);
  uint32_t mask_ = kSizeMin - 1;
  uint32_t size_ = 0;
};

}  // namespace sabot
