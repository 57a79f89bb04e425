// Positions by barrier, and whether they still mean anything.
#include "connectors/kafka/kafka_positions.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "connectors/kafka/kafka_splits.h"
#include "stream/snapshot_target.h"

namespace sabot {
namespace {

constexpr size_t kEpochsMax = 64;  // Of checkpoints that fail, or are savepoints, none counts.
// Each of 20 seconds: as long as sinks wait for brokers that are away.
constexpr int kAsksMax = 6;

arrow::Result<std::vector<KafkaTopic>> Ask(KafkaConsumer& consumer,
                                           const std::vector<std::string>& names) {
  for (int asks = 1;; ++asks) {
    auto topics = consumer.DescribeTopics(names);
    const ErrorDetail* const detail = DetailOf(topics.status());
    if (detail == nullptr || detail->kind() != "kafka" || asks == kAsksMax) return topics;
  }
}

}  // namespace

arrow::Result<std::shared_ptr<KafkaPositions>> KafkaPositions::Join(JobCommit& commit,
                                                                    KafkaConsumer& consumer) {
  ARROW_ASSIGN_OR_RAISE(const std::string cluster, consumer.ClusterId());
  return commit.Join<KafkaPositions>("positions in Kafka cluster " + cluster,
                                     []() -> arrow::Result<std::shared_ptr<KafkaPositions>> {
                                       return std::make_shared<KafkaPositions>();
                                     });
}

int KafkaPositions::AddReader(std::shared_ptr<KafkaConsumer> consumer, std::string group) {
  const std::lock_guard lock(mutex_);
  readers_.push_back({std::move(consumer), std::move(group), {}});
  return static_cast<int>(readers_.size()) - 1;
}

void KafkaPositions::Report(int reader, int64_t epoch, std::vector<KafkaPosition> positions) {
  const std::lock_guard lock(mutex_);
  auto& by_epoch = readers_[static_cast<size_t>(reader)].by_epoch;
  by_epoch[epoch] = std::move(positions);
  if (by_epoch.size() > kEpochsMax) by_epoch.erase(by_epoch.begin());
}

KafkaGroupPositions KafkaPositions::At(int64_t epoch) const {
  const std::lock_guard lock(mutex_);
  KafkaGroupPositions all;
  for (const Reader& reader : readers_) {
    auto found = reader.by_epoch.find(epoch);
    if (found == reader.by_epoch.end()) found = reader.by_epoch.find(kFinalBarrier.id);
    SABOT_CHECK(found != reader.by_epoch.end());  // Its snapshot has been acknowledged.
    auto& of_group = all[reader.group];
    for (const KafkaPosition& each : found->second) {
      // Where two sources of one group read a partition, the group is no further than both.
      const auto [at, is_new] = of_group.emplace(each.partition, each.offset);
      if (!is_new) at->second = std::min(at->second, each.offset);
    }
  }
  std::erase_if(all, [](const auto& each) { return each.second.empty(); });
  return all;
}

void KafkaPositions::Forget(int64_t epoch) {
  const std::lock_guard lock(mutex_);
  for (Reader& reader : readers_) {
    const auto newest = reader.by_epoch.upper_bound(epoch);
    // Flush looks at the last one again.
    if (newest == reader.by_epoch.begin()) continue;
    reader.by_epoch.erase(reader.by_epoch.begin(), std::prev(newest));
  }
}

void KafkaPositions::Close() {
  const std::lock_guard lock(mutex_);
  for (const Reader& reader : readers_) reader.consumer->GiveUp();
}

arrow::Status KafkaPositions::Flush() {
  std::map<KafkaConsumer*, std::map<std::string, std::string>> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const Reader& reader : readers_) {
      if (reader.by_epoch.empty()) continue;
      auto& of_consumer = ids[reader.consumer.get()];
      for (const KafkaPosition& each : reader.by_epoch.rbegin()->second)
        of_consumer[each.partition.topic] = each.topic_id;
    }
  }
  for (const auto& [consumer, of_consumer] : ids) {
    int64_t& seen = answers_seen_[consumer];
    const int64_t before = consumer->num_topic_answers();
    if (of_consumer.empty() || before == seen) continue;
    std::vector<std::string> names;
    for (const auto& [name, id] : of_consumer) names.push_back(name);
    ARROW_ASSIGN_OR_RAISE(const auto topics, Ask(*consumer, names));
    ARROW_RETURN_NOT_OK(CheckUnchanged(of_consumer, topics));
    // The answer to this question is one; if there were more, the next time tells.
    seen = std::min(consumer->num_topic_answers(), before + 1);
  }
  return arrow::Status::OK();
}

}  // namespace sabot
