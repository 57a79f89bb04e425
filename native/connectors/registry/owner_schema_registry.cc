// Asking the job's owner for schemas.
#include "connectors/registry/owner_schema_registry.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace sabot {
namespace {

arrow::Status Malformed(const std::string& answer) {
  return arrow::Status::Invalid("the schema registry's answer is malformed: ", answer);
}

}  // namespace

arrow::Result<std::unique_ptr<SchemaRegistry>> OwnerSchemaRegistry::Open(
    Of of, const OperatorContext& context) {
  if (!context.open_user_function)
    return arrow::Status::Invalid("a format asks a schema registry, but the job has no owner");
  return std::make_unique<OwnerSchemaRegistry>(context.open_user_function(), of);
}

void OwnerSchemaRegistry::CallNext() {
  if (open_ || questions_.empty()) return;
  open_ = true;
  line_->Call(arrow::Buffer::FromString(questions_.front()));
}

arrow::Status OwnerSchemaRegistry::TakeReply() {
  if (!open_) return arrow::Status::OK();
  auto reply = line_->TakeReply();
  if (!reply.has_value()) return arrow::Status::OK();
  open_ = false;
  ARROW_ASSIGN_OR_RAISE(const auto bytes, std::move(*reply));
  answers_.emplace(std::move(questions_.front()), bytes->ToString());
  questions_.pop_front();
  return arrow::Status::OK();
}

// nullptr: not yet.
arrow::Result<const std::string*> OwnerSchemaRegistry::Ask(nlohmann::json json) {
  if (of_ == Of::kKey) json["of"] = "key";
  const std::string question = json.dump();
  ARROW_RETURN_NOT_OK(TakeReply());
  if (asked_.insert(question).second) questions_.push_back(question);
  CallNext();
  const auto found = answers_.find(question);
  return found == answers_.end() ? nullptr : &found->second;
}

arrow::Result<SchemaRegistry::Answer> OwnerSchemaRegistry::Find(int32_t id) {
  ARROW_ASSIGN_OR_RAISE(const std::string* text, Ask(nlohmann::json{{"id", id}}));
  Answer answer;
  if (text == nullptr) {
    answer.pending = true;
    return answer;
  }
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (json.is_object() && json.contains("absent") && json["absent"].is_string()) {
    answer.absent = json["absent"].get<std::string>();
    return answer;
  }
  if (!json.is_object() || !json.contains("schema") || !json["schema"].is_string())
    return Malformed(*text);
  auto schema = AvroSchema::Parse(json["schema"].get<std::string>());
  if (schema.ok()) {
    answer.schema = std::move(*schema);
  } else {
    answer.absent = schema.status().message();
  }
  return answer;
}

arrow::Result<std::optional<int32_t>> OwnerSchemaRegistry::Register(const std::string& subject,
                                                                    const std::string& schema) {
  ARROW_ASSIGN_OR_RAISE(const std::string* text,
                        Ask(nlohmann::json{{"subject", subject}, {"schema", schema}}));
  if (text == nullptr) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("id") || !json["id"].is_number_integer())
    return Malformed(*text);
  return json["id"].get<int32_t>();
}

}  // namespace sabot
