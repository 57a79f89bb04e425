// What the nodes of topics' tables say, read.
#include "connectors/kafka/kafka_plan.h"

#include <nlohmann/json.hpp>

namespace sabot {

arrow::Result<KafkaProperties> ReadKafkaProperties(const PlanNode& node) {
  const nlohmann::json* from = node.Member("properties");
  if (from == nullptr || !from->is_object()) return node.Error("properties are missing");
  KafkaProperties properties;
  for (const auto& [name, value] : from->items()) {
    if (!value.is_string()) return node.Error("property '" + name + "' must be text");
    properties[name] = value.get<std::string>();
  }
  return properties;
}

PlanNode KafkaKeyNode(const PlanNode& node) {
  PlanNode key = node;
  nlohmann::json config = *node.config;
  const auto move = [&](const char* from, const char* to) {
    config.erase(to);
    if (config.contains(from)) config[to] = config[from];
  };
  move("keyFormatOptions", "formatOptions");
  move("keyFileColumns", "fileColumns");
  move("keyFormatMetadata", "formatMetadata");
  key.config = std::make_shared<const nlohmann::json>(std::move(config));
  return key;
}

}  // namespace sabot
