// I/O threads over lanes, and their simulation.
#include "base/executor.h"

#include <condition_variable>
#include <iterator>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace sabot {
namespace {

class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(int num_threads) : num_threads_(num_threads) {}

  ~ThreadExecutor() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void Submit(Lane lane, std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    auto& waiting = lanes_[lane];
    waiting.push_back(std::move(work));
    // A lane in hand is looked at again by the thread that has it.
    if (waiting.size() > 1 || busy_.contains(lane)) return;
    ready_.push_back(lane);
    // Each idle thread takes one lane of those that are ready. While joining, no thread is added.
    if (!stopping_ && static_cast<int>(ready_.size()) > idle_threads_ &&
        static_cast<int>(threads_.size()) < num_threads_) {
      threads_.emplace_back([this] { Work(); });
    } else {
      changed_.notify_one();
    }
  }

  Lane NewLane() override {
    const std::lock_guard lock(mutex_);
    return next_lane_++;
  }

 private:
  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      while (ready_.empty()) {
        if (stopping_ && busy_.empty()) return;
        ++idle_threads_;
        changed_.wait(lock);
        --idle_threads_;
      }
      const Lane lane = ready_.front();
      ready_.pop_front();
      busy_.insert(lane);
      const auto at = lanes_.find(lane);
      auto work = std::move(at->second.front());
      at->second.pop_front();
      lock.unlock();
      work();
      work = nullptr;  // What it holds goes before the lock is taken.
      lock.lock();
      busy_.erase(lane);
      const auto after = lanes_.find(lane);
      if (after->second.empty()) {
        lanes_.erase(after);
      } else {
        ready_.push_back(lane);
      }
      if (stopping_) changed_.notify_all();
    }
  }

  const int num_threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Lane, std::deque<std::function<void()>>> lanes_;
  std::set<Lane> busy_;
  std::deque<Lane> ready_;  // Lanes with work that no thread has in hand.
  std::vector<std::thread> threads_;
  int idle_threads_ = 0;
  bool stopping_ = false;
  Lane next_lane_ = 0;
};

}  // namespace

std::unique_ptr<Executor> MakeThreadExecutor(int num_threads) {
  return std::make_unique<ThreadExecutor>(num_threads);
}

bool SimulatedExecutor::RunOne(uint64_t choice) {
  if (lanes_.empty()) return false;
  const auto lane = std::next(lanes_.begin(), static_cast<ptrdiff_t>(choice % lanes_.size()));
  auto work = std::move(lane->second.front());
  lane->second.pop_front();
  if (lane->second.empty()) lanes_.erase(lane);
  work();
  return true;
}

}  // namespace sabot
