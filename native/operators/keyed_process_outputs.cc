// Columns side by side.
#include "operators/keyed_process_outputs.h"

#include <arrow/array/util.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <utility>

namespace sabot {

std::vector<std::shared_ptr<arrow::Schema>> ProcessOutputs::ReplySchemas() const {
  std::vector<std::shared_ptr<arrow::Schema>> schemas;
  int at = tagged() ? 1 : 0;
  for (const int size : sizes_) {
    arrow::FieldVector fields;
    if (timed_) fields.push_back(schema_->field(schema_->num_fields() - 1));
    for (int i = 0; i < size; ++i) fields.push_back(schema_->field(at + i));
    schemas.push_back(arrow::schema(std::move(fields)));
    at += size;
  }
  return schemas;
}

arrow::Result<Batch> ProcessOutputs::ToBatch(size_t output, const arrow::RecordBatch& reply) const {
  const int64_t num_rows = reply.num_rows();
  std::vector<ArrayPtr> columns;
  if (tagged()) {
    const arrow::Int8Scalar tag(static_cast<int8_t>(output));
    ARROW_ASSIGN_OR_RAISE(auto tags, arrow::MakeArrayFromScalar(tag, num_rows));
    columns.push_back(std::move(tags));
  }
  for (size_t i = 0; i < sizes_.size(); ++i) {
    for (int column = 0; column < sizes_[i]; ++column) {
      if (i == output) {
        columns.push_back(reply.column((timed_ ? 1 : 0) + column));
        continue;
      }
      const auto& type = schema_->field(static_cast<int>(columns.size()))->type();
      ARROW_ASSIGN_OR_RAISE(auto nulls, arrow::MakeArrayOfNull(type, num_rows));
      columns.push_back(std::move(nulls));
    }
  }
  if (timed_) columns.push_back(reply.column(0));
  return Batch{arrow::RecordBatch::Make(schema_, num_rows, std::move(columns)), nullptr, kNoSplit};
}

}  // namespace sabot
