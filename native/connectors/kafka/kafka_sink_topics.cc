// Flink's rules and messages.
#include "connectors/kafka/kafka_sink_topics.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace sabot {

arrow::Result<KafkaSinkTopics> KafkaSinkTopics::Read(const PlanNode& node) {
  KafkaSinkTopics topics;
  if (node.Has("topic")) {
    ARROW_ASSIGN_OR_RAISE(const std::string topic, node.String("topic"));
    topics.listed_.push_back(topic);
    topics.text_ = topic;
    return topics;
  }
  ARROW_ASSIGN_OR_RAISE(const std::string pattern, node.String("topicPattern", ""));
  if (!pattern.empty()) {
    topics.text_ = pattern;
    ARROW_ASSIGN_OR_RAISE(topics.pattern_, Regex::Compile(pattern));
    if (topics.pattern_ != nullptr) return topics;
    return UserError("invalid-option", "topic-pattern",
                     "option 'topic-pattern' is no regular expression: '" + pattern + "'");
  }
  const nlohmann::json* const names = node.Member("topics");
  if (names == nullptr || names->empty())
    return node.Error("it needs a topic, topics or a topicPattern");
  for (const auto& name : *names) {
    if (!name.is_string()) return node.Error("topics must be names");
    topics.listed_.push_back(name.get<std::string>());
    topics.text_ += (topics.text_.empty() ? "" : ", ") + topics.listed_.back();
  }
  return topics;
}

arrow::Status KafkaSinkTopics::Check(std::string_view topic) {
  const std::string invalid = "The topic of the sink record is not valid. Expected ";
  if (topic.data() == nullptr)
    return UserError("invalid-topic", text_, invalid + "a single topic but no topic is set.");
  if (pattern_ == nullptr) {
    if (std::find(listed_.begin(), listed_.end(), topic) != listed_.end())
      return arrow::Status::OK();
    return UserError("invalid-topic", std::string(topic),
                     invalid + "topic to be in: [" + text_ + "] but was: " + std::string(topic));
  }
  if (matched_.contains(topic)) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const bool matches, pattern_->Matches(topic));
  if (matches) {
    matched_.emplace(topic);
    return arrow::Status::OK();
  }
  return UserError("invalid-topic", std::string(topic),
                   invalid + "topic to match: " + text_ + " but was: " + std::string(topic));
}

}  // namespace sabot
