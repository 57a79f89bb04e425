// Copies of few bytes, without a call: most keys and values are short.
#pragma once

#include <cstddef>

namespace sabot {

// The last bytes may be copied twice.
inline void CopyShort(const char* from, size_t size, char* to) {
  if (size >= 16 && size <= 64) {
    for (size_t i = 0; i + 16 < size; i += 16) __builtin_memcpy(to + i, from + i, 16);
    __builtin_memcpy(to + size - 16, from + size - 16, 16);
  } else if (size >= 8 && size < 16) {
    __builtin_memcpy(to, from, 8);
    __builtin_memcpy(to + size - 8, from + size - 8, 8);
  } else if (size > 0) {
    __builtin_memcpy(to, from, size);
  }
}

}  // namespace sabot
