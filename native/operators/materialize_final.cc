// materialize_final: what a changelog amounts to once its input has ended.
//
//   in    +I[a, 1]  +I[b, 1]  -U[a, 1]  +U[a, 2]  -D[b, 1]   end
//   out                                                      +I[a, 2]
//
// Without keys, a row that is taken back is found by its whole content, and rows may repeat. With
// keys the newest row of a key replaces the one before. Results come in order of arrival, or as
// `orderBy` says.
//
// State: the rows that are left, by their content or key. With `once` they go when they have been
// emitted: an operator behind this one has them then, and keeps them itself. Without it whoever
// restores the end of the input is given them again, as the reader of a query's rows should be.
#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "operators/state_rows.h"
#include "state/row_lists.h"
#include "state/sort_key.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr size_t kPieceRows = 8192;

class MaterializeFinal final : public Operator {
 public:
  MaterializeFinal(std::vector<int> keys, bool upsert, bool once, std::vector<SortKey> order_by,
                   const Schema& schema, OperatorContext& context)
      : keys_(keys),
        upsert_(upsert),
        once_(once),
        order_by_(std::move(order_by)),
        rows_("rows", schema, std::move(keys), context.tiers),
        metrics_(context.metrics) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector&) override {
    ARROW_RETURN_NOT_OK(RowLists::EncodeKeys(in, keys_, &encoded_));
    ARROW_RETURN_NOT_OK(upsert_ ? ApplyUpserts(in) : ApplyChanges(in));
    metrics_->state_bytes.Set(rows_.size_bytes());
    return Progress::kDone;
  }

  arrow::Result<Progress> OnEndOfInput(int, Collector& out) override {
    left_ = rows_.AllRows();
    if (!order_by_.empty()) ARROW_RETURN_NOT_OK(Sort());
    emitted_ = 0;
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (emitted_ < left_.size()) {
      if (!out.has_room()) return Progress::kMoreOutput;
      const size_t count = std::min(kPieceRows, left_.size() - emitted_);
      ARROW_ASSIGN_OR_RAISE(auto piece,
                            rows_.store().Gather(std::span(left_).subspan(emitted_, count)));
      emitted_ += count;
      ARROW_RETURN_NOT_OK(out.Emit(Batch{std::move(piece), nullptr, kNoSplit}));
    }
    if (once_) rows_.Prune([](RowId) { return true; });
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override { return rows_.Snapshot(to); }
  arrow::Status Restore(const SnapshotReader& from) override { return rows_.Restore(from); }
  StateCursor ReadState(std::optional<StateKey> only) override {
    return ReadRows(rows_, std::move(only));
  }

 private:
  // Rows that order alike stay in order of arrival.
  arrow::Status Sort() {
    std::vector<std::pair<std::string, RowId>> sorted;
    sorted.reserve(left_.size());
    for (size_t begin = 0; begin < left_.size(); begin += kPieceRows) {
      const size_t count = std::min(kPieceRows, left_.size() - begin);
      ARROW_ASSIGN_OR_RAISE(auto rows,
                            rows_.store().Gather(std::span(left_).subspan(begin, count)));
      const Batch piece{std::move(rows), nullptr, kNoSplit};
      for (size_t i = 0; i < count; ++i) {
        std::string key;
        ARROW_RETURN_NOT_OK(EncodeSortKey(piece, static_cast<int64_t>(i), order_by_, &key));
        sorted.emplace_back(std::move(key), left_[begin + i]);
      }
    }
    std::sort(sorted.begin(), sorted.end());
    std::transform(sorted.begin(), sorted.end(), left_.begin(),
                   [](const auto& row) { return row.second; });
    return arrow::Status::OK();
  }

  // Rows of equal content are interchangeable: all that comes is kept first, in one piece, then
  // what is taken back goes. A lone retraction, which a filter may leave behind, takes nothing.
  arrow::Status ApplyChanges(const Batch& in) {
    kept_.clear();
    for (int32_t row = 0; row < static_cast<int32_t>(in.num_rows()); ++row) {
      if (!IsRetract(in.kind(row))) kept_.push_back(row);
    }
    ARROW_RETURN_NOT_OK(rows_.Add(in, encoded_, kept_));
    if (in.insert_only()) return arrow::Status::OK();
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      if (IsRetract(in.kind(row))) rows_.Pop(encoded_.key(row), encoded_.hash(row));
    }
    return arrow::Status::OK();
  }

  // Only the last change of a key within the batch counts.
  arrow::Status ApplyUpserts(const Batch& in) {
    kept_.clear();
    seen_.clear();
    for (auto row = static_cast<int32_t>(in.num_rows()); row-- > 0;) {
      if (in.kind(row) == RowKind::kUpdateBefore) continue;
      if (!seen_.insert(encoded_.key(row)).second) continue;
      rows_.Pop(encoded_.key(row), encoded_.hash(row));
      if (in.kind(row) != RowKind::kDelete) kept_.push_back(row);
    }
    std::reverse(kept_.begin(), kept_.end());
    return rows_.Add(in, encoded_, kept_);
  }

  std::vector<int> keys_;
  bool upsert_;
  bool once_;
  std::vector<SortKey> order_by_;
  RowLists rows_;
  OperatorMetrics* metrics_;
  // While a batch or the end is worked off.
  EncodedKeys encoded_;
  std::vector<int32_t> kept_;
  std::unordered_set<std::string_view> seen_;
  std::vector<RowId> left_;
  size_t emitted_ = 0;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(std::vector<int> keys, node.Columns("keys"));
  const bool upsert = node.Has("keys");  // An empty list is a key, too: one row at most.
  if (!upsert) {
    keys.resize(node.schema.size());
    std::iota(keys.begin(), keys.end(), 0);
  }
  ARROW_ASSIGN_OR_RAISE(auto order_by, node.SortKeys("orderBy"));
  ARROW_ASSIGN_OR_RAISE(const bool once, node.Bool("once", false));
  return std::make_unique<MaterializeFinal>(std::move(keys), upsert, once, std::move(order_by),
                                            node.schema, context);
}

}  // namespace

extern const OperatorSpec kMaterializeFinal{
    .name = "materialize_final", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
