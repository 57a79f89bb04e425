// Worker threads over one ready queue.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <queue>
#include <thread>
#include <utility>

#include "base/check.h"
#include "engine/scheduler.h"

namespace sabot {
namespace {

// Elements that a task works off before another gets the thread.
constexpr int kQuantum = 16;

class ThreadedScheduler final : public Scheduler {
 public:
  ThreadedScheduler(int num_workers, Clock& clock) : num_workers_(num_workers), clock_(clock) {}

  ~ThreadedScheduler() override { Stop(); }

  void Stop() override {
    Cancel();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
  }

  void Start(std::vector<Task*> tasks, std::function<void(RunOutcome)> done) override {
    {
      const std::lock_guard lock(mutex_);
      SABOT_CHECK(workers_.empty());
      tasks_ = std::move(tasks);
      states_.assign(tasks_.size(), State::kQueued);
      for (size_t i = 0; i < tasks_.size(); ++i) ready_.push_back(i);
      done_ = std::move(done);
      started_ = true;
      if (stopping_) outcome_.status = arrow::Status::Cancelled("The job was cancelled");
      live_workers_ = num_workers_;
    }
    for (int i = 0; i < num_workers_; ++i) workers_.emplace_back([this] { Work(); });
  }

  void Wake(size_t task) override {
    const std::lock_guard lock(mutex_);
    if (!started_) return;  // All tasks are runnable at the start.
    if (states_[task] == State::kIdle) {
      states_[task] = State::kQueued;
      ready_.push_back(task);
      changed_.notify_one();
    } else if (states_[task] == State::kRunning) {
      states_[task] = State::kRunningAgain;
    }
  }

  void Every(int64_t period_ms, std::function<void()> work) override {
    period_ms_ = period_ms;
    work_ = std::move(work);
    next_work_ms_ = clock_.NowMillis() + period_ms;
  }

  void Cancel() override {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    if (started_ && outcome_.status.ok() && num_finished_ < tasks_.size()) {
      outcome_.status = arrow::Status::Cancelled("The job was cancelled");
    }
    changed_.notify_all();
  }

 private:
  enum class State : uint8_t { kIdle, kQueued, kRunning, kRunningAgain, kFinished };
  using Timer = std::pair<int64_t, size_t>;  // Processing time, task.

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      QueueDueTimers();
      if (stopping_ || num_finished_ == tasks_.size()) break;
      if (clock_.NowMillis() >= next_work_ms_) {
        WorkNow(lock);
      } else if (ready_.empty()) {
        Wait(lock);
      } else {
        RunNext(lock);
      }
    }
    changed_.notify_all();
    if (--live_workers_ > 0) return;
    const auto done = std::move(done_);
    const RunOutcome outcome = outcome_;
    lock.unlock();
    done(outcome);
  }

  void WorkNow(std::unique_lock<std::mutex>& lock) {
    next_work_ms_ = INT64_MAX;  // Nobody else takes it up meanwhile.
    lock.unlock();
    work_();
    lock.lock();
    next_work_ms_ = clock_.NowMillis() + period_ms_;
  }

  void Wait(std::unique_lock<std::mutex>& lock) {
    const int64_t until =
        std::min(next_work_ms_, timers_.empty() ? INT64_MAX : timers_.top().first);
    if (until == INT64_MAX) return changed_.wait(lock);
    changed_.wait_for(lock,
                      std::chrono::milliseconds(std::max<int64_t>(1, until - clock_.NowMillis())));
  }

  void RunNext(std::unique_lock<std::mutex>& lock) {
    const size_t index = ready_.front();
    ready_.pop_front();
    states_[index] = State::kRunning;
    Task* task = tasks_[index];
    lock.unlock();
    const arrow::Result<StepResult> result = task->Step(kQuantum);
    const int64_t timer = result.ok() ? task->NextTimer() : INT64_MAX;
    lock.lock();
    if (!result.ok()) {
      if (outcome_.status.ok()) outcome_ = {result.status(), task};
      stopping_ = true;
      changed_.notify_all();
      return;
    }
    if (*result == StepResult::kFinished) {
      states_[index] = State::kFinished;
      if (++num_finished_ == tasks_.size()) changed_.notify_all();
      return;
    }
    if (*result == StepResult::kReady || states_[index] == State::kRunningAgain) {
      states_[index] = State::kQueued;
      ready_.push_back(index);
      return;
    }
    states_[index] = State::kIdle;
    // A timer does not help a task that has no room for output: room wakes it.
    if (timer != INT64_MAX && *result != StepResult::kWaitOutput) {
      timers_.emplace(timer, index);
      changed_.notify_one();
    }
  }

  void QueueDueTimers() {
    if (timers_.empty()) return;
    const int64_t now = clock_.NowMillis();
    while (!timers_.empty() && timers_.top().first <= now) {
      const size_t task = timers_.top().second;
      timers_.pop();
      if (states_[task] != State::kIdle) continue;
      states_[task] = State::kQueued;
      ready_.push_back(task);
      changed_.notify_one();
    }
  }

  const int num_workers_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Task*> tasks_;
  std::vector<State> states_;
  std::deque<size_t> ready_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::vector<std::thread> workers_;
  std::function<void(RunOutcome)> done_;
  std::function<void()> work_;  // Every period_ms_, if there is any.
  int64_t period_ms_ = 0;
  int64_t next_work_ms_ = INT64_MAX;
  RunOutcome outcome_;
  size_t num_finished_ = 0;
  int live_workers_ = 0;
  bool started_ = false;
  bool stopping_ = false;
};

}  // namespace

std::unique_ptr<Scheduler> MakeThreadedScheduler(int num_workers, Clock& clock) {
  return std::make_unique<ThreadedScheduler>(num_workers, clock);
}

}  // namespace sabot
