// Net changes of a batch of keys; see net_changes.h.
#include "operators/net_changes.h"

#include <arrow/array/array_base.h>
#include <arrow/array/concatenate.h>
#include <arrow/type.h>

namespace sabot {

namespace {

template <typename T>
void CompareValues(const arrow::Array& before, const arrow::Array& after,
                   std::span<const int32_t> after_rows, std::vector<uint8_t>& differs) {
  const T* const left = before.data()->GetValues<T>(1);
  const T* const right = after.data()->GetValues<T>(1);
  for (size_t i = 0; i < after_rows.size(); ++i) {
    const int64_t row = after_rows[i];
    const bool had = before.IsValid(static_cast<int64_t>(i));
    const bool has = after.IsValid(row);
    // Not `left != right` alone: NaN is no change from NaN.
    const bool same = had == has && (!had || left[i] == right[row] ||
                                     (left[i] != left[i] && right[row] != right[row]));
    differs[i] |= same ? 0 : 1;
  }
}

// Marks the rows i of `before` that differ from row after_rows[i] of `after`.
void Compare(const arrow::Array& before, const arrow::Array& after,
             std::span<const int32_t> after_rows, std::vector<uint8_t>& differs) {
  switch (before.type_id()) {
    case arrow::Type::INT32:
      return CompareValues<int32_t>(before, after, after_rows, differs);
    case arrow::Type::INT64:
    case arrow::Type::TIMESTAMP:
      return CompareValues<int64_t>(before, after, after_rows, differs);
    case arrow::Type::DOUBLE:
      return CompareValues<double>(before, after, after_rows, differs);
    default:
      for (size_t i = 0; i < after_rows.size(); ++i) {
        if (differs[i] != 0) continue;
        const auto row = static_cast<int64_t>(i);
        differs[i] = before.RangeEquals(row, row + 1, after_rows[i], after) ? 0 : 1;
      }
  }
}

}  // namespace

NetChanges::NetChanges(std::shared_ptr<arrow::Schema> schema, size_t num_keys,
                       bool emit_update_before, bool always_changes, bool emit_unchanged)
    : schema_(std::move(schema)),
      emit_update_before_(emit_update_before),
      always_changes_(always_changes),
      emit_unchanged_(emit_unchanged || always_changes) {
  for (size_t i = 0; i < num_keys; ++i)
    key_types_.push_back(schema_->field(static_cast<int>(i))->type());
}

arrow::Status NetChanges::Begin(const KeyedTable& table, const AggregateSet& aggregates,
                                std::span<const Slot> slots, std::span<const uint8_t> existed) {
  slots_.assign(slots.begin(), slots.end());
  existed_.assign(existed.begin(), existed.end());
  before_.clear();
  if (always_changes_ && !emit_update_before_) return arrow::Status::OK();
  std::vector<Slot> there;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (existed[i] != 0) there.push_back(slots[i]);
  }
  return aggregates.Finish(table, there).Value(&before_);
}

arrow::Result<Batch> NetChanges::Finish(const KeyedTable& table, const AggregateSet& aggregates,
                                        std::span<const uint8_t> gone) {
  ARROW_ASSIGN_OR_RAISE(std::vector<ArrayPtr> columns, aggregates.Finish(table, slots_));
  std::vector<std::string_view> encoded;
  encoded.reserve(slots_.size());
  for (const Slot slot : slots_) encoded.push_back(table.key(slot));
  ARROW_ASSIGN_OR_RAISE(std::vector<ArrayPtr> keys, DecodeKeys(encoded, key_types_));

  std::vector<int32_t> existing;  // The keys that existed: row i of before_ is key existing[i].
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (existed_[i] != 0) existing.push_back(static_cast<int32_t>(i));
  }
  std::vector<uint8_t> differs(existing.size(), emit_unchanged_ ? 1 : 0);
  for (size_t i = 0; i < columns.size() && !emit_unchanged_; ++i) {
    Compare(*before_[i], *columns[i], existing, differs);
  }

  std::vector<int32_t> key_rows;
  std::vector<int32_t> values;  // Into before_ ++ columns.
  std::vector<int8_t> kinds;
  const auto emit = [&](RowKind kind, size_t key, size_t value) {
    key_rows.push_back(static_cast<int32_t>(key));
    values.push_back(static_cast<int32_t>(value));
    kinds.push_back(static_cast<int8_t>(kind));
  };
  const size_t num_before = before_.empty() ? 0 : existing.size();
  size_t old_row = 0;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const bool existed = existed_[i] != 0;
    if (gone[i] != 0) {
      if (existed) emit(RowKind::kDelete, i, old_row);
    } else if (!existed) {
      emit(RowKind::kInsert, i, num_before + i);
    } else if (differs[old_row] != 0) {
      if (emit_update_before_) emit(RowKind::kUpdateBefore, i, old_row);
      emit(RowKind::kUpdateAfter, i, num_before + i);
    }
    if (existed) ++old_row;
  }

  const bool as_they_are = before_.empty() && key_rows.size() == slots_.size();
  if (!as_they_are) {
    for (ArrayPtr& column : keys) {
      ARROW_ASSIGN_OR_RAISE(column, Take(column, key_rows));
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      ArrayPtr both = columns[i];
      if (!before_.empty()) {
        ARROW_ASSIGN_OR_RAISE(both, arrow::Concatenate({before_[i], columns[i]}));
      }
      ARROW_ASSIGN_OR_RAISE(columns[i], Take(both, values));
    }
  }
  before_.clear();
  keys.insert(keys.end(), columns.begin(), columns.end());
  Batch batch;
  batch.rows =
      arrow::RecordBatch::Make(schema_, static_cast<int64_t>(key_rows.size()), std::move(keys));
  ARROW_ASSIGN_OR_RAISE(batch.kinds, MakeKinds(kinds));
  return batch;
}

}  // namespace sabot
