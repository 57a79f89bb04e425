// A task: a chain of operators for one subtask, run cooperatively.
//
//   gate (or a source's Produce) -> operator -> operator -> ... -> exchanges
//
// Each operator has an inbox. The task always serves the operator nearest the output that has
// something to do, so an element is worked off whole before the next one enters, and a suspended
// operator is resumed to kDone before anything reaches it.
#pragma once

#include <arrow/result.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "stream/exchange.h"
#include "stream/gate.h"
#include "stream/operator.h"

namespace sabot {

// Why a step came back.
enum class StepResult : uint8_t {
  kReady,       // The quantum is used up: there is more to do.
  kWaitInput,   // No element waits.
  kWaitOutput,  // A channel is full.
  kWaitWake,    // An operator is blocked until its waker or its timer.
  kFinished,    // The end of input went through the whole chain.
};

// One operator of a chain with what it needs; `name` and `uid` are the plan's.
struct TaskOperator {
  std::unique_ptr<Operator> op;
  std::unique_ptr<OperatorContext> context;
  std::unique_ptr<OperatorMetrics> metrics;
  std::string name;
  std::string uid;
  int node_id = 0;
  int num_inputs = 1;
};

// Called at every barrier with each operator's state, on the task's thread.
using SnapshotSink =
    std::function<arrow::Status(const Barrier&, const TaskOperator&, SnapshotWriter)>;

class Task {
 public:
  Task(std::string name, int subtask) : name_(std::move(name)), subtask_(subtask) {}

  // Assembly, before the first Step.
  void Append(TaskOperator op);
  void AddInput(Channel* channel, int input) { gate_.Add(channel, input); }
  void AddOutput(std::unique_ptr<Exchange> exchange) { outputs_.push_back(std::move(exchange)); }
  void SetSnapshotSink(SnapshotSink sink) { snapshot_sink_ = std::move(sink); }
  void SetClock(Clock* clock) { clock_ = clock; }
  arrow::Status Open();

  // Works until something is missing or `quantum` elements are done. One thread at a time.
  arrow::Result<StepResult> Step(int quantum);

  // Sources: a barrier to inject between two pieces of input. Any thread; wake the task afterwards.
  void RequestBarrier(Barrier barrier);

  // The earliest processing time an operator waits for; INT64_MAX for none.
  int64_t NextTimer() const;

  Gate& gate() { return gate_; }
  bool is_source() const { return gate_.num_channels() == 0; }
  const std::string& name() const { return name_; }
  int subtask() const { return subtask_; }
  const std::vector<TaskOperator>& operators() const { return operators_; }

 private:
  enum class Suspension : uint8_t { kNone, kMoreOutput, kBlocked };
  // What to do once the suspended call is kDone.
  struct Stage {
    std::deque<GateEvent> inbox;
    Suspension suspension = Suspension::kNone;
    std::optional<Element> after;  // A control element to pass on after the suspended call.
    int open_inputs = 0;
  };
  class StageCollector;

  arrow::Result<bool> WorkOnce(StepResult* why_not);
  arrow::Status RunStage(size_t stage);
  arrow::Status Handle(size_t stage, GateEvent event);
  arrow::Status Finish(size_t stage, Progress progress, std::optional<Element> after);
  arrow::Status Deliver(size_t stage, Element element);  // Into the inbox, or out if past the last.
  arrow::Status ProduceOnce();
  arrow::Status FireTimers();
  arrow::Status FlushOutputs();
  bool outputs_have_room() const;

  std::string name_;
  int subtask_;
  std::vector<TaskOperator> operators_;
  std::vector<Stage> stages_;
  Gate gate_;
  std::vector<std::unique_ptr<Exchange>> outputs_;
  SnapshotSink snapshot_sink_;
  Clock* clock_ = &SystemClock();
  bool source_ended_ = false;
  bool finished_ = false;
  bool source_blocked_ = false;
  bool outputs_pending_ = false;

  std::mutex barrier_mutex_;
  std::deque<Barrier> requested_barriers_;
  std::atomic<bool> has_requested_barrier_{false};
};

}  // namespace sabot
