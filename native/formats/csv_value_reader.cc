// CSV text as values.
#include "formats/csv_value_reader.h"

#include <algorithm>
#include <limits>

#include "base/base64.h"
#include "base/number_text.h"
#include "base/temporal_text.h"

namespace sabot {
namespace {

// java.sql.Date.valueOf: one or two digits for month and day, and day 31 of a short month runs
// over.
bool ParseSqlDate(std::string_view text, int64_t* days) {
  int64_t parts[3] = {};
  size_t at = 0;
  for (int part = 0; part < 3; ++part) {
    const size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - begin < 4) {
      parts[part] = parts[part] * 10 + (text[at++] - '0');
    }
    const size_t digits = at - begin;
    if (part == 0 ? digits != 4 : (digits != 1 && digits != 2)) return false;
    if (part < 2 && (at == text.size() || text[at++] != '-')) return false;
  }
  if (at != text.size() || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31)
    return false;
  *days = DaysFromCivil(parts[0], static_cast<int32_t>(parts[1]), 1) + parts[2] - 1;
  return true;
}

template <typename T>
bool AppendInteger(std::string_view text, ColumnBuffer& column) {
  int64_t value = 0;
  if (!ParseJavaLong(text, &value)) return false;
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
  column.AppendFixed<T>(static_cast<T>(value));
  return true;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(),
                                                   [](char a, char b) { return (a | 32) == b; });
}

}  // namespace

bool CsvValueReader::Append(std::string_view text, ColumnBuffer& column) const {
  if (options_.null_literal && text == *options_.null_literal) {
    column.AppendNull();
    return true;
  }
  const Type& type = column.type();
  switch (type.kind) {
    case TypeKind::kBoolean:
      column.AppendBool(EqualsIgnoringCase(TrimJava(text), "true"));
      return true;
    case TypeKind::kTinyint:
      return AppendInteger<int8_t>(text, column);
    case TypeKind::kSmallint:
      return AppendInteger<int16_t>(text, column);
    case TypeKind::kInteger:
    case TypeKind::kIntervalYearMonth:
      return AppendInteger<int32_t>(text, column);
    case TypeKind::kBigint:
    case TypeKind::kIntervalDayTime:
      return AppendInteger<int64_t>(text, column);
    case TypeKind::kFloat: {
      float value = 0;
      if (!ParseJavaFloat(text, &value)) return false;
      column.AppendFixed(value);
      return true;
    }
    case TypeKind::kDouble: {
      double value = 0;
      if (!ParseJavaDouble(text, &value)) return false;
      column.AppendFixed(value);
      return true;
    }
    case TypeKind::kDecimal: {
      Int128 value = 0;
      const DecimalParse parsed = ParseDecimal(text, type.precision, type.scale, &value);
      if (parsed == DecimalParse::kMalformed) return false;
      if (parsed == DecimalParse::kOverflow) {
        column.AppendNull();
      } else {
        column.AppendFixed(value);
      }
      return true;
    }
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      column.AppendBytes(text);
      return true;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: {
      std::string bytes;
      if (!DecodeBase64(text, &bytes)) return false;
      column.AppendBytes(bytes);
      return true;
    }
    case TypeKind::kDate: {
      int64_t days = 0;
      if (!ParseSqlDate(text, &days)) return false;
      column.AppendFixed(static_cast<int32_t>(days));
      return true;
    }
    case TypeKind::kTime: {
      int64_t nanos = 0;
      if (!ParseTimeOfDay(text, true, false, &nanos)) return false;
      column.AppendFixed(static_cast<int32_t>(nanos / 1'000'000));
      return true;
    }
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      TimestampStyle style;
      style.zulu = type.kind == TypeKind::kTimestampLtz;
      int64_t ticks = 0;
      int32_t remainder = 0;
      if (!ParseTimestamp(TrimJava(text), style, TicksPerSecond(type.precision), &ticks,
                          &remainder)) {
        return false;
      }
      column.AppendFixed(ticks);
      if (remainder != 0) column.SetRemainder(remainder);
      return true;
    }
    case TypeKind::kArray:
      return AppendArray(text, column);
    case TypeKind::kRow:
      return AppendRow(text, column);
    default:
      return false;
  }
}

bool CsvValueReader::AppendOrNull(std::string_view text, ColumnBuffer& column) const {
  const int64_t length = column.length();
  if (Append(text, column)) return true;
  if (!options_.ignore_parse_errors) return false;
  column.Truncate(length);
  column.AppendNull();
  return true;
}

std::vector<std::string_view> CsvValueReader::Elements(std::string_view text) const {
  std::vector<std::string_view> elements;
  if (text.empty()) return elements;
  for (;;) {
    const size_t end = text.find(options_.array_delimiter);
    elements.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return elements;
    text.remove_prefix(end + options_.array_delimiter.size());
  }
}

bool CsvValueReader::AppendArray(std::string_view text, ColumnBuffer& column) const {
  for (const std::string_view element : Elements(text)) {
    if (!AppendOrNull(element, column.child(0))) return false;
  }
  column.AppendList();
  return true;
}

bool CsvValueReader::AppendRow(std::string_view text, ColumnBuffer& column) const {
  const auto elements = Elements(text);
  const size_t num_fields = column.type().children.size();
  // Where errors are ignored, missing fields are NULL and extra ones are dropped.
  if (elements.empty() || (elements.size() != num_fields && !options_.ignore_parse_errors))
    return false;
  for (size_t i = 0; i < num_fields; ++i) {
    ColumnBuffer& field = column.child(static_cast<int>(i));
    if (i >= elements.size()) {
      field.AppendNull();
    } else if (!AppendOrNull(elements[i], field)) {
      return false;
    }
  }
  column.AppendRow();
  return true;
}

}  // namespace sabot
