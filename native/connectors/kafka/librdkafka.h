// The parts of the client over librdkafka.
#pragma once

#include <arrow/result.h>

#include <functional>
#include <memory>
#include <string>

#include "connectors/kafka/kafka_client.h"

namespace sabot {

class LibrdkafkaHandle;

arrow::Result<std::shared_ptr<KafkaConsumer>> OpenLibrdkafkaConsumer(
    const KafkaProperties& properties, bool ends_wanted, std::function<void(std::string)> warn);
arrow::Result<std::shared_ptr<KafkaProducer>> OpenLibrdkafkaProducer(
    const KafkaProperties& properties, std::function<void(std::string)> warn);

// KafkaProducer::RecordBytesMax of a producer's handle.
arrow::Result<int64_t> LibrdkafkaRecordBytesMax(const LibrdkafkaHandle& handle,
                                                const std::string& topic);

// Of a consumer's handle.
std::unique_ptr<KafkaQueue> OpenLibrdkafkaQueue(std::shared_ptr<LibrdkafkaHandle> handle,
                                                std::function<void()> wake);

}  // namespace sabot
