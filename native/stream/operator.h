// The operator contract.
//
// One subtask of one operator: fed by one thread at a time, never concurrently. It must not block:
// a call that cannot finish returns kMoreOutput (after emitting a bounded piece) or kBlocked (after
// arranging for context.waker), and is resumed with Resume until kDone before the next element
// arrives, barriers included. All mutable state is written by Snapshot and read by Restore, or
// marked "rebuilt on restore".
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/executor.h"
#include "base/file_system.h"
#include "batch/batch.h"
#include "expressions/kernel.h"
#include "plan/plan.h"
#include "state/snapshot.h"
#include "stream/element.h"
#include "stream/metrics.h"
#include "stream/node_shared.h"
#include "stream/state_cursor.h"
#include "stream/user_function.h"
#include "stream/watermark_alignment.h"

namespace sabot {

class JobCommit;
class KafkaClient;
class StateTiers;

enum class Progress : uint8_t { kDone, kMoreOutput, kBlocked };

// Where an operator's output goes: the next operator of the chain, or the exchanges behind it.
class Collector {
 public:
  virtual ~Collector() = default;
  virtual arrow::Status Emit(Batch batch) = 0;  // Empty batches are dropped.
  virtual arrow::Status Emit(Watermark watermark) = 0;
  virtual arrow::Status Emit(StreamStatus status) = 0;
  // Rows of `batch`, which came from `input`, that event time had passed already: they are counted,
  // a few of them are logged, and they go to whoever reads this operator's late rows.
  virtual arrow::Status EmitLate(int input, const Batch& batch, std::span<const int32_t> rows) = 0;
  // False once enough is queued downstream: a large firing should return kMoreOutput.
  virtual bool has_room() const = 0;
  // Rows of the dead letters' schema (plan/dead_letter_schema.h), for whoever reads those of this
  // operator.
  virtual arrow::Status EmitDeadLetters(Batch letters) = 0;
};

// What an operator may use of its surroundings; outlives it.
struct OperatorContext {
  int subtask = 0;
  int parallelism = 1;
  // Barriers will come, and commits after them.
  bool takes_checkpoints = false;
  int64_t attempt = 0;  // Of the job, from its first element on; 0 if it takes no checkpoints.
  std::string checkpoints_id;  // Of the job's checkpoint folder, the same for all its attempts.
  SessionContext session;
  PlanOptions options;
  Clock* clock = nullptr;
  FileSystem* file_system = &LocalFileSystem();
  // Where blocking work runs; nullptr: nowhere, an operator does it itself (tests of one operator).
  Executor* executor = nullptr;
  OperatorMetrics* metrics = nullptr;
  const TaskTimes* task_times = nullptr;
  // The sources of the job that wait for each other.
  WatermarkAlignment* alignment = nullptr;
  // With the other subtasks of this operator.
  NodeShared* shared = nullptr;
  // For sinks whose rows must have arrived, or be committed, before a checkpoint counts.
  JobCommit* commit = nullptr;
  KafkaClient* kafka = nullptr;  // nullptr: the real one.
  // Memory and disk of this subtask's state; nullptr: all of it stays in memory, without limit.
  StateTiers* tiers = nullptr;
  // Makes a blocked task runnable; may be called from any thread, any number of times.
  std::function<void()> waker;
  // Where sinks hand their results to the job's owner (result_sink, print_sink); may be called from
  // this task's thread only. False: no room now, `waker` will be called.
  std::function<bool(const std::string& channel, std::string bytes)> deliver;
  // Opens this subtask's line to code of the job's owner; empty if the owner has none.
  std::function<std::unique_ptr<UserFunction>()> open_user_function;
  // What the job's owner should know; may be called from any thread.
  std::function<void(std::string message)> warn;
  // Who it is, for those who look at what it could not take.
  std::string job;
  std::string uid;
};

class Operator {
 public:
  virtual ~Operator() = default;

  // Before the first element and before Restore. May block: no worker thread calls it.
  virtual arrow::Status Open() { return arrow::Status::OK(); }

  // Sources (no inputs): the next piece of input. kDone means the input has ended; kMoreOutput:
  // call again.
  virtual arrow::Result<Progress> Produce(Collector& out);

  virtual arrow::Result<Progress> Process(int input, const Batch& batch, Collector& out) = 0;
  // The combined watermark of all inputs has advanced. Default: passes it on.
  virtual arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out);
  virtual arrow::Result<Progress> OnStatus(StreamStatus status, Collector& out);
  // Processing time has reached a time asked for with NextTimer.
  virtual arrow::Result<Progress> OnTimer(int64_t now_ms, Collector& out);
  // One input has ended (bounded); the last call precedes the task's own EndOfInput. A watermark of
  // kWatermarkMax has come before.
  virtual arrow::Result<Progress> OnEndOfInput(int input, Collector& out);
  // Goes on with the call that returned kMoreOutput or kBlocked.
  virtual arrow::Result<Progress> Resume(Collector& out);

  // The next processing time at which OnTimer wants to run; INT64_MAX for none.
  virtual int64_t NextTimer() const { return INT64_MAX; }

  // False: the source of this chain should not produce now; barriers pass all the same. It ends
  // with a call of context.waker or with a timer.
  virtual bool wants_input() const { return true; }

  // Sinks: the checkpoint of `epoch`, and with it every barrier up to that one, counts: what was
  // written before may become visible now. Called again with the same epoch after a restart.
  virtual arrow::Status OnCommitted(int64_t epoch);
  // Whether OnCommitted of the last snapshot will make anything visible.
  virtual bool has_uncommitted_output() const { return false; }

  virtual arrow::Status Snapshot(SnapshotWriter& to) = 0;
  virtual arrow::Status Restore(const SnapshotReader& from) = 0;

  // Reads the state, all of it or what belongs to one key, between two elements. The cursor must
  // not outlive the operator; empty: this state is nothing to look at.
  virtual StateCursor ReadState(std::optional<StateKey> only);
};

// An operator whose subtasks hold nothing between two calls.
class StatelessOperator : public Operator {
 public:
  arrow::Status Snapshot(SnapshotWriter&) final { return arrow::Status::OK(); }
  arrow::Status Restore(const SnapshotReader&) final { return arrow::Status::OK(); }
};

inline constexpr int kAnyInputs = -1;

// What an operator is, as data; nothing switches on its name.
struct OperatorSpec {
  std::string_view name;
  int num_inputs = 1;
  bool stateful = false;
  // Is never chained: what comes before and after it goes on while it is blocked on something slow.
  bool own_task = false;
  // An input whose rows nothing is emitted for: event time is that of the others.
  int untimed_input = -1;
  arrow::Result<std::unique_ptr<Operator>> (*make)(const PlanNode& node, OperatorContext& context);
};

}  // namespace sabot
