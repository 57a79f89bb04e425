// Rows by join key, and pairs of rows as output.
#include "operators/join_side.h"

#include <arrow/record_batch.h>

#include <map>

namespace sabot {

JoinSide::JoinSide(std::string name, const Schema& schema, std::vector<int> keys)
    : name_(std::move(name)),
      schema_(schema),
      keys_(std::move(keys)),
      table_(name_, {.cells = {{"head", CellSpec::Kind::kFixed8}}, .children = {}}),
      store_(ToArrow(schema)) {}

arrow::Status JoinSide::EncodeKeys(const Batch& batch, const std::vector<int>& keys,
                                   EncodedKeys* to) {
  std::vector<ArrayPtr> columns;
  for (const int key : keys) columns.push_back(batch.column(key));
  return to->Encode(columns, batch.num_rows());
}

arrow::Status JoinSide::Add(const Batch& batch, const EncodedKeys& keys,
                            std::span<const int32_t> rows) {
  if (rows.empty()) return arrow::Status::OK();
  const bool all = static_cast<int64_t>(rows.size()) == batch.num_rows();
  RecordBatchPtr kept = batch.rows;
  if (!all) {
    ARROW_ASSIGN_OR_RAISE(const Batch taken, Take(batch, rows));
    kept = taken.rows;
  }
  const RowId first = store_.Append(std::move(kept));
  std::vector<Slot> slots(rows.size());
  table_.LookupOrInsert(keys, rows, slots, nullptr);
  for (size_t i = 0; i < rows.size(); ++i) {
    const RowId id = first + i;
    store_.set_next(id, head(slots[i]));
    head(slots[i]) = id;
  }
  return arrow::Status::OK();
}

RowId JoinSide::Head(std::string_view key, uint64_t hash) const {
  const Slot slot = table_.Lookup(key, hash);
  return slot == kNoSlot ? kNoRow : head(slot);
}

arrow::Status JoinSide::Snapshot(SnapshotWriter& to) const {
  std::map<int, std::vector<RowId>> rows_of;
  for (const Slot slot : table_.LiveSlots()) {
    std::vector<RowId>& rows = rows_of[KeyGroupOf(table_.hash(slot))];
    const size_t begin = rows.size();
    for (RowId id = head(slot); id != kNoRow; id = store_.next(id)) rows.push_back(id);
    std::reverse(rows.begin() + static_cast<ptrdiff_t>(begin), rows.end());
  }
  for (const auto& [group, rows] : rows_of) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, store_.Gather(rows));
    ARROW_ASSIGN_OR_RAISE(auto bytes, SerializeBatch(batch));
    to.Put(name_, std::move(bytes), group);
  }
  return arrow::Status::OK();
}

arrow::Status JoinSide::Restore(const SnapshotReader& from) {
  EncodedKeys keys;
  std::vector<int32_t> rows;
  for (const std::string_view part : from.KeyGroups(name_)) {
    ARROW_ASSIGN_OR_RAISE(auto stored, DeserializeBatch(part));
    const Batch batch{std::move(stored), nullptr, kNoSplit};
    ARROW_RETURN_NOT_OK(EncodeKeys(batch, keys_, &keys));
    rows.resize(static_cast<size_t>(batch.num_rows()));
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int32_t>(i);
    ARROW_RETURN_NOT_OK(Add(batch, keys, rows));
  }
  return arrow::Status::OK();
}

JoinOutput::JoinOutput(const Schema& left, const Schema& right,
                       std::shared_ptr<arrow::Schema> schema,
                       std::unique_ptr<BoundExpression> condition)
    : left_(ToArrow(left)),
      right_(ToArrow(right)),
      schema_(std::move(schema)),
      condition_(std::move(condition)) {}

arrow::Status JoinOutput::Flush(const Batch& arriving, const RowStore& stored, int arriving_input,
                                Collector& out) {
  if (arriving_.empty()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const Batch near,
                        Take(Batch{arriving.rows, nullptr, kNoSplit}, arriving_));
  ARROW_ASSIGN_OR_RAISE(const auto far, stored.Gather(stored_));
  arriving_.clear();
  stored_.clear();
  std::vector<ArrayPtr> columns =
      arriving_input == 0 ? near.rows->columns() : far->columns();
  const auto& rest = arriving_input == 0 ? far->columns() : near.rows->columns();
  columns.insert(columns.end(), rest.begin(), rest.end());
  Batch joined{arrow::RecordBatch::Make(schema_, near.num_rows(), columns), nullptr, kNoSplit};
  if (condition_ == nullptr) return out.Emit(std::move(joined));
  ARROW_ASSIGN_OR_RAISE(const Vector keep, condition_->Evaluate(columns, joined.num_rows()));
  ARROW_RETURN_NOT_OK(SelectTrue(keep, joined.num_rows(), &kept_));
  if (static_cast<int64_t>(kept_.size()) == joined.num_rows()) return out.Emit(std::move(joined));
  ARROW_ASSIGN_OR_RAISE(joined, Take(joined, kept_));
  return out.Emit(std::move(joined));
}

arrow::Result<std::unique_ptr<BoundExpression>> BindJoinCondition(const PlanNode& node,
                                                                  const OperatorContext& context) {
  if (!node.Has("condition")) return nullptr;
  ARROW_ASSIGN_OR_RAISE(const Expression condition, node.Expr("condition"));
  return Bind(condition, context.session);
}

void RowsWithKeys(const Batch& batch, const std::vector<int>& keys, std::vector<int32_t>* rows) {
  rows->clear();
  bool any_null = false;
  for (const int key : keys) any_null = any_null || batch.column(key)->null_count() > 0;
  for (int32_t row = 0; row < static_cast<int32_t>(batch.num_rows()); ++row) {
    bool complete = true;
    if (any_null) {
      for (const int key : keys) complete = complete && batch.column(key)->IsValid(row);
    }
    if (complete) rows->push_back(row);
  }
}

}  // namespace sabot
