// DECIMAL arithmetic of aggregates; see decimal.h.
#include "aggregates/decimal.h"

#include <arrow/util/decimal.h>

#include <charconv>
#include <cmath>
#include <string_view>

#include "base/check.h"

namespace sabot {
namespace {

constexpr Int128 Power10(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

constexpr Int128 kLimit = Power10(38);

arrow::Decimal256 Wide(Int128 value) {
  return arrow::Decimal256(
      arrow::Decimal128(static_cast<int64_t>(value >> 64), static_cast<uint64_t>(value)));
}

}  // namespace

bool FitsDecimal(Int128 value) { return value < kLimit && value > -kLimit; }

bool AddDecimal(Int128 left, Int128 right, Int128* sum) {
  return !__builtin_add_overflow(left, right, sum) && FitsDecimal(*sum);
}

bool DivideDecimal(Int128 dividend, int64_t divisor, int extra_digits, Int128* quotient) {
  SABOT_CHECK(divisor != 0 && extra_digits >= 0 && extra_digits <= 38);
  Int128 scaled;
  if (!__builtin_mul_overflow(dividend, Power10(extra_digits), &scaled)) {
    *quotient = scaled / divisor;
    const Int128 remainder = scaled % divisor;
    const Int128 twice = remainder < 0 ? -2 * remainder : 2 * remainder;
    const Int128 magnitude = divisor < 0 ? -Int128{divisor} : Int128{divisor};
    if (twice >= magnitude) *quotient += (dividend < 0) == (divisor < 0) ? 1 : -1;
    return FitsDecimal(*quotient);
  }
  const arrow::Decimal256 wide = Wide(dividend) * Wide(Power10(extra_digits));
  auto [result, remainder] = wide.Divide(arrow::Decimal256(divisor)).ValueOrDie();
  if (arrow::Decimal256::Abs(remainder) * arrow::Decimal256(2) >=
      arrow::Decimal256::Abs(arrow::Decimal256(divisor))) {
    result += arrow::Decimal256((dividend < 0) == (divisor < 0) ? 1 : -1);
  }
  if (!result.FitsInPrecision(38)) return false;
  const auto& words = result.little_endian_array();
  *quotient = static_cast<Int128>((static_cast<unsigned __int128>(words[1]) << 64) | words[0]);
  return true;
}

bool DoubleToDecimal(double value, int scale, Int128* decimal) {
  if (!std::isfinite(value)) return false;
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific);
  // [-]d.ddde[+-]xx
  Int128 digits = 0;
  int fraction = 0;
  int exponent = 0;
  bool after_point = false;
  for (const char* at = text; at < end.ptr; ++at) {
    if (*at == '.') {
      after_point = true;
    } else if (*at == 'e') {
      const char* from = at[1] == '+' ? at + 2 : at + 1;
      std::from_chars(from, end.ptr, exponent);
      break;
    } else if (*at != '-') {
      digits = digits * 10 + (*at - '0');
      fraction += after_point ? 1 : 0;
    }
  }
  int shift = exponent - fraction + scale;  // digits * 10^shift, as an integer.
  for (; shift > 0; --shift) {
    if (digits == 0) break;
    if (digits >= kLimit / 10 + 1) return false;
    digits *= 10;
  }
  if (shift < 0) {
    if (shift < -38) {
      digits = 0;
    } else {
      const Int128 power = Power10(-shift);
      const Int128 remainder = digits % power;
      digits = digits / power + (2 * remainder >= power ? 1 : 0);
    }
  }
  if (!FitsDecimal(digits)) return false;
  *decimal = std::signbit(value) ? -digits : digits;
  return true;
}

}  // namespace sabot
