// Framing of state bytes: little-endian integers and length-prefixed bytes.
//
//   U32(7) Bytes("seven")   <->   07 00 00 00 | 05 00 00 00 s e v e n
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sabot {

inline constexpr size_t kVarintBytesMax = 10;

// Seven bits a byte, low ones first; gives the end.
inline char* PutVarint(uint64_t value, char* to) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}
// Bytes after their length as a varint: for many short ones.
inline char* PutShort(std::string_view value, char* to) {
  to = PutVarint(value.size(), to);
  if (!value.empty()) __builtin_memcpy(to, value.data(), value.size());
  return to + value.size();
}

class ByteWriter {
 public:
  ByteWriter() = default;
  // Writes into this memory first; what it held is void.
  explicit ByteWriter(std::string memory) : bytes_(std::move(memory)) {}
  ByteWriter(ByteWriter&& from) noexcept
      : bytes_(std::move(from.bytes_)), size_(std::exchange(from.size_, 0)) {}
  ByteWriter& operator=(ByteWriter&& from) noexcept {
    bytes_ = std::move(from.bytes_);
    size_ = std::exchange(from.size_, 0);
    return *this;
  }

  void U32(uint32_t value) { Append(&value, sizeof(value)); }
  void U64(uint64_t value) { Append(&value, sizeof(value)); }
  void I64(int64_t value) { Append(&value, sizeof(value)); }
  void U8(uint8_t value) { *Extend(1) = static_cast<char>(value); }
  void Varint(uint64_t value) { EndAt(PutVarint(value, Extend(kVarintBytesMax))); }
  void Short(std::string_view value) {
    EndAt(PutShort(value, Extend(kVarintBytesMax + value.size())));
  }
  void Bytes(std::string_view value) {
    U32(static_cast<uint32_t>(value.size()));
    Append(value.data(), value.size());
  }
  void Append(const void* data, size_t size) {
    char* const to = Extend(size);
    if (size > 0) __builtin_memcpy(to, data, size);
  }
  // Room for so many bytes more; whoever has filled some of it says where they end.
  char* Extend(size_t bytes_max) {
    const size_t begin = size_;
    size_ += bytes_max;
    if (size_ > bytes_.size()) Grow();
    return bytes_.data() + begin;
  }
  void EndAt(const char* end) { size_ = static_cast<size_t>(end - bytes_.data()); }
  void Reserve(size_t bytes) { bytes_.reserve(bytes); }
  std::string Take() {
    bytes_.resize(std::exchange(size_, 0));
    return std::exchange(bytes_, {});
  }
  std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }
  void Clear() { size_ = 0; }
  size_t size() const { return size_; }

 private:
  void Grow();

  std::string bytes_;  // As long as it was ever needed: growing a string fills it.
  size_t size_ = 0;
};

// Reads what ByteWriter wrote; a short or torn value turns `ok` false and reads zeros.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
  uint8_t U8() { return Get<uint8_t>(); }
  uint64_t Varint() {
    if (bytes_.empty() || static_cast<uint8_t>(bytes_[0]) >= 0x80) return LongVarint();
    const auto value = static_cast<uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    return value;
  }
  std::string_view Short() { return Take(Varint()); }
  uint32_t U32() { return Get<uint32_t>(); }
  uint64_t U64() { return Get<uint64_t>(); }
  int64_t I64() { return Get<int64_t>(); }
  std::string_view Bytes() { return Take(U32()); }
  std::string_view Take(size_t size);
  size_t size() const { return bytes_.size(); }  // What is left.
  bool done() const { return bytes_.empty(); }
  bool ok() const { return ok_; }

 private:
  uint64_t LongVarint();
  template <typename T>
  T Get() {
    T value{};
    const std::string_view raw = Take(sizeof(T));
    if (ok_) __builtin_memcpy(&value, raw.data(), sizeof(T));
    return value;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace sabot
