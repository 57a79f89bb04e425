// changelog_normalize: a changelog by key that tells new rows only, made one that tells old rows
// too.
//
//   key k    in    +I[a, 1]  +I[a, 2]            +I[a, 2]  -D[a, NULL]  -D[b, NULL]
//            out   +I[a, 1]  -U[a, 1] +U[a, 2]             -D[a, 2]
//
// A row that is the newest one of its key already changes nothing, nor does the deletion of what
// is not there. Of a deletion only the key counts. -U rows are left out where nobody needs them.
// Under a state TTL a row that comes again does count: it keeps its key alive, also downstream.
// With a condition a row for which it is not TRUE is as none.
//
// State: the newest row of every key.
#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "expressions/evaluator.h"
#include "expressions/failed_row.h"
#include "operators/state_rows.h"
#include "state/row_lists.h"
#include "stream/operator.h"

namespace sabot {
namespace {

// Where the newest row of a key is: a row of the batch, or one of these.
constexpr int32_t kStored = -1;
constexpr int32_t kNone = -2;

class ChangelogNormalize final : public Operator {
 public:
  ChangelogNormalize(std::vector<int> keys, bool emit_update_before,
                     std::unique_ptr<BoundExpression> condition, const Schema& schema,
                     OperatorContext& context)
      : emit_update_before_(emit_update_before),
        condition_(std::move(condition)),
        ttl_ms_(context.options.state_ttl_ms),
        schema_(ToArrow(schema)),
        all_columns_(schema.size()),
        rows_("rows", schema, std::move(keys), context.tiers, ttl_ms_),
        clock_(context.clock),
        metrics_(context.metrics) {
    std::iota(all_columns_.begin(), all_columns_.end(), 0);
  }

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    ARROW_RETURN_NOT_OK(rows_.BeginBatch(clock_->NowMillis()));
    ARROW_RETURN_NOT_OK(RowLists::EncodeKeys(in, rows_.keys(), &encoded_));
    ARROW_RETURN_NOT_OK(FindKeys(in));
    ARROW_RETURN_NOT_OK(EncodeContents(in));
    ARROW_RETURN_NOT_OK(FindPassing(in));
    changes_.clear();
    kinds_.clear();
    for (int32_t row = 0; row < static_cast<int32_t>(in.num_rows()); ++row) Apply(in, row);
    // Before rows are taken from the store, since some of them go out.
    ARROW_RETURN_NOT_OK(EmitChanges(out));
    ARROW_RETURN_NOT_OK(KeepNewest(in));
    metrics_->state_bytes.Set(rows_.size_bytes());
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override { return rows_.Snapshot(to); }
  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_RETURN_NOT_OK(rows_.BeginBatch(clock_->NowMillis()));
    return rows_.Restore(from);
  }
  StateCursor ReadState(std::optional<StateKey> only) override {
    return ReadRows(rows_, std::move(only));
  }

 private:
  // A key of the batch.
  struct Key {
    int32_t first_row = 0;
    RowId stored = kNoRow;  // Expired or not.
    int32_t newest = kNone;
    int32_t content = 0;  // Of the stored row, in stored_contents_.
    bool changed = false;
  };

  arrow::Status FindKeys(const Batch& in) {
    const auto num_rows = static_cast<int32_t>(in.num_rows());
    every_row_.resize(static_cast<size_t>(num_rows));
    std::iota(every_row_.begin(), every_row_.end(), 0);
    ARROW_RETURN_NOT_OK(rows_.Heads(encoded_, every_row_, &heads_));
    found_.clear();
    key_list_.clear();
    key_of_.resize(every_row_.size());
    for (int32_t row = 0; row < num_rows; ++row) {
      const auto at = static_cast<size_t>(row);
      const auto [key, is_new] =
          found_.try_emplace(encoded_.key(row), static_cast<int32_t>(key_list_.size()));
      key_of_[at] = key->second;
      if (!is_new) continue;
      const RowId stored = heads_[at];
      const bool live = stored != kNoRow && !rows_.Expired(stored);
      key_list_.push_back({.first_row = row, .stored = stored, .newest = live ? kStored : kNone});
    }
    return arrow::Status::OK();
  }

  // What tells whether a row is the one that is known.
  arrow::Status EncodeContents(const Batch& in) {
    if (ttl_ms_ > 0) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(RowLists::EncodeKeys(in, all_columns_, &contents_));
    std::vector<RowId> stored;
    for (Key& key : key_list_) {
      if (key.newest != kStored) continue;
      key.content = static_cast<int32_t>(stored.size());
      stored.push_back(key.stored);
    }
    if (stored.empty()) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto rows, rows_.store().Gather(stored));
    return RowLists::EncodeKeys(Batch{std::move(rows), nullptr, kNoSplit}, all_columns_,
                                &stored_contents_);
  }

  // A deletion has no more than its key: the condition is not asked about it.
  arrow::Status FindPassing(const Batch& in) {
    if (condition_ == nullptr) return arrow::Status::OK();
    passes_.assign(static_cast<size_t>(in.num_rows()), 0);
    Batch rows = in;
    const bool all = in.insert_only();
    if (!all) {
      new_rows_.clear();
      for (int32_t row = 0; row < static_cast<int32_t>(in.num_rows()); ++row) {
        if (!IsRetract(in.kind(row))) new_rows_.push_back(row);
      }
      ARROW_ASSIGN_OR_RAISE(rows, Take(in, new_rows_));
    }
    const auto keep = condition_->Evaluate(rows.rows->columns(), rows.num_rows());
    if (!keep.ok()) return AtFailedRow(keep.status(), *condition_, *rows.rows, "the condition");
    ARROW_RETURN_NOT_OK(SelectTrue(*keep, rows.num_rows(), &passing_));
    for (const int32_t row : passing_)
      passes_[static_cast<size_t>(all ? row : new_rows_[static_cast<size_t>(row)])] = 1;
    return arrow::Status::OK();
  }

  void Apply(const Batch& in, int32_t row) {
    Key& key = key_list_[static_cast<size_t>(key_of_[static_cast<size_t>(row)])];
    const bool passes = condition_ == nullptr || passes_[static_cast<size_t>(row)] != 0;
    if (IsRetract(in.kind(row)) || !passes) {
      if (key.newest == kNone) return;
      Add(RowKind::kDelete, Newest(in, key));
      key.newest = kNone;
    } else if (key.newest == kNone) {
      Add(RowKind::kInsert, {in.rows.get(), row});
      key.newest = row;
    } else {
      if (ttl_ms_ == 0 && contents_.key(row) == NewestContent(key)) return;
      if (emit_update_before_) Add(RowKind::kUpdateBefore, Newest(in, key));
      Add(RowKind::kUpdateAfter, {in.rows.get(), row});
      key.newest = row;
    }
    key.changed = true;
  }

  RowRef Newest(const Batch& in, const Key& key) const {
    return key.newest == kStored ? rows_.store().Ref(key.stored)
                                 : RowRef{in.rows.get(), key.newest};
  }
  std::string_view NewestContent(const Key& key) const {
    return key.newest == kStored ? stored_contents_.key(key.content) : contents_.key(key.newest);
  }

  void Add(RowKind kind, RowRef row) {
    kinds_.push_back(static_cast<int8_t>(kind));
    changes_.push_back(row);
  }

  arrow::Status EmitChanges(Collector& out) {
    if (changes_.empty()) return arrow::Status::OK();
    std::vector<ArrayPtr> columns;
    for (int i = 0; i < schema_->num_fields(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto column, GatherColumn(changes_, i, schema_->field(i)->type()));
      columns.push_back(std::move(column));
    }
    ARROW_ASSIGN_OR_RAISE(auto kinds, MakeKinds(kinds_));
    return out.Emit(
        Batch{arrow::RecordBatch::Make(schema_, std::ssize(changes_), std::move(columns)),
              std::move(kinds), kNoSplit});
  }

  arrow::Status KeepNewest(const Batch& in) {
    ARROW_RETURN_NOT_OK(rows_.BeginPops(encoded_));
    kept_.clear();
    for (const Key& key : key_list_) {
      if (!key.changed) continue;
      if (key.stored != kNoRow)
        rows_.Pop(encoded_.key(key.first_row), encoded_.hash(key.first_row));
      if (key.newest >= 0) kept_.push_back(key.newest);
    }
    std::sort(kept_.begin(), kept_.end());
    return rows_.Add(in, encoded_, kept_);
  }

  const bool emit_update_before_;
  const std::unique_ptr<BoundExpression> condition_;  // nullptr: there is none.
  const int64_t ttl_ms_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<int> all_columns_;
  RowLists rows_;  // One of each key.
  Clock* clock_;
  OperatorMetrics* metrics_;
  // While a batch is worked off.
  EncodedKeys encoded_;
  EncodedKeys contents_;
  EncodedKeys stored_contents_;
  std::vector<int32_t> every_row_;
  std::vector<RowId> heads_;
  std::unordered_map<std::string_view, int32_t> found_;
  std::vector<Key> key_list_;
  std::vector<int32_t> key_of_;  // By row.
  std::vector<int32_t> new_rows_;
  std::vector<int32_t> passing_;
  std::vector<uint8_t> passes_;  // By row.
  std::vector<RowRef> changes_;
  std::vector<int8_t> kinds_;
  std::vector<int32_t> kept_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(std::vector<int> keys, node.Columns("keys"));
  ARROW_ASSIGN_OR_RAISE(const bool emit_update_before, node.Bool("emitUpdateBefore", true));
  if (keys.empty()) return node.Error("config 'keys' must name a column");
  std::unique_ptr<BoundExpression> bound;
  if (node.Has("condition")) {
    ARROW_ASSIGN_OR_RAISE(const Expression condition, node.Expr("condition"));
    if (condition.type.kind != TypeKind::kBoolean) return node.Error("condition must be BOOLEAN");
    ARROW_ASSIGN_OR_RAISE(bound, Bind(condition, context.session));
  }
  return std::make_unique<ChangelogNormalize>(std::move(keys), emit_update_before, std::move(bound),
                                              node.schema, context);
}

}  // namespace

extern const OperatorSpec kChangelogNormalize{
    .name = "changelog_normalize", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
