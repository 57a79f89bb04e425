// Columns by name, or by place.
#include "state/stored_columns.h"

#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "state/row_store.h"
#include "state/widening.h"

namespace sabot {
namespace {

bool Ages(const arrow::Schema& schema) {
  return schema.num_fields() > 0 &&
         schema.field(schema.num_fields() - 1)->name() == RowStore::AddedField()->name();
}

std::vector<std::string> NamesOf(const arrow::Schema& schema) {
  std::vector<std::string> names = schema.field_names();
  if (Ages(schema)) names.pop_back();
  return names;
}

}  // namespace

bool IsMadeUp(std::string_view name) { return name.starts_with("$") || name.starts_with("EXPR$"); }

std::optional<std::vector<size_t>> PairByName(const std::vector<std::string>& was,
                                              const std::vector<std::string>& is) {
  if (std::count_if(was.begin(), was.end(), IsMadeUp) !=
      std::count_if(is.begin(), is.end(), IsMadeUp))
    return std::nullopt;
  std::vector<size_t> pairs;
  auto next_made_up = is.begin();
  for (const std::string& name : was) {
    auto found = std::find(is.begin(), is.end(), name);
    if (IsMadeUp(name)) {
      found = std::find_if(next_made_up, is.end(), IsMadeUp);
      next_made_up = found + 1;
    } else if (std::count(was.begin(), was.end(), name) != 1 ||
               std::count(is.begin(), is.end(), name) != 1) {
      return std::nullopt;
    }
    pairs.push_back(static_cast<size_t>(found - is.begin()));
  }
  return pairs;
}

StoredColumns::StoredColumns(std::shared_ptr<arrow::Schema> same) : StoredColumns(same, same) {}

StoredColumns::StoredColumns(std::shared_ptr<arrow::Schema> stored,
                             std::shared_ptr<arrow::Schema> now)
    : stored_(std::move(stored)), now_(std::move(now)) {
  fit_ = Place();
}

bool StoredColumns::Place() {
  const std::vector<std::string> names = NamesOf(*stored_);
  const std::vector<std::string> names_now = NamesOf(*now_);
  const auto pairs = PairByName(names, names_now);
  if (!pairs && names.size() != names_now.size()) return false;
  from_.assign(names_now.size(), -1);
  for (size_t i = 0; i < names.size(); ++i) from_[pairs ? (*pairs)[i] : i] = static_cast<int>(i);
  if (Ages(*now_)) from_.push_back(Ages(*stored_) ? stored_->num_fields() - 1 : -1);
  differ_ = !stored_->Equals(*now_, /*check_metadata=*/false);
  for (size_t i = 0; i < from_.size(); ++i) {
    if (from_[i] < 0) continue;
    const arrow::DataType& was = *stored_->field(from_[i])->type();
    const arrow::DataType& is = *now_->field(static_cast<int>(i))->type();
    if (!Widens(was, is)) return false;
  }
  return true;
}

arrow::Result<RecordBatchPtr> StoredColumns::Fit(RecordBatchPtr rows) const {
  if (!differ_) return rows;
  std::vector<ArrayPtr> columns;
  for (size_t i = 0; i < from_.size(); ++i) {
    const auto& type = now_->field(static_cast<int>(i))->type();
    ARROW_ASSIGN_OR_RAISE(ArrayPtr column, from_[i] < 0
                                               ? arrow::MakeArrayOfNull(type, rows->num_rows())
                                               : Widen(rows->column(from_[i]), type));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(now_, rows->num_rows(), std::move(columns));
}

}  // namespace sabot
