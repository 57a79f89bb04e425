// Reading the description of messages.
#include "formats/protobuf_schema.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/base64.h"

namespace sabot {
namespace {

using Json = nlohmann::json;

arrow::Status Malformed(const std::string& what) {
  return arrow::Status::Invalid("the plan's description of protobuf messages: ", what);
}

std::optional<ProtobufKind> KindOf(const std::string& name) {
  static const std::map<std::string, ProtobufKind> kKinds = {
      {"double", ProtobufKind::kDouble},     {"float", ProtobufKind::kFloat},
      {"int32", ProtobufKind::kInt32},       {"int64", ProtobufKind::kInt64},
      {"uint32", ProtobufKind::kUint32},     {"uint64", ProtobufKind::kUint64},
      {"sint32", ProtobufKind::kSint32},     {"sint64", ProtobufKind::kSint64},
      {"fixed32", ProtobufKind::kFixed32},   {"fixed64", ProtobufKind::kFixed64},
      {"sfixed32", ProtobufKind::kSfixed32}, {"sfixed64", ProtobufKind::kSfixed64},
      {"bool", ProtobufKind::kBool},         {"string", ProtobufKind::kString},
      {"bytes", ProtobufKind::kBytes},       {"enum", ProtobufKind::kEnum},
      {"message", ProtobufKind::kMessage},   {"group", ProtobufKind::kGroup}};
  const auto found = kKinds.find(name);
  if (found == kKinds.end()) return std::nullopt;
  return found->second;
}

// The member at the index that `json` has under `key`.
template <typename T>
arrow::Result<const T*> RefersTo(const Json& json, const char* key,
                                 const std::vector<std::unique_ptr<T>>& all) {
  const int64_t index = json.value(key, int64_t{-1});
  if (index < 0 || static_cast<size_t>(index) >= all.size())
    return Malformed(std::string("a field's ") + key + " is not there");
  return all[static_cast<size_t>(index)].get();
}

// A message needs to be looked into where one inside it does.
void SpreadChecks(const std::vector<std::unique_ptr<ProtobufMessage>>& messages) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& message : messages) {
      if (message->needs_check) continue;
      message->needs_check = std::any_of(
          message->fields.begin(), message->fields.end(), [](const ProtobufField& field) {
            return field.required || (field.message != nullptr && field.message->needs_check);
          });
      changed = changed || message->needs_check;
    }
  }
}

}  // namespace

ProtobufWire WireOf(ProtobufKind kind) {
  switch (kind) {
    case ProtobufKind::kFloat:
    case ProtobufKind::kFixed32:
    case ProtobufKind::kSfixed32:
      return ProtobufWire::kFixed32;
    case ProtobufKind::kDouble:
    case ProtobufKind::kFixed64:
    case ProtobufKind::kSfixed64:
      return ProtobufWire::kFixed64;
    case ProtobufKind::kString:
    case ProtobufKind::kBytes:
    case ProtobufKind::kMessage:
      return ProtobufWire::kBytes;
    case ProtobufKind::kGroup:
      return ProtobufWire::kGroupStart;
    default:
      return ProtobufWire::kVarint;
  }
}

const std::string* ProtobufEnum::NameOf(int32_t number) const {
  const auto found = names.find(number);
  return found == names.end() ? nullptr : &found->second;
}

std::optional<int32_t> ProtobufEnum::NumberOf(std::string_view value_name) const {
  const auto found = numbers.find(value_name);
  if (found == numbers.end()) return std::nullopt;
  return found->second;
}

const ProtobufField* ProtobufMessage::Find(std::string_view field) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const ProtobufField& each) { return each.name == field; });
  return found == fields.end() ? nullptr : &*found;
}

arrow::Result<std::unique_ptr<ProtobufSchema>> ProtobufSchema::Parse(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("messages") || json["messages"].empty())
    return Malformed("it has no messages");
  auto schema = std::make_unique<ProtobufSchema>();
  schema->proto3_ = json.value("proto3", false);
  for (const Json& each : json.value("enums", Json::array())) {
    auto enumeration = std::make_unique<ProtobufEnum>();
    enumeration->name = each.value("name", "");
    enumeration->closed = each.value("closed", false);
    for (const Json& value : each.value("values", Json::array())) {
      const auto number = value.at(1).get<int32_t>();
      if (enumeration->numbers.empty()) enumeration->first = number;
      enumeration->numbers.emplace(value.at(0).get<std::string>(), number);
      enumeration->names.emplace(number, value.at(0).get<std::string>());
    }
    if (enumeration->numbers.empty()) return Malformed("an enum has no values");
    schema->enums_.push_back(std::move(enumeration));
  }
  for (const Json& each : json["messages"]) {
    schema->messages_.push_back(std::make_unique<ProtobufMessage>());
    schema->messages_.back()->name = each.value("name", "");
  }
  for (size_t i = 0; i < schema->messages_.size(); ++i) {
    for (const Json& each : json["messages"][i].value("fields", Json::array())) {
      ProtobufField field;
      field.name = each.value("name", "");
      field.number = each.value("number", 0U);
      const auto kind = KindOf(each.value("type", ""));
      if (!kind.has_value() || field.number == 0) return Malformed("a field has no type");
      field.kind = *kind;
      field.repeated = each.value("repeated", false);
      field.packed = each.value("packed", false) && IsPackable(field.kind);
      field.required = each.value("required", false);
      field.has_presence = each.value("presence", false);
      field.is_map = each.value("map", false);
      field.is_utf8 = each.value("utf8", false);
      field.oneof = each.value("oneof", kNoOneof);
      if (each.contains("default")) field.default_value = each["default"].get<std::string>();
      if (field.kind == ProtobufKind::kBytes && field.default_value.has_value()) {
        std::string bytes;
        if (!DecodeBase64(*field.default_value, &bytes)) return Malformed("a default is no base64");
        field.default_value = std::move(bytes);
      }
      if (field.kind == ProtobufKind::kMessage || field.kind == ProtobufKind::kGroup) {
        ARROW_ASSIGN_OR_RAISE(field.message, RefersTo(each, "message", schema->messages_));
      } else if (field.kind == ProtobufKind::kEnum) {
        ARROW_ASSIGN_OR_RAISE(field.enumeration, RefersTo(each, "enum", schema->enums_));
      }
      schema->messages_[i]->fields.push_back(std::move(field));
    }
  }
  SpreadChecks(schema->messages_);
  return schema;
}

}  // namespace sabot
