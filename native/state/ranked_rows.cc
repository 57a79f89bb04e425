// The best rows of every group.
#include "state/ranked_rows.h"

#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "base/hash.h"
#include "state/sort_key.h"

namespace sabot {
namespace {

constexpr size_t kArrivalBytes = 8;
constexpr size_t kPieceGroups = 8192;
// With every batch so many rows are looked at that may have expired, and twice as many as it has.
constexpr size_t kSweptRowsMin = 1024;

// Big-endian, so that bytes compare as numbers do; inverted where the newest comes first.
uint64_t EncodeArrival(uint64_t arrival, Ties ties) {
  return __builtin_bswap64(ties == Ties::kNewestFirst ? ~arrival : arrival);
}

KeyedTableLayout Layout(bool ages) {
  KeyedTableLayout layout;
  if (ages) layout.cells.push_back({"oldest", CellSpec::Kind::kFixed8});
  layout.children = {{.cells = {{"row", CellSpec::Kind::kFixed8}}, .ordered = true}};
  if (ages) layout.children[0].cells.push_back({"added", CellSpec::Kind::kFixed8});
  return layout;
}

std::shared_ptr<arrow::Schema> StoredSchema(const Schema& schema, bool ages) {
  auto stored = ToArrow(schema);
  if (!ages) return stored;
  auto fields = stored->fields();
  fields.push_back(RowStore::AddedField());
  return arrow::schema(std::move(fields));
}

arrow::Result<RecordBatchPtr> WithAdded(const RecordBatchPtr& rows, int64_t added_ms) {
  ARROW_ASSIGN_OR_RAISE(const auto added,
                        arrow::MakeArrayFromScalar(arrow::Int64Scalar(added_ms), rows->num_rows()));
  return rows->AddColumn(rows->num_columns(), RowStore::AddedField(), added);
}

// An element without its arrival.
std::string_view SortKeyOf(std::string_view element) {
  return element.substr(0, element.size() - kArrivalBytes);
}

}  // namespace

RankedRows::RankedRows(std::string name, const Schema& schema, std::vector<int> group_by,
                       std::vector<SortKey> order_by, int64_t limit, Ties ties, StateTiers* tiers,
                       RankedRowsTtl ttl)
    : name_(std::move(name)),
      group_by_(std::move(group_by)),
      order_by_(std::move(order_by)),
      limit_(limit),
      ties_(ties),
      ttl_(ttl),
      table_(name_, Layout(ages()), tiers),
      store_(StoredSchema(schema, ages()), tiers) {}

arrow::Status RankedRows::Begin(const Batch& batch) {
  std::vector<int32_t> rows(static_cast<size_t>(batch.num_rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return Begin(batch, rows);
}

arrow::Status RankedRows::Begin(const Batch& batch, std::span<const int32_t> rows) {
  if (ages()) ARROW_RETURN_NOT_OK(Sweep(kSweptRowsMin + 2 * rows.size()));
  return FetchGroups(batch, rows);
}

arrow::Status RankedRows::FetchGroups(const Batch& batch, std::span<const int32_t> rows) {
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
  const Slot group = groups_[static_cast<size_t>(row)];
  if (ages() && group != kNoSlot) DropExpired(group);
  return Put(row);
}

arrow::Result<RankedRows::Inserted> RankedRows::Put(int64_t row) {
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
    Evict(result.group, worst);
  }
  if (first_ == kNoRow) {
    RecordBatchPtr rows = batch_.rows;
    if (ages()) {
      ARROW_ASSIGN_OR_RAISE(rows, WithAdded(rows, now_ms_));
    }
    first_ = store_.Append(std::move(rows));
  }
  if (ages()) {
    const int64_t added = AddedMillis(first_ + place);
    const bool is_first = elements().count(result.group) == 0;
    if (is_first || added < oldest_ms(result.group)) {
      table_.Touch(result.group);
      oldest_ms(result.group) = added;
    }
  }
  result.element = elements().FindOrInsert(result.group, element_, HashBytes(element_), &inserted);
  elements().cells().at<RowId>(0, result.element) = first_ + place;
  if (ages()) added_ms(result.element) = AddedMillis(first_ + place);
  kept_[static_cast<size_t>(row)] = 1;
  return result;
}

void RankedRows::Evict(Slot group, Slot worst) {
  const Slot before = ages() && ties_ == Ties::kOldestFirst ? elements().Before(worst) : kNoSlot;
  if (before != kNoSlot &&
      SortKeyOf(elements().element(before)) == SortKeyOf(elements().element(worst))) {
    const int64_t added = ttl_.renewed_by_eviction ? now_ms_ : added_ms(worst);
    if (added_ms(before) < added) {
      elements().Touch(before);
      added_ms(before) = added;
      renewed_.push_back({group, before, RowOf(before)});
    }
  }
  released_.push_back(RowOf(worst));
  elements().Erase(worst);
}

int64_t RankedRows::AddedMillis(RowId id) const {
  const RowRef at = store_.Ref(id);
  const arrow::ArrayData& added = *at.batch->column_data(store_.schema()->num_fields() - 1);
  return added.IsNull(at.row) ? restored_ms_ : added.GetValues<int64_t>(1)[at.row];
}

// Runs of elements that order alike, from best to worst.
void RankedRows::DropExpired(Slot group) {
  if (!IsOver(oldest_ms(group))) return;
  int64_t oldest = INT64_MAX;
  for (Slot at = First(group); at != kNoSlot;) {
    slots_.clear();
    do {
      slots_.push_back(at);
      at = After(at);
    } while (at != kNoSlot &&
             SortKeyOf(elements().element(at)) == SortKeyOf(elements().element(slots_.front())));
    const Slot newest = ties_ == Ties::kOldestFirst ? slots_.back() : slots_.front();
    const int64_t added = added_ms(newest);
    if (!IsOver(added)) {
      oldest = std::min(oldest, added);
      continue;
    }
    for (const Slot each : slots_) {
      released_.push_back(RowOf(each));
      elements().Erase(each);
    }
  }
  table_.Touch(group);
  oldest_ms(group) = oldest;
}

arrow::Status RankedRows::Sweep(size_t num_max) {
  uint64_t next = next_swept_;
  std::vector<RowId> old = store_.LiveRows(&next, store_.next_sequence(), num_max);
  const auto young =
      std::find_if(old.begin(), old.end(), [&](RowId id) { return !IsOver(AddedMillis(id)); });
  next_swept_ = young == old.end() ? next : store_.sequence(*young);
  old.erase(young, old.end());
  if (old.empty()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const Batch stored, Gather(old));
  ARROW_ASSIGN_OR_RAISE(std::vector<Slot> groups, GroupsOf(stored));
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  for (const Slot group : groups) {
    DropExpired(group);
    if (Count(group) == 0) table_.Erase(group);
  }
  return arrow::Status::OK();
}

arrow::Result<Batch> RankedRows::Gather(std::span<const RowId> rows) const {
  ARROW_ASSIGN_OR_RAISE(auto batch, store_.Gather(rows));
  return Batch{std::move(batch), nullptr, kNoSplit};
}

arrow::Result<std::vector<Slot>> RankedRows::GroupsOf(const Batch& stored) {
  std::vector<ArrayPtr> columns;
  for (const int column : group_by_) columns.push_back(stored.column(column));
  EncodedKeys keys;
  ARROW_RETURN_NOT_OK(keys.Encode(columns, stored.num_rows()));
  std::vector<Slot> groups(static_cast<size_t>(stored.num_rows()));
  ARROW_RETURN_NOT_OK(table_.Fetch(keys, groups));
  return groups;
}

Slot RankedRows::NewestLike(Slot group, std::string_view sort_key) const {
  if (ties_ == Ties::kNewestFirst) return elements().LowerBound(group, sort_key);
  const Slot behind =
      elements().LowerBound(group, std::string(sort_key) + std::string(kArrivalBytes, '\xff'));
  return behind == kNoSlot ? elements().Last(group) : elements().Before(behind);
}

arrow::Status RankedRows::LeaveOutExpired(std::vector<RowId>* rows) {
  if (!ages()) return arrow::Status::OK();
  std::vector<RowId> old;
  std::copy_if(rows->begin(), rows->end(), std::back_inserter(old),
               [&](RowId id) { return IsOver(AddedMillis(id)); });
  if (old.empty()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const Batch stored, Gather(old));
  ARROW_ASSIGN_OR_RAISE(const std::vector<Slot> groups, GroupsOf(stored));
  std::unordered_set<RowId> expired;
  for (size_t i = 0; i < old.size(); ++i) {
    element_.clear();
    ARROW_RETURN_NOT_OK(EncodeSortKey(stored, static_cast<int64_t>(i), order_by_, &element_));
    if (IsOver(added_ms(NewestLike(groups[i], element_)))) expired.insert(old[i]);
  }
  std::erase_if(*rows, [&](RowId id) { return expired.contains(id); });
  return arrow::Status::OK();
}

arrow::Result<std::vector<ArrayPtr>> RankedRows::Columns(std::span<const RowId> rows) const {
  ARROW_ASSIGN_OR_RAISE(const auto batch, store_.Gather(rows));
  std::vector<ArrayPtr> columns = batch->columns();
  if (ages()) columns.pop_back();
  return columns;
}

arrow::Result<std::vector<RowId>> RankedRows::RowsOf(std::string_view key, uint64_t hash) {
  std::vector<RowId> rows;
  ARROW_ASSIGN_OR_RAISE(const Slot group, table_.Fetch(key, hash));
  if (group == kNoSlot) return rows;
  for (Slot at = First(group); at != kNoSlot; at = After(at)) rows.push_back(RowOf(at));
  return rows;
}

arrow::Status RankedRows::End() {
  ARROW_RETURN_NOT_OK(AppendRenewed());
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

// They stay the newest of those that order alike: none such has come after them.
arrow::Status RankedRows::AppendRenewed() {
  std::erase_if(renewed_, [&](const Renewed& each) { return RowOf(each.element) != each.row; });
  if (renewed_.empty()) return arrow::Status::OK();
  std::vector<RowId> rows;
  arrow::Int64Builder added;
  for (const Renewed& each : renewed_) {
    rows.push_back(each.row);
    ARROW_RETURN_NOT_OK(added.Append(added_ms(each.element)));
  }
  ARROW_ASSIGN_OR_RAISE(const ArrayPtr times, added.Finish());
  ARROW_ASSIGN_OR_RAISE(RecordBatchPtr batch, store_.Gather(rows));
  ARROW_ASSIGN_OR_RAISE(batch,
                        batch->SetColumn(batch->num_columns() - 1, RowStore::AddedField(), times));
  RowId id = store_.Append(std::move(batch));
  for (const Renewed& each : renewed_) {
    element_ = SortKeyOf(elements().element(each.element));
    const uint64_t ordered = EncodeArrival(store_.sequence(id), ties_);
    element_.append(reinterpret_cast<const char*>(&ordered), kArrivalBytes);
    elements().Erase(each.element);
    bool inserted = false;
    const Slot element =
        elements().FindOrInsert(each.group, element_, HashBytes(element_), &inserted);
    elements().cells().at<RowId>(0, element) = id;
    added_ms(element) = AddedMillis(id++);
    released_.push_back(each.row);
  }
  renewed_.clear();
  return arrow::Status::OK();
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
  restored_ms_ = now_ms_;
  return store_.Restore(name_, from, [&](RowStore::Restored& restored) {
    rows.resize(static_cast<size_t>(restored.batch().num_rows()));
    std::iota(rows.begin(), rows.end(), 0);
    ARROW_RETURN_NOT_OK(FetchGroups(restored.batch(), rows));
    ARROW_ASSIGN_OR_RAISE(first_, restored.Append(rows));
    for (const int32_t row : rows) {
      if (from.Owns(keys_.hash(row))) ARROW_RETURN_NOT_OK(Put(row).status());
    }
    return End();
  });
}

}  // namespace sabot
