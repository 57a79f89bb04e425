// Which row an expression fails on.
#include "expressions/failed_row.h"

#include <arrow/scalar.h>

namespace sabot {
namespace {

constexpr int kColumnsShown = 8;
constexpr size_t kBytesShown = 40;

std::string Shorten(std::string text) {
  if (text.size() <= kBytesShown) return text;
  size_t end = kBytesShown;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;  // Whole characters.
  return text.substr(0, end) + "…";
}

}  // namespace

std::string DescribeRow(const arrow::RecordBatch& rows, int64_t row) {
  std::string text;
  for (int i = 0; i < rows.num_columns(); ++i) {
    if (i > 0) text += ", ";
    if (i == kColumnsShown) return text + "…";
    const auto value = rows.column(i)->GetScalar(row);
    text += rows.schema()->field(i)->name() + ": ";
    text += value.ok() ? Shorten((*value)->is_valid ? (*value)->ToString() : "NULL") : "?";
  }
  return text;
}

arrow::Status AtFailedRow(const arrow::Status& error, BoundExpression& expression,
                          const arrow::RecordBatch& rows, std::string_view what) {
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    const auto one = rows.Slice(row, 1);
    if (expression.Evaluate(one->columns(), 1).ok()) continue;
    return error.WithMessage(error.message(), " (", what, " of the row ", DescribeRow(rows, row),
                             ")");
  }
  return error.WithMessage(error.message(), " (", what, ")");
}

}  // namespace sabot
