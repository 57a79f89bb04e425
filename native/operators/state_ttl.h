// How long an operator keeps state of a key that is not used.
//
//   config "ttl": {"ms": 60000, "update": "readAndWrite"}     else table.exec.state.ttl,
//   createAndWrite
#pragma once

#include <arrow/status.h>

#include "state/keyed_table.h"
#include "stream/operator.h"

namespace sabot {

arrow::Status SetTtl(const PlanNode& node, const OperatorContext& context,
                     KeyedTableLayout* layout);

}  // namespace sabot
