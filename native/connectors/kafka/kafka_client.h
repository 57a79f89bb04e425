// What the Kafka connectors need of a client library.
//
//   consumer: describe topics, look offsets up, then one queue per subtask that is polled
//   producer: take records, tell when they are acknowledged
//
// One consumer and one producer per process and role: a client has a thread per broker. Calls that
// wait for a broker say so; they belong on an executor, the others on the task's thread.
#pragma once

#include <arrow/result.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sabot {

// librdkafka's names: "bootstrap.servers", ...
using KafkaProperties = std::map<std::string, std::string>;

struct TopicPartition {
  std::string topic;
  int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};
// "topic-3"
std::string ToString(const TopicPartition& partition);

struct KafkaTopic {
  std::string name;
  std::string id;  // Another one if the topic is deleted and created again; empty: unknown.
  int32_t num_partitions = 0;
};

// What a group has committed of a partition.
struct GroupOffset {
  int64_t offset = 0;
  std::string metadata;
};

// An offset to look up.
struct OffsetQuery {
  enum class At : uint8_t {
    kEarliest,
    kLatest,     // Behind the last record, committed or not.
    kTimestamp,  // The first record of this time or later; kLatest where there is none.
  };
  TopicPartition partition;
  At at = At::kEarliest;
  int64_t timestamp_ms = 0;
};

enum class KafkaTimestampType : uint8_t { kNone, kCreateTime, kLogAppendTime };

// A record as it was fetched; views are good until the queue's next Poll.
struct KafkaMessage {
  std::string_view key;    // data() == nullptr: none.
  std::string_view value;  // data() == nullptr: Kafka's null.
  int64_t offset = 0;
  // Of the queue's Assign.
  int32_t split = 0;
  // No record: everything before `offset` has been read, and nothing follows yet. Only with
  // ends_wanted.
  bool is_end = false;
  const void* handle = nullptr;
  std::string_view record;  // In its batch (kafka_record_batch.h); empty: it came by itself.
};

struct KafkaHeader {
  std::string_view name;
  std::string_view value;  // data() == nullptr: null.
};

// Where reading begins.
struct KafkaStart {
  TopicPartition partition;
  int32_t split = 0;  // What messages of it carry.
  int64_t offset = 0;
};

// What the partitions of one subtask deliver. One thread at a time.
class KafkaQueue {
 public:
  virtual ~KafkaQueue() = default;
  // In addition to what was assigned before.
  virtual arrow::Status Assign(std::span<const KafkaStart> starts) = 0;
  virtual arrow::Status Unassign(int32_t split) = 0;
  // At most `num_max` messages, those that are there; *messages is replaced. None: the queue's
  // `wake` will be called. What is not polled fills the queue, up to its limits, and then waits at
  // the broker.
  virtual arrow::Status Poll(size_t num_max, std::vector<KafkaMessage>* messages) = 0;
  // Behind the last record of the partition, committed or not, as brokers have said with what was
  // fetched last; -1: nothing yet. Asks nobody.
  virtual int64_t End(int32_t split) const = 0;

  // Of a message of the last Poll.
  virtual std::pair<int64_t, KafkaTimestampType> Timestamp(const KafkaMessage& message) const = 0;
  virtual int32_t LeaderEpoch(const KafkaMessage& message) const = 0;  // -1: none.
  virtual void Headers(const KafkaMessage& message, std::vector<KafkaHeader>* headers) const = 0;
};

class KafkaConsumer {
 public:
  virtual ~KafkaConsumer() = default;

  // These wait for a broker. A topic that does not exist is an error that names it.
  virtual arrow::Result<std::vector<KafkaTopic>> DescribeTopics(
      const std::vector<std::string>& names) = 0;
  virtual arrow::Result<std::vector<std::string>> ListTopics() = 0;
  // A partition is asked for once.
  virtual arrow::Result<std::vector<int64_t>> ListOffsets(std::span<const OffsetQuery> queries) = 0;
  // Of the consumer group; nullopt: none.
  virtual arrow::Result<std::vector<std::optional<int64_t>>> Committed(
      const std::vector<TopicPartition>& partitions) = 0;

  // Of any group; nullopt: none, or no such group.
  virtual arrow::Result<std::vector<std::optional<GroupOffset>>> CommittedBy(
      const std::string& group, const std::vector<TopicPartition>& partitions) = 0;
  // Tells clusters apart; the servers as they are configured may be any of its brokers.
  virtual arrow::Result<std::string> ClusterId() = 0;
  // How often brokers have said anything of topics. As long as it stays, the partitions that are
  // read are those that they were: a topic that is created anew is found by asking.
  virtual int64_t num_topic_answers() const = 0;

  // Waits for a broker. A topic that is there already stays as it is.
  virtual arrow::Status CreateTopic(const std::string& name, int32_t num_partitions,
                                    const std::map<std::string, std::string>& config) = 0;

  // The job has ended: whoever waits for a broker, now or later, is told so (Cancelled). Any
  // thread.
  virtual void GiveUp() {}

  // Tells the group, for those who look at its lag; what goes wrong is a warning.
  virtual void Commit(std::span<const std::pair<TopicPartition, int64_t>> offsets) = 0;
  // `wake` may be called from any thread, until the queue is gone.
  virtual std::unique_ptr<KafkaQueue> OpenQueue(std::function<void()> wake) = 0;
};

// A record to produce; views are copied.
struct KafkaRecord {
  std::string_view key;       // data() == nullptr: none.
  std::string_view value;     // data() == nullptr: Kafka's null.
  int32_t partition = -1;     // -1: by the key.
  int64_t timestamp_ms = -1;  // -1: now.
  std::span<const KafkaHeader> headers;
};

// Of a record on its way: key, value, headers, and what surrounds them at most.
int64_t KafkaRecordBytes(const KafkaRecord& record);

// One subtask's way to a topic. One thread at a time.
class KafkaSender {
 public:
  virtual ~KafkaSender() = default;
  // Takes records in order; returns how many. Fewer than all: there is no room, `wake` will be
  // called. Fails where an earlier record could not be delivered.
  virtual arrow::Result<size_t> Produce(std::span<const KafkaRecord> records) = 0;
  // Sends what lingers; true once everything produced here is acknowledged, else `wake` will be
  // called when it is. Fails where a record could not be delivered.
  virtual arrow::Result<bool> IsFlushed() = 0;
};

class KafkaProducer {
 public:
  virtual ~KafkaProducer() = default;
  // Waits for a broker.
  virtual arrow::Result<int32_t> NumPartitions(const std::string& topic) = 0;
  // Waits for a broker. How many bytes a record may have, with its framing (KafkaRecordBytes), so
  // that neither the client nor the broker refuses it for its size.
  virtual arrow::Result<int64_t> RecordBytesMax(const std::string& topic) = 0;
  virtual arrow::Result<std::unique_ptr<KafkaSender>> OpenSender(const std::string& topic,
                                                                 std::function<void()> wake) = 0;
  // Waits until everything produced by all senders is acknowledged; an error names what was not.
  virtual arrow::Status Flush(int64_t timeout_ms) = 0;

  // Transactions, of a producer with a transactional.id. All of these wait for a broker. Kinds of
  // failures: "fenced" (another producer has this id now), "transaction-aborted" (nothing of it
  // counts), "commit-unknown" (it may count, or not), "kafka".
  //
  // Ends what an earlier producer of this id has left open. Once, before anything else.
  virtual arrow::Status InitTransactions() = 0;
  virtual arrow::Status BeginTransaction() = 0;
  // The offsets count with the transaction, as committed by `group`; `metadata`: at most 4,096
  // bytes.
  virtual arrow::Status SendOffsets(const std::string& group,
                                    std::span<const std::pair<TopicPartition, int64_t>> offsets,
                                    const std::string& metadata) = 0;
  // Where it cannot, it has aborted the transaction. False: it counts, but a copy of the request
  // may still be on its way (a connection broke, it was sent again), and would end the next
  // transaction: that must be another producer's with this id.
  virtual arrow::Result<bool> CommitTransaction() = 0;
  // What was produced and not acknowledged is dropped; senders go on with the next transaction.
  virtual arrow::Status AbortTransaction(int64_t timeout_ms) = 0;

  // The job has ended: a Flush that takes longer than a second is told so (Cancelled). Any thread.
  virtual void GiveUp() {}
};

class KafkaClient {
 public:
  virtual ~KafkaClient() = default;
  // `ends_wanted`: queues say when a partition has been read to its end. `warn` may be called from
  // any thread.
  virtual arrow::Result<std::shared_ptr<KafkaConsumer>> OpenConsumer(
      const KafkaProperties& properties, bool ends_wanted,
      std::function<void(std::string)> warn) = 0;
  virtual arrow::Result<std::shared_ptr<KafkaProducer>> OpenProducer(
      const KafkaProperties& properties, std::function<void(std::string)> warn) = 0;
};

// The real one.
KafkaClient& Librdkafka();

}  // namespace sabot
