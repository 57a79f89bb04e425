// Names to positions, bytes to a key.
#include "engine/state_columns.h"

#include <arrow/type.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "base/error.h"
#include "batch/key_encoding.h"

namespace sabot {

arrow::Result<StateSelection> SelectState(const PlanStateTable& table,
                                          const StateRequest& request) {
  StateSelection selection;
  selection.columns = ToArrow(table.columns);
  if (request.columns) {
    for (const std::string& name : *request.columns) {
      const int column = selection.columns->GetFieldIndex(name);
      if (column < 0) {
        return UserError("state", name,
                         "the state of '" + request.uid + "' has no column '" + name + "'");
      }
      selection.wanted.push_back(column);
    }
  } else {
    selection.wanted.resize(table.columns.size());
    std::iota(selection.wanted.begin(), selection.wanted.end(), 0);
  }
  if (!request.key.empty()) {
    ARROW_ASSIGN_OR_RAISE(selection.only,
                          DecodeStateKey(request.key, *selection.columns, table.keys));
  }
  return selection;
}

int OwnerOf(std::string_view definition, const StateKey& key, int parallelism) {
  const auto parsed = nlohmann::json::parse(definition, nullptr, /*allow_exceptions=*/false);
  const bool broadcast = parsed.contains("stateTable") && parsed["stateTable"].is_object() &&
                         parsed["stateTable"].value("broadcast", false);
  return broadcast ? 0 : SubtaskOf(KeyGroupOf(key.hash), parallelism);
}

}  // namespace sabot
