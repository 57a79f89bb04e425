// The physical plan as data (docs/plan.md), and its decoder.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/type.h"
#include "plan/expression.h"

namespace sabot {

enum class ExchangeKind { kForward, kHash, kRebalance, kBroadcast, kSingleton };

struct PlanInput {
  int node = -1;  // Index into Plan::nodes.
  ExchangeKind exchange = ExchangeKind::kForward;
  std::vector<int> keys;
  // The late rows of that input of `node`, instead of its output; -1: its output.
  int late_of = -1;
  // The dead letters of `node`, instead of its output.
  bool dead_letters = false;

  bool is_main() const { return late_of < 0 && !dead_letters; }
};

struct AggregateCall {
  std::string function;
  std::vector<int> args;  // Input column positions.
  std::vector<Type> arg_types;
  bool distinct = false;
  int filter = -1;  // A BOOLEAN input column, or -1.
  Type type;
  std::shared_ptr<const nlohmann::json> options;  // Never nullptr.
};

struct SortKey {
  int column = -1;
  bool descending = false;
  bool nulls_first = false;
};

// An operator's state as a table for readers (Operator::ReadState).
struct PlanStateTable {
  Schema columns;
  std::vector<int> keys;   // The columns that it is kept by; none: one key cannot be looked up.
  std::string definition;  // The node, for those who have no plan: see DecodeStateOperator.
};

// One operator of the plan. Reading config: a missing or ill-typed member is an error naming the
// node; the overloads with a fallback allow it to be absent.
class PlanNode {
 public:
  int id = 0;
  std::string op;
  std::string uid;
  int parallelism = 1;
  std::vector<PlanInput> inputs;
  std::vector<Schema> input_schemas;
  Schema schema;  // Output.
  std::shared_ptr<const nlohmann::json> config;
  std::optional<PlanStateTable> state_table;  // Absent: its state is nothing to look at.

  bool Has(const char* name) const;
  arrow::Result<int64_t> Int(const char* name) const;
  arrow::Result<int64_t> Int(const char* name, int64_t fallback) const;
  arrow::Result<bool> Bool(const char* name, bool fallback) const;
  arrow::Result<std::string> String(const char* name) const;
  arrow::Result<std::string> String(const char* name, std::string fallback) const;
  arrow::Result<int> Column(const char* name, int input = 0) const;
  arrow::Result<std::vector<int>> Columns(const char* name, int input = 0) const;
  arrow::Result<Expression> Expr(const char* name) const;
  arrow::Result<std::vector<Expression>> Exprs(const char* name) const;
  // Whether positions in aggregate calls are this node's input columns, or those of another node
  // (the second phase of two).
  enum class Positions { kOfInput, kElsewhere };
  arrow::Result<std::vector<AggregateCall>> Aggregates(
      const char* name, Positions positions = Positions::kOfInput) const;
  arrow::Result<std::vector<SortKey>> SortKeys(const char* name) const;
  arrow::Result<Schema> Fields(const char* name) const;
  // A member of config of any form; nullptr where absent.
  const nlohmann::json* Member(const char* name) const;

  arrow::Status Error(const std::string& message) const;
};

// Where state lies that does not fit into memory.
enum class StateBackend : uint8_t { kMemory, kRocksdb };

struct PlanOptions {
  int parallelism = 1;
  int64_t batch_max_rows = 16384;
  int64_t batch_max_delay_ms = 10;
  int64_t auto_watermark_interval_ms = 200;
  int64_t state_ttl_ms = 0;  // How long state of keys is kept after its last change; 0: for ever.
  StateBackend state_backend = StateBackend::kMemory;
  int64_t memory_limit_bytes = 0;  // 0: none.
  std::string state_folder;        // Of kRocksdb: where jobs make folders of their own.
  std::string local_time_zone = "UTC";
  int64_t query_start_ms = 0;  // What CURRENT_TIMESTAMP and the like say.
};

// Where the job's checkpoints go and what it begins from.
struct PlanCheckpoint {
  std::string folder;
  int64_t interval_ms = 0;  // 0: none but savepoints and the last one.
  int64_t timeout_ms = 600'000;
  int64_t min_pause_ms = 0;
  int64_t tolerable_failures = 0;
  int num_retained = 3;
  bool at_least_once = false;
  enum class Restore : uint8_t { kNothing, kLatest, kPath };
  Restore restore = Restore::kNothing;
  std::string restore_path;
  bool claim = false;  // What lies there becomes the job's.
  // Not 0: what this attempt or a later one has committed comes before `restore`.
  int64_t restore_since_attempt = 0;
  bool allow_non_restored_state = false;
  bool accept_duplicates = false;
};

struct Plan {
  std::string job;
  PlanOptions options;
  std::optional<PlanCheckpoint> checkpoint;
  std::vector<PlanNode> nodes;  // Topological order.
};

// An operator without its plan: enough to restore its state, and to read it.
struct StateOperator {
  PlanNode node;  // Inputs have schemas only.
  PlanOptions options;
};

arrow::Result<Plan> DecodePlan(std::string_view json);
arrow::Result<StateOperator> DecodeStateOperator(std::string_view definition);
arrow::Result<Type> DecodeType(const nlohmann::json& json);
arrow::Result<Schema> DecodeSchema(const nlohmann::json& json);
arrow::Result<Expression> DecodeExpression(const nlohmann::json& json);
// Of a node of a plan's JSON, and of the plan; `from` has a "stateTable". May throw what nlohmann
// throws.
arrow::Result<PlanStateTable> DecodeStateTable(const nlohmann::json& from,
                                               const nlohmann::json& plan);

}  // namespace sabot
