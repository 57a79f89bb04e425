// Decodes key bytes into columns: the reverse of key_encoding.cc.
#include <arrow/array/builder_base.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_decimal.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/builder_time.h>
#include <arrow/builder.h>

#include <bit>
#include <cstring>
#include <string>

#include "batch/key_encoding.h"

namespace sabot {
namespace {

arrow::Status Torn() { return arrow::Status::Invalid("Key bytes are cut short or damaged."); }

template <typename Bits>
bool TakeBits(std::string_view& from, Bits* bits) {
  if (from.size() < sizeof(Bits)) return false;
  Bits value = 0;
  for (size_t i = 0; i < sizeof(Bits); ++i)
    value = static_cast<Bits>((uint64_t{value} << 8) | static_cast<uint8_t>(from[i]));
  from.remove_prefix(sizeof(Bits));
  *bits = value;
  return true;
}

template <typename Builder, typename T>
arrow::Status DecodeInteger(std::string_view& from, arrow::ArrayBuilder& to) {
  using Bits = std::make_unsigned_t<T>;
  Bits bits;
  if (!TakeBits(from, &bits)) return Torn();
  bits = static_cast<Bits>(bits ^ (Bits{1} << (8 * sizeof(Bits) - 1)));
  return static_cast<Builder&>(to).Append(static_cast<T>(bits));
}

template <typename Builder, typename T, typename Bits>
arrow::Status DecodeFloat(std::string_view& from, arrow::ArrayBuilder& to) {
  Bits bits;
  if (!TakeBits(from, &bits)) return Torn();
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  bits = (bits & kSign) != 0 ? static_cast<Bits>(bits ^ kSign) : static_cast<Bits>(~bits);
  return static_cast<Builder&>(to).Append(std::bit_cast<T>(bits));
}

arrow::Status DecodeDecimal(std::string_view& from, arrow::ArrayBuilder& to) {
  uint64_t high;
  uint64_t low;
  if (!TakeBits(from, &high) || !TakeBits(from, &low)) return Torn();
  high ^= uint64_t{1} << 63;
  return static_cast<arrow::Decimal128Builder&>(to).Append(
      arrow::Decimal128(static_cast<int64_t>(high), low));
}

arrow::Status DecodeString(std::string_view& from, arrow::ArrayBuilder& to) {
  auto& builder = static_cast<arrow::BinaryBuilder&>(to);
  // Most strings hold no zero byte: then the first one found ends the value.
  std::string unescaped;
  while (true) {
    const size_t zero = from.find('\0');
    if (zero == std::string_view::npos || zero + 1 >= from.size()) return Torn();
    const std::string_view run = from.substr(0, zero);
    const char after = from[zero + 1];
    from.remove_prefix(zero + 2);
    if (after == 1) {
      if (unescaped.empty()) return builder.Append(run);
      unescaped += run;
      return builder.Append(unescaped);
    }
    unescaped += run;
    unescaped += '\0';
  }
}

arrow::Status DecodeElements(std::string_view& from, arrow::ArrayBuilder& first,
                             arrow::ArrayBuilder* second) {
  while (true) {
    if (from.empty()) return Torn();
    const char mark = from[0];
    from.remove_prefix(1);
    if (mark == 0) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(DecodeValue(from, first));
    if (second != nullptr) ARROW_RETURN_NOT_OK(DecodeValue(from, *second));
  }
}

}  // namespace

arrow::Status DecodeValue(std::string_view& from, arrow::ArrayBuilder& to) {
  if (from.empty()) return Torn();
  const char mark = from[0];
  from.remove_prefix(1);
  if (mark == 0) return to.AppendNull();
  switch (to.type()->id()) {
    case arrow::Type::BOOL: {
      if (from.empty()) return Torn();
      const bool value = from[0] != 0;
      from.remove_prefix(1);
      return static_cast<arrow::BooleanBuilder&>(to).Append(value);
    }
    case arrow::Type::INT8:
      return DecodeInteger<arrow::Int8Builder, int8_t>(from, to);
    case arrow::Type::INT16:
      return DecodeInteger<arrow::Int16Builder, int16_t>(from, to);
    case arrow::Type::INT32:
      return DecodeInteger<arrow::Int32Builder, int32_t>(from, to);
    case arrow::Type::DATE32:
      return DecodeInteger<arrow::Date32Builder, int32_t>(from, to);
    case arrow::Type::TIME32:
      return DecodeInteger<arrow::Time32Builder, int32_t>(from, to);
    case arrow::Type::INTERVAL_MONTHS:
      return DecodeInteger<arrow::MonthIntervalBuilder, int32_t>(from, to);
    case arrow::Type::INT64:
      return DecodeInteger<arrow::Int64Builder, int64_t>(from, to);
    case arrow::Type::TIMESTAMP:
      return DecodeInteger<arrow::TimestampBuilder, int64_t>(from, to);
    case arrow::Type::DURATION:
      return DecodeInteger<arrow::DurationBuilder, int64_t>(from, to);
    case arrow::Type::FLOAT:
      return DecodeFloat<arrow::FloatBuilder, float, uint32_t>(from, to);
    case arrow::Type::DOUBLE:
      return DecodeFloat<arrow::DoubleBuilder, double, uint64_t>(from, to);
    case arrow::Type::DECIMAL128:
      return DecodeDecimal(from, to);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return DecodeString(from, to);
    case arrow::Type::STRUCT: {
      auto& rows = static_cast<arrow::StructBuilder&>(to);
      ARROW_RETURN_NOT_OK(rows.Append());
      for (int i = 0; i < rows.num_fields(); ++i)
        ARROW_RETURN_NOT_OK(DecodeValue(from, *rows.field_builder(i)));
      return arrow::Status::OK();
    }
    case arrow::Type::LIST: {
      auto& list = static_cast<arrow::ListBuilder&>(to);
      ARROW_RETURN_NOT_OK(list.Append());
      return DecodeElements(from, *list.value_builder(), nullptr);
    }
    case arrow::Type::MAP: {
      auto& map = static_cast<arrow::MapBuilder&>(to);
      ARROW_RETURN_NOT_OK(map.Append());
      return DecodeElements(from, *map.key_builder(), map.item_builder());
    }
    default:
      return arrow::Status::NotImplemented("a key of type ", to.type()->ToString());
  }
}

arrow::Result<std::vector<ArrayPtr>> DecodeKeys(
    std::span<const std::string_view> keys,
    const std::vector<std::shared_ptr<arrow::DataType>>& types) {
  std::vector<std::string_view> left(keys.begin(), keys.end());
  std::vector<ArrayPtr> columns;
  columns.reserve(types.size());
  for (const auto& type : types) {
    std::unique_ptr<arrow::ArrayBuilder> builder;
    ARROW_RETURN_NOT_OK(arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder));
    ARROW_RETURN_NOT_OK(builder->Reserve(static_cast<int64_t>(keys.size())));
    for (std::string_view& key : left) ARROW_RETURN_NOT_OK(DecodeValue(key, *builder));
    ARROW_ASSIGN_OR_RAISE(auto column, builder->Finish());
    columns.push_back(std::move(column));
  }
  for (const std::string_view key : left) {
    if (!key.empty()) return Torn();
  }
  return columns;
}

}  // namespace sabot
