// Exact decimals: an unscaled 128-bit integer and a scale that the type holds. Rounding is HALF_UP
// throughout, as in Flink; what does not fit its precision is NULL.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "expressions/column_access.h"

namespace sabot {

inline constexpr int32_t kDecimalDigitsMax = 38;

// 10^0 .. 10^38.
inline constexpr auto kPowersOfTen = [] {
  std::array<Int128, kDecimalDigitsMax + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

inline Int128 PowerOfTen(int32_t exponent) { return kPowersOfTen[static_cast<size_t>(exponent)]; }
inline UInt128 Magnitude(Int128 value) {
  return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}
inline bool FitsPrecision(Int128 value, int32_t precision) {
  return Magnitude(value) < static_cast<UInt128>(PowerOfTen(precision));
}
// How many decimal digits; 1 for zero.
int32_t NumDigits(Int128 value);

// value / divisor, rounded half away from zero. The divisor is positive.
inline Int128 DivideHalfUp(Int128 value, Int128 divisor) {
  const auto small = static_cast<int64_t>(value);
  const auto small_divisor = static_cast<int64_t>(divisor);
  if (small == value && small_divisor == divisor) {  // 64-bit division is several times faster.
    const int64_t quotient = small / small_divisor;
    const int64_t rest = small % small_divisor;
    const uint64_t twice = 2 * static_cast<uint64_t>(rest < 0 ? -rest : rest);
    if (twice < static_cast<uint64_t>(small_divisor)) return quotient;
    return Int128{quotient} + (small < 0 ? -1 : 1);
  }
  const Int128 quotient = value / divisor;
  if (2 * Magnitude(value % divisor) < static_cast<UInt128>(divisor)) return quotient;
  return quotient + (value < 0 ? -1 : 1);
}

// `value` of scale `from` as a DECIMAL(precision, to); nullopt where it does not fit.
inline std::optional<Int128> Rescale(Int128 value, int32_t from, int32_t precision, int32_t to) {
  if (to < from) {
    if (from - to > kDecimalDigitsMax) return 0;
    value = DivideHalfUp(value, PowerOfTen(from - to));
  } else if (to > from) {
    if (value == 0) return value;
    if (to - from > kDecimalDigitsMax ||
        __builtin_mul_overflow(value, PowerOfTen(to - from), &value)) {
      return std::nullopt;
    }
  }
  return FitsPrecision(value, precision) ? std::optional<Int128>(value) : std::nullopt;
}

// CAST(text AS DECIMAL(precision, scale)). Flink reads short texts into precisions up to 18 laxly:
// the first other character ends the number ("1.x" is 1); all else is ParseDecimal's of
// base/number_text.h.
DecimalParse ParseCastDecimal(std::string_view text, int32_t precision, int32_t scale,
                              Int128* value);

// The double nearest to value / 10^scale.
double DecimalToDouble(Int128 value, int32_t scale);
// By the digits that FormatDouble writes, rounded HALF_UP; nullopt where it does not fit. Finite
// values only.
std::optional<Int128> DecimalFromDouble(double value, int32_t precision, int32_t scale);

}  // namespace sabot
