// How long an operator keeps state of a key that is not used.
//
//   config "ttl": {"ms": 60000, "update": "readAndWrite"}     else table.exec.state.ttl,
//   createAndWrite
#pragma once

#include <arrow/result.h>

#include "state/keyed_table.h"
#include "stream/operator.h"

namespace sabot {

arrow::Status SetTtl(const PlanNode& node, const OperatorContext& context,
                     KeyedTableLayout* layout);

// Of rows, which age from when they came, whoever reads them. `member` of the config.
arrow::Result<int64_t> TtlMillis(const PlanNode& node, const OperatorContext& context,
                                 std::string_view member = "ttl");

}  // namespace sabot
