// Bytes as text and back: hex, binary, base64, character sets, IPv4 addresses, URL encoding.
#include <arrow/array/builder_binary.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "expressions/any_integer.h"
#include "expressions/lift.h"
#include "expressions/unicode.h"

namespace sabot {
namespace {

using Text = std::string_view;

constexpr char kUpperHex[] = "0123456789ABCDEF";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if ((c | 32) >= 'a' && (c | 32) <= 'f') return (c | 32) - 'a' + 10;
  return -1;
}

// --- HEX, UNHEX, BIN
// ---------------------------------------------------------------------------------------------

void AppendNumber(uint64_t value, int base, TextWriter& out) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, base);
  for (char* c = buffer; c != end.ptr; ++c) out.Append(*c >= 'a' ? static_cast<char>(*c - 32) : *c);
}
KernelResult BindHex(const Expression& call, const SessionContext&) {
  if (call.args[0].type.is_exact_integer()) {
    return Lift<Text, AnyInteger>(call, [](AnyInteger n, TextWriter& out) {
      AppendNumber(static_cast<uint64_t>(n.value), 16, out);
    });
  }
  return Lift<Text, Text>(call, [](Text s, TextWriter& out) {
    char* to = out.Grow(2 * s.size());
    for (const char c : s) {
      *to++ = kUpperHex[static_cast<uint8_t>(c) >> 4];
      *to++ = kUpperHex[c & 15];
    }
  });
}
KernelResult BindBin(const Expression& call, const SessionContext&) {
  return Lift<Text, AnyInteger>(call, [](AnyInteger n, TextWriter& out) {
    AppendNumber(static_cast<uint64_t>(n.value), 2, out);
  });
}
// Of an odd number of digits Flink checks the first and then loses it: UNHEX('abc') is 00bc.
KernelResult BindUnhex(const Expression& call, const SessionContext&) {
  return Lift<Text, Text>(call, [](Text s, TextWriter& out) {
    if (!std::all_of(s.begin(), s.end(), [](char c) { return HexValue(c) >= 0; })) return false;
    if (s.size() % 2 == 1) out.Append('\0');
    for (size_t i = s.size() % 2; i < s.size(); i += 2) {
      out.Append(static_cast<char>(HexValue(s[i]) << 4 | HexValue(s[i + 1])));
    }
    return true;
  });
}

// --- base64
// ------------------------------------------------------------------------------------------------------

constexpr Text kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

KernelResult BindToBase64(const Expression& call, const SessionContext&) {
  return Lift<Text, Text>(call, [](Text s, TextWriter& out) {
    char* to = out.Grow((s.size() + 2) / 3 * 4);
    for (size_t i = 0; i < s.size(); i += 3) {
      uint32_t group = 0;
      const size_t size = std::min<size_t>(3, s.size() - i);
      for (size_t k = 0; k < 3; ++k)
        group = group << 8 | (k < size ? static_cast<uint8_t>(s[i + k]) : 0);
      for (size_t k = 0; k < 4; ++k) *to++ = k <= size ? kBase64[group >> (18 - 6 * k) & 63] : '=';
    }
  });
}
// As Java's basic decoder: no foreign characters, padding complete or absent.
arrow::Result<bool> FromBase64(Text s, TextWriter& out) {
  size_t size = s.size();
  if (size > 0 && s[size - 1] == '=') {
    if (size % 4 != 0) return arrow::Status::Invalid("FROM_BASE64: wrong padding in '", s, "'");
    size -= s[size - 2] == '=' ? 2 : 1;
  }
  if (size % 4 == 1)
    return arrow::Status::Invalid("FROM_BASE64: the last unit of '", s, "' has too few bits");
  std::string bytes;
  uint32_t group = 0;
  for (size_t i = 0; i < size; ++i) {
    const size_t value = kBase64.find(s[i]);
    if (value == Text::npos)
      return arrow::Status::Invalid("FROM_BASE64: illegal character in '", s, "'");
    group = group << 6 | static_cast<uint32_t>(value);
    if (i % 4 == 0) continue;
    bytes.push_back(static_cast<char>(group >> (6 - 2 * (i % 4))));
  }
  out.Append(ToValidUtf8(bytes));
  return true;
}
KernelResult BindFromBase64(const Expression& call, const SessionContext&) {
  return Lift<Text, Text>(call, FromBase64);
}

// --- character sets
// ----------------------------------------------------------------------------------------------

enum class Charset { kAscii, kLatin1, kUtf8, kUtf16, kUtf16Big, kUtf16Little };

arrow::Result<Charset> CharsetOf(Text name) {
  std::string key;
  for (const char c : name) {
    if (c != '-' && c != '_') key.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
  }
  if (key == "USASCII" || key == "ASCII") return Charset::kAscii;
  if (key == "ISO88591" || key == "LATIN1") return Charset::kLatin1;
  if (key == "UTF8") return Charset::kUtf8;
  if (key == "UTF16") return Charset::kUtf16;
  if (key == "UTF16BE") return Charset::kUtf16Big;
  if (key == "UTF16LE") return Charset::kUtf16Little;
  return arrow::Status::Invalid("Unsupported character set '", name,
                                "': use US-ASCII, ISO-8859-1, UTF-8, UTF-16BE, UTF-16LE or UTF-16");
}

void Encode(Text s, Charset charset, TextWriter& out) {
  switch (charset) {
    case Charset::kUtf8:
      out.Append(s);
      return;
    case Charset::kAscii:
    case Charset::kLatin1:
      for (size_t i = 0, size; i < s.size(); i += size) {
        const uint32_t c = Decode(s, i, &size);
        out.Append(c < (charset == Charset::kAscii ? 0x80u : 0x100u) ? static_cast<char>(c) : '?');
      }
      return;
    default:
      if (charset == Charset::kUtf16 && !s.empty()) out.Append("\xFE\xFF");
      for (const char16_t unit : ToUtf16(s)) {
        const auto high = static_cast<char>(unit >> 8);
        const auto low = static_cast<char>(unit & 0xFF);
        out.Append(charset == Charset::kUtf16Little ? low : high);
        out.Append(charset == Charset::kUtf16Little ? high : low);
      }
  }
}
void DecodeBytes(Text bytes, Charset charset, std::string* out) {
  switch (charset) {
    case Charset::kUtf8:
      *out = ToValidUtf8(bytes);
      return;
    case Charset::kAscii:
    case Charset::kLatin1:
      for (const char c : bytes) {
        const auto byte = static_cast<uint8_t>(c);
        AppendUtf8(charset == Charset::kAscii && byte > 0x7F ? 0xFFFD : byte, out);
      }
      return;
    default: {
      bool little = charset == Charset::kUtf16Little;
      if (charset == Charset::kUtf16 &&
          (bytes.starts_with("\xFE\xFF") || bytes.starts_with("\xFF\xFE"))) {
        little = bytes[0] == '\xFF';
        bytes.remove_prefix(2);
      }
      std::u16string units;
      for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
        const auto first = static_cast<uint8_t>(bytes[i]);
        const auto second = static_cast<uint8_t>(bytes[i + 1]);
        units.push_back(static_cast<char16_t>(little ? second << 8 | first : first << 8 | second));
      }
      if (bytes.size() % 2 == 1) units.push_back(u'\uFFFD');
      *out = FromUtf16(units);
    }
  }
}
KernelResult BindEncode(const Expression& call, const SessionContext&) {
  return Lift<Text, Text, Text>(call, [](Text s, Text name, TextWriter& out) -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(const Charset charset, CharsetOf(name));
    Encode(s, charset, out);
    return arrow::Status::OK();
  });
}
KernelResult BindDecode(const Expression& call, const SessionContext&) {
  return Lift<Text, Text, Text>(call, [](Text bytes, Text name, TextWriter& out) -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(const Charset charset, CharsetOf(name));
    std::string text;
    DecodeBytes(bytes, charset, &text);
    out.Append(text);
    return arrow::Status::OK();
  });
}

// --- addresses
// ---------------------------------------------------------------------------------------------------

// a, a.b, a.b.c or a.b.c.d in decimal; the last part stands for the last byte.
std::optional<int64_t> InetAton(Text ip) {
  int64_t parts[4];
  size_t count = 0;
  for (size_t from = 0; from <= ip.size();) {
    const size_t dot = std::min(ip.find('.', from), ip.size());
    if (count == 4 || dot == from) return std::nullopt;
    int64_t value = 0;
    for (size_t i = from; i < dot; ++i) {
      if (ip[i] < '0' || ip[i] > '9') return std::nullopt;
      value = value * 10 + (ip[i] - '0');
      if (value > 0xFFFFFFFF) return std::nullopt;
    }
    parts[count++] = value;
    from = dot + 1;
  }
  if (count == 1) return parts[0];
  if (std::any_of(parts, parts + count, [](int64_t part) { return part > 255; }))
    return std::nullopt;
  int64_t address = 0;
  for (size_t i = 0; i + 1 < count; ++i) address |= parts[i] << (24 - 8 * i);
  return address | parts[count - 1];
}
KernelResult BindInetAton(const Expression& call, const SessionContext&) {
  return Lift<int64_t, Text>(call, InetAton);
}
KernelResult BindInetNtoa(const Expression& call, const SessionContext&) {
  return Lift<Text, AnyInteger>(call, [](AnyInteger address, TextWriter& out) {
    if (address.value < 0 || address.value > 0xFFFFFFFF) return false;
    for (int shift = 24; shift >= 0; shift -= 8) {
      AppendNumber(static_cast<uint64_t>(address.value >> shift & 0xFF), 10, out);
      if (shift > 0) out.Append('.');
    }
    return true;
  });
}

// --- URL_ENCODE, URL_DECODE
// --------------------------------------------------------------------------------------

KernelResult BindUrlEncode(const Expression& call, const SessionContext&) {
  return Lift<Text, Text>(call, [](Text s, TextWriter& out) {
    for (const char c : s) {
      const bool plain =
          (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z' && (c & 0x80) == 0);
      if (plain || c == '.' || c == '-' || c == '*' || c == '_') {
        out.Append(c);
      } else if (c == ' ') {
        out.Append('+');
      } else {
        out.Append('%');
        out.Append(kUpperHex[static_cast<uint8_t>(c) >> 4]);
        out.Append(kUpperHex[c & 15]);
      }
    }
  });
}
// False, for NULL, if an escape is broken.
bool UrlDecode(Text s, TextWriter& out) {
  std::string bytes;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '+') {
      bytes.push_back(' ');
    } else if (s[i] != '%') {
      bytes.push_back(s[i]);
    } else {
      if (i + 2 >= s.size() || HexValue(s[i + 1]) < 0 || HexValue(s[i + 2]) < 0) return false;
      bytes.push_back(static_cast<char>(HexValue(s[i + 1]) << 4 | HexValue(s[i + 2])));
      i += 2;
    }
  }
  out.Append(ToValidUtf8(bytes));
  return true;
}
KernelResult BindUrlDecode(const Expression& call, const SessionContext&) {
  return Lift<Text, Text>(call, UrlDecode);
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "hex", .bind = BindHex},
    {.name = "unhex", .bind = BindUnhex},
    {.name = "bin", .bind = BindBin},
    {.name = "to_base64", .bind = BindToBase64},
    {.name = "from_base64", .selective = true, .bind = BindFromBase64},
    {.name = "encode", .selective = true, .bind = BindEncode},
    {.name = "decode", .selective = true, .bind = BindDecode},
    {.name = "inet_aton", .bind = BindInetAton},
    {.name = "inet_ntoa", .bind = BindInetNtoa},
    {.name = "url_encode", .bind = BindUrlEncode},
    {.name = "url_decode", .bind = BindUrlDecode},
};

}  // namespace

std::span<const FunctionSpec> EncodingFunctions() { return kFunctions; }

}  // namespace sabot
