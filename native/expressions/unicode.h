// UTF-8 text as Java's strings see it: code points, UTF-16 units, case, letters and digits.
//
//   "x😀" : 5 bytes, 2 code points, 3 UTF-16 units
//
// Text may hold malformed bytes: each counts as one code point.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sabot {

// Bytes of the code point that starts with `first`; 1 for a byte that cannot start one.
inline size_t CodePointBytes(char first) {
  const auto byte = static_cast<uint8_t>(first);
  if (byte < 0xC2) return 1;
  if (byte < 0xE0) return 2;
  if (byte < 0xF0) return 3;
  return byte < 0xF5 ? 4 : 1;
}

bool IsAscii(std::string_view text);

// A number of code points; malformed bytes count as one each.
int64_t CodePoints(std::string_view text);
// UTF-16 units: code points, those above U+FFFF twice.
int64_t Utf16Units(std::string_view text);

// The byte offset of code point `index`, at most text.size(). `from` is a byte offset to start at.
size_t ByteOffset(std::string_view text, int64_t index, size_t from = 0);
// The code points [begin, begin + count), clipped; begin >= 0, count >= 0.
std::string_view Substring(std::string_view text, int64_t begin, int64_t count);
// The bytes [at, ...) of the code point at `at`, clipped to the text.
inline std::string_view CodePointAt(std::string_view text, size_t at) {
  return text.substr(at, CodePointBytes(text[at]));
}
// The code point at `at`; U+FFFD for a malformed one. `size` gets its bytes.
uint32_t Decode(std::string_view text, size_t at, size_t* size);
void AppendUtf8(uint32_t code_point, std::string* out);

// Java strings: a malformed sequence becomes U+FFFD; an unpaired surrogate becomes '?' on the way
// back.
std::u16string ToUtf16(std::string_view text);
std::string FromUtf16(std::u16string_view text);
void AppendUtf16(std::u16string_view text, std::string* out);
// The text with malformed sequences replaced by U+FFFD, each maximal part once, as Java decodes
// bytes.
std::string ToValidUtf8(std::string_view bytes);
bool IsValidUtf8(std::string_view bytes);

// Java's String.toUpperCase and toLowerCase with Locale.ROOT.
void AppendUpper(std::string_view text, std::string* out);
void AppendLower(std::string_view text, std::string* out);

// Java's Character.isLetter(char) and isDigit(char): false above U+FFFF.
bool IsLetter(uint32_t code_point);
bool IsDigit(uint32_t code_point);
// Java's Character.isWhitespace.
bool IsWhitespace(uint32_t code_point);

}  // namespace sabot
