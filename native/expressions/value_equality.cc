// Equality of values of any type.
#include "expressions/value_equality.h"

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/check.h"
#include "expressions/column_access.h"

namespace sabot {
namespace {

template <typename Array>
bool SameValue(const arrow::Array& left, int64_t i, const arrow::Array& right, int64_t j) {
  return static_cast<const Array&>(left).Value(i) == static_cast<const Array&>(right).Value(j);
}

Int128 DecimalAt(const arrow::Array& array, int64_t row) {
  Int128 value;
  std::memcpy(&value, static_cast<const arrow::Decimal128Array&>(array).Value(row), sizeof(value));
  return value;
}

int32_t FractionDigits(const arrow::Array& array) {
  switch (static_cast<const arrow::TimestampType&>(*array.type()).unit()) {
    case arrow::TimeUnit::SECOND:
      return 0;
    case arrow::TimeUnit::MILLI:
      return 3;
    case arrow::TimeUnit::MICRO:
      return 6;
    case arrow::TimeUnit::NANO:
      return 9;
  }
  SABOT_CHECK(false);
}

bool ListsEqual(const arrow::ListArray& left, int64_t i, const arrow::ListArray& right, int64_t j) {
  const int64_t size = left.value_length(i);
  if (size != right.value_length(j)) return false;
  for (int64_t k = 0; k < size; ++k) {
    if (!ValuesEqual(*left.values(), left.value_offset(i) + k, *right.values(),
                     right.value_offset(j) + k)) {
      return false;
    }
  }
  return true;
}

bool MapsEqual(const arrow::MapArray& left, int64_t i, const arrow::MapArray& right, int64_t j) {
  const int64_t size = left.value_length(i);
  if (size != right.value_length(j)) return false;
  const int64_t right_start = right.value_offset(j);
  for (int64_t k = left.value_offset(i); k < left.value_offset(i) + size; ++k) {
    bool found = false;
    for (int64_t l = right_start; l < right_start + size && !found; ++l) {
      found = ValuesEqual(*left.keys(), k, *right.keys(), l) &&
              ValuesEqual(*left.items(), k, *right.items(), l);
    }
    if (!found) return false;
  }
  return true;
}

bool RowsEqual(const arrow::StructArray& left, int64_t i, const arrow::StructArray& right,
               int64_t j) {
  for (int field = 0; field < left.num_fields(); ++field) {
    // field() is sliced to the array's own offset.
    if (!ValuesEqual(*left.field(field), i, *right.field(field), j)) return false;
  }
  return true;
}

}  // namespace

int CompareScaled(Int128 left, int32_t left_scale, Int128 right, int32_t right_scale) {
  if (left_scale > right_scale) return -CompareScaled(right, right_scale, left, left_scale);
  const int beyond = left > 0 ? 1 : -1;  // Past 128 bits only the sign matters.
  for (int32_t i = left_scale; i < right_scale; ++i) {
    if (__builtin_mul_overflow(left, Int128{10}, &left)) return beyond;
  }
  return left < right ? -1 : left > right ? 1 : 0;
}

bool ValuesEqual(const arrow::Array& left, int64_t i, const arrow::Array& right, int64_t j) {
  if (left.IsNull(i) || right.IsNull(j)) return left.IsNull(i) && right.IsNull(j);
  switch (left.type_id()) {
    case arrow::Type::BOOL:
      return SameValue<arrow::BooleanArray>(left, i, right, j);
    case arrow::Type::INT8:
      return SameValue<arrow::Int8Array>(left, i, right, j);
    case arrow::Type::INT16:
      return SameValue<arrow::Int16Array>(left, i, right, j);
    case arrow::Type::INT32:
      return SameValue<arrow::Int32Array>(left, i, right, j);
    case arrow::Type::INT64:
      return SameValue<arrow::Int64Array>(left, i, right, j);
    case arrow::Type::FLOAT:
      return SameValue<arrow::FloatArray>(left, i, right, j);
    case arrow::Type::DOUBLE:
      return SameValue<arrow::DoubleArray>(left, i, right, j);
    case arrow::Type::DATE32:
      return SameValue<arrow::Date32Array>(left, i, right, j);
    case arrow::Type::TIME32:
      return SameValue<arrow::Time32Array>(left, i, right, j);
    case arrow::Type::INTERVAL_MONTHS:
      return SameValue<arrow::MonthIntervalArray>(left, i, right, j);
    case arrow::Type::DURATION:
      return SameValue<arrow::DurationArray>(left, i, right, j);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return static_cast<const arrow::BinaryArray&>(left).GetView(i) ==
             static_cast<const arrow::BinaryArray&>(right).GetView(j);
    case arrow::Type::TIMESTAMP:
      return CompareScaled(static_cast<const arrow::TimestampArray&>(left).Value(i),
                           FractionDigits(left),
                           static_cast<const arrow::TimestampArray&>(right).Value(j),
                           FractionDigits(right)) == 0;
    case arrow::Type::DECIMAL128:
      return CompareScaled(DecimalAt(left, i),
                           static_cast<const arrow::Decimal128Type&>(*left.type()).scale(),
                           DecimalAt(right, j),
                           static_cast<const arrow::Decimal128Type&>(*right.type()).scale()) == 0;
    case arrow::Type::LIST:
      return ListsEqual(static_cast<const arrow::ListArray&>(left), i,
                        static_cast<const arrow::ListArray&>(right), j);
    case arrow::Type::MAP:
      return MapsEqual(static_cast<const arrow::MapArray&>(left), i,
                       static_cast<const arrow::MapArray&>(right), j);
    case arrow::Type::STRUCT:
      return RowsEqual(static_cast<const arrow::StructArray&>(left), i,
                       static_cast<const arrow::StructArray&>(right), j);
    default:
      SABOT_CHECK(false);
  }
}

}  // namespace sabot
