// Numbers as text.
#include "base/number_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/check.h"

namespace sabot {
namespace {

// Digits and exponent of the shortest form: value = 0.d1d2d3... * 10^point.
template <typename Float>
void AppendShortest(Float value, std::string* out) {
  if (std::isnan(value)) {
    out->append("NaN");
    return;
  }
  if (std::signbit(value)) out->push_back('-');
  if (std::isinf(value)) {
    out->append("Infinity");
    return;
  }
  if (value == 0) {
    out->append("0.0");
    return;
  }
  char text[64];
  const auto end =
      std::to_chars(text, text + sizeof(text) - 1, std::fabs(value), std::chars_format::scientific);
  SABOT_CHECK(end.ec == std::errc());
  *end.ptr = '\0';
  // "d.ddde+XX" or "de+XX"
  char digits[32];
  int num_digits = 0;
  const char* at = text;
  for (; at < end.ptr && *at != 'e'; ++at) {
    if (*at != '.') digits[num_digits++] = *at;
  }
  const int exponent = std::atoi(at + 1);
  if (exponent >= -3 && exponent < 7) {
    if (exponent < 0) {
      out->append("0.");
      out->append(static_cast<size_t>(-exponent - 1), '0');
      out->append(digits, static_cast<size_t>(num_digits));
      return;
    }
    for (int i = 0; i <= exponent; ++i) out->push_back(i < num_digits ? digits[i] : '0');
    out->push_back('.');
    if (num_digits <= exponent + 1) {
      out->push_back('0');
    } else {
      out->append(digits + exponent + 1, static_cast<size_t>(num_digits - exponent - 1));
    }
    return;
  }
  out->push_back(digits[0]);
  out->push_back('.');
  if (num_digits == 1) {
    out->push_back('0');
  } else {
    out->append(digits + 1, static_cast<size_t>(num_digits - 1));
  }
  out->push_back('E');
  out->append(std::to_string(exponent));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// sign, then decimal digits with at most one point and an exponent; at least one digit.
bool IsDecimalNumber(std::string_view text) {
  size_t i = 0;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  size_t num_digits = 0;
  for (; i < text.size() && IsDigit(text[i]); ++i) ++num_digits;
  if (i < text.size() && text[i] == '.') {
    for (++i; i < text.size() && IsDigit(text[i]); ++i) ++num_digits;
  }
  if (num_digits == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const size_t first = i;
    for (; i < text.size() && IsDigit(text[i]); ++i) {
    }
    if (i == first) return false;
  }
  return i == text.size();
}

// sign 0x hex digits with a point, and a mandatory binary exponent.
bool IsHexNumber(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  return text.size() > 3 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
         text.find_first_of("pP") != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF.pP+-", 2) == std::string_view::npos;
}

double Convert(const char* text, char** end, double) { return std::strtod(text, end); }
float Convert(const char* text, char** end, float) { return std::strtof(text, end); }

template <typename Float>
bool ParseJavaFloating(std::string_view text, Float* value) {
  text = TrimJava(text);
  if (text.empty()) return false;
  std::string_view bare = text;
  bool negative = false;
  if (bare[0] == '+' || bare[0] == '-') {
    negative = bare[0] == '-';
    bare.remove_prefix(1);
  }
  if (bare == "NaN") {
    *value = std::numeric_limits<Float>::quiet_NaN();
    return true;
  }
  if (bare == "Infinity") {
    *value =
        negative ? -std::numeric_limits<Float>::infinity() : std::numeric_limits<Float>::infinity();
    return true;
  }
  const bool hex = IsHexNumber(text);
  const char last = text.back();
  if (last == 'd' || last == 'D' || last == 'f' || last == 'F') text.remove_suffix(1);
  if (!hex && !IsDecimalNumber(text)) return false;
  if (!hex) {
    if (text[0] == '+') text.remove_prefix(1);
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *value);
    if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) return true;
  }
  // Out of range (infinite or zero), or hexadecimal.
  const std::string copy(text);
  char* end = nullptr;
  *value = Convert(copy.c_str(), &end, Float{});
  return end == copy.c_str() + copy.size();
}

constexpr int kDecimalDigitsMax = 38;

Int128 PowerOfTen(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// Digits of |unscaled|, at least one.
std::string Digits(Int128 unscaled) {
  char text[48];
  char* at = text + sizeof(text);
  __extension__ unsigned __int128 rest = unscaled < 0 ? -static_cast<unsigned __int128>(unscaled)
                                                      : static_cast<unsigned __int128>(unscaled);
  do {
    *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  return {at, static_cast<size_t>(text + sizeof(text) - at)};
}

}  // namespace

void AppendDouble(double value, std::string* out) { AppendShortest(value, out); }
void AppendFloat(float value, std::string* out) { AppendShortest(value, out); }

void AppendInteger(int64_t value, std::string* out) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof(text), value);
  out->append(text, static_cast<size_t>(end.ptr - text));
}

void AppendDecimal(Int128 unscaled, int32_t scale, std::string* out) {
  std::string digits = Digits(unscaled);
  if (unscaled < 0) out->push_back('-');
  const size_t fraction = static_cast<size_t>(scale);
  if (digits.size() <= fraction) digits.insert(0, fraction + 1 - digits.size(), '0');
  out->append(digits, 0, digits.size() - fraction);
  if (scale > 0) {
    out->push_back('.');
    out->append(digits, digits.size() - fraction);
  }
}

void AppendJavaDecimal(Int128 unscaled, int32_t scale, std::string* out) {
  const std::string digits = Digits(unscaled);
  const int64_t adjusted = static_cast<int64_t>(digits.size()) - 1 - scale;
  if (scale >= 0 && adjusted >= -6) {
    AppendDecimal(unscaled, scale, out);
    return;
  }
  if (unscaled < 0) out->push_back('-');
  out->push_back(digits[0]);
  if (digits.size() > 1) {
    out->push_back('.');
    out->append(digits, 1);
  }
  out->push_back('E');
  if (adjusted >= 0) out->push_back('+');
  AppendInteger(adjusted, out);
}

void AppendDecimalStripped(Int128 unscaled, int32_t scale, std::string* out) {
  if (unscaled == 0) scale = 0;
  while (unscaled != 0 && unscaled % 10 == 0) {
    unscaled /= 10;
    --scale;
  }
  AppendJavaDecimal(unscaled, scale, out);
}

std::string_view TrimJava(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

bool ParseJavaDouble(std::string_view text, double* value) {
  return ParseJavaFloating(text, value);
}
bool ParseJavaFloat(std::string_view text, float* value) { return ParseJavaFloating(text, value); }

bool ParseJavaLong(std::string_view text, int64_t* value) {
  text = TrimJava(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

DecimalParse ParseDecimal(std::string_view text, int32_t precision, int32_t scale,
                          Int128* unscaled) {
  text = TrimJava(text);
  if (!IsDecimalNumber(text)) return DecimalParse::kMalformed;
  bool negative = false;
  size_t i = 0;
  if (text[0] == '+' || text[0] == '-') {
    negative = text[0] == '-';
    i = 1;
  }
  // Significant digits (without leading zeros), and where the point stands behind the first of
  // them.
  std::string digits;
  int64_t point = 0;
  bool after_point = false;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      after_point = true;
      continue;
    }
    if (digits.empty() && text[i] == '0') {
      if (after_point) --point;
      continue;
    }
    digits.push_back(text[i]);
    if (!after_point) ++point;
  }
  *unscaled = 0;
  if (digits.empty()) return DecimalParse::kOk;
  if (i < text.size()) {
    std::string_view exponent_text = text.substr(i + 1);
    if (exponent_text[0] == '+') exponent_text.remove_prefix(1);
    int64_t exponent = 0;
    const auto parsed = std::from_chars(exponent_text.data(),
                                        exponent_text.data() + exponent_text.size(), exponent);
    if (parsed.ec != std::errc() || exponent > INT32_MAX || exponent < INT32_MIN) {
      return DecimalParse::kMalformed;  // BigDecimal's exponent is an int.
    }
    point += exponent;
  }
  // The result keeps point + scale digits.
  const int64_t kept = point + scale;
  if (kept > kDecimalDigitsMax) return DecimalParse::kOverflow;
  if (kept < 0) return DecimalParse::kOk;
  Int128 value = 0;
  for (int64_t at = 0; at < kept; ++at) {
    value = value * 10 +
            (at < static_cast<int64_t>(digits.size()) ? digits[static_cast<size_t>(at)] - '0' : 0);
  }
  if (kept < static_cast<int64_t>(digits.size()) && digits[static_cast<size_t>(kept)] >= '5')
    ++value;
  if (value >= PowerOfTen(precision)) return DecimalParse::kOverflow;
  *unscaled = negative ? -value : value;
  return DecimalParse::kOk;
}

}  // namespace sabot
