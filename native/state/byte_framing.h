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
  void U32(uint32_t value) { Append(&value, sizeof(value)); }
  void U64(uint64_t value) { Append(&value, sizeof(value)); }
  void I64(int64_t value) { Append(&value, sizeof(value)); }
  void U8(uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void Varint(uint64_t value) { EndAt(PutVarint(value, Extend(kVarintBytesMax))); }
  void Short(std::string_view value) {
    EndAt(PutShort(value, Extend(kVarintBytesMax + value.size())));
  }
  void Bytes(std::string_view value) {
    U32(static_cast<uint32_t>(value.size()));
    bytes_.append(value);
  }
  void Append(const void* data, size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }
  // Room for so many bytes more; whoever has filled some of it says where they end.
  char* Extend(size_t bytes_max) {
    const size_t size = bytes_.size();
    bytes_.resize(size + bytes_max);
    return bytes_.data() + size;
  }
  void EndAt(const char* end) { bytes_.resize(static_cast<size_t>(end - bytes_.data())); }
  void Reserve(size_t bytes) { bytes_.reserve(bytes); }
  std::string Take() { return std::move(bytes_); }
  std::string_view view() const { return bytes_; }
  void Clear() { bytes_.clear(); }
  size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
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
