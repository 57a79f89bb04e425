// One thread, virtual time, an order that the seed decides.
#include <algorithm>
#include <random>
#include <utility>

#include "engine/scheduler.h"

namespace sabot {
namespace {

class SimulatedScheduler final : public Scheduler {
 public:
  SimulatedScheduler(Simulation simulation, VirtualClock& clock)
      : simulation_(std::move(simulation)), clock_(clock), random_(simulation_.seed) {}

  void Start(std::vector<Task*> tasks, std::function<void(RunOutcome)> done) override {
    runnable_.assign(tasks.size(), true);
    timers_.assign(tasks.size(), INT64_MAX);
    std::vector<bool> finished(tasks.size(), false);
    size_t num_finished = 0;
    for (uint64_t step = 0; num_finished < tasks.size() && !cancelled_; ++step) {
      if (simulation_.between) simulation_.between(step);
      if (step >= static_cast<uint64_t>(simulation_.steps_max)) {
        return done({arrow::Status::UnknownError("Simulation did not end in ",
                                                 simulation_.steps_max, " steps"),
                     nullptr});
      }
      const auto next = Choose(finished);
      if (!next && simulation_.stalled && simulation_.stalled()) continue;
      if (!next) {
        return done({arrow::Status::UnknownError("Deadlock: no task is runnable (seed ",
                                                 simulation_.seed, ")"),
                     nullptr});
      }
      Task* task = tasks[*next];
      runnable_[*next] = false;
      timers_[*next] = INT64_MAX;
      if (!task->is_source()) task->gate().SetStart(random_());
      const arrow::Result<StepResult> result = task->Step(1 + static_cast<int>(random_() % 4));
      if (!result.ok()) return done({result.status(), task});
      if (*result == StepResult::kReady) runnable_[*next] = true;
      if (*result == StepResult::kFinished) {
        finished[*next] = true;
        ++num_finished;
      } else if (*result != StepResult::kWaitOutput) {
        timers_[*next] = task->NextTimer();
      }
    }
    done({cancelled_ ? arrow::Status::Cancelled("The job was cancelled") : arrow::Status::OK(),
          nullptr});
  }

  void Wake(size_t task) override {
    if (task < runnable_.size()) runnable_[task] = true;
  }
  void Cancel() override { cancelled_ = true; }

 private:
  // A runnable task; if there is none, virtual time goes on to the next timer.
  std::optional<size_t> Choose(const std::vector<bool>& finished) {
    std::vector<size_t> candidates;
    for (size_t i = 0; i < runnable_.size(); ++i) {
      if (!finished[i] && (runnable_[i] || timers_[i] <= clock_.NowMillis()))
        candidates.push_back(i);
    }
    if (candidates.empty()) {
      const int64_t next = *std::min_element(timers_.begin(), timers_.end());
      if (next == INT64_MAX) return std::nullopt;
      clock_.AdvanceMillis(next - clock_.NowMillis());
      return Choose(finished);
    }
    return candidates[random_() % candidates.size()];
  }

  Simulation simulation_;
  VirtualClock& clock_;
  std::mt19937_64 random_;
  std::vector<bool> runnable_;
  std::vector<int64_t> timers_;
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<Scheduler> MakeSimulatedScheduler(Simulation simulation, VirtualClock& clock) {
  return std::make_unique<SimulatedScheduler>(std::move(simulation), clock);
}

}  // namespace sabot
