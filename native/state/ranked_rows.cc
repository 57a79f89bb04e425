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
constexpr size_t kPieceGroups = 8192;

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
      table_(name_, Layout(), tiers),
      store_(ToArrow(schema), tiers) {}

arrow::Status RankedRows::Begin(const Batch& batch) {
  std::vector<int32_t> rows(static_cast<size_t>(batch.num_rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return Begin(batch, rows);
}

arrow::Status RankedRows::Begin(const Batch& batch, std::span<const int32_t> rows) {
  batch_ = batch;
  std::vector<ArrayPtr> columns;
  for (const int column : group_by_) columns.push_back(batch.column(column));
  ARROW_RETURN_NOT_OK(keys_.Encode(columns, batch.num_rows()));
  first_ = kNoRow;
  kept_.assign(static_cast<size_t>(batch.num_rows()), 0);
  slots_.resize(rows.size());
  ARROW_RETURN_NOT_OK(table_.Fetch(keys_, rows, slots_));
  groups_.assign(static_cast<size_t>(batch.num_rows()), kNoSlot);
  for (size_t i = 0; i < rows.size(); ++i) groups_[static_cast<size_t>(rows[i])] = slots_[i];
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
  result.group = groups_[place];
  if (result.group == kNoSlot)
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

arrow::Result<std::vector<RowId>> RankedRows::RowsOf(std::string_view key, uint64_t hash) {
  std::vector<RowId> rows;
  ARROW_ASSIGN_OR_RAISE(const Slot group, table_.Fetch(key, hash));
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
  return store_.WantsCompaction() ? Compact() : arrow::Status::OK();
}

arrow::Status RankedRows::Compact() {
  ARROW_ASSIGN_OR_RAISE(const RowMoves moves, store_.Compact());
  KeyedTable::Scan groups(table_);
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const std::span<const Slot> slots, groups.Next(kPieceGroups));
    if (slots.empty()) return arrow::Status::OK();
    for (const Slot group : slots) {
      for (Slot at = First(group); at != kNoSlot; at = After(at)) {
        elements().Touch(at);
        RowId& id = elements().cells().at<RowId>(0, at);
        id = moves.To(id);
      }
    }
    ARROW_RETURN_NOT_OK(store_.MakeRoom());
  }
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
