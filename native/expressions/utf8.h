// UTF-8, where strings are counted and cut by code points.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sabot {

inline bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// How many bytes the character that starts with `c` has.
inline size_t CharBytes(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

inline int64_t NumCodePoints(std::string_view text) {
  int64_t count = 0;
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    // A continuation byte has bit 7 set and bit 6 clear.
    count += 8 - std::popcount((word >> 7) & (~word >> 6) & 0x0101010101010101U);
  }
  for (; at < text.size(); ++at) count += !IsContinuation(text[at]);
  return count;
}

// The byte where code point `index` starts; the end where there are fewer. `index` is not negative.
inline size_t CodePointOffset(std::string_view text, int64_t index) {
  size_t at = 0;
  for (; index > 0 && at < text.size(); --index) at += CharBytes(text[at]);
  return at < text.size() ? at : text.size();
}

inline bool IsAscii(std::string_view text) {
  uint64_t high = 0;
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    high |= word;
  }
  for (; at < text.size(); ++at)
    high |= static_cast<uint64_t>(static_cast<unsigned char>(text[at]));
  return (high & 0x8080808080808080U) == 0;
}

}  // namespace sabot
