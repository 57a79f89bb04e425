// Sort keys as bytes: comparing the bytes of two rows compares their ORDER BY columns.
//
//   ORDER BY v DESC, k      [b, 5] < [a, 3] < [c, 3]
//
// Each column as the key encoding has it; inverted for DESC; NULL first or last as asked.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "batch/batch.h"
#include "plan/plan.h"

namespace sabot {

// Appends the key of one row.
arrow::Status EncodeSortKey(const Batch& batch, int64_t row, const std::vector<SortKey>& keys,
                            std::string* out);

// Ends a sort key: rows that order alike come in order of their sequence numbers.
void AppendSequence(uint64_t sequence, std::string* out);
uint64_t SequenceIn(std::string_view ended);

}  // namespace sabot
