// Sort keys as bytes: comparing the bytes of two rows compares their ORDER BY columns.
//
//   ORDER BY v DESC, k      [b, 5] < [a, 3] < [c, 3]
//
// Each column as the key encoding has it; inverted for DESC; NULL first or last as asked.
#pragma once

#include <arrow/result.h>

#include <string>
#include <vector>

#include "batch/batch.h"
#include "plan/plan.h"

namespace sabot {

// Appends the key of one row.
arrow::Status EncodeSortKey(const Batch& batch, int64_t row, const std::vector<SortKey>& keys,
                            std::string* out);

}  // namespace sabot
