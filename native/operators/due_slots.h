// DueSlots: which slot of a table is due next: a session at its end, a key at its first timer.
//
//   Push(9, a) Push(14, b)     a goes on to 20     Pop what is due at 15  ->  b
//
// A slot is queued once, under a time that it had: when that comes, it is queued again if it has
// gone on. Whoever makes a slot's time earlier calls Forget and Push. In memory a time takes 16
// bytes and knows the slot. A slot that goes to disk takes its time with it, into a queue that
// knows its key.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "state/cold_queue.h"
#include "state/keyed_table.h"

namespace sabot {

class DueSlots final : public Resident {
 public:
  // `time_cell` of `table`; the last `unhashed_bytes` of its keys are not hashed.
  DueSlots(std::string name, KeyedTable* table, int time_cell, size_t unhashed_bytes,
           StateTiers* tiers);
  ~DueSlots() override;
  DueSlots(const DueSlots&) = delete;
  DueSlots& operator=(const DueSlots&) = delete;

  // The slot is not queued in memory.
  void Push(Slot slot);
  // A slot that is erased before it was popped.
  void Forget(Slot slot);
  // Takes the slot that is due first off the queue; kNoSlot where none is. `due`, of a time, is
  // true up to some time and false from there on.
  template <typename Due>
  arrow::Result<Slot> Pop(const Due& due);
  // Nothing is due before; INT64_MAX where nothing is queued.
  int64_t least() const {
    const int64_t cold = has_cold_ ? cold_time_ : INT64_MAX;
    return queue_.empty() ? cold : std::min(cold, queue_.front().time);
  }

  int64_t memory_bytes() const override;
  arrow::Result<int64_t> Spill(int64_t bytes) override;

 private:
  struct QueuedTime {
    int64_t time;
    uint32_t stamp;  // Void, unless it is the slot's.
    Slot slot;
    auto operator<=>(const QueuedTime&) const = default;
  };

  int64_t TimeOf(Slot slot) const { return table_->cells().at<int64_t>(time_cell_, slot); }
  void Queue(int64_t time, Slot slot);
  // Before a slot leaves memory.
  arrow::Status ToDisk(Slot slot);
  bool ColdIsNext() const {
    return has_cold_ && (queue_.empty() || cold_time_ <= queue_.front().time);
  }
  // Slots whose time on disk is due come into memory, some at a time, and are queued there.
  arrow::Status Recall(const std::function<bool(int64_t)>& due);
  void NoteLeast();
  // What slots leave behind that have gone, or were moved to an earlier time.
  bool HasManyVoid() const { return num_void_ >= kVoidMin && num_void_ * 2 >= queue_.size(); }
  void DropVoid();

  static constexpr size_t kVoidMin = 4096;  // Fewer are not worth a walk.

  KeyedTable* const table_;
  const int time_cell_;
  const size_t unhashed_bytes_;
  StateTiers* const tiers_;        // nullptr: nothing goes to disk.
  std::vector<QueuedTime> queue_;  // A heap, the least time in front.
  size_t num_void_ = 0;            // In it.
  std::vector<uint32_t> stamps_;   // By slot; 0: not in the queue.
  uint32_t last_stamp_ = 0;
  ColdQueue cold_;
  bool has_cold_ = false;
  int64_t cold_time_ = 0;  // The least time on disk.
};

template <typename Due>
arrow::Result<Slot> DueSlots::Pop(const Due& due) {
  while (true) {
    if (ColdIsNext() && due(cold_time_)) {
      ARROW_RETURN_NOT_OK(Recall(due));
      continue;
    }
    if (queue_.empty() || !due(queue_.front().time)) return kNoSlot;
    const QueuedTime queued = queue_.front();
    std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
    queue_.pop_back();
    if (stamps_[queued.slot] != queued.stamp) {
      --num_void_;
      continue;
    }
    stamps_[queued.slot] = 0;
    const int64_t time = TimeOf(queued.slot);
    if (time == queued.time) return queued.slot;
    Queue(time, queued.slot);
  }
}

}  // namespace sabot
