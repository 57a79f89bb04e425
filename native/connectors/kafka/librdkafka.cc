// The client over librdkafka.
#include "connectors/kafka/librdkafka.h"

namespace sabot {
namespace {

class LibrdkafkaClient final : public KafkaClient {
 public:
  arrow::Result<std::shared_ptr<KafkaConsumer>> OpenConsumer(
      const KafkaProperties& properties, bool ends_wanted,
      std::function<void(std::string)> warn) override {
    return OpenLibrdkafkaConsumer(properties, ends_wanted, std::move(warn));
  }
  arrow::Result<std::shared_ptr<KafkaProducer>> OpenProducer(
      const KafkaProperties& properties, std::function<void(std::string)> warn) override {
    return OpenLibrdkafkaProducer(properties, std::move(warn));
  }
};

}  // namespace

std::string ToString(const TopicPartition& partition) {
  return partition.topic + "-" + std::to_string(partition.partition);
}

KafkaClient& Librdkafka() {
  static LibrdkafkaClient client;
  return client;
}

}  // namespace sabot
