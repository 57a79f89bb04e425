// Barriers that a source has still to inject between two pieces of its input, and those that hold
// it.
//
//   barrier 7: stop     rows, rows, barrier 7, (nothing until it is released)
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "stream/element.h"

namespace sabot {

class SourceBarriers {
 public:
  struct Requested {
    Barrier barrier;
    AtBarrier at_barrier = AtBarrier::kGoOn;
  };

  // Any thread.
  void Request(Barrier barrier, AtBarrier at_barrier);
  // What the source was held for behind the barrier `epoch` has failed. Any thread.
  void Release(int64_t epoch) { released_epoch_ = epoch; }

  bool any() const { return any_; }
  // A barrier that went in was to be the last element, and has not been released.
  bool hold_source() const { return held_epoch_ > released_epoch_; }
  // The barrier whose turn it is, if it is one's. They enter whatever holds the source; between two
  // of them it has its turn if it may read: where there is hardly any room, checkpoints that follow
  // each other would leave none for rows.
  std::optional<Requested> Take(bool may_read);

 private:
  std::mutex mutex_;
  std::deque<Requested> requested_;
  std::atomic<bool> any_{false};
  bool was_last_ = false;
  int64_t held_epoch_ = INT64_MIN;  // Of the last barrier that held the source.
  std::atomic<int64_t> released_epoch_{INT64_MIN};
};

}  // namespace sabot
