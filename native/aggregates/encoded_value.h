// Flat values back from their encoding (batch/key_encoding.h), without a builder.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "aggregates/argument.h"

namespace sabot {

// `encoded`: of a value that is not NULL. A text without zero bytes is a view into it, else
// `scratch` holds it.
template <typename T>
T DecodeFlat(std::string_view encoded, std::string& scratch) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(encoded.data()) + 1;  // After the mark.
  if constexpr (std::is_same_v<T, std::string_view>) {
    const std::string_view text = encoded.substr(1, encoded.size() - 3);
    if (text.find('\0') == std::string_view::npos) return text;
    scratch.clear();
    for (size_t i = 0; i < text.size(); ++i) {
      scratch += text[i];
      if (text[i] == '\0') ++i;  // Its FF.
    }
    return scratch;
  } else if constexpr (std::is_same_v<T, bool>) {
    return *bytes != 0;
  } else if constexpr (std::is_same_v<T, Int128>) {
    uint64_t words[2];
    std::memcpy(words, bytes, sizeof(words));
    const uint64_t high = __builtin_bswap64(words[0]) ^ (uint64_t{1} << 63);
    return static_cast<Int128>((static_cast<unsigned __int128>(high) << 64) |
                               __builtin_bswap64(words[1]));
  } else {
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof(T); ++i) bits = (bits << 8) | bytes[i];
    constexpr uint64_t kSign = uint64_t{1} << (8 * sizeof(T) - 1);
    if constexpr (std::is_same_v<T, double>) {
      return std::bit_cast<double>((bits & kSign) != 0 ? bits ^ kSign : ~bits);
    } else if constexpr (std::is_same_v<T, float>) {
      return std::bit_cast<float>(
          static_cast<uint32_t>((bits & kSign) != 0 ? bits ^ kSign : ~bits));
    } else {
      return static_cast<T>(static_cast<std::make_unsigned_t<T>>(bits ^ kSign));
    }
  }
}

}  // namespace sabot
