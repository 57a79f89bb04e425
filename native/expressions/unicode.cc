// UTF-8 text as Java's strings see it.
#include "expressions/unicode.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace sabot {
namespace {

struct CaseRun {
  uint32_t first;
  uint32_t last;
  uint32_t stride;
  int32_t delta;
};
struct CaseText {
  uint32_t code_point;
  const char* text;
};
struct CodeRange {
  uint32_t first;
  uint32_t last;
};

#include "expressions/unicode_tables.inc"

constexpr uint32_t kReplacement = 0xFFFD;
constexpr uint32_t kSigma = 0x3A3;

template <size_t N>
bool Contains(const CodeRange (&ranges)[N], uint32_t code_point) {
  const auto* const after =
      std::upper_bound(std::begin(ranges), std::end(ranges), code_point,
                       [](uint32_t c, const CodeRange& r) { return c < r.first; });
  return after != std::begin(ranges) && code_point <= std::prev(after)->last;
}

template <size_t R, size_t F>
void AppendCased(const CaseRun (&runs)[R], const CaseText (&full)[F], uint32_t code_point,
                 std::string* out) {
  const auto* const text =
      std::lower_bound(std::begin(full), std::end(full), code_point,
                       [](const CaseText& t, uint32_t c) { return t.code_point < c; });
  if (text != std::end(full) && text->code_point == code_point) {
    out->append(text->text);
    return;
  }
  const auto* const after =
      std::upper_bound(std::begin(runs), std::end(runs), code_point,
                       [](uint32_t c, const CaseRun& r) { return c < r.first; });
  if (after != std::begin(runs)) {
    const CaseRun& run = *std::prev(after);
    if (code_point <= run.last && (code_point - run.first) % run.stride == 0) {
      AppendUtf8(static_cast<uint32_t>(static_cast<int64_t>(code_point) + run.delta), out);
      return;
    }
  }
  AppendUtf8(code_point, out);
}

// Whether the sigma at `at` ends a word: a cased letter before it, none after, ignorable ones
// skipped.
bool IsFinalSigma(std::string_view text, size_t at, size_t size) {
  bool cased_before = false;
  for (size_t i = at; i > 0;) {
    do {
      --i;
    } while (i > 0 && (static_cast<uint8_t>(text[i]) & 0xC0) == 0x80);
    size_t bytes;
    const uint32_t c = Decode(text, i, &bytes);
    if (Contains(kCaseIgnorable, c)) continue;
    cased_before = Contains(kCased, c);
    break;
  }
  if (!cased_before) return false;
  for (size_t i = at + size, bytes; i < text.size(); i += bytes) {
    const uint32_t c = Decode(text, i, &bytes);
    if (Contains(kCaseIgnorable, c)) continue;
    return !Contains(kCased, c);
  }
  return true;
}

}  // namespace

bool IsAscii(std::string_view text) {
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if ((word & 0x8080808080808080) != 0) return false;
  }
  for (; i < text.size(); ++i) {
    if ((text[i] & 0x80) != 0) return false;
  }
  return true;
}

int64_t CodePoints(std::string_view text) {
  if (IsAscii(text)) return static_cast<int64_t>(text.size());
  int64_t count = 0;
  for (size_t i = 0; i < text.size(); i += CodePointBytes(text[i])) ++count;
  return count;
}

int64_t Utf16Units(std::string_view text) {
  if (IsAscii(text)) return static_cast<int64_t>(text.size());
  int64_t count = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t bytes = CodePointBytes(text[i]);
    count += bytes == 4 ? 2 : 1;
    i += bytes;
  }
  return count;
}

size_t ByteOffset(std::string_view text, int64_t index, size_t from) {
  size_t at = from;
  while (index > 0 && at < text.size()) {
    at += CodePointBytes(text[at]);
    --index;
  }
  return std::min(at, text.size());
}

std::string_view Substring(std::string_view text, int64_t begin, int64_t count) {
  const size_t from = ByteOffset(text, begin);
  return text.substr(from, ByteOffset(text, count, from) - from);
}

uint32_t Decode(std::string_view text, size_t at, size_t* size) {
  const auto byte = [&](size_t i) -> uint32_t { return static_cast<uint8_t>(text[at + i]); };
  const uint32_t first = byte(0);
  const size_t bytes = CodePointBytes(text[at]);
  *size = 1;
  if (first < 0x80) return first;
  if (bytes == 1) return kReplacement;
  uint32_t code_point = first & (0xFFu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if (at + i >= text.size() || (byte(i) & 0xC0) != 0x80) {
      *size = i;
      return kReplacement;
    }
    // The second byte of an overlong form, a surrogate or a value above U+10FFFF is not part of
    // anything.
    if (i == 1 && ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
                   (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F))) {
      return kReplacement;
    }
    code_point = code_point << 6 | (byte(i) & 0x3F);
  }
  *size = bytes;
  return code_point;
}

void AppendUtf8(uint32_t code_point, std::string* out) {
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out->push_back(static_cast<char>(0xC0 | code_point >> 6));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
  } else if (code_point < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | code_point >> 12));
    out->push_back(static_cast<char>(0x80 | (code_point >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | code_point >> 18));
    out->push_back(static_cast<char>(0x80 | (code_point >> 12 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code_point >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
  }
}

std::u16string ToUtf16(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (size_t i = 0, bytes; i < text.size(); i += bytes) {
    const uint32_t c = Decode(text, i, &bytes);
    if (c < 0x10000) {
      out.push_back(static_cast<char16_t>(c));
    } else {
      out.push_back(static_cast<char16_t>(0xD7C0 + (c >> 10)));
      out.push_back(static_cast<char16_t>(0xDC00 | (c & 0x3FF)));
    }
  }
  return out;
}

void AppendUtf16(std::u16string_view text, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char16_t unit = text[i];
    const bool high = unit >= 0xD800 && unit < 0xDC00;
    if (high && i + 1 < text.size() && text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000) {
      AppendUtf8(0x10000u + ((static_cast<uint32_t>(unit) & 0x3FF) << 10 | (text[i + 1] & 0x3FFu)),
                 out);
      ++i;
    } else if (unit >= 0xD800 && unit < 0xE000) {
      out->push_back('?');
    } else {
      AppendUtf8(unit, out);
    }
  }
}

std::string FromUtf16(std::u16string_view text) {
  std::string out;
  out.reserve(text.size());
  AppendUtf16(text, &out);
  return out;
}

std::string ToValidUtf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (size_t i = 0, size; i < bytes.size(); i += size) AppendUtf8(Decode(bytes, i, &size), &out);
  return out;
}

bool IsValidUtf8(std::string_view bytes) {
  if (IsAscii(bytes)) return true;
  for (size_t i = 0, size; i < bytes.size(); i += size) {
    // A real U+FFFD takes three bytes that begin with EF.
    if (Decode(bytes, i, &size) == kReplacement && !(size == 3 && bytes[i] == '\xEF')) return false;
  }
  return true;
}

void AppendUpper(std::string_view text, std::string* out) {
  out->reserve(out->size() + text.size());
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if ((c & 0x80) == 0) {
      out->push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
      ++i;
      continue;
    }
    size_t bytes;
    const uint32_t code_point = Decode(text, i, &bytes);
    AppendCased(kUpper, kUpperFull, code_point, out);
    i += bytes;
  }
}

void AppendLower(std::string_view text, std::string* out) {
  out->reserve(out->size() + text.size());
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if ((c & 0x80) == 0) {
      out->push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
      ++i;
      continue;
    }
    size_t bytes;
    const uint32_t code_point = Decode(text, i, &bytes);
    if (code_point == kSigma) {
      out->append(IsFinalSigma(text, i, bytes) ? "\xCF\x82" : "\xCF\x83");
    } else {
      AppendCased(kLower, kLowerFull, code_point, out);
    }
    i += bytes;
  }
}

bool IsLetter(uint32_t code_point) { return Contains(kLetters, code_point); }
bool IsDigit(uint32_t code_point) { return Contains(kDigits, code_point); }

bool IsWhitespace(uint32_t c) {
  return (c >= 0x9 && c <= 0xD) || (c >= 0x1C && c <= 0x20) || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A && c != 0x2007) || c == 0x2028 || c == 0x2029 || c == 0x205F ||
         c == 0x3000;
}

}  // namespace sabot
