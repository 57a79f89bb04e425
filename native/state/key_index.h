// A hash index from 32-bit tags to slots: open addressing, linear probing, no keys of its own.
// Shared by KeyedTable and ChildTable.
//
//   bucket: (tag, slot), at position tag % size or after; the owner compares the key bytes behind a
//   slot whose tag matches
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/large_memory.h"
#include "state/cell_columns.h"

namespace sabot {

// The bits in which 8 bytes differ.
inline uint64_t DifferAt(const char* left, const char* right) {
  uint64_t words[2];
  std::memcpy(&words[0], left, 8);
  std::memcpy(&words[1], right, 8);
  return words[0] ^ words[1];
}

// left == right; most keys have 8 to 32 bytes and need no call.
inline bool SameKey(std::string_view left, std::string_view right) {
  const size_t size = left.size();
  if (size != right.size()) return false;
  if (size < 8 || size > 32) return left == right;
  const char* const a = left.data();
  const char* const b = right.data();
  // Words may overlap.
  uint64_t differ = DifferAt(a, b) | DifferAt(a + size - 8, b + size - 8);
  if (size > 16) differ |= DifferAt(a + 8, b + 8) | DifferAt(a + size - 16, b + size - 16);
  return differ == 0;
}

class KeyIndex {
 public:
  // What a slot takes, about.
  static constexpr size_t kBytesPerSlot = 16;

  // The hash's lower bits choose the key group: a subtask sees few of them.
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  void Prefetch(uint32_t tag) const { __builtin_prefetch(buckets() + (tag & mask_)); }
  // The slot that the first bucket suggests, or kNoSlot: worth prefetching, not more.
  Slot Candidate(uint32_t tag) const {
    const Bucket bucket = buckets()[tag & mask_];
    return bucket.tag == tag ? bucket.slot() : kNoSlot;
  }

  // The slot with this tag for which equal(slot) holds, else kNoSlot.
  template <typename Equal>
  Slot Find(uint32_t tag, Equal&& equal) const {
    for (uint32_t at = tag & mask_;; at = (at + 1) & mask_) {
      const Bucket bucket = buckets()[at];
      if (bucket.empty()) return kNoSlot;
      if (bucket.tag == tag && equal(bucket.slot())) return bucket.slot();
    }
  }

  void Insert(uint32_t tag, Slot slot) {
    if (8 * (static_cast<uint64_t>(size_) + 1) > 5 * num_buckets()) Resize(2 * num_buckets());
    Place(tag, slot);
    ++size_;
  }

  // The slot must be in the index.
  void Erase(uint32_t tag, Slot slot) {
    uint32_t hole = PositionOf(tag, slot);
    // Moves later buckets of the run back, so that no probe meets a gap before its key.
    for (uint32_t at = (hole + 1) & mask_; !buckets()[at].empty(); at = (at + 1) & mask_) {
      const uint32_t home = buckets()[at].tag & mask_;
      if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
      buckets()[hole] = buckets()[at];
      hole = at;
    }
    buckets()[hole] = {};
    --size_;
  }

  void Replace(uint32_t tag, Slot slot, Slot by) {
    buckets()[PositionOf(tag, slot)].slot_and_one = by + 1;
  }

  void Clear() { *this = {}; }

  void Reserve(uint64_t keys) {
    uint64_t wanted = num_buckets();
    while (5 * wanted < 8 * (size_ + keys)) wanted *= 2;
    if (wanted > num_buckets()) Resize(wanted);
  }
  int64_t size() const { return size_; }
  int64_t size_bytes() const { return static_cast<int64_t>(memory_.size()); }

 private:
  // Zeros are an empty one.
  struct Bucket {
    uint32_t tag = 0;
    uint32_t slot_and_one = 0;
    bool empty() const { return slot_and_one == 0; }
    Slot slot() const { return slot_and_one - 1; }
  };
  static constexpr uint32_t kSizeMin = 16;

  Bucket* buckets() const { return reinterpret_cast<Bucket*>(memory_.data()); }
  uint64_t num_buckets() const { return uint64_t{mask_} + 1; }

  uint32_t PositionOf(uint32_t tag, Slot slot) const {
    uint32_t at = tag & mask_;
    while (buckets()[at].slot_and_one != slot + 1) at = (at + 1) & mask_;
    return at;
  }

  void Place(uint32_t tag, Slot slot) {
    uint32_t at = tag & mask_;
    while (!buckets()[at].empty()) at = (at + 1) & mask_;
    buckets()[at] = {tag, slot + 1};
  }

  void Resize(uint64_t num) {
    const LargeMemory old = std::exchange(memory_, LargeMemory(num * sizeof(Bucket)));
    mask_ = static_cast<uint32_t>(num - 1);
    const auto* const begin = reinterpret_cast<const Bucket*>(old.data());
    for (const Bucket* at = begin; at < begin + old.size() / sizeof(Bucket); ++at) {
      if (!at->empty()) Place(at->tag, at->slot());
    }
  }

  LargeMemory memory_{kSizeMin * sizeof(Bucket)};
  uint32_t mask_ = kSizeMin - 1;
  uint32_t size_ = 0;
};

}  // namespace sabot
