// What the subtasks of a sink write with: one producer, or that of the job's transaction.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/kafka_client.h"
#include "connectors/kafka/kafka_commit.h"
#include "plan/plan.h"
#include "stream/operator.h"

namespace sabot {

struct KafkaSinkDelivery {
  enum class Guarantee : uint8_t { kNone, kAtLeastOnce, kExactlyOnce };
  KafkaProperties properties;
  Guarantee guarantee = Guarantee::kNone;
  std::string transactional_id_prefix;

  static arrow::Result<KafkaSinkDelivery> Read(const PlanNode& node);
};

class KafkaSinkProducer {
 public:
  // What is asked of a topic once.
  struct Topic {
    int32_t num_partitions = 0;
    int64_t record_bytes_max = INT64_MAX;
  };

  // Waits for a broker. The topics must be there.
  static arrow::Result<KafkaSinkProducer> Open(const KafkaSinkDelivery& delivery,
                                               const std::vector<std::string>& topics,
                                               bool limits_wanted, const OperatorContext& context);

  bool is_transactional() const { return commit_ != nullptr; }
  // As the listed topics were at the start.
  const std::vector<Topic>& listed() const { return listed_; }
  // Waits for a broker: of a topic that was not listed, before it is written to.
  arrow::Result<Topic> Describe(const std::string& topic) const;

  // With another generation senders are made anew.
  int64_t generation() const { return commit_ == nullptr ? 0 : commit_->generation(); }
  arrow::Result<std::unique_ptr<KafkaSender>> OpenSender(const std::string& topic,
                                                         std::function<void()> wake) const;

 private:
  arrow::Result<Topic> DescribeWith(KafkaProducer& producer, const std::string& topic) const;

  std::shared_ptr<KafkaProducer> producer_;
  std::shared_ptr<KafkaCommit> commit_;  // Exactly once: it has the producer.
  bool limits_wanted_ = false;           // Larger records become letters.
  std::vector<Topic> listed_;
};

}  // namespace sabot
