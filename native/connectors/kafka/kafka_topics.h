// Which topics a source reads.
#pragma once

#include <arrow/result.h>

#include <string>
#include <vector>

#include "connectors/kafka/kafka_client.h"
#include "plan/plan.h"

namespace sabot {

// By names, or all whose whole name a Java pattern matches.
struct KafkaTopics {
  std::vector<std::string> names;
  std::string pattern;  // Empty: by names.

  static arrow::Result<KafkaTopics> Read(const PlanNode& node);
  // Waits for a broker. Names that do not exist are an error; of a pattern there may be none.
  arrow::Result<std::vector<KafkaTopic>> Describe(KafkaConsumer& consumer) const;
};

}  // namespace sabot
