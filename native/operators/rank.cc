// rank: the first rows of every partition by some order, kept up to date (Top-N over insert-only
// input).
//
//   v DESC, 1..1     in    +I[a, 3]  +I[a, 5]            without the rank: the row that falls off
//   leaves first
//                    out   +I[a, 3]  -D[a, 3] +I[a, 5]
//   with the rank    out   +I[a, 3, 1]  -U[a, 3, 1] +U[a, 5, 1]
//
// With the rank, or where ranks before the first are skipped, every row that moves is updated, as
// in Flink. Under a state TTL rows that are too old make room without being taken back.
//
// State: the rows up to the last rank of every partition.
#include "operators/rank.h"

#include "base/error.h"
#include "operators/ranked_changes.h"
#include "operators/state_rows.h"
#include "operators/state_ttl.h"
#include "state/ranked_rows.h"

namespace sabot {
namespace {

class Rank final : public Operator {
 public:
  Rank(RankSpec spec, const Schema& input, std::shared_ptr<arrow::Schema> schema, int64_t ttl_ms,
       OperatorContext& context)
      : spec_(std::move(spec)),
        rows_("rows", input, spec_.group_by, spec_.order_by, spec_.last_rank, Ties::kOldestFirst,
              context.tiers, {.ms = ttl_ms, .renewed_by_eviction = !moves()}),
        changes_(std::move(schema), spec_.output_rank),
        clock_(context.clock),
        metrics_(context.metrics) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    if (!in.insert_only()) {
      return UserError("unsupported-rank", "ROW_NUMBER",
                       "Top-N over an updating query is not supported as yet");
    }
    rows_.SetTime(clock_->NowMillis());
    ARROW_RETURN_NOT_OK(rows_.Begin(in));
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      ARROW_ASSIGN_OR_RAISE(const RankedRows::Inserted inserted, rows_.Insert(row));
      if (inserted.element == kNoSlot) continue;
      if (moves()) {
        ChangeMovedRows(inserted);
      } else {
        if (inserted.evicted != kNoRow)
          changes_.Add(inserted.evicted, RowKind::kDelete, spec_.last_rank);
        changes_.Add(rows_.RowOf(inserted.element), RowKind::kInsert, 0);
      }
    }
    ARROW_RETURN_NOT_OK(changes_.Emit(rows_, out));
    ARROW_RETURN_NOT_OK(rows_.End());
    metrics_->state_bytes.Set(rows_.size_bytes());
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override { return rows_.Snapshot(to); }
  arrow::Status Restore(const SnapshotReader& from) override {
    rows_.SetTime(clock_->NowMillis());
    return rows_.Restore(from);
  }
  StateCursor ReadState(std::optional<StateKey> only) override {
    rows_.SetTime(clock_->NowMillis());
    return ReadRows(rows_, std::move(only));
  }

 private:
  // Whether rows are updated that only move.
  bool moves() const { return spec_.output_rank || spec_.first_rank > 1; }

  // From the new row's rank on, every row takes the place of the one before it.
  void ChangeMovedRows(const RankedRows::Inserted& inserted) {
    int64_t rank = 1;
    Slot at = rows_.First(inserted.group);
    for (; at != inserted.element; at = rows_.After(at)) ++rank;
    RowId moving = rows_.RowOf(at);
    for (at = rows_.After(at);; at = rows_.After(at), ++rank) {
      const RowId before = at != kNoSlot ? rows_.RowOf(at) : inserted.evicted;
      if (before == kNoRow) break;
      if (rank >= spec_.first_rank) {
        changes_.Add(before, RowKind::kUpdateBefore, rank);
        changes_.Add(moving, RowKind::kUpdateAfter, rank);
      }
      moving = before;
      if (at == kNoSlot) return;  // The evicted row had the last rank.
    }
    if (rank >= spec_.first_rank) changes_.Add(moving, RowKind::kInsert, rank);
  }

  RankSpec spec_;
  RankedRows rows_;
  RankedChanges changes_;
  Clock* clock_;
  OperatorMetrics* metrics_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  RankSpec spec;
  ARROW_ASSIGN_OR_RAISE(const std::string function, node.String("function", "row_number"));
  if (function != "row_number") {
    return UserError("unsupported-function", function,
                     "Only ROW_NUMBER is supported on a stream, as in Flink");
  }
  ARROW_ASSIGN_OR_RAISE(spec.group_by, node.Columns("partitionKeys"));
  ARROW_ASSIGN_OR_RAISE(spec.order_by, node.SortKeys("orderBy"));
  ARROW_ASSIGN_OR_RAISE(spec.first_rank, node.Int("rankStart", 1));
  ARROW_ASSIGN_OR_RAISE(spec.last_rank, node.Int("rankEnd"));
  ARROW_ASSIGN_OR_RAISE(spec.output_rank, node.Bool("outputRank", false));
  return MakeRank(std::move(spec), node, context);
}

}  // namespace

arrow::Result<std::unique_ptr<Operator>> MakeRank(RankSpec spec, const PlanNode& node,
                                                  OperatorContext& context) {
  if (node.schema.size() != node.input_schemas[0].size() + (spec.output_rank ? 1 : 0)) {
    return node.Error("the schema must be the input's, and the rank if it is asked for");
  }
  ARROW_ASSIGN_OR_RAISE(const int64_t ttl_ms, TtlMillis(node, context));
  return std::make_unique<Rank>(std::move(spec), node.input_schemas[0], ToArrow(node.schema),
                                ttl_ms, context);
}

extern const OperatorSpec kRank{.name = "rank", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
