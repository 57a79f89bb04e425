// top_n: ORDER BY ... LIMIT, kept up to date, in one subtask. It is a rank without partitions.
//
//   v DESC, fetch 2     in    +I[1]  +I[5]  +I[3]
//                       out   +I[1]  +I[5]  -D[1] +I[3]
//
// State: rank's.
#include "operators/rank.h"

namespace sabot {
namespace {

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  RankSpec spec;
  ARROW_ASSIGN_OR_RAISE(const int64_t offset, node.Int("offset", 0));
  ARROW_ASSIGN_OR_RAISE(const int64_t fetch, node.Int("fetch", INT64_MAX));
  if (offset < 0 || fetch < 0) return node.Error("offset and fetch must not be negative");
  spec.first_rank = offset + 1;
  spec.last_rank = fetch > INT64_MAX - offset ? INT64_MAX : offset + fetch;
  ARROW_ASSIGN_OR_RAISE(spec.order_by, node.SortKeys("orderBy"));
  return MakeRank(std::move(spec), node, context);
}

}  // namespace

extern const OperatorSpec kTopN{.name = "top_n", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
