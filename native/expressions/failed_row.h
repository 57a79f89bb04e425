// Which row an expression fails on: asked once, when a batch has failed.
#pragma once

#include <arrow/record_batch.h>
#include <arrow/status.h>

#include <string>
#include <string_view>

#include "expressions/evaluator.h"

namespace sabot {

// A row for people: `id: 7, text: n1`, cut where it is long.
std::string DescribeRow(const arrow::RecordBatch& rows, int64_t row);

// `error` of the expression over `rows`, with `what` was computed and the first row that fails:
//
//   For input string: 'n1'. (column 'price' of the row id: 7, text: n1)
arrow::Status AtFailedRow(const arrow::Status& error, BoundExpression& expression,
                          const arrow::RecordBatch& rows, std::string_view what);

}  // namespace sabot
