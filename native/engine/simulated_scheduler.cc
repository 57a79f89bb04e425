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
    tasks_ = std::move(tasks);
    runnable_.assign(tasks_.size(), true);
    timers_.assign(tasks_.size(), INT64_MAX);
    finished_.assign(tasks_.size(), false);
    for (uint64_t step = 0; num_finished_ < tasks_.size() && !cancelled_; ++step) {
      if (simulation_.between) simulation_.between(step);
      if (step >= static_cast<uint64_t>(simulation_.steps_max)) {
        return done({arrow::Status::UnknownError("Simulation did not end in ",
                                                 simulation_.steps_max, " steps"),
                     nullptr});
      }
      if (clock_.NowMillis() >= next_work_ms_) {
        next_work_ms_ = clock_.NowMillis() + period_ms_;
        work_();
      }
      const Turn turn = Choose();
      if (turn.kind == Turn::kNone && simulation_.stalled && simulation_.stalled()) continue;
      if (turn.kind == Turn::kNone) {
        return done({arrow::Status::UnknownError("Deadlock: no task is runnable (seed ",
                                                 simulation_.seed, ")"),
                     nullptr});
      }
      if (turn.kind == Turn::kExecutor) {
        simulation_.executor->RunOne(random_());
        continue;
      }
      const arrow::Status status = RunTask(turn.task);
      if (!status.ok()) return done({status, tasks_[turn.task]});
    }
    done({cancelled_ ? arrow::Status::Cancelled("The job was cancelled") : arrow::Status::OK(),
          nullptr});
  }

  void Wake(size_t task) override {
    if (task < runnable_.size()) runnable_[task] = true;
  }
  void Cancel() override { cancelled_ = true; }
  void Every(int64_t period_ms, std::function<void()> work) override {
    period_ms_ = period_ms;
    work_ = std::move(work);
    next_work_ms_ = clock_.NowMillis() + period_ms;
  }
  void Stop() override {}

 private:
  // Whose turn it is.
  struct Turn {
    enum Kind : uint8_t { kNone, kTask, kExecutor } kind = kNone;
    size_t task = 0;
  };

  // A runnable task, or work of the executor; if there is none, virtual time goes on to the next
  // timer.
  Turn Choose() {
    while (true) {
      std::vector<Turn> turns;
      for (size_t i = 0; i < runnable_.size(); ++i) {
        if (!finished_[i] && (runnable_[i] || timers_[i] <= clock_.NowMillis()))
          turns.push_back({Turn::kTask, i});
      }
      if (simulation_.executor != nullptr && !simulation_.executor->idle())
        turns.push_back({Turn::kExecutor});
      if (!turns.empty()) return turns[random_() % turns.size()];
      const int64_t next = *std::min_element(timers_.begin(), timers_.end());
      if (next == INT64_MAX) return {};
      clock_.AdvanceMillis(next - clock_.NowMillis());
    }
  }

  arrow::Status RunTask(size_t index) {
    Task* task = tasks_[index];
    runnable_[index] = false;
    timers_[index] = INT64_MAX;
    if (!task->is_source()) task->gate().SetStart(random_());
    ARROW_ASSIGN_OR_RAISE(const StepResult result, task->Step(1 + static_cast<int>(random_() % 4)));
    if (result == StepResult::kReady) runnable_[index] = true;
    if (result == StepResult::kFinished) {
      finished_[index] = true;
      ++num_finished_;
    } else if (result != StepResult::kWaitOutput) {
      timers_[index] = task->NextTimer();
    }
    return arrow::Status::OK();
  }

  Simulation simulation_;
  VirtualClock& clock_;
  std::mt19937_64 random_;
  std::vector<Task*> tasks_;
  std::vector<bool> runnable_;
  std::vector<bool> finished_;
  std::vector<int64_t> timers_;
  std::function<void()> work_;  // Every period_ms_, if there is any.
  int64_t period_ms_ = 0;
  int64_t next_work_ms_ = INT64_MAX;
  size_t num_finished_ = 0;
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<Scheduler> MakeSimulatedScheduler(Simulation simulation, VirtualClock& clock) {
  return std::make_unique<SimulatedScheduler>(std::move(simulation), clock);
}

}  // namespace sabot
