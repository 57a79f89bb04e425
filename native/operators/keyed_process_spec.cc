// The node's config.
#include "operators/keyed_process_spec.h"

#include <iterator>
#include <nlohmann/json.hpp>

namespace sabot {

arrow::Result<KeyedProcessSpec> KeyedProcessSpec::Read(const PlanNode& node,
                                                       const OperatorContext& context) {
  KeyedProcessSpec spec;
  ARROW_ASSIGN_OR_RAISE(spec.keys, node.Columns("keys"));
  ARROW_ASSIGN_OR_RAISE(spec.reads, node.Columns("reads"));
  if (spec.keys.empty()) return node.Error("needs keys");
  for (const int key : spec.keys)
    spec.key_types.push_back(ToArrow(node.input_schemas[0][static_cast<size_t>(key)].type));
  if (node.Has("time")) {
    ARROW_ASSIGN_OR_RAISE(spec.time, node.Column("time"));
    const Type& type = node.input_schemas[0][static_cast<size_t>(spec.time)].type;
    if (!type.is_timestamp() || type.precision > 3)
      return node.Error("config 'time' must be a TIMESTAMP of at most milliseconds");
  }
  ARROW_ASSIGN_OR_RAISE(spec.states, ProcessState::ReadSpecs(node, context));
  const nlohmann::json* const outputs = node.Member("outputs");
  int64_t columns = spec.time < 0 ? 0 : 1;
  if (outputs != nullptr && outputs->is_array()) {
    for (const nlohmann::json& size : *outputs) {
      if (!size.is_number_integer() || size.get<int64_t>() < 1)
        return node.Error("config 'outputs' must be numbers of columns");
      spec.outputs.push_back(size.get<int>());
      columns += size.get<int>();
    }
  }
  if (spec.outputs.size() > 1) ++columns;
  if (spec.outputs.empty() || columns != std::ssize(node.schema))
    return node.Error("its outputs do not fit its schema");
  return spec;
}

}  // namespace sabot
