// Ranking rows that keep coming: what rank and top_n have in common.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <vector>

#include "plan/plan.h"
#include "stream/operator.h"

namespace sabot {

struct RankSpec {
  std::vector<int> group_by;
  std::vector<SortKey> order_by;
  int64_t first_rank = 1;
  int64_t last_rank = 1;
  bool output_rank = false;
};

// Keeps the rows whose rank lies in first_rank..last_rank up to date, over insert-only input.
arrow::Result<std::unique_ptr<Operator>> MakeRank(RankSpec spec, const PlanNode& node,
                                                  OperatorContext& context);

}  // namespace sabot
