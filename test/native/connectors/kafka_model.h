// Kafka brokers in memory, for simulation: topics, consumers, producers, transactions, and what
// goes wrong with them when a seed says so. Outlives the processes that use it.
//
//   KafkaModel kafka(seed, clock, {.lost_answers = 50});
//   kafka.CreateTopic("in", 2); ... jobs run, die (kafka.KillClients()), run again ...
//   kafka.Committed("out")   ->   what a reader with read_committed sees
//
// One thread. Records that a producer has taken arrive in order, some at a time, when Step is
// called; calls that wait for a broker answer at once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "connectors/kafka/kafka_client.h"

namespace sabot::test {

// Of a thousand commits of a transaction, so many ...
struct KafkaFaults {
  uint64_t refused = 0;       // ... are refused: it is aborted, and the producer knows.
  uint64_t lost_answers = 0;  // ... happen, and the producer is not told.
  // ... are still under way when the producer gives up: they arrive later, unless the next
  // InitTransactions of their id comes first, which settles it.
  uint64_t delayed = 0;
  // ... happen, and a copy of the request arrives later: it ends what its producer has begun since.
  uint64_t repeated = 0;
  int64_t transaction_timeout_ms = 60'000;
  // The process is gone in its n-th call of a broker, before the call has any effect, or after it.
  uint64_t crash_at = UINT64_MAX;
  bool crash_after = false;
};

class KafkaModel final : public KafkaClient {
 public:
  struct Record {
    std::string key;
    std::optional<std::string> value;
    bool operator==(const Record&) const = default;
  };

  KafkaModel(uint64_t seed, Clock& clock) : random_(seed), clock_(&clock) {}
  KafkaModel(const KafkaModel&) = delete;
  KafkaModel& operator=(const KafkaModel&) = delete;
  ~KafkaModel() override;

  void SetClock(Clock& clock) { clock_ = &clock; }
  void SetRecordBytesMax(int64_t bytes) { record_bytes_max_ = bytes; }
  void SetFaults(const KafkaFaults& faults);
  void AddTopic(const std::string& name, int32_t num_partitions);
  void Append(const std::string& topic, int32_t partition, Record record);
  // By partition, as far as a reader with read_committed gets.
  std::vector<std::vector<Record>> Committed(const std::string& topic) const;

  // What a group has committed.
  std::map<TopicPartition, int64_t> OffsetsOf(const std::string& group) const;
  // Somebody else has deleted it.
  void DeleteGroup(const std::string& group) { groups_.erase(group); }
  void SetOffset(const std::string& group, const TopicPartition& partition, GroupOffset offset) {
    groups_[group][partition] = std::move(offset);
  }

  // Some of what is under way arrives.
  void Step();
  // True once: there is something under way.
  bool busy() const;
  bool has_crashed() const { return has_crashed_; }
  // The process is gone: what its producers held is lost, their transactions stay open.
  void KillClients();
  uint64_t num_calls() const { return num_calls_; }
  uint64_t num_commits() const { return num_commits_; }
  uint64_t num_faults() const { return num_faults_; }
  // How many producers have had a transactional id.
  int64_t NumProducers(const std::string& id) const;
  // In all partitions, committed or not.
  size_t NumRecords(const std::string& topic) const;

  arrow::Result<std::shared_ptr<KafkaConsumer>> OpenConsumer(
      const KafkaProperties& properties, bool ends_wanted,
      std::function<void(std::string)> warn) override;
  arrow::Result<std::shared_ptr<KafkaProducer>> OpenProducer(
      const KafkaProperties& properties, std::function<void(std::string)> warn) override;

 private:
  class Consumer;
  class Producer;
  class Queue;
  class Sender;

  enum class Fate : uint8_t { kOpen, kCommitted, kAborted };
  // One transaction, known to the records that belong to it.
  struct Transaction {
    Fate fate = Fate::kOpen;
    int64_t begun_ms = 0;
    std::map<std::string, std::map<TopicPartition, GroupOffset>> offsets;  // By group.
  };
  struct Stored {
    Record record;
    std::shared_ptr<Transaction> transaction;  // nullptr: of none.
  };
  struct Topic {
    std::vector<std::vector<Stored>> partitions;
  };
  // What the coordinator knows of a transactional id.
  struct TransactionalId {
    int64_t producer_epoch = 0;
    std::shared_ptr<Transaction> open;
  };
  // An EndTxn that has not arrived.
  struct Delayed {
    std::string id;
    int64_t producer_epoch = 0;
    std::shared_ptr<Transaction> transaction;  // nullptr: the one that is open by then.
  };

  // A call of a broker begins or has had its effect; fails where the process is gone.
  arrow::Status Enter();
  arrow::Status Leave();
  bool Happens(uint64_t of_thousand) { return random_() % 1000 < of_thousand; }
  arrow::Result<Topic*> Find(const std::string& name);
  // Behind the last record that a reader with read_committed may see.
  static size_t StableEnd(const std::vector<Stored>& partition);
  void EndTransactionsThatTookTooLong();
  void Commit(Transaction& transaction);
  void WakeQueues();

  std::mt19937_64 random_;
  int64_t record_bytes_max_ = INT64_MAX;
  Clock* clock_;
  KafkaFaults faults_;
  std::map<std::string, Topic> topics_;
  std::map<std::string, TransactionalId> ids_;
  std::vector<Delayed> delayed_;
  std::map<std::string, std::map<TopicPartition, GroupOffset>> groups_;
  std::set<Producer*> producers_;
  std::set<Queue*> queues_;
  uint64_t num_calls_ = 0;
  uint64_t num_commits_ = 0;
  uint64_t num_faults_ = 0;
  bool has_crashed_ = false;
};

}  // namespace sabot::test
