// Whose turn it is: the source's, or a barrier's.
#include "stream/source_barriers.h"

namespace sabot {

void SourceBarriers::Request(Barrier barrier, AtBarrier at_barrier) {
  const std::lock_guard lock(mutex_);
  requested_.push_back({barrier, at_barrier});
  any_ = true;
}

std::optional<SourceBarriers::Requested> SourceBarriers::Take(bool may_read) {
  was_last_ = any_ && (!was_last_ || !may_read);
  if (!was_last_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const Requested next = requested_.front();
  requested_.pop_front();
  any_ = !requested_.empty();
  if (next.at_barrier != AtBarrier::kGoOn) held_epoch_ = next.barrier.id;
  return next;
}

}  // namespace sabot
