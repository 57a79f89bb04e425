// The operator behind keyed_process and keyed_broadcast_process.
#pragma once

#include <arrow/result.h>

#include <memory>

#include "operators/mirrored_map.h"
#include "plan/plan.h"
#include "stream/operator.h"

namespace sabot {

inline constexpr int kBroadcastInput = 1;

// `map`: of the rows of kBroadcastInput; nullptr: there is no such input.
arrow::Result<std::unique_ptr<Operator>> MakeKeyedProcess(const PlanNode& node,
                                                          OperatorContext& context,
                                                          std::unique_ptr<MirroredMap> map);

}  // namespace sabot
