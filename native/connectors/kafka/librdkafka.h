// The two halves of the client over librdkafka.
#pragma once

#include <arrow/result.h>

#include <functional>
#include <memory>
#include <string>

#include "connectors/kafka/kafka_client.h"

namespace sabot {

arrow::Result<std::shared_ptr<KafkaConsumer>> OpenLibrdkafkaConsumer(
    const KafkaProperties& properties, bool ends_wanted, std::function<void(std::string)> warn);
arrow::Result<std::shared_ptr<KafkaProducer>> OpenLibrdkafkaProducer(
    const KafkaProperties& properties, std::function<void(std::string)> warn);

}  // namespace sabot
