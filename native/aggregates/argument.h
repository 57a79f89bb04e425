// How aggregates read their arguments: typed values by row, and which rows count.
#pragma once

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <arrow/result.h>

#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

#include "aggregates/aggregate.h"
#include "base/number_text.h"

namespace sabot {

// Values of one physical type. Reading a NULL row gives any value.
template <typename T>
class Argument {
 public:
  void Bind(const arrow::Array& array) { raw_ = array.data()->GetValues<T>(1); }
  T operator[](int64_t row) const { return raw_[row]; }

 private:
  const T* raw_ = nullptr;
};

template <>
class Argument<bool> {
 public:
  void Bind(const arrow::Array& array) { array_ = &static_cast<const arrow::BooleanArray&>(array); }
  bool operator[](int64_t row) const { return array_->Value(row); }

 private:
  const arrow::BooleanArray* array_ = nullptr;
};

template <>
class Argument<Int128> {
 public:
  void Bind(const arrow::Array& array) {
    raw_ = array.data()->GetValues<uint8_t>(1, 16 * array.offset());
  }
  Int128 operator[](int64_t row) const {
    Int128 value;
    std::memcpy(&value, raw_ + 16 * row, sizeof(value));
    return value;
  }

 private:
  const uint8_t* raw_ = nullptr;
};

template <>
class Argument<std::string_view> {
 public:
  void Bind(const arrow::Array& array) { array_ = &static_cast<const arrow::BinaryArray&>(array); }
  std::string_view operator[](int64_t row) const { return array_->GetView(row); }

 private:
  const arrow::BinaryArray* array_ = nullptr;
};

// Calls visit(T{}) with the physical type of values of `type`; false where it has none (nested
// types).
template <typename Visit>
bool VisitPhysical(const Type& type, Visit&& visit) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      visit(bool{});
      return true;
    case TypeKind::kTinyint:
      visit(int8_t{});
      return true;
    case TypeKind::kSmallint:
      visit(int16_t{});
      return true;
    case TypeKind::kInteger:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
      visit(int32_t{});
      return true;
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
    case TypeKind::kIntervalDayTime:
      visit(int64_t{});
      return true;
    case TypeKind::kFloat:
      visit(float{});
      return true;
    case TypeKind::kDouble:
      visit(double{});
      return true;
    case TypeKind::kDecimal:
      visit(Int128{});
      return true;
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      visit(std::string_view{});
      return true;
    default:
      return false;
  }
}

// The cell that holds a T.
template <typename T>
constexpr CellSpec::Kind CellKindOf() {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return CellSpec::Kind::kBytes;
  } else {
    return sizeof(T) == 1   ? CellSpec::Kind::kFixed1
           : sizeof(T) <= 4 ? CellSpec::Kind::kFixed4
           : sizeof(T) == 8 ? CellSpec::Kind::kFixed8
                            : CellSpec::Kind::kFixed16;
  }
}

// What number that is.
template <typename T>
constexpr CellSpec::Number CellNumberOf() {
  using Number = CellSpec::Number;
  if constexpr (std::is_same_v<T, int8_t>) return Number::kInt8;
  if constexpr (std::is_same_v<T, int16_t>) return Number::kInt16;
  if constexpr (std::is_same_v<T, int32_t>) return Number::kInt32;
  if constexpr (std::is_same_v<T, int64_t>) return Number::kInt64;
  if constexpr (std::is_same_v<T, float>) return Number::kFloat;
  if constexpr (std::is_same_v<T, double>) return Number::kDouble;
  return Number::kNone;
}

// The cell of type T at `cells + offset`.
template <typename T>
T& Cell(char* cells, size_t offset) {
  return *reinterpret_cast<T*>(cells + offset);
}
template <typename T>
const T& Cell(const char* cells, size_t offset) {
  return *reinterpret_cast<const T*>(cells + offset);
}

// rows.selected without the rows where one of the first `num_args` arguments is NULL. nullptr: all
// rows.
const uint8_t* MaskNulls(const AggregateRows& rows, size_t num_args, std::vector<uint8_t>& scratch);

// "SUM of VARCHAR", as an error of the plan.
arrow::Status UnsupportedArgument(const AggregateCall& call);

}  // namespace sabot
