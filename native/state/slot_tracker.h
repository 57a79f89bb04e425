// SlotTracker: which slots of a table have changed since the last barrier, and which of those the
// barrier has found are not written yet.
//
//   Touch 3, 7      dirty 3 7
//   barrier         dirty -          frozen 3 7
//   Touch 7, 9      dirty 7 9        frozen 3        7 was saved before it changed
//   Next            dirty 7 9        frozen -        3 is written
//
// Every slot has a word whose upper bits are marks. Two of them, one for dirty slots and one for
// frozen ones, change roles at every barrier, so that a barrier costs a swap whatever the number of
// slots. A whole table is frozen by a cursor instead: slots behind it are written.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "state/cell_columns.h"

namespace sabot {

class SlotTracker {
 public:
  // The marks; the bits below are the table's.
  static constexpr uint32_t kTaken = uint32_t{1} << 27;  // Not free.
  static constexpr uint32_t kDirtyA = uint32_t{1} << 28;
  static constexpr uint32_t kDirtyB = uint32_t{1} << 29;
  static constexpr uint32_t kSaved = uint32_t{1} << 30;  // Ahead of the cursor, but written or new.
  static constexpr uint32_t kKnown = uint32_t{1} << 31;  // Some snapshot of the chain has it.
  static constexpr uint32_t kNoMarks = kTaken - 1;
  static constexpr size_t kAhead = 16;  // Slots whose memory is fetched before they are looked at.

  // Not before the first snapshot: until then every word is its own or kTaken.
  bool active() const { return touched_ != kTaken; }

  // --- changes; `word` is the slot's ---

  // The mark of slots that need no Touch before they are changed.
  uint32_t touched() const { return touched_; }
  bool IsTouched(uint32_t word) const { return (word & touched_) != 0; }
  // Whether a slot must be saved, and MarkSaved called, before it is changed or freed.
  bool MustSave(Slot slot, uint32_t word) const {
    return whole_ ? slot >= next_ && slot < end_ && (word & kSaved) == 0 : (word & frozen_) != 0;
  }
  // Whether the chain has not got all of a slot's changes: the next delta must tell them.
  bool IsDirty(Slot slot, uint32_t word) const {
    // What a snapshot aside writes stays as dirty as it was.
    const bool frozen = aside_ && was_active_ && (word & frozen_) != 0 && MustSave(slot, word);
    return IsTouched(word) || frozen;
  }
  void MarkSaved(uint32_t& word) {
    word &= ~frozen_;
    if (whole_) word |= kSaved;
    if (!aside_) word |= kKnown;
  }
  void Touch(Slot slot, uint32_t& word) {
    word |= touched_;
    dirty_.push_back(slot);
  }
  // A free slot is taken: its word keeps nothing but marks.
  void Take(Slot slot, uint32_t& word) {
    // A slot that was freed while dirty is still in the list.
    word = kTaken | (word & touched_);
    if (whole_ && slot >= next_ && slot < end_) word |= kSaved;
    if (!IsTouched(word)) Touch(slot, word);
  }
  // As Take, but the slot gets back what the chain has already.
  void TakeKnown(Slot slot, uint32_t& word) {
    word = kTaken | (word & touched_) | (active() ? kKnown : 0);
    if (whole_ && slot >= next_ && slot < end_) word |= kSaved;
  }
  void Free(uint32_t& word) { word &= active() ? touched_ : 0; }
  // Whether a snapshot must be told that a slot's key or element is gone.
  bool MustForget(uint32_t word) const { return active() && (word & kKnown) != 0; }

  // --- barriers ---

  // `whole`: all taken slots are to be written, not only the dirty ones; so must it be if the
  // tracker is not active. `aside`: the snapshot is none that later ones build on.
  void Freeze(bool whole, bool aside, Slot num_slots);
  // A frozen slot that is to be written now; kNoSlot: none among the next `*steps` ones, or none is
  // left. Takes off `*steps` what it has looked at.
  template <typename WordOf>
  Slot Next(WordOf&& word_of, int64_t* steps);
  // Unless all taken slots are written: those that Next would look at, in its order, for who goes
  // over them by itself. TakeFrozen says of each whether it is to be written now, Pass that so many
  // were looked at.
  bool whole() const { return whole_; }
  std::span<const Slot> Left() const { return std::span(frozen_list_).subspan(next_); }
  bool TakeFrozen(uint32_t& word) const {
    const bool wanted = (word & frozen_) != 0 && (word & kTaken) != 0;
    word &= ~frozen_;
    if (wanted) word |= kKnown;
    return wanted;
  }
  void Pass(size_t count) { next_ += count; }
  bool finished() const { return next_ == (whole_ ? end_ : frozen_list_.size()); }
  // All is written and the snapshot holds.
  template <typename WordOf>
  void Confirm(WordOf&& word_of);
  // The frozen snapshot is given up. Unless it was one aside the tracker is not active afterwards.
  template <typename WordOf>
  void Abandon(WordOf&& word_of, Slot num_slots);
  // After a restore: a chain goes on in which all taken slots are known.
  template <typename WordOf>
  void Continue(WordOf&& word_of, Slot num_slots);

 private:
  template <typename WordOf>
  void Deactivate(WordOf&& word_of);

  uint32_t touched_ = kTaken;  // The bit of dirty slots; of all taken ones while not active.
  uint32_t frozen_ = kDirtyB;
  bool whole_ = false;
  bool aside_ = false;
  bool was_active_ = false;  // Before the barrier.
  std::vector<Slot> dirty_;
  std::vector<Slot> frozen_list_;
  size_t next_ = 0;  // In frozen_list_, or the cursor.
  Slot end_ = 0;     // Of the cursor.
};

inline void SlotTracker::Freeze(bool whole, bool aside, Slot num_slots) {
  SABOT_CHECK(whole || (active() && !aside));
  was_active_ = active();
  if (!was_active_) touched_ = kDirtyB;
  frozen_ = touched_;
  touched_ = frozen_ == kDirtyA ? kDirtyB : kDirtyA;
  frozen_list_.clear();
  // The cursor finds frozen slots by itself.
  whole ? dirty_.clear() : dirty_.swap(frozen_list_);
  whole_ = whole;
  aside_ = aside;
  next_ = 0;
  end_ = num_slots;
}

template <typename WordOf>
Slot SlotTracker::Next(WordOf&& word_of, int64_t* steps) {
  if (!whole_) {
    while (next_ < frozen_list_.size() && (*steps)-- > 0) {
      if (next_ + kAhead < frozen_list_.size())
        __builtin_prefetch(&word_of(frozen_list_[next_ + kAhead]), 1);
      const Slot slot = frozen_list_[next_++];
      if (TakeFrozen(word_of(slot))) return slot;
    }
    return kNoSlot;
  }
  while (next_ < end_ && (*steps)-- > 0) {
    const auto slot = static_cast<Slot>(next_++);
    uint32_t& word = word_of(slot);
    const bool wanted = (word & kTaken) != 0 && (word & kSaved) == 0;
    // What the chain has not got yet stays dirty.
    const bool dirty = aside_ && was_active_ && wanted && (word & frozen_) != 0;
    word &= ~(frozen_ | kSaved);
    if (dirty && !IsTouched(word)) Touch(slot, word);
    if (!wanted) continue;
    if (!aside_) word |= kKnown;
    return slot;
  }
  return kNoSlot;
}

template <typename WordOf>
void SlotTracker::Confirm(WordOf&& word_of) {
  SABOT_CHECK(finished());
  if (aside_ && !was_active_) Deactivate(word_of);
  whole_ = aside_ = false;
  frozen_list_.clear();
  next_ = 0;
}

template <typename WordOf>
void SlotTracker::Abandon(WordOf&& word_of, Slot num_slots) {
  if (aside_) {
    int64_t steps = INT64_MAX;
    while (Next(word_of, &steps) != kNoSlot) {
    }
    return Confirm(word_of);
  }
  if (whole_) {
    for (Slot slot = 0; slot < num_slots; ++slot) word_of(slot) &= ~(frozen_ | kSaved);
  } else {
    for (const Slot slot : frozen_list_) word_of(slot) &= ~frozen_;
  }
  next_ = whole_ ? end_ : frozen_list_.size();
  Confirm(word_of);
  Deactivate(word_of);
}

template <typename WordOf>
void SlotTracker::Continue(WordOf&& word_of, Slot num_slots) {
  SABOT_CHECK(!active());
  for (Slot slot = 0; slot < num_slots; ++slot) {
    uint32_t& word = word_of(slot);
    if ((word & kTaken) != 0) word |= kKnown;
  }
  touched_ = kDirtyA;
  frozen_ = kDirtyB;
}

template <typename WordOf>
void SlotTracker::Deactivate(WordOf&& word_of) {
  for (const Slot slot : dirty_) word_of(slot) &= ~touched_;
  dirty_.clear();
  touched_ = kTaken;
}

}  // namespace sabot
