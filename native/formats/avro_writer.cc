// Writing Avro's binary records.
#include "formats/avro_writer.h"

#include <arrow/util/decimal.h>

#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"

namespace sabot {
namespace {

template <typename T>
void AppendRaw(T value, std::string* out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

// As few bytes as Java's BigInteger.toByteArray.
void AppendUnscaled(Int128 value, std::string* out) {
  char bytes[16];
  for (int i = 15; i >= 0; --i) {
    bytes[i] = static_cast<char>(value & 0xFF);
    value >>= 8;
  }
  int first = 0;
  while (first < 15) {
    const bool negative = (bytes[first + 1] & 0x80) != 0;
    if (bytes[first] != (negative ? '\xFF' : '\0')) break;
    ++first;
  }
  AppendAvroBytes({bytes + first, static_cast<size_t>(16 - first)}, out);
}

}  // namespace

void AppendAvroLong(int64_t value, std::string* out) {
  uint64_t bits = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  while (bits >= 0x80) {
    out->push_back(static_cast<char>(bits | 0x80));
    bits >>= 7;
  }
  out->push_back(static_cast<char>(bits));
}

void AppendAvroBytes(std::string_view bytes, std::string* out) {
  AppendAvroLong(static_cast<int64_t>(bytes.size()), out);
  out->append(bytes);
}

AvroValueWriter::AvroValueWriter(const Type& type, std::string name)
    : type_(type), name_(std::move(name)) {
  for (size_t i = 0; i < type.children.size(); ++i) {
    children_.emplace_back(type.children[i],
                           type.kind == TypeKind::kRow ? name_ + "." + type.names[i] : name_);
  }
}

arrow::Status AvroValueWriter::Write(const arrow::Array& array, int64_t row,
                                     std::string* out) const {
  const bool null = array.IsNull(row);
  if (type_.kind == TypeKind::kNull) return arrow::Status::OK();
  if (type_.nullable) {
    out->push_back(null ? '\0' : '\2');  // Of the union of null and the type.
    if (null) return arrow::Status::OK();
  } else if (null) {
    return UserError("null-value", name_,
                     "column '" + name_ + "' is NOT NULL, but a row has NULL there");
  }
  return WriteValue(array, row, out);
}

arrow::Status AvroValueWriter::WriteValue(const arrow::Array& array, int64_t row,
                                          std::string* out) const {
  switch (type_.kind) {
    case TypeKind::kBoolean:
      out->push_back(static_cast<const arrow::BooleanArray&>(array).Value(row) ? '\1' : '\0');
      break;
    case TypeKind::kTinyint:
      AppendAvroLong(static_cast<const arrow::Int8Array&>(array).Value(row), out);
      break;
    case TypeKind::kSmallint:
      AppendAvroLong(static_cast<const arrow::Int16Array&>(array).Value(row), out);
      break;
    case TypeKind::kInteger:
      AppendAvroLong(static_cast<const arrow::Int32Array&>(array).Value(row), out);
      break;
    case TypeKind::kDate:
      AppendAvroLong(static_cast<const arrow::Date32Array&>(array).Value(row), out);
      break;
    case TypeKind::kTime:
      AppendAvroLong(static_cast<const arrow::Time32Array&>(array).Value(row), out);
      break;
    case TypeKind::kBigint:
      AppendAvroLong(static_cast<const arrow::Int64Array&>(array).Value(row), out);
      break;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      AppendAvroLong(static_cast<const arrow::TimestampArray&>(array).Value(row), out);
      break;
    case TypeKind::kFloat:
      AppendRaw(static_cast<const arrow::FloatArray&>(array).Value(row), out);
      break;
    case TypeKind::kDouble:
      AppendRaw(static_cast<const arrow::DoubleArray&>(array).Value(row), out);
      break;
    case TypeKind::kDecimal: {
      Int128 value = 0;
      std::memcpy(&value, static_cast<const arrow::Decimal128Array&>(array).GetValue(row),
                  sizeof(value));
      AppendUnscaled(value, out);
      break;
    }
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      AppendAvroBytes(static_cast<const arrow::BinaryArray&>(array).GetView(row), out);
      break;
    case TypeKind::kArray: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      const int64_t size = list.value_length(row);
      if (size > 0) AppendAvroLong(size, out);
      for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
        ARROW_RETURN_NOT_OK(children_[0].Write(*list.values(), i, out));
      }
      AppendAvroLong(0, out);
      break;
    }
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return WriteMap(array, row, out);
    case TypeKind::kRow: {
      const auto& record = static_cast<const arrow::StructArray&>(array);
      for (size_t i = 0; i < children_.size(); ++i) {
        ARROW_RETURN_NOT_OK(children_[i].Write(*record.field(static_cast<int>(i)), row, out));
      }
      break;
    }
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
    case TypeKind::kNull:
      break;  // Refused before.
  }
  return arrow::Status::OK();
}

arrow::Status AvroValueWriter::WriteMap(const arrow::Array& array, int64_t row,
                                        std::string* out) const {
  const auto& map = static_cast<const arrow::MapArray&>(array);
  const auto& keys = static_cast<const arrow::BinaryArray&>(*map.keys());
  const int64_t size = map.value_length(row);
  if (size > 0) AppendAvroLong(size, out);
  for (int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
    if (keys.IsNull(i)) {
      return UserError("null-map-key", name_,
                       "a map of column '" + name_ + "' has a NULL key, which Avro cannot hold");
    }
    AppendAvroBytes(keys.GetView(i), out);
    if (type_.kind == TypeKind::kMultiset) {
      out->push_back('\2');
      AppendAvroLong(static_cast<const arrow::Int32Array&>(*map.items()).Value(i), out);
    } else {
      ARROW_RETURN_NOT_OK(children_[1].Write(*map.items(), i, out));
    }
  }
  AppendAvroLong(0, out);
  return arrow::Status::OK();
}

AvroRowWriter::AvroRowWriter(const Schema& columns) {
  for (const Field& column : columns) writers_.emplace_back(column.type, column.name);
}

arrow::Status AvroRowWriter::Write(const Batch& batch, int64_t row, std::string* out) const {
  for (size_t i = 0; i < writers_.size(); ++i) {
    ARROW_RETURN_NOT_OK(writers_[i].Write(*batch.column(static_cast<int>(i)), row, out));
  }
  return arrow::Status::OK();
}

}  // namespace sabot
