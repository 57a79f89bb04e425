// The index of a ColdLog: 8 bytes for a row, and some air.
//
//   key group 5:   [ - | tag, place | tag, place | - ]     a row's home: its tag, scaled to the
//   size
//
// Open addressing with linear probing, a part for each key group: so a part is enlarged in no time,
// by a fifth, and the rows of a key group are found together. Whoever asks compares the rows at the
// places that a tag leads to.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"
#include "batch/key_encoding.h"

namespace sabot {

class ColdLogIndex {
 public:
  using Place = uint32_t;
  static constexpr Place kNowhere = UINT32_MAX;

  static uint32_t TagOf(uint32_t structure, uint64_t hash) {
    return static_cast<uint32_t>(hash >> 32) ^ (structure * 0x9E3779B1u);
  }

  void Prefetch(uint64_t hash, uint32_t tag) const {
    const Part& part = PartOf(hash);
    if (part.empty()) return;
    // Whoever looks for a gap goes on for some entries.
    const char* const home = reinterpret_cast<const char*>(part.entries.data() + part.Home(tag));
    __builtin_prefetch(home);
    __builtin_prefetch(home + 64);
    __builtin_prefetch(home + 128);
  }

  // The first place with this tag at which `is_it` holds.
  template <typename IsIt>
  Place Find(uint64_t hash, uint32_t tag, IsIt&& is_it) const {
    const Part& part = PartOf(hash);
    if (part.empty()) return kNowhere;
    for (size_t at = part.Home(tag);; at = part.Next(at)) {
      const uint64_t entry = part.entries[at];
      if (entry == 0) return kNowhere;
      if (TagIn(entry) == tag && is_it(PlaceIn(entry))) return PlaceIn(entry);
    }
  }

  void Insert(uint64_t hash, uint32_t tag, Place place) {
    Part& part = PartOf(hash);
    if (100 * (part.count + 1) > size_t{kFullPercent} * part.entries.size())
      Resize(part, part.entries.size() + part.entries.size() / 5 + kSizeMin);
    part.Put(EntryOf(tag, place));
    ++part.count;
    ++count_;
  }

  // The row at `place` is in the index; so it is for Erase.
  void Move(uint64_t hash, uint32_t tag, Place place, Place to) {
    Part& part = PartOf(hash);
    part.entries[part.PositionOf(tag, place)] = EntryOf(tag, to);
  }

  void Erase(uint64_t hash, uint32_t tag, Place place) {
    Part& part = PartOf(hash);
    size_t hole = part.PositionOf(tag, place);
    // Moves later entries of the run back, so that no probe meets a gap before its row.
    for (size_t at = part.Next(hole); part.entries[at] != 0; at = part.Next(at)) {
      const size_t home = part.Home(TagIn(part.entries[at]));
      if (part.Distance(home, at) < part.Distance(hole, at)) continue;
      part.entries[hole] = part.entries[at];
      hole = at;
    }
    part.entries[hole] = 0;
    --part.count;
    --count_;
    if (100 * (part.count + kSizeMin) < kEmptyPercent * part.entries.size())
      Resize(part, part.count + 2 * part.count / 5 + kSizeMin);
  }

  int64_t count() const { return count_; }
  // With as much air as after it was enlarged.
  int64_t needed_bytes() const {
    return count_ * static_cast<int64_t>(sizeof(uint64_t)) * 6 * 100 / (5 * kFullPercent);
  }
  int64_t size_bytes() const { return static_cast<int64_t>(num_entries_ * sizeof(uint64_t)); }

  int64_t CountOf(int key_group) const {
    return static_cast<int64_t>(parts_[static_cast<size_t>(key_group)].count);
  }
  // All places of a key group.
  std::vector<Place> PlacesOf(int key_group) const {
    const Part& part = parts_[static_cast<size_t>(key_group)];
    std::vector<Place> places;
    places.reserve(part.count);
    for (const uint64_t entry : part.entries) {
      if (entry != 0) places.push_back(PlaceIn(entry));
    }
    return places;
  }

 private:
  static constexpr size_t kSizeMin = 8;
  static constexpr int64_t kFullPercent = 85;
  static constexpr size_t kEmptyPercent = 50;

  // Zero is an empty one.
  static uint64_t EntryOf(uint32_t tag, Place place) {
    return uint64_t{tag} << 32 | (uint64_t{place} + 1);
  }
  static uint32_t TagIn(uint64_t entry) { return static_cast<uint32_t>(entry >> 32); }
  static Place PlaceIn(uint64_t entry) { return static_cast<Place>(entry) - 1; }

  struct Part {
    std::vector<uint64_t> entries;  // Never full.
    size_t count = 0;

    bool empty() const { return entries.empty(); }
    size_t Home(uint32_t tag) const { return uint64_t{tag} * entries.size() >> 32; }
    size_t Next(size_t at) const { return at + 1 == entries.size() ? 0 : at + 1; }
    size_t Distance(size_t from, size_t to) const {
      return to >= from ? to - from : to + entries.size() - from;
    }
    void Put(uint64_t entry) {
      size_t at = Home(TagIn(entry));
      while (entries[at] != 0) at = Next(at);
      entries[at] = entry;
    }
    size_t PositionOf(uint32_t tag, Place place) const {
      size_t at = Home(tag);
      while (entries[at] != EntryOf(tag, place)) {
        SABOT_CHECK(entries[at] != 0);
        at = Next(at);
      }
      return at;
    }
  };

  Part& PartOf(uint64_t hash) { return parts_[static_cast<size_t>(KeyGroupOf(hash))]; }
  const Part& PartOf(uint64_t hash) const { return parts_[static_cast<size_t>(KeyGroupOf(hash))]; }

  void Resize(Part& part, size_t size) {
    const std::vector<uint64_t> old = std::exchange(part.entries, std::vector<uint64_t>(size));
    num_entries_ += size - old.size();
    for (const uint64_t entry : old) {
      if (entry != 0) part.Put(entry);
    }
  }

  std::array<Part, kMaxParallelism> parts_;
  size_t num_entries_ = 0;
  int64_t count_ = 0;
};

}  // namespace sabot
