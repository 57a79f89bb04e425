// java.util.Formatter: what PRINTF formats with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sabot {

struct FormatArgument {
  enum class Kind : uint8_t { kNull, kBoolean, kInteger, kDouble, kText, kOther };
  Kind kind = Kind::kNull;
  int64_t integer = 0;         // kBoolean, kInteger
  int bits = 64;               // Of the Java type of an integer: 8, 16, 32, 64.
  double number = 0;           // kDouble
  std::string_view text = {};  // kText; kOther: what toString gives, for %s alone.
};

// String.format(Locale.US, format, args...); false where Java throws.
bool JavaFormat(std::string_view format, std::span<const FormatArgument> args, std::string* out);

}  // namespace sabot
