// Hashing: XXH3 over bytes. The value is part of the disk format (key groups), so it never changes.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace sabot {

inline uint64_t HashBytes(const void* data, size_t size) { return XXH3_64bits(data, size); }
inline uint64_t HashBytes(std::string_view bytes) { return HashBytes(bytes.data(), bytes.size()); }

}  // namespace sabot
