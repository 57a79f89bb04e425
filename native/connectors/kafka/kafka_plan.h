// What source and sink read of their nodes alike.
#pragma once

#include <arrow/result.h>

#include "connectors/kafka/kafka_client.h"
#include "plan/plan.h"

namespace sabot {

arrow::Result<KafkaProperties> ReadKafkaProperties(const PlanNode& node);

// The node with the key's options where a format looks for the value's.
PlanNode KafkaKeyNode(const PlanNode& node);

}  // namespace sabot
