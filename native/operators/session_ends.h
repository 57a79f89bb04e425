// SessionEnds: which session ends next.
//
//   Push(9, a) Push(14, b)     a goes on to 20     Pop what is due at 15  ->  b
//
// A session is queued once, under an end that it had: when that comes, it is queued again if it has
// gone on. In memory an end takes 16 bytes and knows the session's slot. A session that goes to
// disk takes its end with it, into a queue that knows its key.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "state/cold_queue.h"
#include "state/keyed_table.h"

namespace sabot {

class SessionEnds final : public Resident {
 public:
  // `end_cell` of `sessions`; the last `number_bytes` of their keys are not hashed.
  SessionEnds(KeyedTable* sessions, int end_cell, size_t number_bytes, StateTiers* tiers);
  ~SessionEnds() override;
  SessionEnds(const SessionEnds&) = delete;
  SessionEnds& operator=(const SessionEnds&) = delete;

  // The session is not queued.
  void Push(Slot session);
  // A session that is erased before it was popped.
  void Forget(Slot session);
  // Takes the session that ends first off the queue; kNoSlot where none is due. `due`, of an end,
  // is true up to some end and false from there on.
  template <typename Due>
  arrow::Result<Slot> Pop(const Due& due);

  int64_t memory_bytes() const override;
  arrow::Result<int64_t> Spill(int64_t bytes) override;

 private:
  struct QueuedEnd {
    int64_t end;
    uint32_t stamp;  // Void, unless it is the slot's.
    Slot slot;
    auto operator<=>(const QueuedEnd&) const = default;
  };

  int64_t EndOf(Slot session) const { return sessions_->cells().at<int64_t>(end_cell_, session); }
  void Queue(int64_t end, Slot session);
  // Before a session leaves memory.
  arrow::Status ToDisk(Slot session);
  bool ColdIsNext() const {
    return has_cold_ && (queue_.empty() || cold_end_ <= queue_.front().end);
  }
  // Sessions whose end on disk is due come into memory, some at a time, and are queued there.
  arrow::Status Recall(const std::function<bool(int64_t)>& due);
  void NoteLeast();

  KeyedTable* const sessions_;
  const int end_cell_;
  const size_t number_bytes_;
  StateTiers* const tiers_;       // nullptr: nothing goes to disk.
  std::vector<QueuedEnd> queue_;  // A heap, the least end in front.
  size_t num_void_ = 0;           // In it.
  std::vector<uint32_t> stamps_;  // By slot; 0: not in the queue.
  uint32_t last_stamp_ = 0;
  ColdQueue cold_;
  bool has_cold_ = false;
  int64_t cold_end_ = 0;  // The least end on disk.
};

template <typename Due>
arrow::Result<Slot> SessionEnds::Pop(const Due& due) {
  while (true) {
    if (ColdIsNext() && due(cold_end_)) {
      ARROW_RETURN_NOT_OK(Recall(due));
      continue;
    }
    if (queue_.empty() || !due(queue_.front().end)) return kNoSlot;
    const QueuedEnd queued = queue_.front();
    std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
    queue_.pop_back();
    if (stamps_[queued.slot] != queued.stamp) {
      --num_void_;
      continue;
    }
    stamps_[queued.slot] = 0;
    const int64_t end = EndOf(queued.slot);
    if (end == queued.end) return queued.slot;
    Queue(end, queued.slot);
  }
}

}  // namespace sabot
