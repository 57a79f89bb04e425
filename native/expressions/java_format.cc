// java.util.Formatter: %[index$][flags][width][.precision]conversion. Dates (%t) are not there.
#include "expressions/java_format.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "expressions/java_number.h"
#include "expressions/unicode.h"

namespace sabot {
namespace {

struct Specifier {
  int index = 0;  // 0: the next one; -1: the one before.
  bool left = false, plus = false, space = false, zero = false, group = false, paren = false,
       alternate = false;
  int width = -1;
  int precision = -1;
  char conversion = 0;
  bool upper = false;
};

bool IsDigitChar(char c) { return c >= '0' && c <= '9'; }

bool TakeNumber(std::string_view text, size_t* at, int* out) {
  const auto end = std::from_chars(text.data() + *at, text.data() + text.size(), *out);
  if (end.ec != std::errc()) return false;
  *at = static_cast<size_t>(end.ptr - text.data());
  return true;
}

// Behind the '%'.
bool Parse(std::string_view text, size_t* at, Specifier* spec) {
  size_t i = *at;
  size_t behind = i;
  int number = 0;
  if (i < text.size() && text[i] >= '1' && text[i] <= '9' && TakeNumber(text, &behind, &number) &&
      behind < text.size() && text[behind] == '$') {
    spec->index = number;
    i = behind + 1;
  } else if (i < text.size() && text[i] == '<') {
    spec->index = -1;
    ++i;
  }
  for (; i < text.size(); ++i) {
    bool* flag = nullptr;
    switch (text[i]) {
      case '-':
        flag = &spec->left;
        break;
      case '+':
        flag = &spec->plus;
        break;
      case ' ':
        flag = &spec->space;
        break;
      case '0':
        flag = &spec->zero;
        break;
      case ',':
        flag = &spec->group;
        break;
      case '(':
        flag = &spec->paren;
        break;
      case '#':
        flag = &spec->alternate;
        break;
      default:
        break;
    }
    if (flag == nullptr) break;
    if (*flag) return false;
    *flag = true;
  }
  if (i < text.size() && IsDigitChar(text[i]) && (!TakeNumber(text, &i, &spec->width)))
    return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (i >= text.size() || !IsDigitChar(text[i]) || !TakeNumber(text, &i, &spec->precision))
      return false;
  }
  if (i >= text.size()) return false;
  const char c = text[i++];
  spec->upper = c >= 'A' && c <= 'Z';
  spec->conversion = static_cast<char>(spec->upper ? c + 32 : c);
  *at = i;
  constexpr std::string_view kKnown = "bhscdoxefgan%";
  if (kKnown.find(spec->conversion) == std::string_view::npos) return false;
  if (spec->upper && std::string_view("bhscxega").find(spec->conversion) == std::string_view::npos)
    return false;
  if (spec->width > 100'000 || spec->precision > 100'000) return false;
  return !((spec->left || spec->zero) && spec->width < 0 && spec->conversion != 'n') &&
         !(spec->left && spec->zero) && !(spec->plus && spec->space);
}

void Pad(std::string_view text, const Specifier& spec, std::string* out) {
  const int64_t missing = spec.width - Utf16Units(text);
  const auto blanks = static_cast<size_t>(std::max<int64_t>(missing, 0));
  if (!spec.left) out->append(blanks, ' ');
  out->append(text);
  if (spec.left) out->append(blanks, ' ');
}

// Text with its precision, case and width.
void AppendText(std::string_view text, const Specifier& spec, std::string* out) {
  if (spec.precision >= 0) text = Substring(text, 0, spec.precision);
  std::string upper;
  if (spec.upper) {
    AppendUpper(text, &upper);
    text = upper;
  }
  Pad(text, spec, out);
}

// Digits with sign, grouping and zeros in front.
void AppendSigned(std::string digits, bool negative, const Specifier& spec, std::string* out) {
  if (spec.group) {
    const size_t end = std::min(digits.find('.'), digits.size());
    for (size_t i = end; i > 3; i -= 3) digits.insert(i - 3, ",");
  }
  std::string text = negative ? (spec.paren ? "(" : "-") : spec.plus ? "+" : spec.space ? " " : "";
  const size_t close = negative && spec.paren ? 1 : 0;
  const auto width = static_cast<size_t>(std::max(spec.width, 0));
  if (spec.zero && text.size() + digits.size() + close < width) {
    text.append(width - text.size() - digits.size() - close, '0');
  }
  text += digits;
  if (close > 0) text += ")";
  Pad(text, spec, out);
}

void AppendUnsigned(uint64_t value, int base, const Specifier& spec, std::string* out) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, base);
  std::string text = spec.alternate ? (base == 16 ? "0x" : "0") : "";
  const std::string_view digits(buffer, static_cast<size_t>(end.ptr - buffer));
  const auto width = static_cast<size_t>(std::max(spec.width, 0));
  if (spec.zero && text.size() + digits.size() < width)
    text.append(width - text.size() - digits.size(), '0');
  text += digits;
  if (spec.upper) {
    for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  Pad(text, spec, out);
}

// Rounds 0.DIGITS x 10^exponent half up to `places` digits behind the point.
void RoundHalfUp(DecimalDigits* value, int64_t places) {
  const int64_t keep = value->exponent + places;
  if (keep >= static_cast<int64_t>(value->digits.size())) return;
  if (keep < 0) {
    *value = {"", static_cast<int>(-places)};
    return;
  }
  const bool up = value->digits[static_cast<size_t>(keep)] >= '5';
  value->digits.resize(static_cast<size_t>(keep));
  if (!up) return;
  for (size_t i = value->digits.size(); i-- > 0;) {
    if (value->digits[i] != '9') {
      ++value->digits[i];
      return;
    }
    value->digits[i] = '0';
  }
  value->digits.insert(0, "1");
  ++value->exponent;
}
std::string Fixed(DecimalDigits value, int places) {
  RoundHalfUp(&value, places);
  std::string whole;
  std::string fraction;
  for (int i = 0; i < std::max(value.exponent, 0); ++i) {
    whole.push_back(
        static_cast<size_t>(i) < value.digits.size() ? value.digits[static_cast<size_t>(i)] : '0');
  }
  for (int64_t i = value.exponent; static_cast<int>(fraction.size()) < places; ++i) {
    fraction.push_back(i >= 0 && static_cast<size_t>(i) < value.digits.size()
                           ? value.digits[static_cast<size_t>(i)]
                           : '0');
  }
  if (whole.empty()) whole = "0";
  return places > 0 ? whole + "." + fraction : whole;
}
std::string Scientific(DecimalDigits value, int places) {
  const bool zero = value.digits == "0";
  const int exponent_before = value.exponent;
  value.exponent = 1;
  RoundHalfUp(&value, places);
  const int exponent = zero ? 0 : exponent_before - 1 + (value.exponent - 1);
  std::string digits = value.digits;
  digits.resize(static_cast<size_t>(places) + 1, '0');
  std::string text = digits.substr(0, 1);
  if (places > 0) text += "." + digits.substr(1);
  text += exponent < 0 ? "e-" : "e+";
  const std::string magnitude = std::to_string(std::abs(exponent));
  return text + (magnitude.size() < 2 ? "0" : "") + magnitude;
}

bool AppendFloating(double value, const Specifier& spec, std::string* out) {
  if (spec.group && spec.conversion == 'e') return false;
  const bool negative = std::signbit(value);
  if (!std::isfinite(value)) {
    Specifier plain = spec;
    plain.zero = false;
    plain.group = false;
    if (std::isnan(value)) {
      plain.plus = plain.space = false;
      AppendSigned("NaN", false, plain, out);
    } else {
      AppendSigned("Infinity", negative, plain, out);
    }
    return true;
  }
  const int precision = spec.precision < 0 ? 6 : spec.precision;
  const DecimalDigits digits = ShortestDigits(value);
  std::string text;
  if (spec.conversion == 'f') {
    text = Fixed(digits, precision);
  } else if (spec.conversion == 'e') {
    text = Scientific(digits, precision);
  } else {
    const int significant = std::max(precision, 1);
    DecimalDigits rounded = digits;
    RoundHalfUp(&rounded, significant - rounded.exponent);
    const bool plain = value == 0 || (rounded.exponent > -4 && rounded.exponent <= significant);
    text = plain ? Fixed(digits, significant - (value == 0 ? 1 : rounded.exponent))
                 : Scientific(digits, significant - 1);
  }
  if (spec.upper) {
    for (char& c : text) c = c == 'e' ? 'E' : c;
  }
  AppendSigned(std::move(text), negative, spec, out);
  return true;
}

std::string ToText(const FormatArgument& arg) {
  switch (arg.kind) {
    case FormatArgument::Kind::kNull:
      return "null";
    case FormatArgument::Kind::kBoolean:
      return arg.integer != 0 ? "true" : "false";
    case FormatArgument::Kind::kInteger:
      return std::to_string(arg.integer);
    case FormatArgument::Kind::kDouble:
      return JavaDouble(arg.number);
    default:
      return std::string(arg.text);
  }
}

bool AppendArgument(const FormatArgument& arg, const Specifier& spec, std::string* out) {
  using Kind = FormatArgument::Kind;
  const bool null = arg.kind == Kind::kNull;
  switch (spec.conversion) {
    case 'b':
      AppendText(null || (arg.kind == Kind::kBoolean && arg.integer == 0) ? "false" : "true", spec,
                 out);
      return true;
    case 's':
      if (spec.alternate) return false;
      AppendText(ToText(arg), spec, out);
      return true;
    case 'h': {
      if (null) {
        AppendText("null", spec, out);
        return true;
      }
      uint32_t hash = 0;
      for (const char16_t unit : ToUtf16(ToText(arg))) hash = hash * 31 + unit;
      if (arg.kind == Kind::kInteger)
        hash = static_cast<uint32_t>(arg.integer ^ (arg.bits == 64 ? arg.integer >> 32 : 0));
      char buffer[16];
      const auto end = std::to_chars(buffer, buffer + sizeof buffer, hash, 16);
      AppendText({buffer, static_cast<size_t>(end.ptr - buffer)}, spec, out);
      return true;
    }
    case 'c': {
      if (spec.precision >= 0) return false;
      std::string character = "null";
      if (!null) {
        if (arg.kind != Kind::kInteger || arg.bits == 64 || arg.integer < 0 ||
            arg.integer > 0x10FFFF)
          return false;
        character.clear();
        AppendUtf8(static_cast<uint32_t>(arg.integer), &character);
      }
      AppendText(character, spec, out);
      return true;
    }
    default:
      break;
  }
  if (null) {
    Specifier plain = spec;
    plain.zero = false;
    AppendText("null", plain, out);
    return true;
  }
  switch (spec.conversion) {
    case 'd':
      if (arg.kind != Kind::kInteger || spec.precision >= 0 || spec.alternate) return false;
      AppendSigned(std::to_string(arg.integer < 0 ? uint64_t{0} - static_cast<uint64_t>(arg.integer)
                                                  : static_cast<uint64_t>(arg.integer)),
                   arg.integer < 0, spec, out);
      return true;
    case 'x':
    case 'o': {
      if (arg.kind != Kind::kInteger || spec.precision >= 0 || spec.plus || spec.space ||
          spec.group || spec.paren)
        return false;
      const uint64_t mask = arg.bits == 64 ? ~uint64_t{0} : (uint64_t{1} << arg.bits) - 1;
      AppendUnsigned(static_cast<uint64_t>(arg.integer) & mask, spec.conversion == 'x' ? 16 : 8,
                     spec, out);
      return true;
    }
    case 'e':
    case 'f':
    case 'g':
      return arg.kind == Kind::kDouble && AppendFloating(arg.number, spec, out);
    default:
      return false;
  }
}

}  // namespace

bool JavaFormat(std::string_view format, std::span<const FormatArgument> args, std::string* out) {
  int ordinary = 0;
  int last = 0;  // 1-based.
  for (size_t at = 0; at < format.size();) {
    if (format[at] != '%') {
      const size_t next = std::min(format.find('%', at), format.size());
      out->append(format.substr(at, next - at));
      at = next;
      continue;
    }
    ++at;
    Specifier spec;
    if (!Parse(format, &at, &spec)) return false;
    if (spec.conversion == 'n') {
      if (spec.width >= 0 || spec.precision >= 0) return false;
      out->push_back('\n');
      continue;
    }
    if (spec.conversion == '%') {
      if (spec.precision >= 0) return false;
      Pad("%", spec, out);
      continue;
    }
    if (spec.index == 0) {
      last = ++ordinary;
    } else if (spec.index > 0) {
      last = spec.index;
    } else if (last == 0) {
      return false;
    }
    if (static_cast<size_t>(last) > args.size()) return false;
    if (!AppendArgument(args[static_cast<size_t>(last) - 1], spec, out)) return false;
  }
  return true;
}

}  // namespace sabot
