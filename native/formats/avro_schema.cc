// Parsing Avro schemas.
#include "formats/avro_schema.h"

#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "base/error.h"

namespace sabot {
namespace {

constexpr int kDepthMax = 100;

struct PrimitiveName {
  std::string_view name;
  AvroKind kind;
};
constexpr PrimitiveName kPrimitives[] = {
    {"null", AvroKind::kNull},   {"boolean", AvroKind::kBoolean}, {"int", AvroKind::kInt},
    {"long", AvroKind::kLong},   {"float", AvroKind::kFloat},     {"double", AvroKind::kDouble},
    {"bytes", AvroKind::kBytes}, {"string", AvroKind::kString}};

arrow::Status Malformed(const std::string& what) {
  return UserError("avro-schema", "", "not an Avro schema: " + what);
}

}  // namespace

class AvroSchemaParser {
 public:
  arrow::Result<const AvroType*> Parse(const nlohmann::json& json, const std::string& space,
                                       int depth) {
    if (depth > kDepthMax) return Malformed("types are nested too deeply");
    if (json.is_string()) return Named(json.get<std::string>(), space);
    if (json.is_array()) {
      AvroType* type = Add(AvroKind::kUnion);
      for (const auto& branch : json) {
        ARROW_ASSIGN_OR_RAISE(const AvroType* child, Parse(branch, space, depth + 1));
        type->children.push_back(child);
      }
      return type;
    }
    if (!json.is_object() || !json.contains("type")) {
      return Malformed("a type is a name, a list or an object with a 'type': " + json.dump());
    }
    const auto& kind = json["type"];
    if (!kind.is_string()) return Parse(kind, space, depth + 1);
    const std::string name = kind.get<std::string>();
    if (name == "record" || name == "error") return Record(json, space, depth);
    if (name == "enum") return Enum(json, space);
    if (name == "fixed") return Fixed(json, space);
    if (name == "array" || name == "map") {
      const char* member = name == "array" ? "items" : "values";
      if (!json.contains(member)) return Malformed("a " + name + " without '" + member + "'");
      AvroType* type = Add(name == "array" ? AvroKind::kArray : AvroKind::kMap);
      ARROW_ASSIGN_OR_RAISE(const AvroType* child, Parse(json[member], space, depth + 1));
      type->children.push_back(child);
      return type;
    }
    for (const PrimitiveName& each : kPrimitives) {
      if (each.name != name) continue;
      AvroType* type = Add(each.kind);
      SetLogical(json, type);
      return type;
    }
    return Named(name, space);
  }

  std::unique_ptr<AvroSchema> Take(const AvroType* root) {
    schema_->root_ = root;
    return std::move(schema_);
  }

 private:
  AvroType* Add(AvroKind kind) {
    schema_->types_.push_back(std::make_unique<AvroType>());
    schema_->types_.back()->kind = kind;
    return schema_->types_.back().get();
  }

  arrow::Result<const AvroType*> Named(const std::string& name, const std::string& space) {
    for (const PrimitiveName& each : kPrimitives) {
      if (each.name == name) return Add(each.kind);
    }
    auto found = named_.find(space.empty() ? name : space + "." + name);
    if (name.find('.') != std::string::npos || found == named_.end()) found = named_.find(name);
    if (found == named_.end()) return Malformed("there is no type '" + name + "'");
    return found->second;
  }

  // A new named type, and the name space of what is inside it.
  arrow::Result<AvroType*> AddNamed(AvroKind kind, const nlohmann::json& json,
                                    const std::string& outer, std::string* inner) {
    if (!json.contains("name") || !json["name"].is_string()) {
      return Malformed("a named type without a 'name': " + json.dump());
    }
    AvroType* type = Add(kind);
    type->name = json["name"].get<std::string>();
    const size_t dot = type->name.rfind('.');
    if (dot != std::string::npos) {
      *inner = type->name.substr(0, dot);
    } else {
      const bool own = json.contains("namespace") && json["namespace"].is_string();
      *inner = own ? json["namespace"].get<std::string>() : outer;
      if (!inner->empty()) type->name = *inner + "." + type->name;
    }
    if (!named_.emplace(type->name, type).second) {
      return Malformed("two types are named '" + type->name + "'");
    }
    return type;
  }

  arrow::Result<const AvroType*> Record(const nlohmann::json& json, const std::string& outer,
                                        int depth) {
    std::string space;
    ARROW_ASSIGN_OR_RAISE(AvroType * type, AddNamed(AvroKind::kRecord, json, outer, &space));
    if (!json.contains("fields") || !json["fields"].is_array()) {
      return Malformed("record '" + type->name + "' without 'fields'");
    }
    for (const auto& field : json["fields"]) {
      if (!field.is_object() || !field.contains("name") || !field["name"].is_string() ||
          !field.contains("type")) {
        return Malformed("a field of record '" + type->name + "' needs 'name' and 'type'");
      }
      ARROW_ASSIGN_OR_RAISE(const AvroType* of, Parse(field["type"], space, depth + 1));
      type->fields.push_back({field["name"].get<std::string>(), of});
    }
    return type;
  }

  arrow::Result<const AvroType*> Enum(const nlohmann::json& json, const std::string& outer) {
    std::string space;
    ARROW_ASSIGN_OR_RAISE(AvroType * type, AddNamed(AvroKind::kEnum, json, outer, &space));
    if (!json.contains("symbols") || !json["symbols"].is_array()) {
      return Malformed("enum '" + type->name + "' without 'symbols'");
    }
    for (const auto& symbol : json["symbols"]) {
      if (!symbol.is_string()) return Malformed("a symbol of enum '" + type->name + "'");
      type->symbols.push_back(symbol.get<std::string>());
    }
    return type;
  }

  arrow::Result<const AvroType*> Fixed(const nlohmann::json& json, const std::string& outer) {
    std::string space;
    ARROW_ASSIGN_OR_RAISE(AvroType * type, AddNamed(AvroKind::kFixed, json, outer, &space));
    type->size = IntOf(json, "size", -1);
    if (type->size < 0) return Malformed("fixed '" + type->name + "' without 'size'");
    SetLogical(json, type);
    return type;
  }

  static int64_t IntOf(const nlohmann::json& json, const char* name, int64_t fallback) {
    return json.contains(name) && json[name].is_number_integer() ? json[name].get<int64_t>()
                                                                 : fallback;
  }

  // A logical type that is unknown, or not of this type, is not looked at, as Avro demands.
  static void SetLogical(const nlohmann::json& json, AvroType* type) {
    if (!json.contains("logicalType") || !json["logicalType"].is_string()) return;
    const std::string name = json["logicalType"].get<std::string>();
    if (name == "decimal" && (type->kind == AvroKind::kBytes || type->kind == AvroKind::kFixed)) {
      type->logical = AvroLogical::kDecimal;
      type->scale = static_cast<int32_t>(IntOf(json, "scale", 0));
    } else if (name == "date" && type->kind == AvroKind::kInt) {
      type->logical = AvroLogical::kDate;
    } else if (name == "time-millis" && type->kind == AvroKind::kInt) {
      type->logical = AvroLogical::kTime;
      type->ticks_per_second = 1'000;
    } else if (name == "time-micros" && type->kind == AvroKind::kLong) {
      type->logical = AvroLogical::kTime;
      type->ticks_per_second = 1'000'000;
    } else if (type->kind == AvroKind::kLong) {
      const std::string_view zoneless = "local-";
      std::string_view unit = name;
      if (unit.starts_with(zoneless)) unit.remove_prefix(zoneless.size());
      if (unit == "timestamp-millis") type->ticks_per_second = 1'000;
      if (unit == "timestamp-micros") type->ticks_per_second = 1'000'000;
      if (unit == "timestamp-nanos") type->ticks_per_second = 1'000'000'000;
      if (type->ticks_per_second != 0) type->logical = AvroLogical::kTimestamp;
    }
  }

  std::unique_ptr<AvroSchema> schema_ = std::make_unique<AvroSchema>();
  std::unordered_map<std::string, const AvroType*> named_;
};

arrow::Result<std::unique_ptr<AvroSchema>> AvroSchema::Parse(std::string_view json) {
  const auto document = nlohmann::json::parse(json, nullptr, false);
  if (document.is_discarded()) return Malformed("it is not JSON");
  AvroSchemaParser parser;
  ARROW_ASSIGN_OR_RAISE(const AvroType* root, parser.Parse(document, "", 0));
  return parser.Take(root);
}

std::string ToString(const AvroType& type) {
  switch (type.kind) {
    case AvroKind::kRecord:
      return "record " + type.name;
    case AvroKind::kEnum:
      return "enum " + type.name;
    case AvroKind::kFixed:
      return "fixed " + type.name;
    case AvroKind::kArray:
      return "array of " + ToString(*type.children[0]);
    case AvroKind::kMap:
      return "map of " + ToString(*type.children[0]);
    case AvroKind::kUnion: {
      std::string text = "union of ";
      for (const AvroType* each : type.children) {
        if (each != type.children[0]) text += ", ";
        text += ToString(*each);
      }
      return text;
    }
    default:
      for (const PrimitiveName& each : kPrimitives) {
        if (each.kind == type.kind) return std::string(each.name);
      }
  }
  return "?";
}

}  // namespace sabot
