// How far the sources of one cluster have read at every barrier, and what the cluster is told of
// it.
//
//   barrier 7: bids-0 at 17 (subtask 0), bids-1 at 9 (subtask 1)
//     -> a sink commits in transactions there: offsets of transaction 7
//     -> none does: each subtask tells the group once checkpoint 7 counts
//
// What is told is for people and tools: a job goes on from its own state.
#pragma once

#include <arrow/result.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/kafka/kafka_client.h"
#include "stream/job_commit.h"

namespace sabot {

struct KafkaPosition {
  TopicPartition partition;
  std::string topic_id;
  int64_t offset = 0;  // What is read next.
};

// By group.
using KafkaGroupPositions = std::map<std::string, std::map<TopicPartition, int64_t>>;

class KafkaPositions final : public CommitParticipant {
 public:
  // Those of the consumer's cluster. Waits for a broker.
  static arrow::Result<std::shared_ptr<KafkaPositions>> Join(JobCommit& commit,
                                                             KafkaConsumer& consumer);

  // A subtask of a source, when it opens.
  int AddReader(std::shared_ptr<KafkaConsumer> consumer, std::string group);
  // Of all its partitions, at a barrier.
  void Report(int reader, int64_t epoch, std::vector<KafkaPosition> positions);

  // Transactions carry the offsets from now on.
  void SendWithTransactions() { in_transactions_ = true; }
  bool in_transactions() const { return in_transactions_; }
  // Of all readers at the barrier; whoever has ended before it is where it ended.
  KafkaGroupPositions At(int64_t epoch) const;
  // The checkpoint counts.
  void Forget(int64_t epoch);

  // Whether the topics that were read are still the same ones. Waits for a broker, but only if
  // brokers have said anything of topics since the last time.
  arrow::Status Flush() override;
  void Close() override;

 private:
  struct Reader {
    std::shared_ptr<KafkaConsumer> consumer;
    std::string group;
    std::map<int64_t, std::vector<KafkaPosition>> by_epoch;
  };

  mutable std::mutex mutex_;
  std::vector<Reader> readers_;
  std::atomic<bool> in_transactions_{false};
  // By consumer: its answers that were looked at. The coordinator's.
  std::map<KafkaConsumer*, int64_t> answers_seen_;
};

}  // namespace sabot
