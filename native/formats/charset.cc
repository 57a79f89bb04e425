// Converting text.
#include "formats/charset.h"

#include <simdjson.h>

#include <algorithm>

namespace sabot {
namespace {

constexpr uint32_t kReplacement = 0xFFFD;

void AppendUtf8(uint32_t code, std::string* out) {
  const auto push = [&](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xC0 | code >> 6);
    push(0x80 | (code & 63));
  } else if (code < 0x10000) {
    push(0xE0 | code >> 12);
    push(0x80 | (code >> 6 & 63));
    push(0x80 | (code & 63));
  } else {
    push(0xF0 | code >> 18);
    push(0x80 | (code >> 12 & 63));
    push(0x80 | (code >> 6 & 63));
    push(0x80 | (code & 63));
  }
}

bool IsContinuation(unsigned char c) { return (c & 0xC0) == 0x80; }

// How many bytes at `p` are one character, or, negative, one malformed piece: as far as they could
// have begun a character, which is what Java replaces by one U+FFFD.
int CharacterLength(const unsigned char* p, const unsigned char* end) {
  const unsigned char first = *p;
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return -1;
  const int length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (end - p < 2) return -1;
  const unsigned char second = p[1];
  const bool wrong = !IsContinuation(second) || (first == 0xE0 && second < 0xA0) ||
                     (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
                     (first == 0xF4 && second > 0x8F);
  if (wrong) return -1;
  for (int i = 2; i < length; ++i) {
    if (end - p <= i || !IsContinuation(p[i])) return -i;
  }
  return length;
}

void AppendRepaired(std::string_view bytes, std::string* out) {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* end = p + bytes.size();
  while (p < end) {
    const int length = CharacterLength(p, end);
    if (length > 0) {
      out->append(reinterpret_cast<const char*>(p), static_cast<size_t>(length));
    } else {
      AppendUtf8(kReplacement, out);
    }
    p += length > 0 ? length : -length;
  }
}

// The character at `p` of well-formed UTF-8, and past it.
uint32_t NextCharacter(const char** p) {
  const auto* at = reinterpret_cast<const unsigned char*>(*p);
  const int length = *at < 0x80 ? 1 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
  uint32_t code = length == 1 ? *at : *at & (0x7Fu >> length);
  for (int i = 1; i < length; ++i) code = code << 6 | (at[i] & 63u);
  *p += length;
  return code;
}

void AppendUtf16AsUtf8(std::string_view bytes, bool little, std::string* out) {
  const auto unit = [&](size_t i) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const auto second = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<uint32_t>(little ? second << 8 | first : first << 8 | second);
  };
  size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) {
    const uint32_t code = unit(i);
    if (code < 0xD800 || code > 0xDFFF) {
      AppendUtf8(code, out);
    } else if (code < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 &&
               unit(i + 2) < 0xE000) {
      AppendUtf8(0x10000 + ((code - 0xD800) << 10) + (unit(i + 2) - 0xDC00), out);
      i += 2;
    } else {
      AppendUtf8(kReplacement, out);
    }
  }
  if (i < bytes.size()) AppendUtf8(kReplacement, out);
}

void AppendInUtf16(std::string_view text, bool little, std::string* out) {
  const auto push = [&](uint32_t unit) {
    const char high = static_cast<char>(unit >> 8);
    const char low = static_cast<char>(unit & 0xFF);
    out->push_back(little ? low : high);
    out->push_back(little ? high : low);
  };
  const char* end = text.data() + text.size();
  for (const char* p = text.data(); p < end;) {
    const uint32_t code = NextCharacter(&p);
    if (code < 0x10000) {
      push(code);
    } else {
      push(0xD800 + ((code - 0x10000) >> 10));
      push(0xDC00 + ((code - 0x10000) & 0x3FF));
    }
  }
}

}  // namespace

std::optional<Charset> FindCharset(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == '-' || c == '_') continue;
    plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  struct Name {
    std::string_view name;
    Charset charset;
  };
  static constexpr Name kNames[] = {
      {"utf8", Charset::kUtf8},       {"usascii", Charset::kAscii},   {"ascii", Charset::kAscii},
      {"iso88591", Charset::kLatin1}, {"latin1", Charset::kLatin1},   {"utf16", Charset::kUtf16},
      {"utf16be", Charset::kUtf16Be}, {"utf16le", Charset::kUtf16Le},
  };
  for (const Name& each : kNames) {
    if (plain == each.name) return each.charset;
  }
  return std::nullopt;
}

void AppendAsUtf8(std::string_view bytes, Charset charset, std::string* out) {
  switch (charset) {
    case Charset::kUtf8:
      if (simdjson::validate_utf8(bytes.data(), bytes.size())) {
        out->append(bytes);
      } else {
        AppendRepaired(bytes, out);
      }
      break;
    case Charset::kAscii:
      for (const char c : bytes) {
        const auto code = static_cast<unsigned char>(c);
        AppendUtf8(code < 0x80 ? code : kReplacement, out);
      }
      break;
    case Charset::kLatin1:
      for (const char c : bytes) AppendUtf8(static_cast<unsigned char>(c), out);
      break;
    case Charset::kUtf16: {
      const bool little = bytes.starts_with("\xFF\xFE");
      const bool marked = little || bytes.starts_with("\xFE\xFF");
      AppendUtf16AsUtf8(bytes.substr(marked ? 2 : 0), little, out);
      break;
    }
    case Charset::kUtf16Be:
      AppendUtf16AsUtf8(bytes, false, out);
      break;
    case Charset::kUtf16Le:
      AppendUtf16AsUtf8(bytes, true, out);
      break;
  }
}

void AppendInCharset(std::string_view text, Charset charset, std::string* out) {
  switch (charset) {
    case Charset::kUtf8:
      out->append(text);
      break;
    case Charset::kAscii:
    case Charset::kLatin1: {
      const uint32_t limit = charset == Charset::kAscii ? 0x80 : 0x100;
      const char* end = text.data() + text.size();
      for (const char* p = text.data(); p < end;) {
        const uint32_t code = NextCharacter(&p);
        out->push_back(code < limit ? static_cast<char>(code) : '?');
      }
      break;
    }
    case Charset::kUtf16:
      if (!text.empty()) out->append("\xFE\xFF");
      AppendInUtf16(text, false, out);
      break;
    case Charset::kUtf16Be:
      AppendInUtf16(text, false, out);
      break;
    case Charset::kUtf16Le:
      AppendInUtf16(text, true, out);
      break;
  }
}

}  // namespace sabot
