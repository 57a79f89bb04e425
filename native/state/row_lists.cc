// Whole rows by key: lists threaded through a row store, newest first.
#include "state/row_lists.h"

#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>

#include <algorithm>

namespace sabot {
namespace {

std::shared_ptr<arrow::Schema> StoredSchema(const Schema& schema, int64_t ttl_ms) {
  auto stored = ToArrow(schema);
  if (ttl_ms == 0) return stored;
  auto fields = stored->fields();
  fields.push_back(RowStore::AddedField());
  return arrow::schema(std::move(fields));
}

}  // namespace

RowLists::RowLists(std::string name, const Schema& schema, std::vector<int> keys, StateTiers* tiers,
                   int64_t ttl_ms)
    : name_(std::move(name)),
      schema_(schema),
      keys_(std::move(keys)),
      ttl_ms_(ttl_ms),
      table_(name_, {.cells = {{"head", CellSpec::Kind::kFixed8}}, .children = {}}),
      store_(StoredSchema(schema, ttl_ms), tiers) {}

void RowLists::BeginBatch(int64_t now_ms) {
  now_ms_ = now_ms;
  if (ttl_ms_ == 0 || now_ms < prune_at_ms_) return;
  // Pruning walks all rows: a row may outlive its time by half of it, unseen.
  Prune([this](RowId id) { return Expired(id); });
  prune_at_ms_ = now_ms + std::max<int64_t>(1, ttl_ms_ / 2);
}

int64_t RowLists::AddedMillis(RowId id) const {
  const arrow::ArrayData& added =
      *store_.segment(id).column_data(store_.schema()->num_fields() - 1);
  const int64_t row = RowStore::row(id);
  return added.IsNull(row) ? restored_ms_ : added.GetValues<int64_t>(1)[row];
}

arrow::Status RowLists::EncodeKeys(const Batch& batch, const std::vector<int>& keys,
                                   EncodedKeys* to) {
  std::vector<ArrayPtr> columns;
  for (const int key : keys) columns.push_back(batch.column(key));
  return to->Encode(columns, batch.num_rows());
}

arrow::Status RowLists::Add(const Batch& batch, const EncodedKeys& keys,
                            std::span<const int32_t> rows) {
  if (rows.empty()) return arrow::Status::OK();
  if (store_.WantsCompaction()) ARROW_RETURN_NOT_OK(Compact());
  const bool all = static_cast<int64_t>(rows.size()) == batch.num_rows();
  RecordBatchPtr kept = batch.rows;
  if (!all) {
    ARROW_ASSIGN_OR_RAISE(const Batch taken, Take(batch, rows));
    kept = taken.rows;
  }
  if (ttl_ms_ > 0) {
    ARROW_ASSIGN_OR_RAISE(const auto added, arrow::MakeArrayFromScalar(arrow::Int64Scalar(now_ms_),
                                                                       kept->num_rows()));
    ARROW_ASSIGN_OR_RAISE(kept,
                          kept->AddColumn(kept->num_columns(), RowStore::AddedField(), added));
  }
  return Link(keys, rows, store_.Append(std::move(kept)));
}

arrow::Status RowLists::Link(const EncodedKeys& keys, std::span<const int32_t> rows, RowId first) {
  std::vector<Slot> slots(rows.size());
  ARROW_RETURN_NOT_OK(table_.LookupOrInsert(keys, rows, slots, nullptr));
  for (size_t i = 0; i < rows.size(); ++i) {
    const RowId id = first + i;
    store_.set_next(id, head(slots[i]));
    head(slots[i]) = id;
  }
  return arrow::Status::OK();
}

arrow::Status RowLists::Compact() {
  ARROW_ASSIGN_OR_RAISE(const RowMoves moves, store_.Compact(AllRows()));
  for (const Slot slot : table_.LiveSlots()) head(slot) = moves.To(head(slot));
  return arrow::Status::OK();
}

RowId RowLists::Head(std::string_view key, uint64_t hash) const {
  const Slot slot = table_.Lookup(key, hash);
  return slot == kNoSlot ? kNoRow : head(slot);
}

std::vector<RowId> RowLists::RowsOf(std::string_view key, uint64_t hash) const {
  std::vector<RowId> rows;
  for (RowId id = Head(key, hash); id != kNoRow; id = store_.next(id)) rows.push_back(id);
  return rows;
}

bool RowLists::Pop(std::string_view key, uint64_t hash) {
  const Slot slot = table_.Lookup(key, hash);
  if (slot == kNoSlot) return false;
  const RowId id = head(slot);
  head(slot) = store_.next(id);
  if (head(slot) == kNoRow) table_.Erase(slot);
  store_.Release(id);
  return true;
}

std::vector<RowId> RowLists::AllRows() const {
  std::vector<RowId> rows;
  for (const Slot slot : table_.LiveSlots()) {
    for (RowId id = head(slot); id != kNoRow; id = store_.next(id)) rows.push_back(id);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

arrow::Status RowLists::Restore(const SnapshotReader& from) {
  restored_ms_ = now_ms_;
  EncodedKeys keys;
  std::vector<int32_t> rows;
  return store_.Restore(name_, from, [&](RowStore::Restored& restored) {
    ARROW_RETURN_NOT_OK(EncodeKeys(restored.batch(), keys_, &keys));
    rows.clear();
    for (int32_t row = 0; row < static_cast<int32_t>(restored.batch().num_rows()); ++row) {
      if (from.Owns(keys.hash(row))) rows.push_back(row);
    }
    if (rows.empty()) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(const RowId first, restored.Append(rows));
    return Link(keys, rows, first);
  });
}

}  // namespace sabot
