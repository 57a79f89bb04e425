// The best rows of every group.
#include "state/ranked_rows.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <numeric>

#include "base/hash.h"
#include "state/sort_key.h"

namespace sabot {
namespace {

constexpr size_t kArrivalBytes = 8;

// Big-endian, so that bytes compare as numbers do; inverted where the newest comes first.
uint64_t EncodeArrival(uint64_t arrival, Ties ties) {
  return __builtin_bswap64(ties == Ties::kNewestFirst ? ~arrival : arrival);
}

KeyedTableLayout Layout() {
  KeyedTableLayout layout;
  layout.children = {{.cells = {{"row", CellSpec::Kind::kFixed8}}, .ordered = true}};
  return layout;
}

}  // namespace

RankedRows::RankedRows(std::string name, const Schema& schema, std::vector<int> group_by,
                       std::vector<SortKey> order_by, int64_t limit, Ties ties, StateTiers* tiers)
    : name_(std::move(name)),
      group_by_(std::move(group_by)),
      order_by_(std::move(order_by)),
      limit_(limit),
      ties_(ties),
      table_(name_, Layout()),
      store_(ToArrow(schema), tiers) {}

arrow::Status RankedRows::Begin(const Batch& batch) {
  batch_ = batch;
  std::vector<ArrayPtr> columns;
  for (const int column : group_by_) columns.push_back(batch.column(column));
  ARROW_RETURN_NOT_OK(keys_.Encode(columns, batch.num_rows()));
  first_ = kNoRow;
  kept_.assign(static_cast<size_t>(batch.num_rows()), 0);
  return arrow::Status::OK();
}

arrow::Result<RankedRows::Inserted> RankedRows::Insert(int64_t row) {
  Inserted result;
  if (limit_ <= 0) return result;
  element_.clear();
  ARROW_RETURN_NOT_OK(EncodeSortKey(batch_, row, order_by_, &element_));
  const auto place = static_cast<uint64_t>(row);
  const uint64_t ordered = EncodeArrival(
      first_ == kNoRow ? store_.next_sequence() + place : store_.sequence(first_ + place), ties_);
  element_.append(reinterpret_cast<const char*>(&ordered), kArrivalBytes);
  bool inserted = false;
  result.group = table_.LookupOrInsert(keys_.key(row), keys_.hash(row), &inserted);
  if (elements().count(result.group) >= limit_) {
    const Slot worst = elements().Last(result.group);
    if (element_ > elements().element(worst)) return result;
    result.evicted = RowOf(worst);
    released_.push_back(result.evicted);
    elements().Erase(worst);
  }
  if (first_ == kNoRow) first_ = store_.Append(batch_.rows);
  result.element = elements().FindOrInsert(result.group, element_, HashBytes(element_), &inserted);
  elements().cells().at<RowId>(0, result.element) = first_ + place;
  kept_[static_cast<size_t>(row)] = 1;
  return result;
}

std::vector<RowId> RankedRows::RowsOf(std::string_view key, uint64_t hash) const {
  std::vector<RowId> rows;
  const Slot group = table_.Lookup(key, hash);
  if (group == kNoSlot) return rows;
  for (Slot at = First(group); at != kNoSlot; at = After(at)) rows.push_back(RowOf(at));
  return rows;
}

arrow::Status RankedRows::End() {
  for (const RowId id : released_) store_.Release(id);
  released_.clear();
  if (first_ != kNoRow) {
    for (size_t row = 0; row < kept_.size(); ++row) {
      if (kept_[row] == 0) store_.Release(first_ + row);
    }
  }
  first_ = kNoRow;
  batch_ = {};
  if (!store_.WantsCompaction()) return arrow::Status::OK();
  std::vector<RowId> live;
  for (const Slot group : Groups()) {
    for (Slot at = First(group); at != kNoSlot; at = After(at)) live.push_back(RowOf(at));
  }
  std::sort(live.begin(), live.end());
  ARROW_ASSIGN_OR_RAISE(const RowMoves moves, store_.Compact(std::move(live)));
  for (const Slot group : Groups()) {
    for (Slot at = First(group); at != kNoSlot; at = After(at)) {
      RowId& id = elements().cells().at<RowId>(0, at);
      id = moves.To(id);
    }
  }
  return arrow::Status::OK();
}

arrow::Status RankedRows::Restore(const SnapshotReader& from) {
  std::vector<int32_t> rows;
  return store_.Restore(name_, from, [&](RowStore::Restored& restored) {
    ARROW_RETURN_NOT_OK(Begin(restored.batch()));
    rows.resize(kept_.size());
    std::iota(rows.begin(), rows.end(), 0);
    ARROW_ASSIGN_OR_RAISE(first_, restored.Append(rows));
    for (const int32_t row : rows) {
      if (from.Owns(keys_.hash(row))) ARROW_RETURN_NOT_OK(Insert(row).status());
    }
    return End();
  });
}

}  // namespace sabot
