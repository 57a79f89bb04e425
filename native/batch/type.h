// SQL types as the plan names them, and their Arrow form (docs/plan.md has the table).
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sabot {

enum class TypeKind : uint8_t {
  kBoolean,
  kTinyint,
  kSmallint,
  kInteger,
  kBigint,
  kFloat,
  kDouble,
  kDecimal,
  kChar,
  kVarchar,
  kBinary,
  kVarbinary,
  kDate,
  kTime,
  kTimestamp,
  kTimestampLtz,
  kIntervalYearMonth,
  kIntervalDayTime,
  kArray,
  kMap,
  kMultiset,
  kRow,
  kNull,
};

inline constexpr int32_t kLengthMax = 2147483647;

// A value type: cheap to copy for scalars, children are held by value.
struct Type {
  TypeKind kind = TypeKind::kNull;
  bool nullable = true;
  int32_t length = kLengthMax;     // CHAR, VARCHAR, BINARY, VARBINARY
  int32_t precision = 0;           // DECIMAL, TIME, TIMESTAMP, TIMESTAMP_LTZ
  int32_t scale = 0;               // DECIMAL
  std::vector<Type> children;      // ARRAY, MULTISET: element; MAP: key, value; ROW: fields
  std::vector<std::string> names;  // ROW: field names

  bool is_string() const { return kind == TypeKind::kChar || kind == TypeKind::kVarchar; }
  bool is_bytes() const { return kind == TypeKind::kBinary || kind == TypeKind::kVarbinary; }
  bool is_exact_integer() const { return kind >= TypeKind::kTinyint && kind <= TypeKind::kBigint; }
  bool is_floating() const { return kind == TypeKind::kFloat || kind == TypeKind::kDouble; }
  bool is_numeric() const { return kind >= TypeKind::kTinyint && kind <= TypeKind::kDecimal; }
  bool is_timestamp() const {
    return kind == TypeKind::kTimestamp || kind == TypeKind::kTimestampLtz;
  }
};

struct Field {
  std::string name;
  Type type;
};

using Schema = std::vector<Field>;

// As Flink prints it: "DECIMAL(10, 2) NOT NULL", "ROW<`a` INT>".
std::string ToString(const Type& type);

std::shared_ptr<arrow::DataType> ToArrow(const Type& type);
std::shared_ptr<arrow::Schema> ToArrow(const Schema& schema);

// Ticks of a TIMESTAMP(precision)'s Arrow unit per second: 1,000 or 1,000,000 or 1,000,000,000.
int64_t TicksPerSecond(int32_t precision);

}  // namespace sabot
