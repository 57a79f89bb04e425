// Operators' state as tables: what the plan says of them, and an operator apart from its plan.
//
//   node of a plan   ->   {"op", "uid", "config", "inputs": [schema, ...], "schema", "stateTable",
//   "options"}
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "plan/plan.h"

namespace sabot {
namespace {

using nlohmann::json;

arrow::Status Malformed(const std::string& message) {
  return UserError("plan", "", "A state table is malformed: " + message);
}

const json& NodeOf(const json& plan, int id) {
  for (const json& node : plan.at("nodes")) {
    if (node.at("id").get<int>() == id) return node;
  }
  return plan.at("nodes").at(plan.at("nodes").size());  // Throws: there is none.
}

// What comes in by an input, which may be late rows of another node's.
const json& SchemaOf(const json& input, const json& plan) {
  const json& producer = NodeOf(plan, input.at("node").get<int>());
  const int late_of = input.value("late", -1);
  if (late_of < 0) return producer.at("schema");
  return SchemaOf(producer.at("inputs").at(static_cast<size_t>(late_of)), plan);
}

arrow::Result<PlanStateTable> DecodeTable(const json& from) {
  PlanStateTable table;
  ARROW_ASSIGN_OR_RAISE(table.columns, DecodeSchema(from.at("columns")));
  table.keys = from.at("keys").get<std::vector<int>>();
  if (table.columns.empty()) return Malformed("it has no columns");
  for (const int key : table.keys) {
    if (key < 0 || key >= static_cast<int>(table.columns.size()))
      return Malformed("a key is no column");
  }
  return table;
}

arrow::Result<StateOperator> DecodeOperator(const json& from) {
  StateOperator decoded;
  PlanNode& node = decoded.node;
  node.op = from.at("op").get<std::string>();
  node.uid = from.at("uid").get<std::string>();
  node.config = std::make_shared<const json>(from.at("config"));
  for (const json& input : from.at("inputs")) {
    ARROW_ASSIGN_OR_RAISE(auto schema, DecodeSchema(input));
    node.input_schemas.push_back(std::move(schema));
  }
  ARROW_ASSIGN_OR_RAISE(node.schema, DecodeSchema(from.at("schema")));
  ARROW_ASSIGN_OR_RAISE(node.state_table, DecodeTable(from.at("stateTable")));
  const json& options = from.at("options");
  decoded.options.state_ttl_ms = options.value("state-ttl-ms", decoded.options.state_ttl_ms);
  decoded.options.local_time_zone =
      options.value("local-time-zone", decoded.options.local_time_zone);
  decoded.options.query_start_ms = options.value("query-start-ms", decoded.options.query_start_ms);
  return decoded;
}

}  // namespace

arrow::Result<PlanStateTable> DecodeStateTable(const json& from, const json& plan) {
  ARROW_ASSIGN_OR_RAISE(PlanStateTable table, DecodeTable(from.at("stateTable")));
  json inputs = json::array();
  for (const json& input : from.at("inputs")) inputs.push_back(SchemaOf(input, plan));
  json options = json::object();
  for (const char* name : {"state-ttl-ms", "local-time-zone", "query-start-ms"}) {
    if (plan.contains("options") && plan.at("options").contains(name))
      options[name] = plan.at("options").at(name);
  }
  json definition = {{"op", from.at("op")},
                     {"uid", from.value("uid", "")},
                     {"config", from.value("config", json::object())},
                     {"inputs", std::move(inputs)},
                     {"schema", from.value("schema", json::array())},
                     {"stateTable", from.at("stateTable")},
                     {"options", std::move(options)}};
  if (from.contains("fingerprint")) definition["fingerprint"] = from.at("fingerprint");
  table.definition = definition.dump(-1, ' ', false, json::error_handler_t::replace);
  return table;
}

arrow::Result<StateOperator> DecodeStateOperator(std::string_view definition) {
  const json from = json::parse(definition, nullptr, /*allow_exceptions=*/false);
  if (from.is_discarded()) return Malformed("it is no JSON");
  try {
    return DecodeOperator(from);
  } catch (const json::exception& error) {
    return Malformed(error.what());
  }
}

}  // namespace sabot
