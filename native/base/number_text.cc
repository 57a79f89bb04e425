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

// What is between the digits d1 d2 ... dn and the value d1.d2...dn * 10^exponent.
struct Shortest {
  char digits[24];
  int count;
  int exponent;
};

template <typename T>
Shortest ShortestDigits(T magnitude) {
  char text[40];
  auto end = std::to_chars(text, text + sizeof(text), magnitude, std::chars_format::scientific).ptr;
  if (end[-1] != '\0' && text[1] == 'e' && magnitude < std::numeric_limits<T>::min()) {
    // Java writes two digits at least, and then the nearest two: 4.9E-324, not 5.0E-324.
    end = std::to_chars(text, text + sizeof(text), magnitude, std::chars_format::scientific, 1).ptr;
  }
  Shortest shortest{};
  const char* at = text;
  for (; *at != 'e'; ++at) {
    if (*at != '.') shortest.digits[shortest.count++] = *at;
  }
  std::from_chars(at[1] == '+' ? at + 2 : at + 1, end, shortest.exponent);
  while (shortest.count > 1 && shortest.digits[shortest.count - 1] == '0') --shortest.count;
  return shortest;
}

char* Put(std::string_view text, char* to) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

template <typename T>
char* Format(T value, char* to) {
  if (std::isnan(value)) return Put("NaN", to);
  if (std::signbit(value)) *to++ = '-';
  const T magnitude = std::fabs(value);
  if (std::isinf(magnitude)) return Put("Infinity", to);
  if (magnitude == 0) return Put("0.0", to);
  const auto [digits, count, exponent] = ShortestDigits(magnitude);
  if (exponent >= -3 && exponent < 7) {
    const int whole = exponent + 1;  // Digits before the point, if positive.
    if (whole <= 0) {
      to = Put("0.", to);
      for (int i = whole; i < 0; ++i) *to++ = '0';
      return Put({digits, static_cast<size_t>(count)}, to);
    }
    for (int i = 0; i < whole; ++i) *to++ = i < count ? digits[i] : '0';
    *to++ = '.';
    if (count <= whole) return Put("0", to);
    return Put({digits + whole, static_cast<size_t>(count - whole)}, to);
  }
  *to++ = digits[0];
  *to++ = '.';
  to = count == 1 ? Put("0", to) : Put({digits + 1, static_cast<size_t>(count - 1)}, to);
  *to++ = 'E';
  return std::to_chars(to, to + 8, exponent).ptr;
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

}  // namespace

char* FormatDouble(double value, char* to) { return Format(value, to); }
char* FormatFloat(float value, char* to) { return Format(value, to); }

char* FormatDecimal(Int128 unscaled, int32_t scale, char* to) {
  __extension__ typedef unsigned __int128 UInt128;
  if (unscaled < 0) *to++ = '-';
  UInt128 rest =
      unscaled < 0 ? UInt128{0} - static_cast<UInt128>(unscaled) : static_cast<UInt128>(unscaled);
  char text[kNumberTextMax];
  char* at = text + sizeof(text);
  int32_t count = 0;
  while (rest != 0 || count <= scale) {
    // Nineteen digits at a time: 128-bit division is slow.
    constexpr uint64_t kChunk = 10'000'000'000'000'000'000U;
    auto chunk = static_cast<uint64_t>(rest % kChunk);
    rest /= kChunk;
    for (int i = 0; i < 19 && (chunk != 0 || rest != 0 || count <= scale); ++i) {
      if (count == scale && scale > 0) *--at = '.';
      *--at = static_cast<char>('0' + chunk % 10);
      chunk /= 10;
      ++count;
    }
  }
  return Put({at, static_cast<size_t>(text + sizeof(text) - at)}, to);
}

namespace {

// Digits of |unscaled|, at least one.
std::string Digits(Int128 unscaled) {
  char text[kNumberTextMax];
  char* const end = FormatDecimal(unscaled, 0, text);
  return {unscaled < 0 ? text + 1 : text, end};
}

}  // namespace

void AppendDouble(double value, std::string* out) {
  char text[kNumberTextMax];
  out->append(text, FormatDouble(value, text));
}
void AppendFloat(float value, std::string* out) {
  char text[kNumberTextMax];
  out->append(text, FormatFloat(value, text));
}

void AppendInteger(int64_t value, std::string* out) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof(text), value);
  out->append(text, static_cast<size_t>(end.ptr - text));
}

void AppendDecimal(Int128 unscaled, int32_t scale, std::string* out) {
  char text[kNumberTextMax];
  out->append(text, FormatDecimal(unscaled, scale, text));
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
