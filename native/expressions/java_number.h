// Numbers as Java reads and writes them.
#pragma once

#include <string>
#include <string_view>

namespace sabot {

// Whether Long.parseLong accepts the text: a sign, then digits of any script, within 64 bits.
bool IsJavaLong(std::string_view text);
// Whether Double.parseDouble accepts the text.
bool IsJavaDouble(std::string_view text);

// Double.toString: "1.0", "1.0E7", "1.0E-5", "NaN".
std::string JavaDouble(double value);

// new BigDecimal(text).toString() of a number as JSON or Java writes it: "1.0e3" -> "1.0E+3",
// "-0.0" -> "0.0".
std::string BigDecimalText(std::string_view number);

// The decimal digits of a finite value: 0.DIGITS x 10^exponent; "0" with exponent 1 for zero.
struct DecimalDigits {
  std::string digits;
  int exponent = 0;
};
DecimalDigits ShortestDigits(double value);

}  // namespace sabot
