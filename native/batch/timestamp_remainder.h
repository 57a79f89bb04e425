// Fraction digits of a timestamp below its Arrow unit.
//
//   TIMESTAMP(3) read from "10:00:00.123456789"  ->  tick 36000123 ms, remainder 456789 ns
//
// Flink cuts a timestamp to its declared precision only where a row is serialised: comparisons and
// casts of a row just read see every digit. Remainders therefore ride on the buffer of the ticks:
// slices of a column and Take keep them, and whatever else copies or serialises the ticks drops
// them.
#pragma once

#include <arrow/array/data.h>

#include <cstdint>
#include <vector>

#include "batch/batch.h"

namespace sabot {

// The timestamps (an array without offset) with the nanoseconds that each leaves out.
ArrayPtr AttachRemainders(const ArrayPtr& timestamps, std::vector<int32_t> remainders);

// The remainders of a timestamp array, its row 0 first; nullptr where all are 0.
const int32_t* RemaindersOf(const arrow::ArrayData& timestamps);

}  // namespace sabot
