// The Avro schema of a table, as Flink's AvroSchemaConverter makes it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "formats/avro_schema.h"

namespace sabot {
namespace {

constexpr const char* kSpace = "org.apache.flink.avro.generated";

// Members in the order in which Avro prints them.
using Json = nlohmann::ordered_json;

bool IsAvroName(const std::string& name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

arrow::Status Unsupported(const Type& type, const std::string& column, const std::string& hint) {
  return UserError(
      "unsupported-type", column,
      "format 'avro' has no type for column '" + column + "' of type " + ToString(type) + hint);
}

Json Logical(const char* type, const char* logical) {
  return Json{{"type", type}, {"logicalType", logical}};
}

Json TimestampOf(const Type& type, AvroTimestamps timestamps) {
  const bool local = timestamps == AvroTimestamps::kRight && type.kind == TypeKind::kTimestamp;
  std::string name = local ? "local-timestamp-" : "timestamp-";
  name += type.precision <= 3 ? "millis" : type.precision <= 6 ? "micros" : "nanos";
  return Logical("long", name.c_str());
}

// `name`: of the record, if it becomes one.
arrow::Result<Json> SchemaOf(const Type& type, const std::string& name, AvroTimestamps timestamps);

arrow::Result<Json> RecordOf(const std::vector<std::string>& names, const std::vector<Type>& types,
                             const std::string& name, AvroTimestamps timestamps) {
  Json fields = Json::array();
  for (size_t i = 0; i < names.size(); ++i) {
    if (!IsAvroName(names[i])) {
      return UserError("invalid-name", names[i],
                       "'" + names[i] +
                           "' is no name in Avro: letters, digits and '_', not beginning with a "
                           "digit; rename the column");
    }
    ARROW_ASSIGN_OR_RAISE(auto of, SchemaOf(types[i], name + "_" + names[i], timestamps));
    Json field{{"name", names[i]}, {"type", std::move(of)}};
    if (types[i].nullable) field["default"] = nullptr;
    fields.push_back(std::move(field));
  }
  Json record{{"type", "record"}, {"name", name}};
  if (name == "record") record["namespace"] = kSpace;
  record["fields"] = std::move(fields);
  return record;
}

arrow::Result<Json> NotNullSchemaOf(const Type& type, const std::string& name,
                                    AvroTimestamps timestamps) {
  switch (type.kind) {
    case TypeKind::kNull:
      return Json("null");
    case TypeKind::kBoolean:
      return Json("boolean");
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
      return Json("int");
    case TypeKind::kBigint:
      return Json("long");
    case TypeKind::kFloat:
      return Json("float");
    case TypeKind::kDouble:
      return Json("double");
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return Json("string");
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return Json("bytes");
    case TypeKind::kDate:
      return Logical("int", "date");
    case TypeKind::kTime:
      return Logical("int", "time-millis");
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return TimestampOf(type, timestamps);
    case TypeKind::kDecimal: {
      Json decimal = Logical("bytes", "decimal");
      decimal["precision"] = type.precision;
      decimal["scale"] = type.scale;
      return decimal;
    }
    case TypeKind::kArray: {
      ARROW_ASSIGN_OR_RAISE(auto items, SchemaOf(type.children[0], name, timestamps));
      return Json{{"type", "array"}, {"items", std::move(items)}};
    }
    case TypeKind::kMap: {
      ARROW_ASSIGN_OR_RAISE(auto values, SchemaOf(type.children[1], name, timestamps));
      return Json{{"type", "map"}, {"values", std::move(values)}};
    }
    case TypeKind::kMultiset:
      return Json{{"type", "map"}, {"values", Json::array({"null", "int"})}};
    case TypeKind::kRow:
      return RecordOf(type.names, type.children, name, timestamps);
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      break;
  }
  return Unsupported(type, name, "");
}

arrow::Result<Json> SchemaOf(const Type& type, const std::string& name, AvroTimestamps timestamps) {
  ARROW_ASSIGN_OR_RAISE(auto schema, NotNullSchemaOf(type, name, timestamps));
  if (!type.nullable || type.kind == TypeKind::kNull) return schema;
  return Json::array({"null", std::move(schema)});
}

}  // namespace

arrow::Status CheckAvroType(const Type& type, const std::string& column,
                            AvroTimestamps timestamps) {
  constexpr const char* kRightHint =
      "; set 'avro.timestamp_mapping.legacy' = 'false' to have all timestamps";
  switch (type.kind) {
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return Unsupported(type, column, "");
    case TypeKind::kTime:
      if (type.precision > 3) return Unsupported(type, column, "; TIME(3) is the finest");
      break;
    case TypeKind::kTimestamp:
      if (timestamps == AvroTimestamps::kLegacy && type.precision > 3)
        return Unsupported(type, column, kRightHint);
      break;
    case TypeKind::kTimestampLtz:
      if (timestamps == AvroTimestamps::kLegacy) return Unsupported(type, column, kRightHint);
      break;
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      if (!type.children[0].is_string())
        return Unsupported(type, column, ": keys of maps are text");
      break;
    default:
      break;
  }
  for (const Type& child : type.children) {
    ARROW_RETURN_NOT_OK(CheckAvroType(child, column, timestamps));
  }
  return arrow::Status::OK();
}

arrow::Result<std::string> AvroSchemaOf(const Schema& columns, AvroTimestamps timestamps) {
  std::vector<std::string> names;
  std::vector<Type> types;
  for (const Field& column : columns) {
    names.push_back(column.name);
    types.push_back(column.type);
  }
  ARROW_ASSIGN_OR_RAISE(const Json record, RecordOf(names, types, "record", timestamps));
  return record.dump();
}

}  // namespace sabot
