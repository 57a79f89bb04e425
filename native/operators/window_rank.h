// Ranking rows within windows: what window_rank and window_deduplicate have in common.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <vector>

#include "operators/windows.h"
#include "state/ranked_rows.h"
#include "stream/operator.h"

namespace sabot {

struct WindowRankSpec {
  std::vector<int> group_by;
  std::vector<SortKey> order_by;
  int64_t first_rank = 1;
  int64_t last_rank = 1;
  int start_column = 0;
  int end_column = 0;
  WindowZone zone;
  bool output_rank = false;
  Ties ties = Ties::kOldestFirst;
};

// Emits, when a window fires, the rows of each group whose rank lies in first_rank..last_rank.
arrow::Result<std::unique_ptr<Operator>> MakeWindowRank(WindowRankSpec spec, const PlanNode& node,
                                                        OperatorContext& context);

}  // namespace sabot
