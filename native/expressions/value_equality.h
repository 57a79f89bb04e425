// Equality of values of any type, nested ones included. NULL inside a nested value equals NULL;
// maps are equal if they hold the same entries in any order.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>

namespace sabot {

// Both arrays have one type, save for the scale of decimals and the unit of timestamps.
bool ValuesEqual(const arrow::Array& left, int64_t left_row, const arrow::Array& right,
                 int64_t right_row);

// Decimals of any two scales; timestamps of any two units are decimals of scale 3, 6 or 9.
int CompareScaled(__int128 left, int32_t left_scale, __int128 right, int32_t right_scale);

}  // namespace sabot
