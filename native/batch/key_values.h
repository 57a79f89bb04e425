// How single values are written into keys, so that the order of the bytes is that of the values.
//
//   integers  big-endian, sign bit flipped       floats  likewise, negative ones inverted
//   text      0 as 0 FF, ended by 0 1            see key_encoding.h
#pragma once

#include <arrow/array.h>
#include <arrow/util/decimal.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace sabot {

template <typename T>
  requires(sizeof(T) == 1)
T BigEndian(T value) {
  return value;
}
inline uint16_t BigEndian(uint16_t value) { return __builtin_bswap16(value); }
inline uint32_t BigEndian(uint32_t value) { return __builtin_bswap32(value); }
inline uint64_t BigEndian(uint64_t value) { return __builtin_bswap64(value); }

template <typename T>
inline char* PutOrdered(T value, char* out) {
  using Bits = std::make_unsigned_t<T>;
  const Bits flipped =
      static_cast<Bits>(static_cast<Bits>(value) ^ (Bits{1} << (8 * sizeof(Bits) - 1)));
  const Bits swapped = BigEndian(flipped);
  std::memcpy(out, &swapped, sizeof(Bits));
  return out + sizeof(Bits);
}

template <typename Float, typename Bits>
inline char* PutFloat(Float value, char* out) {
  if (std::isnan(value)) value = std::numeric_limits<Float>::quiet_NaN();
  if (value == 0) value = 0;  // -0.0 becomes 0.0.
  Bits bits = std::bit_cast<Bits>(value);
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  bits = (bits & kSign) != 0 ? static_cast<Bits>(~bits) : static_cast<Bits>(bits | kSign);
  bits = BigEndian(bits);
  std::memcpy(out, &bits, sizeof(Bits));
  return out + sizeof(Bits);
}

// Values of one Arrow type: how large a value's encoding is, and writing it.
template <typename T>
struct IntegerValues {
  static constexpr size_t kWidth = sizeof(T);
  const T* raw;
  explicit IntegerValues(const arrow::Array& array) : raw(array.data()->GetValues<T>(1)) {}
  size_t Size(int64_t) const { return kWidth; }
  char* Put(int64_t row, char* out) const { return PutOrdered(raw[row], out); }
};

template <typename T, typename Bits>
struct FloatValues {
  static constexpr size_t kWidth = sizeof(T);
  const T* raw;
  explicit FloatValues(const arrow::Array& array) : raw(array.data()->GetValues<T>(1)) {}
  size_t Size(int64_t) const { return kWidth; }
  char* Put(int64_t row, char* out) const { return PutFloat<T, Bits>(raw[row], out); }
};

struct BooleanValues {
  static constexpr size_t kWidth = 1;
  const arrow::BooleanArray& array;
  explicit BooleanValues(const arrow::Array& column)
      : array(static_cast<const arrow::BooleanArray&>(column)) {}
  size_t Size(int64_t) const { return kWidth; }
  char* Put(int64_t row, char* out) const {
    *out = array.Value(row) ? 1 : 0;
    return out + 1;
  }
};

struct DecimalValues {
  static constexpr size_t kWidth = 16;
  const arrow::Decimal128Array& array;
  explicit DecimalValues(const arrow::Array& column)
      : array(static_cast<const arrow::Decimal128Array&>(column)) {}
  size_t Size(int64_t) const { return kWidth; }
  char* Put(int64_t row, char* out) const {
    const arrow::Decimal128 value(array.GetValue(row));
    out = PutOrdered(value.high_bits(), out);
    const uint64_t low = BigEndian(value.low_bits());
    std::memcpy(out, &low, sizeof(low));
    return out + sizeof(low);
  }
};

struct StringValues {
  static constexpr size_t kWidth = 0;  // Varies.
  const int32_t* ends;
  const char* data;
  explicit StringValues(const arrow::Array& column)
      : ends(column.data()->GetValues<int32_t>(1)),
        data(reinterpret_cast<const char*>(
            static_cast<const arrow::BinaryArray&>(column).raw_data())) {}
  size_t Size(int64_t row) const {
    const auto size = static_cast<size_t>(ends[row + 1] - ends[row]);
    if (size == 0) return 2;
    return size + 2 + CountZeros(data + ends[row], size);
  }
  char* Put(int64_t row, char* out) const {
    const char* at = data + ends[row];
    const char* const end = data + ends[row + 1];
    while (at < end) {
      const auto left = static_cast<size_t>(end - at);
      const auto* zero = static_cast<const char*>(std::memchr(at, 0, left));
      const size_t run = zero == nullptr ? left : static_cast<size_t>(zero - at);
      std::memcpy(out, at, run);
      out += run;
      at += run;
      if (zero != nullptr) {
        *out++ = 0;
        *out++ = static_cast<char>(0xFF);
        ++at;
      }
    }
    *out++ = 0;
    *out++ = 1;
    return out;
  }

 private:
  static size_t CountZeros(const char* at, size_t size) {
    if (std::memchr(at, 0, size) == nullptr) return 0;
    return static_cast<size_t>(std::count(at, at + size, '\0'));
  }
};

}  // namespace sabot
