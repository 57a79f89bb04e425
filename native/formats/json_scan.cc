// The lexical part of reading JSON.
#include "formats/json_scan.h"

#include <simdjson.h>

#include <charconv>

#include "base/number_text.h"

namespace sabot {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four hex digits at p, or -1.
int32_t ReadHex4(const char* p, const char* end) {
  if (end - p < 4) return -1;
  int32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = HexValue(p[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

void AppendUtf8(int32_t code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xC0 | code >> 6));
    out->push_back(static_cast<char>(0x80 | (code & 63)));
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | code >> 12));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 63)));
    out->push_back(static_cast<char>(0x80 | (code & 63)));
  } else {
    out->push_back(static_cast<char>(0xF0 | code >> 18));
    out->push_back(static_cast<char>(0x80 | (code >> 12 & 63)));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 63)));
    out->push_back(static_cast<char>(0x80 | (code & 63)));
  }
}

bool IsHighSurrogate(int32_t code) { return code >= 0xD800 && code < 0xDC00; }
bool IsLowSurrogate(int32_t code) { return code >= 0xDC00 && code < 0xE000; }

// Handles the escape at p (behind the backslash); nullptr where it is wrong.
const char* AppendEscape(const char* p, const char* end, std::string* out) {
  switch (*p) {
    case '"':
    case '\\':
    case '/':
      out->push_back(*p);
      return p + 1;
    case 'b':
      out->push_back('\b');
      return p + 1;
    case 'f':
      out->push_back('\f');
      return p + 1;
    case 'n':
      out->push_back('\n');
      return p + 1;
    case 'r':
      out->push_back('\r');
      return p + 1;
    case 't':
      out->push_back('\t');
      return p + 1;
    case 'u': {
      const int32_t code = ReadHex4(p + 1, end);
      if (code < 0) return nullptr;
      p += 5;
      if (IsHighSurrogate(code) && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        const int32_t low = ReadHex4(p + 2, end);
        if (IsLowSurrogate(low)) {
          AppendUtf8(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), out);
          return p + 6;
        }
      }
      if (IsHighSurrogate(code) || IsLowSurrogate(code)) {
        out->push_back('?');
      } else {
        AppendUtf8(code, out);
      }
      return p;
    }
    default:
      return nullptr;
  }
}

const char* SkipString(const char* p, JsonFault& fault) {
  uint32_t flags = 0;
  const char* end = ScanJsonString(p + 1, &flags);
  if (*end != '"') return fault.Set(p, "a string is not closed");
  if (flags != 0 && !CheckJsonString(p + 1, end, flags)) {
    return fault.Set(p, (flags & kJsonNonAscii) != 0 ? "a string is not UTF-8 or has a wrong escape"
                                                     : "a string has a wrong escape");
  }
  return end + 1;
}

const char* SkipObject(const char* p, int depth, JsonFault& fault) {
  p = SkipJsonBlanks(p + 1);
  if (*p == '}') return p + 1;
  for (;;) {
    if (*p != '"') return fault.Set(p, "a field name in double quotes was expected");
    p = SkipString(p, fault);
    if (p == nullptr) return nullptr;
    p = SkipJsonBlanks(p);
    if (*p != ':') return fault.Set(p, "':' was expected behind a field name");
    p = SkipJsonValue(SkipJsonBlanks(p + 1), depth, fault);
    if (p == nullptr) return nullptr;
    p = SkipJsonBlanks(p);
    if (*p == '}') return p + 1;
    if (*p != ',') return fault.Set(p, "',' or '}' was expected");
    p = SkipJsonBlanks(p + 1);
  }
}

const char* SkipArray(const char* p, int depth, JsonFault& fault) {
  p = SkipJsonBlanks(p + 1);
  if (*p == ']') return p + 1;
  for (;;) {
    p = SkipJsonValue(p, depth, fault);
    if (p == nullptr) return nullptr;
    p = SkipJsonBlanks(p);
    if (*p == ']') return p + 1;
    if (*p != ',') return fault.Set(p, "',' or ']' was expected");
    p = SkipJsonBlanks(p + 1);
  }
}

// Copies the string at p, its escapes written anew.
const char* AppendStringAnew(const char* p, std::string* out) {
  uint32_t flags = 0;
  const char* end = ScanJsonString(p + 1, &flags);
  std::string value;
  UnescapeJsonString(p + 1, end, &value);
  AppendJsonString(value, out);
  return end + 1;
}

// As java.math.BigDecimal prints the number without zeros at its end.
void AppendDecimalText(std::string_view number, std::string* out) {
  const bool negative = number.front() == '-';
  if (negative) number.remove_prefix(1);
  const size_t e = number.find_first_of("eE");
  int64_t exponent = 0;
  if (e != std::string_view::npos) {
    const size_t sign = number[e + 1] == '+' ? 1 : 0;
    const char* end = number.data() + number.size();
    if (std::from_chars(number.data() + e + 1 + sign, end, exponent).ec != std::errc{}) return;
  }
  std::string digits;
  for (const char c : number.substr(0, e)) {
    if (c == '.') continue;
    digits.push_back(c);
  }
  const size_t point = number.find('.');
  if (point != std::string_view::npos)
    exponent -= static_cast<int64_t>(std::min(e, number.size()) - point - 1);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.empty()) return out->push_back('0');
  const size_t last = digits.find_last_not_of('0');
  exponent += static_cast<int64_t>(digits.size() - last - 1);
  digits.resize(last + 1);
  if (negative) out->push_back('-');
  const int64_t num_digits = static_cast<int64_t>(digits.size());
  const int64_t adjusted = exponent + num_digits - 1;
  if (exponent == 0) {
    out->append(digits);
  } else if (exponent < 0 && adjusted >= -6) {
    const int64_t before = num_digits + exponent;  // Digits before the point.
    if (before > 0) {
      out->append(digits, 0, static_cast<size_t>(before)).push_back('.');
      out->append(digits, static_cast<size_t>(before));
    } else {
      out->append("0.").append(static_cast<size_t>(-before), '0').append(digits);
    }
  } else {
    out->push_back(digits[0]);
    if (num_digits > 1) out->append(".").append(digits, 1);
    out->append(adjusted < 0 ? "E" : "E+").append(std::to_string(adjusted));
  }
}

}  // namespace

bool CheckJsonString(const char* begin, const char* end, uint32_t flags) {
  if ((flags & kJsonNonAscii) != 0 &&
      !simdjson::validate_utf8(begin, static_cast<size_t>(end - begin))) {
    return false;
  }
  if ((flags & kJsonEscaped) == 0) return true;
  std::string ignored;
  return UnescapeJsonString(begin, end, &ignored);
}

bool UnescapeJsonString(const char* begin, const char* end, std::string* out) {
  const char* p = begin;
  while (p < end) {
    const void* found = std::memchr(p, '\\', static_cast<size_t>(end - p));
    if (found == nullptr) break;
    const char* escape = static_cast<const char*>(found);
    out->append(p, escape);
    p = AppendEscape(escape + 1, end, out);
    if (p == nullptr) return false;
  }
  out->append(p, end);
  return true;
}

const char* ScanJsonNumber(const char* p, bool* integer) {
  *integer = true;
  if (*p == '-') ++p;
  if (!IsDigit(*p)) return nullptr;
  if (*p == '0') {
    ++p;
    if (IsDigit(*p)) return nullptr;
  } else {
    while (IsDigit(*p)) ++p;
  }
  if (*p == '.') {
    *integer = false;
    ++p;
    if (!IsDigit(*p)) return nullptr;
    while (IsDigit(*p)) ++p;
  }
  if (*p == 'e' || *p == 'E') {
    *integer = false;
    ++p;
    if (*p == '+' || *p == '-') ++p;
    if (!IsDigit(*p)) return nullptr;
    while (IsDigit(*p)) ++p;
  }
  return p;
}

const char* SkipJsonValue(const char* p, int depth, JsonFault& fault) {
  switch (*p) {
    case '"':
      return SkipString(p, fault);
    case '{':
      if (depth >= kJsonDepthMax) return fault.Set(p, "values are nested deeper than 1,000 levels");
      return SkipObject(p, depth + 1, fault);
    case '[':
      if (depth >= kJsonDepthMax) return fault.Set(p, "values are nested deeper than 1,000 levels");
      return SkipArray(p, depth + 1, fault);
    case 't':
      if (std::memcmp(p, "true", 4) == 0) return p + 4;
      break;
    case 'f':
      if (std::memcmp(p, "false", 5) == 0) return p + 5;
      break;
    case 'n':
      if (std::memcmp(p, "null", 4) == 0) return p + 4;
      break;
    case '\n':
      return fault.Set(p, "the line ends inside a record");
    default: {
      bool integer = false;
      const char* end = ScanJsonNumber(p, &integer);
      if (end != nullptr) return end;
      break;
    }
  }
  return fault.Set(p, "this is not a JSON value");
}

void AppendJsonFraction(std::string_view number, JsonNumberText style, std::string* out) {
  double value = 0;
  if (style == JsonNumberText::kDecimal) {
    AppendDecimalText(number, out);
  } else if (style == JsonNumberText::kDouble && ParseJavaDouble(number, &value)) {
    AppendDouble(value, out);
  } else {
    out->append(number);
  }
}

const char* AppendCompactJson(const char* p, std::string* out, JsonNumberText style) {
  switch (*p) {
    case '"':
      return AppendStringAnew(p, out);
    case '{':
    case '[': {
      const char close = *p == '{' ? '}' : ']';
      out->push_back(*p);
      p = SkipJsonBlanks(p + 1);
      while (*p != close) {
        if (close == '}') {
          p = SkipJsonBlanks(AppendStringAnew(p, out));
          out->push_back(':');
          p = SkipJsonBlanks(p + 1);
        }
        p = SkipJsonBlanks(AppendCompactJson(p, out, style));
        if (*p != ',') continue;
        out->push_back(',');
        p = SkipJsonBlanks(p + 1);
      }
      out->push_back(close);
      return p + 1;
    }
    case 't':
      out->append("true");
      return p + 4;
    case 'f':
      out->append("false");
      return p + 5;
    case 'n':
      out->append("null");
      return p + 4;
    default: {
      bool integer = false;
      const char* end = ScanJsonNumber(p, &integer);
      const std::string_view number(p, static_cast<size_t>(end - p));
      if (integer) {
        out->append(number);
      } else {
        AppendJsonFraction(number, style, out);
      }
      return end;
    }
  }
}

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  out->push_back('"');
  const char* plain = text.data();
  const char* end = plain + text.size();
  for (const char* p = plain; p < end; ++p) {
    const unsigned char c = static_cast<unsigned char>(*p);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out->append(plain, p);
    plain = p + 1;
    out->push_back('\\');
    switch (c) {
      case '"':
      case '\\':
        out->push_back(static_cast<char>(c));
        break;
      case '\b':
        out->push_back('b');
        break;
      case '\f':
        out->push_back('f');
        break;
      case '\n':
        out->push_back('n');
        break;
      case '\r':
        out->push_back('r');
        break;
      case '\t':
        out->push_back('t');
        break;
      default:
        out->append("u00");
        out->push_back(kHex[c >> 4]);
        out->push_back(kHex[c & 15]);
    }
  }
  out->append(plain, end);
  out->push_back('"');
}

}  // namespace sabot
