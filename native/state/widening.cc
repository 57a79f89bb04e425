// Integers, floating point and decimals to wider types.
#include "state/widening.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/bitmap_ops.h>

#include <array>
#include <utility>

#include "base/check.h"
#include "state/encoded_bytes.h"

namespace sabot {
namespace {

// Bytes of an integer; 0: it is none.
size_t IntegerWidth(arrow::Type::type id) {
  switch (id) {
    case arrow::Type::INT8:
      return 1;
    case arrow::Type::INT16:
      return 2;
    case arrow::Type::INT32:
      return 4;
    case arrow::Type::INT64:
      return 8;
    default:
      return 0;
  }
}

// Bytes of an encoded value of fixed width, without its mark.
std::optional<size_t> FixedWidth(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return 1;
    case arrow::Type::DATE32:
    case arrow::Type::TIME32:
    case arrow::Type::INTERVAL_MONTHS:
    case arrow::Type::FLOAT:
      return 4;
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DURATION:
    case arrow::Type::DOUBLE:
      return 8;
    case arrow::Type::DECIMAL128:
      return 16;
    default: {
      const size_t width = IntegerWidth(type.id());
      return width == 0 ? std::nullopt : std::optional(width);
    }
  }
}

bool Skip(std::string_view& from, size_t size) {
  if (from.size() < size) return false;
  from.remove_prefix(size);
  return true;
}

// The mark before a value, and whether there is one.
bool TakeMark(std::string_view& from, bool* present) {
  if (from.empty()) return false;
  *present = from[0] != 0;
  return Skip(from, 1);
}

bool SkipText(std::string_view& from) {
  size_t zero = from.find('\0');
  while (zero != std::string_view::npos && zero + 1 < from.size() && from[zero + 1] != 1)
    zero = from.find('\0', zero + 2);
  return zero != std::string_view::npos && Skip(from, zero + 2);
}

bool SkipValue(std::string_view& from, const arrow::DataType& type) {
  bool present = false;
  if (!TakeMark(from, &present)) return false;
  if (!present) return true;
  if (const auto width = FixedWidth(type)) return Skip(from, *width);
  if (type.id() == arrow::Type::STRING || type.id() == arrow::Type::BINARY) return SkipText(from);
  if (type.id() == arrow::Type::STRUCT) {
    for (const auto& field : type.fields()) {
      if (!SkipValue(from, *field->type())) return false;
    }
    return true;
  }
  if (type.id() != arrow::Type::LIST && type.id() != arrow::Type::MAP) return false;
  while (TakeMark(from, &present)) {
    if (!present) return true;
    const auto& element = *type.field(0)->type();
    if (type.id() == arrow::Type::LIST) {
      if (!SkipValue(from, element)) return false;
    } else if (!SkipValue(from, *element.field(0)->type()) ||
               !SkipValue(from, *element.field(1)->type())) {
      return false;
    }
  }
  return false;
}

template <typename From, typename To>
arrow::Result<ArrayPtr> WidenValues(const arrow::ArrayData& from,
                                    const std::shared_ptr<arrow::DataType>& type) {
  ARROW_ASSIGN_OR_RAISE(auto values,
                        arrow::AllocateBuffer(from.length * static_cast<int64_t>(sizeof(To))));
  const From* const in = from.GetValues<From>(1);
  auto* const out = reinterpret_cast<To*>(values->mutable_data());
  for (int64_t i = 0; i < from.length; ++i) out[i] = static_cast<To>(in[i]);
  std::shared_ptr<arrow::Buffer> validity;
  if (from.MayHaveNulls()) {
    ARROW_ASSIGN_OR_RAISE(
        validity, arrow::internal::CopyBitmap(arrow::default_memory_pool(), from.buffers[0]->data(),
                                              from.offset, from.length));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, from.length, {std::move(validity), std::move(values)}, arrow::kUnknownNullCount));
}

template <typename From>
arrow::Result<ArrayPtr> WidenInteger(const arrow::ArrayData& from,
                                     const std::shared_ptr<arrow::DataType>& to) {
  switch (IntegerWidth(to->id())) {
    case 2:
      return WidenValues<From, int16_t>(from, to);
    case 4:
      return WidenValues<From, int32_t>(from, to);
    default:
      return WidenValues<From, int64_t>(from, to);
  }
}

}  // namespace

std::string EncodedTypeText(const arrow::DataType& type) {
  if (type.id() != arrow::Type::DECIMAL128) return type.ToString();
  return "decimal(" + std::to_string(static_cast<const arrow::Decimal128Type&>(type).scale()) + ")";
}

size_t EncodedBytes(std::string_view encoded, const KeyTypes& types) {
  std::string_view rest = encoded;
  for (const auto& type : types) SABOT_CHECK(SkipValue(rest, *type));
  return encoded.size() - rest.size();
}

bool Widens(const arrow::DataType& from, const arrow::DataType& to) {
  if (from.Equals(to)) return true;
  const size_t width = IntegerWidth(from.id());
  if (width != 0) return width < IntegerWidth(to.id());
  if (from.id() == arrow::Type::FLOAT) return to.id() == arrow::Type::DOUBLE;
  if (from.id() != arrow::Type::DECIMAL128 || to.id() != arrow::Type::DECIMAL128) return false;
  const auto& was = static_cast<const arrow::Decimal128Type&>(from);
  const auto& is = static_cast<const arrow::Decimal128Type&>(to);
  return was.scale() == is.scale() && was.precision() <= is.precision();
}

arrow::Result<ArrayPtr> Widen(const ArrayPtr& array, const std::shared_ptr<arrow::DataType>& to) {
  SABOT_CHECK(Widens(*array->type(), *to));
  if (array->type()->Equals(*to)) return array;
  const arrow::ArrayData& from = *array->data();
  switch (array->type_id()) {
    case arrow::Type::INT8:
      return WidenInteger<int8_t>(from, to);
    case arrow::Type::INT16:
      return WidenInteger<int16_t>(from, to);
    case arrow::Type::INT32:
      return WidenInteger<int32_t>(from, to);
    case arrow::Type::FLOAT:
      return WidenValues<float, double>(from, to);
    default: {
      auto same = from.Copy();
      same->type = to;
      return arrow::MakeArray(std::move(same));
    }
  }
}

std::optional<EncodedWidening> EncodedWidening::Make(const std::vector<std::string>& from,
                                                     KeyTypes to) {
  if (from.size() != to.size()) return std::nullopt;
  static constexpr std::array<std::pair<std::string_view, size_t>, 3> kNarrow{
      {{"int8", 1}, {"int16", 2}, {"int32", 4}}};
  EncodedWidening widening;
  for (size_t i = 0; i < to.size(); ++i) {
    size_t& width = widening.widths_.emplace_back(0);
    if (from[i] == EncodedTypeText(*to[i])) continue;
    for (const auto& [text, bytes] : kNarrow) {
      if (from[i] == text && bytes < IntegerWidth(to[i]->id())) width = bytes;
    }
    if (width == 0) return std::nullopt;
    widening.changes_ = true;
  }
  widening.types_ = std::move(to);
  return widening;
}

bool EncodedWidening::Apply(std::string_view encoded, std::string* to) const {
  to->clear();
  for (size_t i = 0; i < types_.size(); ++i) {
    const std::string_view before = encoded;
    if (widths_[i] == 0 || encoded.starts_with('\0')) {
      if (!SkipValue(encoded, *types_[i])) return false;
      to->append(before.substr(0, before.size() - encoded.size()));
      continue;
    }
    if (encoded.size() < 1 + widths_[i]) return false;
    // The sign bit is flipped: a set one means that the number is not negative.
    const bool negative = (static_cast<uint8_t>(encoded[1]) & 0x80) == 0;
    const size_t more = IntegerWidth(types_[i]->id()) - widths_[i];
    *to += encoded[0];
    *to += negative ? '\x7F' : '\x80';
    to->append(more - 1, negative ? '\xFF' : '\0');
    *to += static_cast<char>(encoded[1] ^ '\x80');
    to->append(encoded.substr(2, widths_[i] - 1));
    encoded.remove_prefix(1 + widths_[i]);
  }
  to->append(encoded);
  return true;
}

}  // namespace sabot
