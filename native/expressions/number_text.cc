// Numbers as text.
#include "expressions/number_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

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

// --- reading ----------------------------------------------------------------------------------------------------

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t SkipDigits(std::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

// Whether all of it is digits[.digits][e[sign]digits], with a digit before the exponent.
bool IsDecimalLiteral(std::string_view text) {
  size_t at = SkipDigits(text, 0);
  size_t digits = at;
  if (at < text.size() && text[at] == '.') {
    const size_t end = SkipDigits(text, at + 1);
    digits += end - at - 1;
    at = end;
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t end = SkipDigits(text, at);
    if (end == at) return false;
    at = end;
  }
  return at == text.size();
}

// 0x, hexadecimal digits with a point at most, p and an exponent that must be there.
bool IsHexLiteral(std::string_view text) {
  if (text.size() < 2 || text[0] != '0' || (text[1] != 'x' && text[1] != 'X')) return false;
  size_t at = 2;
  size_t digits = 0;
  bool point = false;
  for (; at < text.size() && (std::isxdigit(static_cast<unsigned char>(text[at])) != 0 || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
    } else {
      ++digits;
    }
  }
  if (digits == 0 || at == text.size() || (text[at] != 'p' && text[at] != 'P')) return false;
  ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  return at < text.size() && SkipDigits(text, at) == text.size();
}

template <typename T>
T Slow(std::string_view text) {  // Hexadecimal, or out of range: infinity and 0 are right there.
  const std::string terminated(text);
  if constexpr (std::is_same_v<T, float>) {
    return std::strtof(terminated.c_str(), nullptr);
  } else {
    return std::strtod(terminated.c_str(), nullptr);
  }
}

template <typename T>
std::optional<T> Parse(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  const T sign = negative ? T{-1} : T{1};
  if (text == "NaN") return std::numeric_limits<T>::quiet_NaN();
  if (text == "Infinity") return sign * std::numeric_limits<T>::infinity();
  const auto parse = [&](std::string_view literal) -> std::optional<T> {
    if (IsDecimalLiteral(literal)) {
      T value{};
      const auto result = std::from_chars(literal.data(), literal.data() + literal.size(), value);
      return sign * (result.ec == std::errc() ? value : Slow<T>(literal));
    }
    if (IsHexLiteral(literal)) return sign * Slow<T>(literal);
    return std::nullopt;
  };
  if (const auto value = parse(text)) return value;
  const char suffix = text.empty() ? '\0' : text.back();
  if (suffix != 'd' && suffix != 'D' && suffix != 'f' && suffix != 'F') return std::nullopt;
  text.remove_suffix(1);
  return parse(text);
}

}  // namespace

char* FormatDouble(double value, char* to) { return Format(value, to); }
char* FormatFloat(float value, char* to) { return Format(value, to); }

std::optional<double> ParseDouble(std::string_view text) { return Parse<double>(text); }
std::optional<float> ParseFloat(std::string_view text) { return Parse<float>(text); }

IntegerTextError ParseInteger(std::string_view text, int64_t* value) {
  if (text.empty()) return IntegerTextError::kEmpty;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') {
    text.remove_prefix(1);
    if (text.empty()) return IntegerTextError::kOnlySign;
  }
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  uint64_t number = 0;
  bool overflow = false;
  for (const char c : whole) {
    if (!IsDigit(c)) return overflow ? IntegerTextError::kOverflow : IntegerTextError::kInvalidCharacter;
    overflow = overflow || __builtin_mul_overflow(number, uint64_t{10}, &number) ||
               __builtin_add_overflow(number, static_cast<uint64_t>(c - '0'), &number);
  }
  const uint64_t limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
  if (overflow || number > limit) return IntegerTextError::kOverflow;
  if (point != std::string_view::npos && SkipDigits(text, point + 1) != text.size()) {
    return IntegerTextError::kInvalidCharacter;
  }
  *value = static_cast<int64_t>(negative ? 0 - number : number);
  return IntegerTextError::kNone;
}

const char* Reason(IntegerTextError error) {
  switch (error) {
    case IntegerTextError::kNone:
      return "";
    case IntegerTextError::kEmpty:
      return "Input is empty.";
    case IntegerTextError::kOnlySign:
      return "Input has only positive or negative symbol.";
    case IntegerTextError::kInvalidCharacter:
      return "Invalid character found.";
    case IntegerTextError::kOverflow:
      return "Overflow.";
  }
  return "";
}

}  // namespace sabot
