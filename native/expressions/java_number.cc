// Numbers as Java reads and writes them.
#include "expressions/java_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "base/number_text.h"
#include "expressions/unicode.h"

namespace sabot {
namespace {

bool Digit(char c) { return c >= '0' && c <= '9'; }
bool HexDigit(char c) { return Digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

// Skips characters that f accepts; whether there was one.
template <typename F>
bool Skip(std::string_view text, size_t* at, F&& f) {
  const size_t from = *at;
  while (*at < text.size() && f(text[*at])) ++*at;
  return *at > from;
}

// The rest of an exponent, after e or p.
bool SkipExponent(std::string_view text, size_t* at) {
  if (*at < text.size() && (text[*at] == '+' || text[*at] == '-')) ++*at;
  return Skip(text, at, Digit);
}

}  // namespace

bool IsJavaLong(std::string_view text) {
  size_t at = 0;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) at = 1;
  if (at == text.size()) return false;
  for (size_t size; at < text.size(); at += size) {
    if (!IsDigit(Decode(text, at, &size))) return false;
  }
  // Too large for a long is still a double to every caller, if its digits are ASCII.
  return true;
}

bool IsJavaDouble(std::string_view text) {
  while (!text.empty() && static_cast<uint8_t>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<uint8_t>(text.back()) <= ' ') text.remove_suffix(1);
  size_t at = 0;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) at = 1;
  const std::string_view rest = text.substr(at);
  if (rest == "NaN" || rest == "Infinity") return true;
  if (rest.size() > 2 && rest[0] == '0' && (rest[1] | 32) == 'x') {
    at += 2;
    bool digits = Skip(text, &at, HexDigit);
    if (at < text.size() && text[at] == '.') {
      ++at;
      digits = Skip(text, &at, HexDigit) || digits;
    }
    if (!digits || at == text.size() || (text[at] | 32) != 'p') return false;
    ++at;
    if (!SkipExponent(text, &at)) return false;
  } else {
    bool digits = Skip(text, &at, Digit);
    if (at < text.size() && text[at] == '.') {
      ++at;
      digits = Skip(text, &at, Digit) || digits;
    }
    if (!digits) return false;
    if (at < text.size() && (text[at] | 32) == 'e') {
      ++at;
      if (!SkipExponent(text, &at)) return false;
    }
  }
  if (at < text.size() && ((text[at] | 32) == 'f' || (text[at] | 32) == 'd')) ++at;
  return at == text.size();
}

std::string JavaDouble(double value) {
  std::string text;
  AppendDouble(value, &text);
  return text;
}

std::string BigDecimalText(std::string_view number) {
  const bool negative = !number.empty() && number[0] == '-';
  if (!number.empty() && (number[0] == '-' || number[0] == '+')) number.remove_prefix(1);
  int64_t scale = 0;
  std::string digits;
  size_t at = 0;
  for (bool fraction = false; at < number.size() && (number[at] | 32) != 'e'; ++at) {
    if (number[at] == '.') {
      fraction = true;
    } else {
      digits += number[at];
      scale += fraction ? 1 : 0;
    }
  }
  if (at < number.size()) {
    int64_t exponent = 0;
    ++at;
    if (at < number.size() && number[at] == '+') ++at;
    std::from_chars(number.data() + at, number.data() + number.size(), exponent);
    scale -= exponent;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  const bool zero = digits == "0";
  const auto size = static_cast<int64_t>(digits.size());
  const int64_t adjusted = size - 1 - scale;
  std::string out = negative && !zero ? "-" : "";
  if (scale >= 0 && adjusted >= -6) {
    if (scale == 0) return out + digits;
    if (size <= scale) digits.insert(0, static_cast<size_t>(scale - size + 1), '0');
    return out + digits.insert(digits.size() - static_cast<size_t>(scale), ".");
  }
  if (size > 1) digits.insert(1, ".");
  out += digits;
  if (adjusted != 0) out += (adjusted > 0 ? "E+" : "E") + std::to_string(adjusted);
  return out;
}

DecimalDigits ShortestDigits(double value) {
  if (value == 0) return {"0", 1};
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  const size_t e = text.find('e');
  DecimalDigits out;
  out.digits = text[0];
  if (e > 2) out.digits += text.substr(2, e - 2);
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(),
                  out.exponent);
  ++out.exponent;
  return out;
}

}  // namespace sabot
