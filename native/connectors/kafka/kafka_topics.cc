// Looking topics up.
#include "connectors/kafka/kafka_topics.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "expressions/regex.h"

namespace sabot {

arrow::Result<KafkaTopics> KafkaTopics::Read(const PlanNode& node) {
  KafkaTopics topics;
  ARROW_ASSIGN_OR_RAISE(topics.pattern, node.String("topicPattern", ""));
  if (const nlohmann::json* names = node.Member("topics"); names != nullptr) {
    for (const auto& name : *names) {
      if (!name.is_string()) return node.Error("topics must be names");
      topics.names.push_back(name.get<std::string>());
    }
  }
  if (topics.names.empty() == topics.pattern.empty())
    return node.Error("it needs topics or a topicPattern");
  return topics;
}

arrow::Result<std::vector<KafkaTopic>> KafkaTopics::Describe(KafkaConsumer& consumer) const {
  if (pattern.empty()) return consumer.DescribeTopics(names);
  ARROW_ASSIGN_OR_RAISE(const auto regex, Regex::Compile(pattern));
  if (regex == nullptr) {
    return UserError("invalid-option", "topic-pattern",
                     "option 'topic-pattern' is no regular expression: '" + pattern + "'");
  }
  ARROW_ASSIGN_OR_RAISE(const auto all, consumer.ListTopics());
  std::vector<std::string> found;
  for (const std::string& name : all) {
    ARROW_ASSIGN_OR_RAISE(const bool matches, regex->Matches(name));
    if (matches) found.push_back(name);
  }
  if (found.empty()) return std::vector<KafkaTopic>{};
  return consumer.DescribeTopics(found);
}

}  // namespace sabot
