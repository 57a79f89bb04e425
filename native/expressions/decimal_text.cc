// Decimals to and from text and floating point.
#include <algorithm>
#include <charconv>
#include <cstring>

#include "expressions/decimal.h"
#include "expressions/number_text.h"

namespace sabot {
namespace {

constexpr size_t kShortTextMax = 18;
constexpr int32_t kExponentMax = 1 << 20;  // Beyond it, whatever the digits, all is overflow or zero.

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\t'; }

// digits * 10^exponent (of `digits` decimal digits) into the type.
DecimalText Place(Int128 digits, int32_t exponent, int32_t precision, int32_t scale, Int128* value) {
  if (exponent < -2 * kDecimalDigitsMax) {
    *value = 0;
    return DecimalText::kOk;
  }
  const auto placed = Rescale(digits, -exponent, precision, scale);
  if (!placed.has_value()) return DecimalText::kOverflow;
  *value = *placed;
  return DecimalText::kOk;
}

// Up to 18 bytes into up to 18 digits, as Flink's fast path reads them.
DecimalText ParseShort(std::string_view text, int32_t precision, int32_t scale, Int128* value) {
  size_t at = 0;
  while (at < text.size() && IsBlank(text[at])) ++at;
  if (at == text.size()) return DecimalText::kMalformed;
  const bool negative = text[at] == '-';
  if ((negative || text[at] == '+') && ++at == text.size()) return DecimalText::kMalformed;
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
      if (point >= 0) return DecimalText::kMalformed;
      point = num_digits;
    } else {
      stop = c;
      break;
    }
  }
  int32_t exponent = point < 0 ? 0 : point - num_digits;
  if ((stop == 'e' || stop == 'E') && at < text.size()) {
    const bool minus = text[at] == '-';
    if ((minus || text[at] == '+') && ++at == text.size()) return DecimalText::kMalformed;
    int32_t digits = 0;
    while (at < text.size()) {
      const char c = text[at++];
      if (!IsDigit(c)) break;
      if (digits < 40) digits = digits * 10 + (c - '0');
    }
    exponent += minus ? -digits : digits;
  }
  if (!std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), IsBlank)) return DecimalText::kMalformed;
  // Digits are counted with leading zeros: "0000001" overflows DECIMAL(3, 0).
  if (num_digits + exponent + scale > precision || exponent + scale < -static_cast<int32_t>(kShortTextMax)) {
    return DecimalText::kOverflow;
  }
  return Place(negative ? -significand : significand, exponent, precision, scale, value);
}

}  // namespace

DecimalText ParseBigDecimal(std::string_view text, int32_t precision, int32_t scale, Int128* value) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
  // No more than 38 digits can matter, and the one after them if they end just at the scale: it rounds.
  Int128 digits = 0;
  int32_t next = -1;
  int32_t exponent = 0;
  int32_t kept = 0;
  bool any = false;
  bool point = false;
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (!IsDigit(c)) break;
    any = true;
    if (kept < kDecimalDigitsMax) {
      digits = digits * 10 + (c - '0');
      kept += digits != 0;
      exponent -= point;
    } else {
      if (next < 0) next = c - '0';
      exponent += !point;
    }
  }
  if (!any) return DecimalText::kMalformed;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return DecimalText::kMalformed;
    ++at;
    const bool minus = at < text.size() && text[at] == '-';
    if (minus || (at < text.size() && text[at] == '+')) ++at;
    if (at == text.size()) return DecimalText::kMalformed;
    int32_t power = 0;
    for (; at < text.size(); ++at) {
      if (!IsDigit(text[at])) return DecimalText::kMalformed;
      power = std::min(power * 10 + (text[at] - '0'), kExponentMax);
    }
    exponent += minus ? -power : power;
  }
  if (next >= 5 && -exponent == scale) ++digits;
  if (digits == 0) {
    *value = 0;
    return DecimalText::kOk;
  }
  return Place(negative ? -digits : digits, exponent, precision, scale, value);
}

DecimalText ParseDecimal(std::string_view text, int32_t precision, int32_t scale, Int128* value) {
  if (precision <= static_cast<int32_t>(kShortTextMax) && text.size() <= kShortTextMax) {
    return ParseShort(text, precision, scale, value);
  }
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return ParseBigDecimal(text, precision, scale, value);
}

char* FormatDecimal(Int128 value, int32_t scale, char* to) {
  if (value < 0) *to++ = '-';
  UInt128 magnitude = Magnitude(value);
  char digits[kDecimalTextMax];
  char* at = digits + sizeof(digits);
  int32_t count = 0;
  while (magnitude != 0 || count <= scale) {
    // Nineteen digits at a time: 128-bit division is slow.
    constexpr uint64_t kChunk = 10'000'000'000'000'000'000U;
    auto chunk = static_cast<uint64_t>(magnitude % kChunk);
    magnitude /= kChunk;
    for (int32_t i = 0; i < 19 && (chunk != 0 || magnitude != 0 || count <= scale); ++i) {
      if (count == scale && scale > 0) *--at = '.';
      *--at = static_cast<char>('0' + chunk % 10);
      chunk /= 10;
      ++count;
    }
  }
  const auto size = static_cast<size_t>(digits + sizeof(digits) - at);
  std::memcpy(to, at, size);
  return to + size;
}

double DecimalToDouble(Int128 value, int32_t scale) {
  // Exact if both fit 53 bits and 10^scale is exact: one correctly rounded division.
  if (Magnitude(value) < (UInt128{1} << 53) && scale <= 22) {
    return static_cast<double>(static_cast<int64_t>(value)) / static_cast<double>(PowerOfTen(scale));
  }
  char text[kDecimalTextMax];
  double result = 0;
  std::from_chars(text, FormatDecimal(value, scale, text), result);
  return result;
}

std::optional<Int128> DecimalFromDouble(double value, int32_t precision, int32_t scale) {
  char text[kFloatingTextMax];
  Int128 decimal = 0;
  const std::string_view digits(text, static_cast<size_t>(FormatDouble(value, text) - text));
  return ParseBigDecimal(digits, precision, scale, &decimal) == DecimalText::kOk ? std::optional<Int128>(decimal) : std::nullopt;
}

}  // namespace sabot
