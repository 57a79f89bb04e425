// deduplicate: the last row of every key by event time, kept up to date.
//
//   in    +I[a, 5]  +I[a, 3]  +I[a, 5]'          +I[a, 9]
//   out   +I[a, 5]            -U[a, 5] +U[a, 5]' -U[a, 5]' +U[a, 9]
//
// A row of an earlier time than its key's changes nothing; of rows of one time the last to come
// counts. -U rows are sent only where somebody wants them. Under a state TTL a key begins anew
// whose row is too old.
//
// State: the row of every key.
#include "base/error.h"
#include "operators/ranked_changes.h"
#include "operators/state_rows.h"
#include "operators/state_ttl.h"
#include "state/ranked_rows.h"
#include "stream/operator.h"

namespace sabot {
namespace {

struct Deduplication {
  std::vector<int> keys;
  int order = 0;
  bool outputs_rank = false;
  bool emits_update_before = false;
  int64_t ttl_ms = 0;
};

class Deduplicate final : public Operator {
 public:
  Deduplicate(Deduplication how, const PlanNode& node, OperatorContext& context)
      : how_(std::move(how)),
        rows_("rows", node.input_schemas[0], how_.keys,
              {{.column = how_.order, .descending = true, .nulls_first = false}}, 1,
              Ties::kNewestFirst, context.tiers, {.ms = how_.ttl_ms}),
        changes_(ToArrow(node.schema), how_.outputs_rank),
        clock_(context.clock),
        metrics_(context.metrics) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    if (!in.insert_only()) {
      return UserError("unsupported-rank", "ROW_NUMBER",
                       "Deduplication of an updating query by time is not supported as yet");
    }
    rows_.SetTime(clock_->NowMillis());
    ARROW_RETURN_NOT_OK(rows_.Begin(in));
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      ARROW_ASSIGN_OR_RAISE(const RankedRows::Inserted inserted, rows_.Insert(row));
      if (inserted.element == kNoSlot) continue;
      const bool is_first = inserted.evicted == kNoRow;
      if (!is_first && how_.emits_update_before)
        changes_.Add(inserted.evicted, RowKind::kUpdateBefore, 1);
      changes_.Add(rows_.RowOf(inserted.element),
                   is_first ? RowKind::kInsert : RowKind::kUpdateAfter, 1);
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
  Deduplication how_;
  RankedRows rows_;
  RankedChanges changes_;
  Clock* clock_;
  OperatorMetrics* metrics_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  Deduplication how;
  ARROW_ASSIGN_OR_RAISE(how.keys, node.Columns("keys"));
  ARROW_ASSIGN_OR_RAISE(how.order, node.Column("order"));
  ARROW_ASSIGN_OR_RAISE(const std::string keep, node.String("keep"));
  if (keep != "last") return node.Error("keep must be 'last'");
  ARROW_ASSIGN_OR_RAISE(how.outputs_rank, node.Bool("outputRank", false));
  ARROW_ASSIGN_OR_RAISE(how.emits_update_before, node.Bool("emitUpdateBefore", true));
  if (node.schema.size() != node.input_schemas[0].size() + (how.outputs_rank ? 1 : 0)) {
    return node.Error("the schema must be the input's, and the rank if it is asked for");
  }
  ARROW_ASSIGN_OR_RAISE(how.ttl_ms, TtlMillis(node, context));
  return std::make_unique<Deduplicate>(std::move(how), node, context);
}

}  // namespace

extern const OperatorSpec kDeduplicate{
    .name = "deduplicate", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
