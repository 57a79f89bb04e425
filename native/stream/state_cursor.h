// Reading an operator's state as rows, a piece at a time, while it goes on changing.
//
//   cursor(1024) -> [a, 2] [b, 5] ...     (a batch comes)     cursor(1024) -> [x, 1], last
//
// The plan names the columns (PlanNode::state_table); what the operator gives must fit them.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batch/batch.h"

namespace sabot {

// One key, encoded as state has it.
struct StateKey {
  std::string bytes;
  uint64_t hash = 0;
};

struct StatePiece {
  std::vector<ArrayPtr> columns;  // Empty: no rows.
  bool last = false;
};

// Gives the next rows, about `rows_max`. A row that is there all the time comes once; one that
// comes or goes meanwhile may be missed, or come twice if its key went and came again. On the
// thread that the operator runs on.
using StateCursor = std::function<arrow::Result<StatePiece>(size_t rows_max)>;

// The columns `wanted` of a piece as rows; nullptr where it has none.
arrow::Result<RecordBatchPtr> ToBatch(const StatePiece& piece,
                                      const std::shared_ptr<arrow::Schema>& columns,
                                      std::span<const int> wanted);

// Rows as one Arrow IPC message, without their schema.
arrow::Result<std::string> SerializeMessage(const arrow::RecordBatch& rows);
arrow::Result<RecordBatchPtr> DeserializeMessage(std::string_view message,
                                                 const std::shared_ptr<arrow::Schema>& schema);

// The key in a message of one row with those columns of the table, in their order.
arrow::Result<StateKey> DecodeStateKey(std::string_view message, const arrow::Schema& columns,
                                       std::span<const int> keys);

}  // namespace sabot
