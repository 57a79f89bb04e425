// Where blocking work (files) runs, so that no worker thread waits for it.
//
//   Submit(work)  ->  an I/O thread runs it         (threads)
//                 ->  RunOne runs it, when the seed says so      (simulation)
//
// What is submitted under one `lane` runs one after the other, in order; different lanes run in any
// order, and with threads at once. Whoever submits sees to it that what the work refers to is still
// there: see the destructor of MakeThreadExecutor's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>

namespace sabot {

class Executor {
 public:
  using Lane = uint64_t;

  virtual ~Executor() = default;
  virtual void Submit(Lane lane, std::function<void()> work) = 0;
  // A lane that nobody else uses.
  virtual Lane NewLane() = 0;
};

// `num_threads` threads, started when first needed. The destructor runs what was submitted, then
// joins. Thread-safe.
std::unique_ptr<Executor> MakeThreadExecutor(int num_threads);

// Work waits until told to run: on the caller's thread, in an order that the caller's numbers
// decide.
class SimulatedExecutor final : public Executor {
 public:
  void Submit(Lane lane, std::function<void()> work) override {
    lanes_[lane].push_back(std::move(work));
  }
  Lane NewLane() override { return next_lane_++; }

  bool idle() const { return lanes_.empty(); }
  // Runs the oldest work of the lane that `choice` picks; false if nothing waits.
  bool RunOne(uint64_t choice);
  // What a crash does: nothing that waits is run any more.
  void Drop() { lanes_.clear(); }

 private:
  std::map<Lane, std::deque<std::function<void()>>> lanes_;  // No empty ones.
  Lane next_lane_ = 0;
};

}  // namespace sabot
