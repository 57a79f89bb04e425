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
#include "state/cold_queue.h"
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
        metrics_(context.metrics),
        sorted_on_disk_("sorted", context.tiers) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector&) override {
    ARROW_RETURN_NOT_OK(RowLists::EncodeKeys(in, keys_, &encoded_));
    ARROW_RETURN_NOT_OK(upsert_ ? ApplyUpserts(in) : ApplyChanges(in));
    metrics_->state_bytes.Set(rows_.size_bytes());
    return Progress::kDone;
  }

  arrow::Result<Progress> OnEndOfInput(int, Collector& out) override {
    next_ = emitted_ = 0;
    end_ = rows_.store().next_sequence();
    if (!order_by_.empty()) ARROW_RETURN_NOT_OK(Sort());
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (true) {
      if (!out.has_room()) return Progress::kMoreOutput;
      std::vector<RowId> ids;
      if (order_by_.empty()) {
        ids = rows_.store().LiveRows(&next_, end_, kPieceRows);
      } else {
        ARROW_ASSIGN_OR_RAISE(ids, TakeSorted());
      }
      if (ids.empty()) {
        if (once_) ARROW_RETURN_NOT_OK(rows_.Prune([](RowId) { return true; }));
        return Progress::kDone;
      }
      ARROW_ASSIGN_OR_RAISE(auto piece, rows_.store().Gather(ids));
      ARROW_RETURN_NOT_OK(out.Emit(Batch{std::move(piece), nullptr, kNoSplit}));
    }
  }

  arrow::Status Snapshot(SnapshotWriter& to) override { return rows_.Snapshot(to); }
  arrow::Status Restore(const SnapshotReader& from) override { return rows_.Restore(from); }
  StateCursor ReadState(std::optional<StateKey> only) override {
    return ReadRows(rows_, std::move(only));
  }

 private:
  // Rows that order alike stay in order of arrival. Where rows lie on disk, their sort keys do,
  // too.
  arrow::Status Sort() {
    const RowStore& store = rows_.store();
    on_disk_ = store.any_on_disk();
    std::vector<std::pair<std::string, RowId>> sorted;
    if (!on_disk_) sorted.reserve(static_cast<size_t>(store.num_rows()));
    while (next_ < end_) {
      const std::vector<RowId> ids = rows_.store().LiveRows(&next_, end_, kPieceRows);
      ARROW_ASSIGN_OR_RAISE(auto rows, rows_.store().Gather(ids));
      const Batch piece{std::move(rows), nullptr, kNoSplit};
      for (size_t i = 0; i < ids.size(); ++i) {
        std::string key;
        ARROW_RETURN_NOT_OK(EncodeSortKey(piece, static_cast<int64_t>(i), order_by_, &key));
        if (on_disk_) {
          AppendSequence(store.sequence(ids[i]), &key);
          ARROW_RETURN_NOT_OK(sorted_on_disk_.Put(key));
        } else {
          sorted.emplace_back(std::move(key), ids[i]);
        }
      }
    }
    std::sort(sorted.begin(), sorted.end());
    for (const auto& [key, id] : sorted) sorted_.push_back(id);
    return arrow::Status::OK();
  }

  arrow::Result<std::vector<RowId>> TakeSorted() {
    if (on_disk_) return TakeFromDisk();
    const size_t count = std::min(kPieceRows, sorted_.size() - emitted_);
    const auto begin = sorted_.begin() + static_cast<ptrdiff_t>(emitted_);
    emitted_ += count;
    return std::vector<RowId>(begin, begin + static_cast<ptrdiff_t>(count));
  }

  arrow::Result<std::vector<RowId>> TakeFromDisk() {
    std::vector<std::string> taken;
    ARROW_RETURN_NOT_OK(
        sorted_on_disk_.Take(kPieceRows, [](std::string_view) { return true; }, &taken));
    std::vector<RowId> ids;
    for (const std::string& entry : taken) ids.push_back(rows_.store().IdOf(SequenceIn(entry)));
    return ids;
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
    ARROW_RETURN_NOT_OK(rows_.BeginPops(encoded_));
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      if (IsRetract(in.kind(row))) rows_.Pop(encoded_.key(row), encoded_.hash(row));
    }
    return arrow::Status::OK();
  }

  // Only the last change of a key within the batch counts. An old row that no new one follows,
  // which a filter may leave behind, is a deletion.
  arrow::Status ApplyUpserts(const Batch& in) {
    kept_.clear();
    seen_.clear();
    ARROW_RETURN_NOT_OK(rows_.BeginPops(encoded_));
    for (auto row = static_cast<int32_t>(in.num_rows()); row-- > 0;) {
      if (!seen_.insert(encoded_.key(row)).second) continue;
      rows_.Pop(encoded_.key(row), encoded_.hash(row));
      if (!IsRetract(in.kind(row))) kept_.push_back(row);
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
  uint64_t next_ = 0;  // Sequence numbers of what is left.
  uint64_t end_ = 0;
  std::vector<RowId> sorted_;
  size_t emitted_ = 0;
  bool on_disk_ = false;  // Not sorted_, but:
  ColdQueue sorted_on_disk_;
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
