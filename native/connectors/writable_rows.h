// The rows of a batch that a sink can write; the others become letters.
//
//   {'a': 1}  {NULL: 2}   as JSON, of which a map's key is a member's name   ->   {'a': 1}, a
//   letter
#pragma once

#include <arrow/result.h>

#include <functional>

#include "operators/failed_rows.h"

namespace sabot {

// `encode` is called with one row after the other, and what it writes is not used.
arrow::Result<Batch> WritableRows(const Batch& batch, FailedRows& failed,
                                  const std::function<arrow::Status(const Batch& row)>& encode);

}  // namespace sabot
