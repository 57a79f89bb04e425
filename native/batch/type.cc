// SQL types: printing and the Arrow form.
#include "batch/type.h"

#include <arrow/type.h>

#include "base/check.h"

namespace sabot {
namespace {

std::string Length(const char* name, const char* unbounded, int32_t length) {
  if (length == kLengthMax) return unbounded;
  return std::string(name) + "(" + std::to_string(length) + ")";
}

std::string Unqualified(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return "BOOLEAN";
    case TypeKind::kTinyint:
      return "TINYINT";
    case TypeKind::kSmallint:
      return "SMALLINT";
    case TypeKind::kInteger:
      return "INT";
    case TypeKind::kBigint:
      return "BIGINT";
    case TypeKind::kFloat:
      return "FLOAT";
    case TypeKind::kDouble:
      return "DOUBLE";
    case TypeKind::kDecimal:
      return "DECIMAL(" + std::to_string(type.precision) + ", " + std::to_string(type.scale) + ")";
    case TypeKind::kChar:
      return "CHAR(" + std::to_string(type.length) + ")";
    case TypeKind::kVarchar:
      return Length("VARCHAR", "STRING", type.length);
    case TypeKind::kBinary:
      return "BINARY(" + std::to_string(type.length) + ")";
    case TypeKind::kVarbinary:
      return Length("VARBINARY", "BYTES", type.length);
    case TypeKind::kDate:
      return "DATE";
    case TypeKind::kTime:
      return "TIME(" + std::to_string(type.precision) + ")";
    case TypeKind::kTimestamp:
      return "TIMESTAMP(" + std::to_string(type.precision) + ")";
    case TypeKind::kTimestampLtz:
      return "TIMESTAMP_LTZ(" + std::to_string(type.precision) + ")";
    case TypeKind::kIntervalYearMonth:
      return "INTERVAL YEAR TO MONTH";
    case TypeKind::kIntervalDayTime:
      return "INTERVAL DAY TO SECOND(3)";
    case TypeKind::kArray:
      return "ARRAY<" + ToString(type.children[0]) + ">";
    case TypeKind::kMap:
      return "MAP<" + ToString(type.children[0]) + ", " + ToString(type.children[1]) + ">";
    case TypeKind::kMultiset:
      return "MULTISET<" + ToString(type.children[0]) + ">";
    case TypeKind::kRow: {
      std::string text = "ROW<";
      for (size_t i = 0; i < type.children.size(); ++i) {
        if (i > 0) text += ", ";
        text += "`" + type.names[i] + "` " + ToString(type.children[i]);
      }
      return text + ">";
    }
    case TypeKind::kNull:
      return "NULL";
  }
  SABOT_CHECK(false);
}

arrow::TimeUnit::type UnitOf(int32_t precision) {
  if (precision <= 3) return arrow::TimeUnit::MILLI;
  return precision <= 6 ? arrow::TimeUnit::MICRO : arrow::TimeUnit::NANO;
}

std::shared_ptr<arrow::Field> NamedField(const std::string& name, const Type& type) {
  return arrow::field(name, ToArrow(type), type.nullable);
}

}  // namespace

std::string ToString(const Type& type) {
  const std::string text = Unqualified(type);
  return type.nullable || type.kind == TypeKind::kNull ? text : text + " NOT NULL";
}

std::shared_ptr<arrow::DataType> ToArrow(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return arrow::boolean();
    case TypeKind::kTinyint:
      return arrow::int8();
    case TypeKind::kSmallint:
      return arrow::int16();
    case TypeKind::kInteger:
      return arrow::int32();
    case TypeKind::kBigint:
      return arrow::int64();
    case TypeKind::kFloat:
      return arrow::float32();
    case TypeKind::kDouble:
      return arrow::float64();
    case TypeKind::kDecimal:
      return arrow::decimal128(type.precision, type.scale);
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return arrow::utf8();
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return arrow::binary();
    case TypeKind::kDate:
      return arrow::date32();
    case TypeKind::kTime:
      return arrow::time32(arrow::TimeUnit::MILLI);
    case TypeKind::kTimestamp:
      return arrow::timestamp(UnitOf(type.precision));
    case TypeKind::kTimestampLtz:
      return arrow::timestamp(UnitOf(type.precision), "UTC");
    case TypeKind::kIntervalYearMonth:
      return arrow::month_interval();
    case TypeKind::kIntervalDayTime:
      return arrow::duration(arrow::TimeUnit::MILLI);
    case TypeKind::kArray:
      return arrow::list(NamedField("item", type.children[0]));
    case TypeKind::kMap:
      return std::make_shared<arrow::MapType>(arrow::field("key", ToArrow(type.children[0]), false),
                                              NamedField("value", type.children[1]));
    case TypeKind::kMultiset:
      return std::make_shared<arrow::MapType>(arrow::field("key", ToArrow(type.children[0]), false),
                                              arrow::field("value", arrow::int32(), false));
    case TypeKind::kRow: {
      arrow::FieldVector fields;
      for (size_t i = 0; i < type.children.size(); ++i) {
        fields.push_back(NamedField(type.names[i], type.children[i]));
      }
      return arrow::struct_(fields);
    }
    case TypeKind::kNull:
      return arrow::null();
  }
  SABOT_CHECK(false);
}

std::shared_ptr<arrow::Schema> ToArrow(const Schema& schema) {
  arrow::FieldVector fields;
  for (const Field& field : schema) fields.push_back(NamedField(field.name, field.type));
  return arrow::schema(fields);
}

int64_t TicksPerSecond(int32_t precision) {
  if (precision <= 3) return 1'000;
  return precision <= 6 ? 1'000'000 : 1'000'000'000;
}

}  // namespace sabot
