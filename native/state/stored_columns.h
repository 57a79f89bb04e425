// StoredColumns: rows that were stored with other columns than their store has now.
//
//   stored [id int32] [v string]   now [id int64] [note string] [v string]     (7, a)  ->  (7,
//   NULL, a)
//
// Columns belong together by name, or by their order where names do not tell (PairByName). Types
// may get wider; new columns are NULL. Whether that is right for the operator, its fields have said
// before (checkpoint/state_fields.h). The column of ages (RowStore::AddedField) comes and goes.
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/batch.h"

namespace sabot {

// A name that nobody has given ("EXPR$0", "$key0"). It may be another column's in the next plan.
bool IsMadeUp(std::string_view name);
// Where each column of before is now, if names tell: all are there again, once, and as many without
// a name, which go by their order.
std::optional<std::vector<size_t>> PairByName(const std::vector<std::string>& was,
                                              const std::vector<std::string>& is);

class StoredColumns {
 public:
  explicit StoredColumns(std::shared_ptr<arrow::Schema> same);
  StoredColumns(std::shared_ptr<arrow::Schema> stored, std::shared_ptr<arrow::Schema> now);

  const std::shared_ptr<arrow::Schema>& schema() const { return stored_; }  // As stored.
  bool fit() const { return fit_; }
  // Whether there is anything to fit, be it names.
  bool differ() const { return differ_; }
  arrow::Result<RecordBatchPtr> Fit(RecordBatchPtr rows) const;

 private:
  bool Place();

  std::shared_ptr<arrow::Schema> stored_;
  std::shared_ptr<arrow::Schema> now_;
  std::vector<int> from_;  // Per column of now; -1: NULL.
  bool fit_ = true;
  bool differ_ = false;
};

}  // namespace sabot
