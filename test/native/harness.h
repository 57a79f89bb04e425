// Tests an operator as a story in rows: feed rows, watermarks and restarts, read what came out.
//
//   Harness window(R"({"op": "window_aggregate", "config": {...}, "schema": [...]})",
//   {input_schema}); window.Rows(R"([["a", 3], ["b", 4]])"); window.AdvanceWatermark(9);
//   window.Restart();
//   EXPECT_THAT(window.Take(), ElementsAre("+I[a, 3]", "W(9)"));
//
// A row is a JSON array of its columns, with "+I" (default), "-U", "+U" or "-D" in front where
// kinds matter. Timestamps are milliseconds (integers) in input and "2024-01-01 00:00:00.000" in
// output.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "plan/plan.h"
#include "stream/operator.h"
#include "user_function_model.h"

namespace sabot::test {

class RunningSnapshots;

// A schema from the plan's JSON type kinds in short: {"k VARCHAR", "ts TIMESTAMP(3)", "p
// DECIMAL(10,2)", "n BIGINT NOT NULL"} — scalar types only.
Schema MakeSchema(const std::vector<std::string>& columns);
// The plan's JSON of such a schema.
std::string SchemaJson(const std::vector<std::string>& columns);

Batch MakeBatch(const Schema& schema, std::string_view rows);
// Each row as "+I[a, 1, NULL]".
std::vector<std::string> ToLines(const Batch& batch);

struct HarnessOptions {
  int64_t batch_rows_max = INT64_MAX;  // Input batches are cut to this size.
  bool no_room = false;  // has_room() says no every other time: large firings must yield.
  PlanOptions plan = {};
  // What state may take in memory, and goes to disk beyond; 0: any amount.
  int64_t memory_limit_bytes = 0;
  UserFunctionModel* owner = nullptr;  // Whose functions the operator may call; its node is 0.
};

class Harness {
 public:
  // `node`: {"op", "config", "schema"}; the operator comes from the catalogue.
  Harness(std::string_view node, std::vector<Schema> inputs, HarnessOptions options = {});
  ~Harness();

  void Rows(std::string_view rows, int input = 0);
  void Feed(const Batch& batch, int input = 0);  // What another harness gave.
  // As Rows, but expects failure and returns the status.
  arrow::Status TryRows(std::string_view rows, int input = 0);
  void AdvanceWatermark(int64_t millis);
  void Status(StreamStatus status);
  void AdvanceProcessingTime(int64_t millis);
  void EndOfInput();  // Watermark of kWatermarkMax, then the end of every input.
  // Throws the operator away, makes a new one and restores it, from the chain of incremental
  // snapshots that are taken all the while. With `parallelism` > 1 the state is split by key group
  // into that many subtasks and merged back. A second one, restored from a savepoint, is driven
  // beside it from then on and must give the same.
  void Restart(int parallelism = 1);

  // What came out since the last Take: rows as "+I[...]", watermarks as "W(5)", idleness as "idle"
  // / "active".
  std::vector<std::string> Take();
  // Rows that came too late since the last TakeLate, as "+I[...]".
  std::vector<std::string> TakeLate();
  // What could not be taken since the last TakeLetters, as "+I[...]".
  std::vector<std::string> TakeLetters();
  // The batches that came out since the last TakeBatches.
  std::vector<Batch> TakeBatches();
  // Processing time goes on while the task has no room downstream.
  void BackPressure(int64_t millis);
  // What readers see of its state, piece by piece as "+I[...]"; of one key, if `key` is given as
  // one row of columns like {"k STRING"}. The twin's readers, whose state is on disk, see the same.
  std::vector<std::string> State(const std::vector<std::string>& key_columns = {},
                                 std::string_view key = "");
  const OperatorMetrics& metrics() const;
  int64_t state_bytes() const;  // In memory, where that has a limit.
  WatermarkAlignment& alignment() { return alignment_; }
  bool wants_input() const;

 private:
  class Output;
  struct Subtask;
  using Call = std::function<arrow::Result<Progress>(Operator&, Collector&)>;
  enum class Memory { kEnough, kShort };
  std::unique_ptr<Subtask> Open(Memory memory);
  std::unique_ptr<Subtask> Restored(std::vector<SnapshotChain> chains, KeyGroups own,
                                    bool continues, Memory memory = Memory::kEnough);
  void Drive(const Call& call);
  arrow::Status DriveOne(Subtask& subtask, const Call& call);
  void CompareTwin();
  static std::vector<std::string> StateOf(Subtask& subtask, std::optional<StateKey> only);

  PlanNode node_;
  const OperatorSpec* spec_;
  HarnessOptions options_;
  VirtualClock clock_;
  TaskTimes task_times_;
  WatermarkAlignment alignment_;
  std::unique_ptr<Subtask> self_;
  // Restored from a savepoint where self_ was from a chain, and with its state on disk; sees
  // everything that self_ sees.
  std::unique_ptr<Subtask> twin_;
  size_t twin_begins_ = 0;  // Of what self_ has given since.
  std::unique_ptr<RunningSnapshots> snapshots_;
  arrow::Status last_error_;
};

}  // namespace sabot::test
