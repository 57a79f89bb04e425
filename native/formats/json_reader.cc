// Reading single values.
#include "formats/json_reader.h"

#include <cmath>
#include <limits>
#include <utility>

#include "base/hash_map_order.h"
#include "base/temporal_text.h"

namespace sabot {
namespace {

constexpr const char* kUnfit = "the value does not fit the column's type";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::vector<std::unique_ptr<JsonValueReader>> ReadersOfFields(ColumnBuffer& row,
                                                              const JsonReadOptions& options) {
  std::vector<std::unique_ptr<JsonValueReader>> readers;
  readers.reserve(row.type().children.size());
  for (int i = 0; i < static_cast<int>(row.type().children.size()); ++i) {
    readers.push_back(std::make_unique<JsonValueReader>(row.child(i), options));
  }
  return readers;
}

}  // namespace

JsonValueReader::Action JsonValueReader::ActionOf(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return Action::kBool;
    case TypeKind::kTinyint:
      return Action::kInt8;
    case TypeKind::kSmallint:
      return Action::kInt16;
    case TypeKind::kInteger:
    case TypeKind::kIntervalYearMonth:
      return Action::kInt32;
    case TypeKind::kBigint:
    case TypeKind::kIntervalDayTime:
      return Action::kInt64;
    case TypeKind::kFloat:
      return Action::kFloat;
    case TypeKind::kDouble:
      return Action::kDouble;
    case TypeKind::kDecimal:
      return Action::kDecimal;
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return Action::kString;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return Action::kBytes;
    case TypeKind::kDate:
      return Action::kDate;
    case TypeKind::kTime:
      return Action::kTime;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return Action::kTimestamp;
    case TypeKind::kArray:
      return Action::kArray;
    case TypeKind::kMap:
      return Action::kMap;
    case TypeKind::kMultiset:
      return Action::kMultiset;
    case TypeKind::kRow:
      return Action::kRow;
    case TypeKind::kNull:
      return Action::kNull;
  }
  SABOT_CHECK(false);
}

JsonValueReader::JsonValueReader(ColumnBuffer& column, const JsonReadOptions& options)
    : column_(column), options_(options), action_(ActionOf(column.type())) {
  const Type& type = column.type();
  switch (action_) {
    case Action::kTimestamp:
      ticks_per_second_ = TicksPerSecond(type.precision);
      zulu_ = type.kind == TypeKind::kTimestampLtz;
      break;
    case Action::kArray:
      element_ = std::make_unique<JsonValueReader>(column.child(0), options);
      break;
    case Action::kMap:
    case Action::kMultiset:
      key_ = std::make_unique<JsonValueReader>(column.child(0), options);
      element_ = std::make_unique<JsonValueReader>(column.child(1), options);
      break;
    case Action::kRow:
      row_ =
          std::make_unique<JsonObjectReader>(type.names, ReadersOfFields(column, options), options);
      break;
    default:
      break;
  }
}

JsonValueReader::~JsonValueReader() = default;

const char* JsonValueReader::Read(const char* p, JsonFault& fault) {
  const char* next = ReadStrictly(p, fault);
  if (next != nullptr || !options_.ignore_parse_errors) return next;
  // The value does not fit: NULL, unless it is no JSON either.
  const char* begin = p;
  const int64_t length = column_.length();
  next = SkipJsonValue(begin, 0, fault);
  if (next == nullptr) return nullptr;
  column_.Truncate(length);
  column_.AppendNull();
  return next;
}

const char* JsonValueReader::ReadStrictly(const char* p, JsonFault& fault) {
  switch (action_) {
    case Action::kInt64:
      return ReadInteger<int64_t>(p, fault);
    case Action::kInt32:
      return ReadInteger<int32_t>(p, fault);
    case Action::kString:
      return ReadString(p, fault);
    case Action::kTimestamp:
      return ReadTimestamp(p, fault);
    default:
      return ReadSlowly(p, fault);
  }
}

// Up to 18 digits are read here, everything else slowly.
template <typename T>
const char* JsonValueReader::ReadInteger(const char* p, JsonFault& fault) {
  const char* at = p;
  const bool negative = *at == '-';
  if (negative) ++at;
  const char* digits = at;
  int64_t value = 0;
  while (IsDigit(*at)) {
    value = value * 10 + (*at - '0');
    ++at;
    if (at - digits == 18) break;
  }
  const char behind = *at;
  const bool plain = (behind == ',' || behind == '}' || behind == ' ') && at > digits &&
                     (*digits != '0' || at == digits + 1);
  if (negative) value = -value;
  if (!plain || value > std::numeric_limits<T>::max() || value < std::numeric_limits<T>::min()) {
    return ReadSlowly(p, fault);
  }
  column_.AppendFixed<T>(static_cast<T>(value));
  return at;
}

const char* JsonValueReader::ReadString(const char* p, JsonFault& fault) {
  if (*p != '"') return ReadSlowly(p, fault);
  uint32_t flags = 0;
  const char* end = ScanJsonString(p + 1, &flags);
  if (*end != '"' || flags != 0) return ReadSlowly(p, fault);
  column_.AppendPadded(p + 1, end - p - 1);
  return end + 1;
}

// "2024-01-01 00:00:00.000": the text up to the minute is that of the row before, nearly always.
const char* JsonValueReader::ReadTimestamp(const char* p, JsonFault& fault) {
  if (*p != '"') return ReadSlowly(p, fault);
  const char* text = p + 1;
  if (std::memcmp(text, minute_text_, sizeof(minute_text_)) == 0 && text[16] == ':' &&
      IsDigit(text[17]) && IsDigit(text[18]) && text[17] < '6') {
    int64_t ticks = ((text[17] - '0') * 10 + (text[18] - '0')) * ticks_per_second_;
    const char* at = text + 19;
    int32_t remainder = 0;
    if (*at == '.') {
      ++at;
      for (int64_t unit = ticks_per_second_; unit > 1 && IsDigit(*at); ++at) {
        unit /= 10;
        ticks += (*at - '0') * unit;
      }
      if (IsDigit(*at)) {
        auto unit = static_cast<int32_t>(kNanosPerSecond / ticks_per_second_);
        for (; unit > 1 && IsDigit(*at); ++at) {
          unit /= 10;
          remainder += (*at - '0') * unit;
        }
      }
    }
    if (zulu_ && *at == 'Z') ++at;
    if (*at == '"' && (at[-1] == 'Z') == zulu_) {
      column_.AppendFixed<int64_t>(minute_ticks_ + ticks);
      if (remainder != 0) column_.SetRemainder(remainder);
      return at + 1;
    }
  }
  return ReadSlowly(p, fault);
}

// The value at p if it is a scalar; of a container only that it is one.
bool JsonValueReader::ReadScalar(const char* p, Scalar* scalar, JsonFault& fault) {
  switch (*p) {
    case '"': {
      uint32_t flags = 0;
      const char* end = ScanJsonString(p + 1, &flags);
      if (*end != '"') {
        fault.Set(p, "a string is not closed");
        return false;
      }
      scalar->kind = Scalar::Kind::kText;
      scalar->text = {p + 1, static_cast<size_t>(end - p - 1)};
      scalar->next = end + 1;
      if (flags == 0) return true;
      if (!CheckJsonString(p + 1, end, flags)) {
        fault.Set(p, "a string is not UTF-8 or has a wrong escape");
        return false;
      }
      if ((flags & kJsonEscaped) != 0) {
        scratch_.clear();
        UnescapeJsonString(p + 1, end, &scratch_);
        scalar->text = scratch_;
      }
      return true;
    }
    case '{':
    case '[':
      scalar->kind = Scalar::Kind::kContainer;
      scalar->text = {p, 1};
      scalar->next = SkipJsonValue(p, 0, fault);
      return scalar->next != nullptr;
    case 't':
    case 'f':
    case 'n':
      scalar->kind = *p == 'n' ? Scalar::Kind::kNull : Scalar::Kind::kLiteral;
      scalar->next = SkipJsonValue(p, 0, fault);
      break;
    default:
      scalar->kind = Scalar::Kind::kNumber;
      scalar->next = ScanJsonNumber(p, &scalar->integer);
      if (scalar->next == nullptr) SkipJsonValue(p, 0, fault);  // Says why.
      break;
  }
  if (scalar->next == nullptr) return false;
  scalar->text = {p, static_cast<size_t>(scalar->next - p)};
  return true;
}

const char* JsonValueReader::ReadSlowly(const char* p, JsonFault& fault) {
  switch (action_) {
    case Action::kArray:
      if (*p == '[') return ReadArray(p, fault);
      break;
    case Action::kMap:
    case Action::kMultiset:
      if (*p == '{') return ReadMap(p, fault);
      break;
    case Action::kRow:
      if (*p == '{') {
        const char* next = row_->Read(p, column_.length(), fault);
        if (next != nullptr) column_.AppendRow();
        return next;
      }
      break;
    default:
      break;
  }
  Scalar scalar;
  if (!ReadScalar(p, &scalar, fault)) return nullptr;
  if (scalar.kind == Scalar::Kind::kNull) {
    column_.AppendNull();
    return scalar.next;
  }
  if (scalar.kind == Scalar::Kind::kContainer && action_ == Action::kString) {
    scratch_.clear();
    AppendCompactJson(p, &scratch_,
                      options_.number_text == JsonNumberText::kDecimal ? JsonNumberText::kDecimal
                                                                       : JsonNumberText::kDouble);
    scalar.text = scratch_;
  } else if (scalar.kind == Scalar::Kind::kNumber && action_ == Action::kString &&
             options_.number_text != JsonNumberText::kAsWritten) {
    scratch_.clear();
    if (!scalar.integer) {
      AppendJsonFraction(scalar.text, options_.number_text, &scratch_);
    } else if (scalar.text == "-0") {
      scratch_ = "0";
    } else {
      scratch_ = scalar.text;
    }
    scalar.text = scratch_;
  }
  if (!AppendText(scalar)) return fault.Set(p, kUnfit, &column_.type());
  return scalar.next;
}

const char* JsonValueReader::ReadArray(const char* p, JsonFault& fault) {
  p = SkipJsonBlanks(p + 1);
  if (*p != ']') {
    for (;;) {
      p = element_->Read(p, fault);
      if (p == nullptr) return nullptr;
      p = SkipJsonBlanks(p);
      if (*p == ']') break;
      if (*p != ',') return fault.Set(p, "',' or ']' was expected");
      p = SkipJsonBlanks(p + 1);
    }
  }
  column_.AppendList();
  return p + 1;
}

// Of equal keys the last one's value counts, so the keys are looked at first. Entries come in the
// order of the hash map that Flink reads them into.
const char* JsonValueReader::ReadMap(const char* p, JsonFault& fault) {
  const char* end = SkipJsonValue(p, 0, fault);
  if (end == nullptr) return nullptr;
  std::unordered_map<std::string, const char*> values;
  std::vector<const char*> keys;  // Of first appearances.
  std::vector<uint32_t> hashes;
  for (p = SkipJsonBlanks(p + 1); *p != '}';) {
    uint32_t flags = 0;
    const char* key_end = ScanJsonString(p + 1, &flags);
    std::string key;
    UnescapeJsonString(p + 1, key_end, &key);
    const char* value = SkipJsonBlanks(SkipJsonBlanks(key_end + 1) + 1);
    const uint32_t hash = BinaryStringHash(key);
    const auto [entry, inserted] = values.insert_or_assign(std::move(key), value);
    if (inserted) {
      keys.push_back(p);
      hashes.push_back(hash);
    }
    p = SkipJsonBlanks(SkipJsonValue(value, 0, fault));
    if (*p == ',') p = SkipJsonBlanks(p + 1);
  }
  for (const size_t place : HashMapOrder(hashes)) {
    const char* key = keys[place];
    if (key_->Read(key, fault) == nullptr) return nullptr;
    uint32_t flags = 0;
    const char* key_end = ScanJsonString(key + 1, &flags);
    std::string text;
    UnescapeJsonString(key + 1, key_end, &text);
    if (element_->Read(values[text], fault) == nullptr) return nullptr;
  }
  column_.AppendList();
  return end;
}

}  // namespace sabot
