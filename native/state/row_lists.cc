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
      table_(name_, {.cells = {{"head", CellSpec::Kind::kFixed8}}, .children = {}}, tiers),
      store_(StoredSchema(schema, ttl_ms), tiers) {}

arrow::Status RowLists::BeginBatch(int64_t now_ms) {
  now_ms_ = now_ms;
  if (ttl_ms_ == 0 || now_ms < prune_at_ms_) return arrow::Status::OK();
  // Pruning walks all rows: a row may outlive its time by half of it, unseen.
  prune_at_ms_ = now_ms + std::max<int64_t>(1, ttl_ms_ / 2);
  return Prune([this](RowId id) { return Expired(id); });
}

int64_t RowLists::AddedMillis(RowId id) const {
  const RowRef at = store_.Ref(id);
  const arrow::ArrayData& added = *at.batch->column_data(store_.schema()->num_fields() - 1);
  return added.IsNull(at.row) ? restored_ms_ : added.GetValues<int64_t>(1)[at.row];
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
  slots_.resize(rows.size());
  ARROW_RETURN_NOT_OK(table_.LookupOrInsert(keys, rows, slots_, nullptr));
  for (size_t i = 0; i < rows.size(); ++i) {
    const RowId id = first + i;
    store_.set_next(id, head(slots_[i]));
    head(slots_[i]) = id;
  }
  return arrow::Status::OK();
}

arrow::Status RowLists::Compact() {
  ARROW_ASSIGN_OR_RAISE(const RowMoves moves, store_.Compact());
  KeyedTable::Scan keys(table_);
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const std::span<const Slot> slots, keys.Next(kPieceKeys));
    if (slots.empty()) return arrow::Status::OK();
    for (const Slot slot : slots) {
      table_.Touch(slot);
      head(slot) = moves.To(head(slot));
    }
    ARROW_RETURN_NOT_OK(store_.MakeRoom());
  }
}

arrow::Status RowLists::Heads(const EncodedKeys& keys, std::span<const int32_t> rows,
                              std::vector<RowId>* heads) {
  slots_.resize(rows.size());
  ARROW_RETURN_NOT_OK(table_.Fetch(keys, rows, slots_));
  heads->resize(rows.size());
  for (size_t i = 0; i < rows.size(); ++i)
    (*heads)[i] = slots_[i] == kNoSlot ? kNoRow : head(slots_[i]);
  return arrow::Status::OK();
}

arrow::Result<std::vector<RowId>> RowLists::RowsOf(std::string_view key, uint64_t hash) {
  std::vector<RowId> rows;
  ARROW_ASSIGN_OR_RAISE(const Slot slot, table_.Fetch(key, hash));
  if (slot == kNoSlot) return rows;
  for (RowId id = head(slot); id != kNoRow; id = store_.next(id)) rows.push_back(id);
  return rows;
}

arrow::Status RowLists::LeaveOutExpired(std::vector<RowId>* rows) const {
  std::erase_if(*rows, [this](RowId id) { return Expired(id); });
  return arrow::Status::OK();
}

arrow::Result<std::vector<ArrayPtr>> RowLists::Columns(std::span<const RowId> rows) const {
  ARROW_ASSIGN_OR_RAISE(const auto batch, store_.Gather(rows));
  std::vector<ArrayPtr> columns = batch->columns();
  columns.resize(schema_.size());
  return columns;
}

arrow::Status RowLists::BeginPops(const EncodedKeys& keys) {
  if (!table_.spills()) return arrow::Status::OK();
  slots_.resize(static_cast<size_t>(keys.length()));
  return table_.Fetch(keys, slots_);
}

bool RowLists::Pop(std::string_view key, uint64_t hash) {
  const Slot slot = table_.Lookup(key, hash);
  if (slot == kNoSlot) return false;
  table_.Touch(slot);
  const RowId id = head(slot);
  head(slot) = store_.next(id);
  if (head(slot) == kNoRow) table_.Erase(slot);
  store_.Release(id);
  return true;
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
