// An argument that may be TINYINT, SMALLINT, INTEGER or BIGINT, read as int64_t: for positions,
// lengths and counts, where a kernel per width would be waste.
#pragma once

#include "expressions/column_access.h"

namespace sabot {

struct AnyInteger {
  int64_t value = 0;
};

template <>
class Reader<AnyInteger> {
 public:
  explicit Reader(const Vector& vector)
      : mask_(vector.constant ? 0 : -1), type_(vector.array->type_id()) {
    if (type_ == arrow::Type::NA) return;
    width_ = vector.array->type()->byte_width();
    values_ = reinterpret_cast<const char*>(vector.array->data()->GetValues<uint8_t>(1, 0)) +
              vector.array->offset() * width_;
  }
  AnyInteger operator[](int64_t row) const { return Load(row & mask_); }
  AnyInteger Load(int64_t row) const {
    const char* const at = values_ + row * width_;
    switch (type_) {
      case arrow::Type::INT8:
        return {At<int8_t>(at)};
      case arrow::Type::INT16:
        return {At<int16_t>(at)};
      case arrow::Type::INT32:
        return {At<int32_t>(at)};
      case arrow::Type::INT64:
        return {At<int64_t>(at)};
      default:
        return {};
    }
  }
  bool constant() const { return mask_ == 0; }

 private:
  template <typename T>
  static int64_t At(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof(T));
    return value;
  }

  const char* values_ = nullptr;
  int64_t width_ = 0;
  int64_t mask_;
  arrow::Type::type type_;
};

}  // namespace sabot
