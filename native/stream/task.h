// A task: a chain of operators for one subtask, run cooperatively.
//
//   gate (or a source's Produce) -> operator -> operator -> ... -> exchanges
//
// Each operator has an inbox. The task always serves the operator nearest the output that has
// something to do, so an element is worked off whole before the next one enters, and a suspended
// operator is resumed to kDone before anything reaches it.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stream/exchange.h"
#include "stream/gate.h"
#include "stream/operator.h"
#include "stream/rate_limit.h"
#include "stream/source_barriers.h"
#include "stream/state_reads.h"
#include "stream/task_commits.h"
#include "stream/task_operator.h"
#include "stream/task_snapshots.h"

namespace sabot {

// Why a step came back.
enum class StepResult : uint8_t {
  kReady,       // The quantum is used up: there is more to do.
  kWaitInput,   // No element waits.
  kWaitOutput,  // A channel is full.
  kWaitWake,    // An operator is blocked until its waker or its timer, or the source has no input.
  kFinished,    // The end of input went through the whole chain.
};

class Task {
 public:
  Task(std::string name, int subtask) : name_(std::move(name)), subtask_(subtask) {}

  // Assembly, before the first Step.
  void Append(TaskOperator op);
  void AddInput(Channel* channel, int input) { gate_.Add(channel, input); }
  void AddOutput(std::unique_ptr<Exchange> exchange);
  // For the late rows of one input of an operator; it gets every control element too.
  void AddLateOutput(size_t stage, int input, std::unique_ptr<Exchange> exchange);
  // For the dead letters of an operator, likewise.
  void AddDeadLetterOutput(size_t stage, std::unique_ptr<Exchange> exchange);
  // Takes every operator's state at barriers and at the end; none: barriers just pass.
  void SetSnapshotTarget(SnapshotTarget* target) { snapshots_.SetTarget(target, subtask_); }
  void SetClock(Clock* clock) {
    clock_ = clock;
    gate_.SetClock(clock);
  }
  // A source that produces so many rows and then waits, as if there were none now (tests).
  void PauseAfter(int64_t rows) { pause_after_rows_ = rows; }
  // A source that produces no more rows than that.
  void SetRateLimit(RateLimit limit) { rate_limit_ = limit; }
  arrow::Status Open();

  // Works until something is missing or `quantum` elements are done. One thread at a time.
  arrow::Result<StepResult> Step(int quantum);

  // Sources: a barrier to inject between two pieces of input. Any thread; wake the task afterwards.
  void RequestBarrier(Barrier barrier, AtBarrier at_barrier = AtBarrier::kGoOn) {
    barriers_.Request(barrier, at_barrier);
  }
  // What the source was held for behind the barrier `epoch` has failed: it goes on. Any thread;
  // wake the task afterwards.
  void Release(int64_t epoch) { barriers_.Release(epoch); }

  // The checkpoint of this epoch counts: tells the operators, at once if the task has finished,
  // else in its next step. Any thread; wake the task afterwards.
  arrow::Status Commit(int64_t epoch);
  // No step will run any more, though the task has not finished: tells its operators what they have
  // not been told.
  arrow::Status Stop();

  // Reads the state of one of its operators between elements. Any thread; wake the task afterwards.
  void ReadState(StateRead read) { state_reads_.Add(std::move(read)); }

  // The earliest processing time an operator waits for; INT64_MAX for none.
  int64_t NextTimer() const;

  Gate& gate() { return gate_; }
  bool is_source() const { return gate_.num_channels() == 0; }
  const std::string& name() const { return name_; }
  int subtask() const { return subtask_; }
  const std::vector<TaskOperator>& operators() const { return operators_; }
  const TaskTimes& times() const { return times_; }

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
  int64_t RowsUntilPause() const;
  void TakeRate();
  bool MayRead() const;
  arrow::Status ProduceOnce();
  arrow::Status SendLate(size_t stage, int input, const Batch& batch,
                         std::span<const int32_t> rows);
  arrow::Status SendDeadLetters(size_t stage, const Batch& letters);
  arrow::Status FireTimers();
  arrow::Result<bool> ReadStatePiece();
  arrow::Status MakeRoom(size_t stage);
  arrow::Status FinishTask();
  arrow::Status EndSteps();
  arrow::Status FlushOutputs();
  bool outputs_have_room() const;
  TaskTimes::State StateAfter(StepResult why) const;

  std::string name_;
  int subtask_;
  std::vector<TaskOperator> operators_;
  std::vector<Stage> stages_;
  Gate gate_;
  std::vector<std::unique_ptr<Exchange>> outputs_;
  std::vector<Exchange*> all_outputs_;  // Those and the operators' late outputs.
  TaskTimes times_;
  TaskSnapshots snapshots_;
  StateReads state_reads_;
  Clock* clock_ = &SystemClock();
  int64_t pause_after_rows_ = INT64_MAX;
  bool source_ended_ = false;
  bool ended_ = false;               // The end of input has left the last operator.
  bool is_frozen_for_good_ = false;  // And its last snapshots have begun.
  bool finished_ = false;            // And they are written.
  bool source_waits_ = false;        // It has no input now, or must not read on.
  bool outputs_pending_ = false;

  SourceBarriers barriers_;
  TaskCommits commits_;

  // Of a source.
  std::optional<RateLimit> rate_limit_;
  int64_t batch_rows_max_ = 0;  // As the plan says; 0: not looked at yet.
};

}  // namespace sabot
