// DECIMAL arithmetic of aggregates on unscaled 128-bit integers. Overflow (more than 38 digits) is
// a false result.
#pragma once

#include <cstdint>

#include "expressions/decimal.h"  // DecimalToDouble

namespace sabot {

// 10^38: the first magnitude that DECIMAL(38, s) cannot hold.
bool FitsDecimal(Int128 value);
bool AddDecimal(Int128 left, Int128 right, Int128* sum);
// dividend / divisor with `extra_digits` more fraction digits than the dividend, rounded half up
// (away from zero).
bool DivideDecimal(Int128 dividend, int64_t divisor, int extra_digits, Int128* quotient);
// The DECIMAL(38, scale) nearest to the shortest decimal digits of `value` (Java's
// BigDecimal.valueOf), rounded half up.
bool DoubleToDecimal(double value, int scale, Int128* decimal);

}  // namespace sabot
