// The order in which a java.util.HashMap of Flink's gives its entries, where a map's order shows.
//
//   hashes of zeta alpha beta gamma   ->   places 0 1 3 2     zeta, alpha, gamma, beta
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

namespace sabot {

// Flink's hash of a string in its binary form: murmur3 with seed 42, of the bytes left over one by
// one.
inline uint32_t BinaryStringHash(std::string_view text) {
  uint32_t hash = 42;
  const auto mix = [&hash](uint32_t block) {
    hash ^= std::rotl(block * 0xcc9e2d51u, 15) * 0x1b873593u;
    hash = std::rotl(hash, 13) * 5 + 0xe6546b64u;
  };
  const size_t aligned = text.size() - text.size() % 4;
  for (size_t i = 0; i < aligned; i += 4) {
    uint32_t block = 0;
    std::memcpy(&block, text.data() + i, sizeof(block));
    mix(block);
  }
  for (size_t i = aligned; i < text.size(); ++i) {
    mix(static_cast<uint32_t>(static_cast<int32_t>(static_cast<int8_t>(text[i]))));
  }
  hash ^= static_cast<uint32_t>(text.size());
  hash = (hash ^ hash >> 16) * 0x85ebca6bu;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
  return hash ^ hash >> 16;
}

// java.lang.String's, of valid UTF-8.
inline uint32_t JavaStringHash(std::string_view text) {
  uint32_t hash = 0;
  const auto unit = [&hash](uint32_t value) { hash = hash * 31 + value; };
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) {
      return at < text.size() ? static_cast<uint32_t>(static_cast<uint8_t>(text[at])) : 0;
    };
    const uint32_t first = byte(i);
    const size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    uint32_t point = size == 1 ? first : first & (0x7F >> size);
    for (size_t j = 1; j < size; ++j) point = point << 6 | (byte(i + j) & 0x3F);
    i += size;
    if (point >= 0x10000) {
      unit(0xD800 + ((point - 0x10000) >> 10));
      unit(0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
      unit(point);
    }
  }
  return hash;
}

// Places of the hashes' keys in the order of iteration; `buckets` is how many the map began with.
inline std::vector<size_t> HashMapOrder(std::span<const uint32_t> hashes, size_t buckets = 16) {
  while (hashes.size() * 4 > buckets * 3) buckets *= 2;
  const auto bucket = [&](size_t i) { return (hashes[i] ^ hashes[i] >> 16) & (buckets - 1); };
  std::vector<size_t> order(hashes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return bucket(a) < bucket(b); });
  return order;
}

}  // namespace sabot
