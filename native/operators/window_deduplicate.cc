// window_deduplicate: the first or last row of every key and window by time, when event time has
// passed the window.
//
//   keep last     in    [a, 1, 0..10]  [a, 5, 0..10]  W(9)
//                 out                                 [a, 5, 0..10] W(9)
//
// Of rows of equal time the first stays with keep first, the last with keep last. It is a
// window_rank of one row.
//
// State: window_rank's.
#include "operators/window_rank.h"

namespace sabot {
namespace {

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  WindowRankSpec spec;
  ARROW_ASSIGN_OR_RAISE(spec.group_by, node.Columns("keys"));
  ARROW_ASSIGN_OR_RAISE(const int order, node.Column("order"));
  ARROW_ASSIGN_OR_RAISE(const std::string keep, node.String("keep"));
  if (keep != "first" && keep != "last") return node.Error("keep must be 'first' or 'last'");
  spec.order_by = {{.column = order, .descending = keep == "last", .nulls_first = false}};
  spec.ties = keep == "last" ? Ties::kNewestFirst : Ties::kOldestFirst;
  ARROW_ASSIGN_OR_RAISE(spec.start_column, node.Column("windowStart"));
  ARROW_ASSIGN_OR_RAISE(spec.end_column, node.Column("windowEnd"));
  ARROW_ASSIGN_OR_RAISE(spec.output_rank, node.Bool("outputRank", false));
  return MakeWindowRank(std::move(spec), node, context);
}

}  // namespace

extern const OperatorSpec kWindowDeduplicate{
    .name = "window_deduplicate", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
