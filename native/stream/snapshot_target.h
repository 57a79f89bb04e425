// Where a task's snapshots go: one OperatorSnapshot per operator and barrier.
#pragma once

#include <cstdint>
#include <memory>

#include "state/snapshot.h"
#include "stream/element.h"

namespace sabot {

struct TaskOperator;

// How long a barrier held an operator's task up.
struct BarrierTimes {
  int64_t align_ns = 0;  // From the first to the last of its channels that delivered it.
  int64_t sync_ns = 0;   // Freezing this operator's state.
};

// Takes one operator's state at one barrier. Used by the task's thread only.
class OperatorSnapshot : public SectionSink {
 public:
  // False while much is waiting to be written; the task's waker is called when there is room.
  virtual bool has_room() const = 0;
  // Last call. All pieces were written, and build on the `num_earlier` snapshots before; or
  // `status` says what went wrong.
  virtual void Finish(const arrow::Status& status, int num_earlier, const BarrierTimes& times) = 0;
};

class SnapshotTarget {
 public:
  virtual ~SnapshotTarget() = default;
  // Called at every barrier that reaches an operator, and once with kFinalBarrier when it has
  // reached the end of its input. Any task's thread.
  virtual std::unique_ptr<OperatorSnapshot> Begin(const Barrier& barrier, const TaskOperator& op,
                                                  int subtask) = 0;
  virtual SnapshotMode ModeFor(const Barrier& barrier, const TaskOperator& op, int subtask) = 0;
};

// The state that an operator is left with at the end of its input.
inline constexpr Barrier kFinalBarrier{.id = INT64_MAX, .kind = BarrierKind::kCheckpoint};

}  // namespace sabot
