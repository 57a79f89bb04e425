// Joining the job's commit as a sink's guarantee says.
#include "connectors/kafka/kafka_sink_producer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "connectors/kafka/kafka_plan.h"
#include "stream/job_commit.h"

namespace sabot {
namespace {

constexpr int64_t kFlushMillisMax = 120'000;

using Guarantee = KafkaSinkDelivery::Guarantee;

// At least once.
class FlushedProducer final : public CommitParticipant {
 public:
  explicit FlushedProducer(std::shared_ptr<KafkaProducer> producer)
      : producer_(std::move(producer)) {}
  arrow::Status Flush() override { return producer_->Flush(kFlushMillisMax); }
  void Close() override { producer_->GiveUp(); }
  const std::shared_ptr<KafkaProducer>& producer() const { return producer_; }

 private:
  const std::shared_ptr<KafkaProducer> producer_;
};

arrow::Result<std::shared_ptr<KafkaCommit>> JoinTransaction(KafkaClient& client,
                                                            const KafkaSinkDelivery& delivery,
                                                            const std::vector<std::string>& topics,
                                                            const OperatorContext& context) {
  SABOT_CHECK(context.commit != nullptr);
  JobCommit& job = *context.commit;
  const std::string key = "Kafka at " + delivery.properties.at("bootstrap.servers");
  ARROW_ASSIGN_OR_RAISE(auto commit, job.Join<KafkaCommit>(key, [&] {
    return KafkaCommit::Open(client, {.properties = delivery.properties,
                                      .period_ms = job.period_ms(),
                                      .settle = [&job](int64_t epoch) { job.Settle(epoch); },
                                      .warn = context.warn,
                                      .clock = context.clock});
  }));
  ARROW_RETURN_NOT_OK(commit->Enter(delivery.transactional_id_prefix, delivery.properties, topics));
  if (context.takes_checkpoints) {
    ARROW_ASSIGN_OR_RAISE(auto positions, KafkaPositions::Join(job, commit->consumer()));
    commit->Carry(std::move(positions));
  }
  return commit;
}

}  // namespace

arrow::Result<KafkaSinkDelivery> KafkaSinkDelivery::Read(const PlanNode& node) {
  KafkaSinkDelivery delivery;
  ARROW_ASSIGN_OR_RAISE(delivery.properties, ReadKafkaProperties(node));
  if (!delivery.properties.contains("bootstrap.servers"))
    return node.Error("its properties lack bootstrap.servers");
  ARROW_ASSIGN_OR_RAISE(const std::string guarantee, node.String("deliveryGuarantee", "none"));
  ARROW_ASSIGN_OR_RAISE(delivery.transactional_id_prefix, node.String("transactionalIdPrefix", ""));
  if (guarantee == "at-least-once") {
    delivery.guarantee = Guarantee::kAtLeastOnce;
  } else if (guarantee == "exactly-once") {
    delivery.guarantee = Guarantee::kExactlyOnce;
    if (delivery.transactional_id_prefix.empty())
      return node.Error("exactly-once needs a transactionalIdPrefix");
  } else if (guarantee != "none") {
    return node.Error("its deliveryGuarantee is unknown: '" + guarantee + "'");
  }
  return delivery;
}

arrow::Result<KafkaSinkProducer> KafkaSinkProducer::Open(const KafkaSinkDelivery& delivery,
                                                         const std::vector<std::string>& topics,
                                                         bool limits_wanted,
                                                         const OperatorContext& context) {
  KafkaSinkProducer opened;
  opened.limits_wanted_ = limits_wanted;
  KafkaClient& client = context.kafka != nullptr ? *context.kafka : Librdkafka();
  const auto open = [&] { return client.OpenProducer(delivery.properties, context.warn); };
  std::shared_ptr<KafkaProducer> producer;
  if (delivery.guarantee == Guarantee::kAtLeastOnce && context.commit != nullptr) {
    const std::string key = "Kafka at " + delivery.properties.at("bootstrap.servers") + ", " +
                            nlohmann::json(delivery.properties).dump();
    ARROW_ASSIGN_OR_RAISE(const auto flushed,
                          context.commit->Join<FlushedProducer>(
                              key, [&]() -> arrow::Result<std::shared_ptr<FlushedProducer>> {
                                ARROW_ASSIGN_OR_RAISE(auto made, open());
                                return std::make_shared<FlushedProducer>(std::move(made));
                              }));
    producer = flushed->producer();
  } else {
    ARROW_ASSIGN_OR_RAISE(producer, open());
  }
  for (const std::string& topic : topics) {
    ARROW_ASSIGN_OR_RAISE(const Topic described, opened.DescribeWith(*producer, topic));
    opened.listed_.push_back(described);
  }
  if (delivery.guarantee != Guarantee::kExactlyOnce) {
    opened.producer_ = std::move(producer);
    return opened;
  }
  // The one that writes comes with the job's first transaction, after this.
  ARROW_ASSIGN_OR_RAISE(opened.commit_, JoinTransaction(client, delivery, topics, context));
  return opened;
}

arrow::Result<KafkaSinkProducer::Topic> KafkaSinkProducer::DescribeWith(
    KafkaProducer& producer, const std::string& topic) const {
  Topic described;
  ARROW_ASSIGN_OR_RAISE(described.num_partitions, producer.NumPartitions(topic));
  if (limits_wanted_) {
    ARROW_ASSIGN_OR_RAISE(described.record_bytes_max, producer.RecordBytesMax(topic));
  }
  return described;
}

arrow::Result<KafkaSinkProducer::Topic> KafkaSinkProducer::Describe(
    const std::string& topic) const {
  if (commit_ == nullptr) return DescribeWith(*producer_, topic);
  Topic described;
  ARROW_RETURN_NOT_OK(commit_->AddTopic(topic, [&](KafkaProducer& producer) {
    return DescribeWith(producer, topic).Value(&described);
  }));
  return described;
}

arrow::Result<std::unique_ptr<KafkaSender>> KafkaSinkProducer::OpenSender(
    const std::string& topic, std::function<void()> wake) const {
  return commit_ != nullptr ? commit_->OpenSender(topic, std::move(wake))
                            : producer_->OpenSender(topic, std::move(wake));
}

}  // namespace sabot
