// Types and schemas from the plan's JSON.
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "plan/plan.h"

namespace sabot {
namespace {

using nlohmann::json;

const std::map<std::string, TypeKind>& Kinds() {
  static const auto* kinds = new std::map<std::string, TypeKind>{
      {"BOOLEAN", TypeKind::kBoolean},
      {"TINYINT", TypeKind::kTinyint},
      {"SMALLINT", TypeKind::kSmallint},
      {"INTEGER", TypeKind::kInteger},
      {"BIGINT", TypeKind::kBigint},
      {"FLOAT", TypeKind::kFloat},
      {"DOUBLE", TypeKind::kDouble},
      {"DECIMAL", TypeKind::kDecimal},
      {"CHAR", TypeKind::kChar},
      {"VARCHAR", TypeKind::kVarchar},
      {"BINARY", TypeKind::kBinary},
      {"VARBINARY", TypeKind::kVarbinary},
      {"DATE", TypeKind::kDate},
      {"TIME", TypeKind::kTime},
      {"TIMESTAMP", TypeKind::kTimestamp},
      {"TIMESTAMP_LTZ", TypeKind::kTimestampLtz},
      {"INTERVAL_YEAR_MONTH", TypeKind::kIntervalYearMonth},
      {"INTERVAL_DAY_TIME", TypeKind::kIntervalDayTime},
      {"ARRAY", TypeKind::kArray},
      {"MAP", TypeKind::kMap},
      {"MULTISET", TypeKind::kMultiset},
      {"ROW", TypeKind::kRow},
      {"NULL", TypeKind::kNull},
  };
  return *kinds;
}

arrow::Result<Type> DecodeTypeUnchecked(const json& from) {
  const auto name = from.at("kind").get<std::string>();
  const auto kind = Kinds().find(name);
  if (kind == Kinds().end()) {
    return UserError("plan", name, "The plan is malformed: unknown type kind '" + name + "'");
  }
  Type type;
  type.kind = kind->second;
  type.nullable = from.value("nullable", true);
  type.length = from.value("length", kLengthMax);
  type.precision = from.value("precision", 0);
  type.scale = from.value("scale", 0);
  const auto add = [&](const json& child) {
    ARROW_ASSIGN_OR_RAISE(auto decoded, DecodeTypeUnchecked(child));
    type.children.push_back(std::move(decoded));
    return arrow::Status::OK();
  };
  if (type.kind == TypeKind::kArray || type.kind == TypeKind::kMultiset) {
    ARROW_RETURN_NOT_OK(add(from.at("element")));
  } else if (type.kind == TypeKind::kMap) {
    ARROW_RETURN_NOT_OK(add(from.at("key")));
    ARROW_RETURN_NOT_OK(add(from.at("value")));
  } else if (type.kind == TypeKind::kRow) {
    for (const json& field : from.at("fields")) {
      type.names.push_back(field.at("name").get<std::string>());
      ARROW_RETURN_NOT_OK(add(field.at("type")));
    }
  }
  return type;
}

}  // namespace

arrow::Result<Type> DecodeType(const json& from) {
  try {
    return DecodeTypeUnchecked(from);
  } catch (const json::exception& error) {
    return UserError("plan", "", std::string("The plan is malformed: type: ") + error.what());
  }
}

arrow::Result<Schema> DecodeSchema(const json& from) {
  Schema schema;
  try {
    for (const json& field : from) {
      ARROW_ASSIGN_OR_RAISE(auto type, DecodeTypeUnchecked(field.at("type")));
      schema.push_back({field.at("name").get<std::string>(), std::move(type)});
    }
  } catch (const json::exception& error) {
    return UserError("plan", "", std::string("The plan is malformed: schema: ") + error.what());
  }
  return schema;
}

}  // namespace sabot
