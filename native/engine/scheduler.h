// Who runs the tasks: worker threads, or one thread in an order that a seed decides.
#pragma once

#include <arrow/status.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "stream/task.h"

namespace sabot {

// What became of a run; `task` is the one that failed, or nullptr.
struct RunOutcome {
  arrow::Status status;
  const Task* task = nullptr;
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Runs the tasks, all runnable at first, until all have finished or one failed or Cancel. Returns
  // at once if threaded: `done` is called exactly once, when no task runs any more, on a thread of
  // the scheduler.
  virtual void Start(std::vector<Task*> tasks, std::function<void(RunOutcome)> done) = 0;
  // Makes a task runnable. Any thread, before Start too.
  virtual void Wake(size_t task) = 0;
  virtual void Cancel() = 0;
  // Has `work` done about every `period_ms` while tasks run, never twice at once, on a thread of
  // the scheduler. At most one, before Start.
  virtual void Every(int64_t period_ms, std::function<void()> work) = 0;
  // Cancels, and waits until no task runs. Wake may still be called afterwards.
  virtual void Stop() = 0;
};

std::unique_ptr<Scheduler> MakeThreadedScheduler(int num_workers, Clock& clock);

// Start runs everything on the calling thread and returns when done. Equal seeds give equal runs;
// virtual time advances to the next timer when nothing is runnable. Work of `executor` runs when
// the seed says so. `between` is called between two steps (barriers, faults, checks); `stalled`
// when nothing is runnable and no timer set: true if it woke somebody.
struct Simulation {
  uint64_t seed = 0;
  SimulatedExecutor* executor = nullptr;
  int64_t steps_max = 10'000'000;
  std::function<void(uint64_t step)> between;
  std::function<bool()> stalled;
};
std::unique_ptr<Scheduler> MakeSimulatedScheduler(Simulation simulation, VirtualClock& clock);

}  // namespace sabot
