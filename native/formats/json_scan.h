// The lexical part of reading JSON: strings, numbers, values to skip. Text is one line: every
// function relies on a '\n' behind it (no JSON token contains one raw) and on 64 readable bytes
// behind that, so that no pointer is checked against an end.
//
// Accepted is what Jackson accepts as Flink sets it up: JSON, and raw control characters inside
// strings.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace sabot {

struct Type;

// Why a line cannot be read. `type` is the column's, where a value does not fit it; `field` the
// path of the one that it is in, of those that are read.
struct JsonFault {
  const char* at = nullptr;
  const char* reason = nullptr;
  const Type* type = nullptr;
  std::string field = {};

  // Always nullptr, so that a reader can `return fault.Set(...)`.
  const char* Set(const char* where, const char* why, const Type* of = nullptr) {
    at = where;
    reason = why;
    type = of;
    field.clear();
    return nullptr;
  }
  // What is wrong lies in this field. Always nullptr.
  const char* Within(const std::string& name) {
    field.insert(0, field.empty() ? name : name + ".");
    return nullptr;
  }
};

inline constexpr int kJsonDepthMax = 1'000;  // Jackson's.

enum JsonStringFlags : uint32_t { kJsonEscaped = 1, kJsonNonAscii = 2 };

// From behind the opening quote to the closing one; *flags gains what was seen between. At the end
// of the line: its '\n'.
inline const char* ScanJsonString(const char* p, uint32_t* flags) {
#if defined(__AVX2__)
  const __m256i quote = _mm256_set1_epi8('"');
  const __m256i backslash = _mm256_set1_epi8('\\');
  const __m256i newline = _mm256_set1_epi8('\n');
  for (;;) {
    const __m256i chunk = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    const __m256i special = _mm256_or_si256(
        _mm256_cmpeq_epi8(chunk, quote),
        _mm256_or_si256(_mm256_cmpeq_epi8(chunk, backslash), _mm256_cmpeq_epi8(chunk, newline)));
    const uint32_t stops = static_cast<uint32_t>(_mm256_movemask_epi8(special));
    const uint32_t high = static_cast<uint32_t>(_mm256_movemask_epi8(chunk));
    if (stops == 0) {
      if (high != 0) *flags |= kJsonNonAscii;
      p += 32;
      continue;
    }
    const uint32_t before = (stops & -stops) - 1;
    if ((high & before) != 0) *flags |= kJsonNonAscii;
    p += __builtin_ctz(stops);
    if (*p != '\\') return p;
    *flags |= kJsonEscaped;
    if (p[1] == '\n') return p + 1;
    p += 2;
  }
#else
  for (;; ++p) {
    const unsigned char c = static_cast<unsigned char>(*p);
    if (c == '"' || c == '\n') return p;
    if (c >= 0x80) *flags |= kJsonNonAscii;
    if (c == '\\') {
      *flags |= kJsonEscaped;
      if (*++p == '\n') return p;
    }
  }
#endif
}

inline const char* SkipJsonBlanks(const char* p) {
  while (*p == ' ' || *p == '\t' || *p == '\r') ++p;
  return p;
}

// A string's text between its quotes is UTF-8 and its escapes are right; flags are
// ScanJsonString's.
bool CheckJsonString(const char* begin, const char* end, uint32_t flags);

// Appends the string's value. Lone surrogates become '?', as in Java's encoder. False for a wrong
// escape.
bool UnescapeJsonString(const char* begin, const char* end, std::string* out);

// Behind a number's last character, or nullptr where it is none. *integer: without fraction and
// exponent.
const char* ScanJsonNumber(const char* p, bool* integer);

// Behind the value at p (no blanks before it), or nullptr with the fault set.
const char* SkipJsonValue(const char* p, int depth, JsonFault& fault);

// How a number with a fraction or an exponent becomes text: 1.50 as "1.50"; as Jackson's tree holds
// it, a double "1.5" or a decimal without zeros at its end, "1.5" and 1e3 "1E+3".
enum class JsonNumberText : uint8_t { kAsWritten, kDouble, kDecimal };

// Appends the number, which has a fraction or an exponent.
void AppendJsonFraction(std::string_view number, JsonNumberText style, std::string* out);

// Appends the value at p without blanks, as Jackson's tree prints it; p must have passed
// SkipJsonValue.
const char* AppendCompactJson(const char* p, std::string* out,
                              JsonNumberText style = JsonNumberText::kDouble);

// Appends `text` as a JSON string with its quotes, escaped as Jackson does.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace sabot
