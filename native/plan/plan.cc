// Reading a node's config, and decoding a plan.
#include "plan/plan.h"

#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "plan/dead_letter_schema.h"

namespace sabot {
namespace {

using nlohmann::json;

arrow::Status PlanError(const std::string& message) {
  return UserError("plan", "", "The plan is malformed: " + message);
}

arrow::Result<ExchangeKind> DecodeExchange(const std::string& name) {
  if (name == "forward") return ExchangeKind::kForward;
  if (name == "hash") return ExchangeKind::kHash;
  if (name == "rebalance") return ExchangeKind::kRebalance;
  if (name == "broadcast") return ExchangeKind::kBroadcast;
  if (name == "singleton") return ExchangeKind::kSingleton;
  return PlanError("unknown exchange '" + name + "'");
}

arrow::Result<AggregateCall> DecodeAggregate(const json& from) {
  AggregateCall call;
  call.function = from.at("function").get<std::string>();
  if (from.contains("args")) call.args = from.at("args").get<std::vector<int>>();
  if (from.contains("argTypes")) {
    for (const json& type : from.at("argTypes")) {
      ARROW_ASSIGN_OR_RAISE(auto decoded, DecodeType(type));
      call.arg_types.push_back(std::move(decoded));
    }
  }
  call.distinct = from.value("distinct", false);
  if (from.contains("filter") && !from.at("filter").is_null())
    call.filter = from.at("filter").get<int>();
  ARROW_ASSIGN_OR_RAISE(call.type, DecodeType(from.at("type")));
  call.options =
      std::make_shared<const json>(from.contains("options") ? from.at("options") : json::object());
  return call;
}

arrow::Result<PlanNode> DecodeNode(const json& from, const Plan& plan,
                                   const std::map<int, int>& index_of, const json& document) {
  PlanNode node;
  node.id = from.at("id").get<int>();
  node.op = from.at("op").get<std::string>();
  node.uid = from.value("uid", node.op + ":" + std::to_string(node.id));
  node.parallelism = from.value("parallelism", plan.options.parallelism);
  if (node.parallelism < 1) return node.Error("parallelism must be at least 1");
  node.config =
      std::make_shared<const json>(from.contains("config") ? from.at("config") : json::object());
  for (const json& input : from.at("inputs")) {
    const auto found = index_of.find(input.at("node").get<int>());
    if (found == index_of.end()) return node.Error("an input comes after its consumer");
    PlanInput edge;
    edge.node = found->second;
    ARROW_ASSIGN_OR_RAISE(edge.exchange, DecodeExchange(input.value("exchange", "forward")));
    if (input.contains("keys")) edge.keys = input.at("keys").get<std::vector<int>>();
    const PlanNode& producer = plan.nodes[static_cast<size_t>(edge.node)];
    edge.late_of = input.value("late", -1);
    edge.dead_letters = input.value("deadLetters", false);
    if (edge.late_of >= static_cast<int>(producer.inputs.size())) {
      return node.Error("it reads late rows of an input that there is not");
    }
    // Letters have one schema, which their reader knows (operators/dead_letters.cc).
    const Schema& schema = edge.dead_letters ? DeadLetterSchema()
                           : edge.late_of < 0
                               ? producer.schema
                               : producer.input_schemas[static_cast<size_t>(edge.late_of)];
    for (const int key : edge.keys) {
      if (key < 0 || key >= static_cast<int>(schema.size()))
        return node.Error("no such key column");
    }
    node.input_schemas.push_back(schema);
    node.inputs.push_back(std::move(edge));
  }
  if (from.contains("schema")) {
    ARROW_ASSIGN_OR_RAISE(node.schema, DecodeSchema(from.at("schema")));
  }
  if (from.contains("stateTable")) {
    ARROW_ASSIGN_OR_RAISE(node.state_table, DecodeStateTable(from, document));
  }
  return node;
}

arrow::Result<PlanCheckpoint> DecodeCheckpoint(const json& from) {
  PlanCheckpoint to;
  to.folder = from.at("folder").get<std::string>();
  to.interval_ms = from.value("intervalMs", to.interval_ms);
  to.timeout_ms = from.value("timeoutMs", to.timeout_ms);
  to.min_pause_ms = from.value("minPauseMs", to.min_pause_ms);
  to.tolerable_failures = from.value("tolerableFailures", to.tolerable_failures);
  to.num_retained = from.value("retained", to.num_retained);
  to.at_least_once = from.value("mode", "exactly-once") == "at-least-once";
  if (to.folder.empty() || to.interval_ms < 0 || to.timeout_ms < 1 || to.min_pause_ms < 0 ||
      to.tolerable_failures < 0 || to.num_retained < 1) {
    return PlanError("checkpoint: a value out of its range");
  }
  if (!from.contains("restore")) return to;
  const json& restore = from.at("restore");
  const auto source = restore.at("from").get<std::string>();
  if (source == "path") {
    to.restore = PlanCheckpoint::Restore::kPath;
    to.restore_path = restore.at("path").get<std::string>();
    to.claim = restore.value("claim", false);
  } else if (source == "latest") {
    to.restore = PlanCheckpoint::Restore::kLatest;
  } else if (source != "nothing") {
    return PlanError("checkpoint: restore from '" + source + "'");
  }
  to.restore_since_attempt = restore.value("sinceAttempt", to.restore_since_attempt);
  to.allow_non_restored_state = restore.value("allowNonRestoredState", false);
  to.accept_duplicates = restore.value("acceptDuplicates", false);
  return to;
}

arrow::Result<Plan> DecodeDocument(const json& from) {
  if (from.value("version", 0) != 1) return PlanError("this engine reads version 1");
  Plan plan;
  plan.job = from.value("job", "job");
  if (from.contains("options")) {
    const json& options = from.at("options");
    PlanOptions& to = plan.options;
    to.parallelism = options.value("parallelism", to.parallelism);
    to.batch_max_rows = options.value("batch.max-rows", to.batch_max_rows);
    to.batch_max_delay_ms = options.value("batch.max-delay-ms", to.batch_max_delay_ms);
    to.auto_watermark_interval_ms =
        options.value("auto-watermark-interval-ms", to.auto_watermark_interval_ms);
    to.state_ttl_ms = options.value("state-ttl-ms", to.state_ttl_ms);
    const std::string backend = options.value("state-backend", "memory");
    if (backend != "memory" && backend != "rocksdb")
      return PlanError("state-backend '" + backend + "' is not known");
    to.state_backend = backend == "rocksdb" ? StateBackend::kRocksdb : StateBackend::kMemory;
    to.memory_limit_bytes = options.value("memory-limit-bytes", to.memory_limit_bytes);
    to.state_folder = options.value("state-folder", to.state_folder);
    to.local_time_zone = options.value("local-time-zone", to.local_time_zone);
    to.query_start_ms = options.value("query-start-ms", to.query_start_ms);
    if (to.batch_max_rows < 1) return PlanError("batch.max-rows must be at least 1");
    if (to.memory_limit_bytes < 0) return PlanError("memory-limit-bytes must not be negative");
    if (backend == "rocksdb" && (to.memory_limit_bytes == 0 || to.state_folder.empty()))
      return PlanError("state-backend 'rocksdb' needs memory-limit-bytes and state-folder");
    if (to.state_ttl_ms < 0) return PlanError("state-ttl-ms must not be negative");
  }
  if (from.contains("checkpoint")) {
    ARROW_ASSIGN_OR_RAISE(plan.checkpoint, DecodeCheckpoint(from.at("checkpoint")));
  }
  std::map<int, int> index_of;
  for (const json& node : from.at("nodes")) {
    ARROW_ASSIGN_OR_RAISE(auto decoded, DecodeNode(node, plan, index_of, from));
    index_of[decoded.id] = static_cast<int>(plan.nodes.size());
    plan.nodes.push_back(std::move(decoded));
  }
  return plan;
}

}  // namespace

arrow::Result<Plan> DecodePlan(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return PlanError("it is not JSON");
  // nlohmann's accessors throw on a missing or ill-typed member: the one place where we catch.
  try {
    return DecodeDocument(document);
  } catch (const json::exception& error) {
    return PlanError(error.what());
  }
}

arrow::Status PlanNode::Error(const std::string& message) const {
  return UserError("plan", op, "Operator " + op + " (node " + std::to_string(id) + "): " + message);
}

const json* PlanNode::Member(const char* name) const {
  const auto found = config->find(name);
  return found == config->end() || found->is_null() ? nullptr : &*found;
}

bool PlanNode::Has(const char* name) const { return Member(name) != nullptr; }

arrow::Result<int64_t> PlanNode::Int(const char* name) const {
  const json* member = Member(name);
  if (member == nullptr || !member->is_number_integer()) {
    return Error(std::string("config needs an integer '") + name + "'");
  }
  return member->get<int64_t>();
}

arrow::Result<int64_t> PlanNode::Int(const char* name, int64_t fallback) const {
  return Has(name) ? Int(name) : arrow::Result<int64_t>(fallback);
}

arrow::Result<bool> PlanNode::Bool(const char* name, bool fallback) const {
  const json* member = Member(name);
  if (member == nullptr) return fallback;
  if (!member->is_boolean()) return Error(std::string("config '") + name + "' must be a boolean");
  return member->get<bool>();
}

arrow::Result<std::string> PlanNode::String(const char* name) const {
  const json* member = Member(name);
  if (member == nullptr || !member->is_string()) {
    return Error(std::string("config needs a string '") + name + "'");
  }
  return member->get<std::string>();
}

arrow::Result<std::string> PlanNode::String(const char* name, std::string fallback) const {
  return Has(name) ? String(name) : arrow::Result<std::string>(std::move(fallback));
}

arrow::Result<int> PlanNode::Column(const char* name, int input) const {
  ARROW_ASSIGN_OR_RAISE(const int64_t column, Int(name));
  const auto& from = input_schemas[static_cast<size_t>(input)];
  if (column < 0 || column >= static_cast<int64_t>(from.size())) {
    return Error(std::string("config '") + name + "' names no column");
  }
  return static_cast<int>(column);
}

arrow::Result<std::vector<int>> PlanNode::Columns(const char* name, int input) const {
  const json* member = Member(name);
  std::vector<int> columns;
  if (member == nullptr) return columns;
  if (!member->is_array()) return Error(std::string("config '") + name + "' must be an array");
  const auto& from = input_schemas[static_cast<size_t>(input)];
  for (const json& column : *member) {
    if (!column.is_number_integer() || column.get<int64_t>() < 0 ||
        column.get<int64_t>() >= static_cast<int64_t>(from.size())) {
      return Error(std::string("config '") + name + "' names no column");
    }
    columns.push_back(column.get<int>());
  }
  return columns;
}

arrow::Result<Expression> PlanNode::Expr(const char* name) const {
  const json* member = Member(name);
  if (member == nullptr) return Error(std::string("config needs an expression '") + name + "'");
  return DecodeExpression(*member);
}

arrow::Result<std::vector<Expression>> PlanNode::Exprs(const char* name) const {
  const json* member = Member(name);
  if (member == nullptr || !member->is_array()) {
    return Error(std::string("config needs expressions '") + name + "'");
  }
  std::vector<Expression> expressions;
  for (const json& each : *member) {
    ARROW_ASSIGN_OR_RAISE(auto expression, DecodeExpression(each));
    expressions.push_back(std::move(expression));
  }
  return expressions;
}

arrow::Result<std::vector<AggregateCall>> PlanNode::Aggregates(const char* name,
                                                               Positions positions) const {
  const json* member = Member(name);
  std::vector<AggregateCall> calls;
  if (member == nullptr) return calls;
  try {
    for (const json& each : *member) {
      ARROW_ASSIGN_OR_RAISE(auto call, DecodeAggregate(each));
      calls.push_back(std::move(call));
    }
  } catch (const json::exception& error) {
    return Error(std::string("config '") + name + "': " + error.what());
  }
  if (positions == Positions::kElsewhere) return calls;
  const auto num_columns = static_cast<int>(input_schemas.empty() ? 0 : input_schemas[0].size());
  for (const AggregateCall& call : calls) {
    for (const int arg : call.args) {
      if (arg < 0 || arg >= num_columns) return Error("an aggregate's argument is no column");
    }
    if (call.filter >= num_columns) return Error("an aggregate's filter is no column");
  }
  return calls;
}

arrow::Result<std::vector<SortKey>> PlanNode::SortKeys(const char* name) const {
  const json* member = Member(name);
  std::vector<SortKey> keys;
  if (member == nullptr) return keys;
  try {
    for (const json& each : *member) {
      keys.push_back({each.at("column").get<int>(), each.value("descending", false),
                      each.value("nullsFirst", false)});
    }
  } catch (const json::exception& error) {
    return Error(std::string("config '") + name + "': " + error.what());
  }
  return keys;
}

arrow::Result<Schema> PlanNode::Fields(const char* name) const {
  const json* member = Member(name);
  if (member == nullptr) return Error(std::string("config needs fields '") + name + "'");
  return DecodeSchema(*member);
}

}  // namespace sabot
