// Decimals to and from text and floating point.
#include <algorithm>
#include <charconv>

#include "base/number_text.h"
#include "expressions/decimal.h"

namespace sabot {
namespace {

constexpr size_t kShortTextMax = 18;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\t'; }

// Up to 18 bytes into up to 18 digits, as Flink's fast path reads them.
DecimalParse ParseShort(std::string_view text, int32_t precision, int32_t scale, Int128* value) {
  size_t at = 0;
  while (at < text.size() && IsBlank(text[at])) ++at;
  if (at == text.size()) return DecimalParse::kMalformed;
  const bool negative = text[at] == '-';
  if ((negative || text[at] == '+') && ++at == text.size()) return DecimalParse::kMalformed;
  int64_t significand = 0;
  int32_t num_digits = 0;
  int32_t point = -1;
  char stop = '\0';  // The character that ended the number: skipped, whatever it is.
  while (at < text.size()) {
    const char c = text[at++];
    if (IsDigit(c)) {
      significand = significand * 10 + (c - '0');
      ++num_digits;
    } else if (c == '.') {
      if (point >= 0) return DecimalParse::kMalformed;
      point = num_digits;
    } else {
      stop = c;
      break;
    }
  }
  int32_t exponent = point < 0 ? 0 : point - num_digits;
  if ((stop == 'e' || stop == 'E') && at < text.size()) {
    const bool minus = text[at] == '-';
    if ((minus || text[at] == '+') && ++at == text.size()) return DecimalParse::kMalformed;
    int32_t digits = 0;
    while (at < text.size()) {
      const char c = text[at++];
      if (!IsDigit(c)) break;
      if (digits < 40) digits = digits * 10 + (c - '0');
    }
    exponent += minus ? -digits : digits;
  }
  if (!std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), IsBlank))
    return DecimalParse::kMalformed;
  // Digits are counted with leading zeros: "0000001" overflows DECIMAL(3, 0).
  if (num_digits + exponent + scale > precision ||
      exponent + scale < -static_cast<int32_t>(kShortTextMax)) {
    return DecimalParse::kOverflow;
  }
  const auto placed = Rescale(negative ? -significand : significand, -exponent, precision, scale);
  if (!placed.has_value()) return DecimalParse::kOverflow;
  *value = *placed;
  return DecimalParse::kOk;
}

}  // namespace

DecimalParse ParseCastDecimal(std::string_view text, int32_t precision, int32_t scale,
                              Int128* value) {
  if (precision <= static_cast<int32_t>(kShortTextMax) && text.size() <= kShortTextMax) {
    return ParseShort(text, precision, scale, value);
  }
  return ParseDecimal(text, precision, scale, value);
}

double DecimalToDouble(Int128 value, int32_t scale) {
  // Exact if both fit 53 bits and 10^scale is exact: one correctly rounded division.
  if (Magnitude(value) < (UInt128{1} << 53) && scale <= 22) {
    return static_cast<double>(static_cast<int64_t>(value)) /
           static_cast<double>(PowerOfTen(scale));
  }
  char text[kNumberTextMax];
  double result = 0;
  std::from_chars(text, FormatDecimal(value, scale, text), result);
  return result;
}

std::optional<Int128> DecimalFromDouble(double value, int32_t precision, int32_t scale) {
  char text[kNumberTextMax];
  Int128 decimal = 0;
  const std::string_view digits(text, static_cast<size_t>(FormatDouble(value, text) - text));
  return ParseDecimal(digits, precision, scale, &decimal) == DecimalParse::kOk
             ? std::optional<Int128>(decimal)
             : std::nullopt;
}

}  // namespace sabot
