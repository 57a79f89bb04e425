// The wire format of Protocol Buffers: tags, numbers, and passing over what nobody wants.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "formats/protobuf_schema.h"

namespace sabot {

// Why a message cannot be read.
struct ProtobufFault {
  const uint8_t* at = nullptr;
  std::string reason;
};

inline constexpr int kProtobufDepthMax = 100;  // As protobuf's own readers.

// Walks over bytes; every function returns false with the fault set where they do not go on so.
class ProtobufCursor {
 public:
  ProtobufCursor(const uint8_t* begin, const uint8_t* end, ProtobufFault* fault)
      : p_(begin), end_(end), fault_(fault) {}

  const uint8_t* position() const { return p_; }
  bool at_end() const { return p_ == end_; }

  bool Fail(const uint8_t* at, const char* reason) {
    fault_->at = at;
    fault_->reason = reason;
    return false;
  }

  bool Varint(uint64_t* value) {
    if (p_ != end_ && *p_ < 0x80) {
      *value = *p_++;
      return true;
    }
    return LongVarint(value);
  }

  bool Tag(uint32_t* number, ProtobufWire* wire) {
    const uint8_t* const begin = p_;
    uint64_t tag = 0;
    if (!Varint(&tag)) return false;
    *number = static_cast<uint32_t>(tag) >> 3;
    const auto low = static_cast<uint8_t>(tag & 7);
    if (*number == 0) return Fail(begin, "a field has the number 0");
    if (low > static_cast<uint8_t>(ProtobufWire::kFixed32))
      return Fail(begin, "a field has a wire type that there is not");
    *wire = static_cast<ProtobufWire>(low);
    return true;
  }

  template <typename T>
  bool Fixed(T* value) {
    if (static_cast<size_t>(end_ - p_) < sizeof(T)) return Fail(p_, kShort);
    std::memcpy(value, p_, sizeof(T));
    p_ += sizeof(T);
    return true;
  }

  // The bytes of text, a message or packed numbers.
  bool Bytes(const uint8_t** bytes, int64_t* size) {
    const uint8_t* const begin = p_;
    uint64_t length = 0;
    if (!Varint(&length)) return false;
    if (length > static_cast<uint64_t>(end_ - p_)) return Fail(begin, kShort);
    *bytes = p_;
    *size = static_cast<int64_t>(length);
    p_ += length;
    return true;
  }

  // Passes over the value of a field.
  bool Skip(uint32_t number, ProtobufWire wire, int depth) {
    uint64_t number64 = 0;
    uint32_t number32 = 0;
    const uint8_t* bytes = nullptr;
    int64_t size = 0;
    switch (wire) {
      case ProtobufWire::kVarint:
        return Varint(&number64);
      case ProtobufWire::kFixed64:
        return Fixed(&number64);
      case ProtobufWire::kFixed32:
        return Fixed(&number32);
      case ProtobufWire::kBytes:
        return Bytes(&bytes, &size);
      case ProtobufWire::kGroupStart:
        return SkipGroup(number, depth + 1);
      case ProtobufWire::kGroupEnd:
        break;
    }
    return Fail(p_, "a group ends that has not begun");
  }

 private:
  static constexpr const char* kShort = "the message ends inside a field";

  bool LongVarint(uint64_t* value) {
    const uint8_t* const begin = p_;
    uint64_t bits = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (p_ == end_) return Fail(begin, "the message ends inside a number");
      const uint8_t byte = *p_++;
      if (shift < 64) bits |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        *value = bits;
        return true;
      }
    }
    return Fail(begin, "a number has more than ten bytes");
  }

  bool SkipGroup(uint32_t group, int depth) {
    const uint8_t* const begin = p_;
    if (depth > kProtobufDepthMax) return Fail(begin, "messages lie more than 100 deep");
    while (!at_end()) {
      uint32_t number = 0;
      ProtobufWire wire{};
      const uint8_t* const at = p_;
      if (!Tag(&number, &wire)) return false;
      if (wire == ProtobufWire::kGroupEnd)
        return number == group || Fail(at, "another group ends than the one that has begun");
      if (!Skip(number, wire, depth)) return false;
    }
    return Fail(begin, "the message ends inside a group");
  }

  const uint8_t* p_;
  const uint8_t* const end_;
  ProtobufFault* const fault_;
};

inline int32_t ProtobufZigzag(uint32_t bits) {
  return static_cast<int32_t>((bits >> 1) ^ (~(bits & 1) + 1));
}
inline int64_t ProtobufZigzag(uint64_t bits) {
  return static_cast<int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

}  // namespace sabot
