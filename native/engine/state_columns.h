// Which columns of an operator's state a reader has asked for.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "plan/plan.h"
#include "sabot/engine.h"
#include "stream/state_cursor.h"

namespace sabot {

struct StateSelection {
  std::shared_ptr<arrow::Schema> columns;  // All of the table's.
  std::vector<int> wanted;                 // Positions in there.
  std::optional<StateKey> only;
};

arrow::Result<StateSelection> SelectState(const PlanStateTable& table, const StateRequest& request);

// The subtask that shows what is kept under a key: of what every subtask has, the first one.
// `definition`: of the operator, as DecodeStateOperator has it.
int OwnerOf(std::string_view definition, const StateKey& key, int parallelism);

}  // namespace sabot
