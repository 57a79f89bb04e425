// The columns of dead letters.
#include "plan/dead_letter_schema.h"

#include <utility>

namespace sabot {
namespace {

Type TypeOf(TypeKind kind, bool nullable = true) {
  Type type;
  type.kind = kind;
  type.nullable = nullable;
  return type;
}

Type InstantType(bool nullable) {
  Type type = TypeOf(TypeKind::kTimestampLtz, nullable);
  type.precision = 3;
  return type;
}

// A name may stand there several times, and its value may be Kafka's null.
Type HeadersType() {
  Type header = TypeOf(TypeKind::kRow, false);
  header.names = {"name", "value"};
  header.children = {TypeOf(TypeKind::kVarchar, false), TypeOf(TypeKind::kVarbinary)};
  Type headers = TypeOf(TypeKind::kArray);
  headers.children = {std::move(header)};
  return headers;
}

}  // namespace

const Schema& DeadLetterSchema() {
  static const Schema kSchema = {
      {"value", TypeOf(TypeKind::kVarbinary)},
      {"key", TypeOf(TypeKind::kVarbinary)},
      {"headers", HeadersType()},
      {"topic", TypeOf(TypeKind::kVarchar)},
      {"partition", TypeOf(TypeKind::kInteger)},
      {"offset", TypeOf(TypeKind::kBigint)},
      {"timestamp", InstantType(true)},
      {"file", TypeOf(TypeKind::kVarchar)},
      {"error", TypeOf(TypeKind::kVarchar, false)},
      {"job", TypeOf(TypeKind::kVarchar, false)},
      {"operator", TypeOf(TypeKind::kVarchar, false)},
      {"failed_at", InstantType(false)},
      {"attempts", TypeOf(TypeKind::kInteger, false)},
  };
  return kSchema;
}

}  // namespace sabot
