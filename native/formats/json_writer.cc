// Writing values as JSON.
#include "formats/json_writer.h"

#include <arrow/util/decimal.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "base/number_text.h"
#include "base/temporal_text.h"
#include "formats/json_scan.h"

namespace sabot {
namespace {

Int128 DecimalAt(const arrow::Array& array, int64_t row) {
  Int128 value = 0;
  std::memcpy(&value, static_cast<const arrow::Decimal128Array&>(array).GetValue(row),
              sizeof(value));
  return value;
}

}  // namespace

JsonValueWriter::JsonValueWriter(const Type& type, const JsonWriteOptions& options)
    : type_(type), options_(options) {
  for (const Type& child : type.children) children_.emplace_back(child, options);
  for (const std::string& name : type.names) {
    std::string label;
    AppendJsonString(name, &label);
    labels_.push_back(label + ":");
  }
}

template <typename Float>
void JsonValueWriter::WriteFloating(Float value, void (*append)(Float, std::string*),
                                    std::string* out) const {
  const bool quoted = !std::isfinite(value);  // Not JSON numbers; Jackson quotes them too.
  if (quoted) out->push_back('"');
  append(value, out);
  if (quoted) out->push_back('"');
}

void JsonValueWriter::WriteTimestamp(int64_t ticks, std::string* out) const {
  const int64_t ticks_per_second = TicksPerSecond(type_.precision);
  out->push_back('"');
  if (options_.iso_timestamps) {
    AppendTimestamp(ticks, ticks_per_second, 'T', kFractionNeeded, out);
  } else {
    AppendTimestamp(ticks, ticks_per_second, ' ',
                    options_.results ? type_.precision : kFractionNeeded, out);
  }
  if (type_.kind == TypeKind::kTimestampLtz) out->push_back('Z');
  out->push_back('"');
}

void JsonValueWriter::WriteBytes(std::string_view bytes, std::string* out) const {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  if (!options_.results) {
    AppendBase64(bytes, out);
  } else {
    for (const char c : bytes) {
      out->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out->push_back(kHex[static_cast<unsigned char>(c) & 15]);
    }
  }
  out->push_back('"');
}

arrow::Status JsonValueWriter::Write(const arrow::Array& array, int64_t row,
                                     std::string* out) const {
  if (array.IsNull(row)) {
    out->append("null");
    return arrow::Status::OK();
  }
  switch (type_.kind) {
    case TypeKind::kBoolean:
      out->append(static_cast<const arrow::BooleanArray&>(array).Value(row) ? "true" : "false");
      break;
    case TypeKind::kTinyint:
      AppendInteger(static_cast<const arrow::Int8Array&>(array).Value(row), out);
      break;
    case TypeKind::kSmallint:
      AppendInteger(static_cast<const arrow::Int16Array&>(array).Value(row), out);
      break;
    case TypeKind::kInteger:
      AppendInteger(static_cast<const arrow::Int32Array&>(array).Value(row), out);
      break;
    case TypeKind::kBigint:
      AppendInteger(static_cast<const arrow::Int64Array&>(array).Value(row), out);
      break;
    case TypeKind::kFloat:
      WriteFloating(static_cast<const arrow::FloatArray&>(array).Value(row), &AppendFloat, out);
      break;
    case TypeKind::kDouble:
      WriteFloating(static_cast<const arrow::DoubleArray&>(array).Value(row), &AppendDouble, out);
      break;
    case TypeKind::kDecimal:
      if (options_.results || options_.plain_decimals) {
        AppendDecimal(DecimalAt(array, row), type_.scale, out);
      } else {
        AppendDecimalStripped(DecimalAt(array, row), type_.scale, out);
      }
      break;
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      AppendJsonString(static_cast<const arrow::StringArray&>(array).GetView(row), out);
      break;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      WriteBytes(static_cast<const arrow::BinaryArray&>(array).GetView(row), out);
      break;
    case TypeKind::kDate:
      out->push_back('"');
      AppendDate(static_cast<const arrow::Date32Array&>(array).Value(row), out);
      out->push_back('"');
      break;
    case TypeKind::kTime:
      out->push_back('"');
      AppendTimeOfDay(static_cast<const arrow::Time32Array&>(array).Value(row) * 1'000'000LL,
                      options_.results ? std::min(type_.precision, 3) : kFractionNeeded, out);
      out->push_back('"');
      break;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      WriteTimestamp(static_cast<const arrow::TimestampArray&>(array).Value(row), out);
      break;
    case TypeKind::kIntervalYearMonth:
      out->push_back('"');
      AppendJavaPeriod(static_cast<const arrow::MonthIntervalArray&>(array).Value(row), out);
      out->push_back('"');
      break;
    case TypeKind::kIntervalDayTime:
      out->push_back('"');
      AppendJavaDuration(static_cast<const arrow::DurationArray&>(array).Value(row), out);
      out->push_back('"');
      break;
    case TypeKind::kArray: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      out->push_back('[');
      for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
        if (i > list.value_offset(row)) out->push_back(',');
        RETURN_NOT_OK(children_[0].Write(*list.values(), i, out));
      }
      out->push_back(']');
      break;
    }
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return WriteMap(array, row, out);
    case TypeKind::kRow:
      return WriteRow(array, row, out);
    case TypeKind::kNull:
      out->append("null");
      break;
  }
  return arrow::Status::OK();
}

arrow::Status JsonValueWriter::WriteRow(const arrow::Array& array, int64_t row,
                                        std::string* out) const {
  const auto& record = static_cast<const arrow::StructArray&>(array);
  char separator = '{';
  for (size_t i = 0; i < children_.size(); ++i) {
    const auto field = record.field(static_cast<int>(i));
    if (options_.omit_nulls && field->IsNull(row)) continue;
    out->push_back(separator);
    separator = ',';
    out->append(labels_[i]);
    RETURN_NOT_OK(children_[i].Write(*field, row, out));
  }
  if (separator == '{') out->push_back('{');
  out->push_back('}');
  return arrow::Status::OK();
}

arrow::Status JsonValueWriter::WriteMap(const arrow::Array& array, int64_t row,
                                        std::string* out) const {
  const auto& map = static_cast<const arrow::MapArray&>(array);
  std::vector<std::pair<std::string, std::string>> entries;
  for (int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
    std::string key;
    if (map.keys()->IsNull(i)) {
      if (!options_.results && options_.null_keys == JsonWriteOptions::NullKeys::kDrop) continue;
      if (!options_.results && options_.null_keys == JsonWriteOptions::NullKeys::kFail) {
        const std::string option = options_.format + ".map-null-key.mode";
        return UserError("null-map-key", option,
                         "a map has a NULL key, which JSON cannot hold; set '" + option +
                             "' to DROP or LITERAL");
      }
      key = options_.null_key;
    } else {
      RETURN_NOT_OK(children_[0].Write(*map.keys(), i, &key));
    }
    // Keys are text: what is written bare gets quotes.
    if (key.empty() || key[0] != '"') {
      std::string quoted;
      AppendJsonString(key, &quoted);
      key = std::move(quoted);
    }
    std::string value;
    if (type_.kind == TypeKind::kMultiset) {
      AppendInteger(static_cast<const arrow::Int32Array&>(*map.items()).Value(i), &value);
    } else {
      RETURN_NOT_OK(children_[1].Write(*map.items(), i, &value));
    }
    entries.emplace_back(std::move(key), std::move(value));
  }
  if (options_.results) {
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      // Without the closing quote, so that a prefix comes first.
      return std::string_view(a.first).substr(0, a.first.size() - 1) <
             std::string_view(b.first).substr(0, b.first.size() - 1);
    });
  }
  out->push_back('{');
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) out->push_back(',');
    out->append(entries[i].first);
    out->push_back(':');
    out->append(entries[i].second);
  }
  out->push_back('}');
  return arrow::Status::OK();
}

}  // namespace sabot
