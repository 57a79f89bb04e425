// Transactions, and the topic that remembers them.
#include "connectors/kafka/kafka_commit.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/error.h"

namespace sabot {
namespace {

constexpr int kVersion = 1;
constexpr int64_t kFlushMillisMax = 120'000;
// A transaction of another job that hangs hides what was committed behind it: the broker ends it
// after its timeout.
constexpr int64_t kReadNanosMax = int64_t{120} * 1'000'000'000;
constexpr size_t kPollMax = 1000;
// Beyond the time from one commit to the next, for the commit itself: as long again, so much at
// most.
constexpr int64_t kTimeoutMarginMillisMax = 30'000;
constexpr char kTransactionTimeout[] = "transaction.timeout.ms";
const TopicPartition kCommitPartition{kKafkaCommitTopic, 0};

// Where stages and partitions of a job commit by themselves, they have a record each.
std::string RecordKey(const std::string& prefix) { return prefix + "/0/0"; }

// For calls that wait.
class Bell {
 public:
  void Ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_one();
  }
  void Wait(std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, at_most, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

}  // namespace

std::string EncodeCommitPoint(const CommitPoint& point) {
  char checksum[17];
  std::snprintf(checksum, sizeof(checksum), "%016llx",
                static_cast<unsigned long long>(point.manifest_checksum));
  return nlohmann::json({{"version", kVersion},
                         {"folder", point.folder_id},
                         {"lineage", point.lineage},
                         {"attempt", point.attempt},
                         {"epoch", point.epoch},
                         {"manifest", checksum}})
      .dump();
}

arrow::Result<CommitPoint> DecodeCommitPoint(std::string_view bytes) {
  const auto json = nlohmann::json::parse(bytes, nullptr, false);
  const auto is_int = [&](const char* name) {
    return json.contains(name) && json[name].is_number_integer();
  };
  if (!json.is_object() || !is_int("version"))
    return arrow::Status::Invalid("it is no commit record of sabot's");
  if (json["version"] != kVersion) {
    return arrow::Status::Invalid("it is of version ", json["version"].dump(),
                                  ", this sabot reads ", kVersion);
  }
  CommitPoint point;
  const bool has_texts = json.contains("folder") && json["folder"].is_string() &&
                         json.contains("manifest") && json["manifest"].is_string();
  if (!has_texts || !is_int("lineage") || !is_int("attempt") || !is_int("epoch"))
    return arrow::Status::Invalid("a member is missing or of another type");
  point.folder_id = json["folder"].get<std::string>();
  point.lineage = json["lineage"].get<int64_t>();
  point.attempt = json["attempt"].get<int64_t>();
  point.epoch = json["epoch"].get<int64_t>();
  const auto checksum = json["manifest"].get<std::string>();
  const char* const end = checksum.data() + checksum.size();
  const auto parsed = std::from_chars(checksum.data(), end, point.manifest_checksum, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return arrow::Status::Invalid("its checksum is none");
  return point;
}

// A transaction that brokers abort before its checkpoint can count is written again, for ever.
arrow::Status KafkaCommit::SetTransactionTimeout() {
  const int64_t least = options_.period_ms + std::min(options_.period_ms, kTimeoutMarginMillisMax);
  std::string& timeout = options_.properties[kTransactionTimeout];
  if (timeout.empty()) {
    timeout = std::to_string(least);
    return arrow::Status::OK();
  }
  int64_t given = 0;
  const auto parsed = std::from_chars(timeout.data(), timeout.data() + timeout.size(), given);
  if (parsed.ec != std::errc() || given >= least) return arrow::Status::OK();
  return UserError(
      "invalid-property", kTransactionTimeout,
      "'properties.transaction.timeout.ms' = " + timeout +
          " is too little: a transaction lasts from one checkpoint to the next, at most " +
          std::to_string(options_.period_ms) +
          " ms (execution.checkpointing.interval and .timeout), and brokers abort one that takes "
          "longer. Leave the option out, set it to " +
          std::to_string(least) + " or more (brokers allow transaction.max.timeout.ms), or set " +
          "a shorter 'execution.checkpointing.timeout'.");
}

arrow::Result<std::shared_ptr<KafkaCommit>> KafkaCommit::Open(KafkaClient& client,
                                                              KafkaCommitOptions options) {
  std::shared_ptr<KafkaCommit> commit(new KafkaCommit(client, std::move(options)));
  commit->given_ = commit->options_.properties;
  ARROW_RETURN_NOT_OK(commit->SetTransactionTimeout());
  KafkaProperties properties = commit->options_.properties;
  for (const char* producers : {"transaction.timeout.ms", "acks", "linger.ms", "batch.size",
                                "compression.type", "enable.idempotence"}) {
    properties.erase(producers);
  }
  properties["isolation.level"] = "read_committed";
  ARROW_ASSIGN_OR_RAISE(commit->consumer_,
                        client.OpenConsumer(properties, true, commit->options_.warn));
  ARROW_RETURN_NOT_OK(
      commit->consumer_->CreateTopic(kKafkaCommitTopic, 1, {{"cleanup.policy", "compact"}}));
  return commit;
}

arrow::Status KafkaCommit::Enter(const std::string& prefix, const KafkaProperties& properties) {
  prefixes_.insert(prefix);
  if (properties == given_) return arrow::Status::OK();
  return UserError("unsupported", prefix,
                   "the exactly-once sinks of a job write to a cluster with one producer: give "
                   "their tables the same 'properties.*' ('" +
                       prefix + "' has others than '" + *prefixes_.begin() + "')");
}

// Before Resolve nothing was produced.
arrow::Status KafkaCommit::Flush() {
  return producer_ == nullptr ? arrow::Status::OK() : producer_->Flush(kFlushMillisMax);
}

arrow::Result<std::optional<CommitPoint>> KafkaCommit::Resolve() {
  sender_.reset();
  // A producer initialises once. Those of the other sinks' ids only end what attempts with other
  // sinks may have left.
  for (const std::string& prefix : prefixes_) {
    ARROW_ASSIGN_OR_RAISE(auto producer, OpenProducer(prefix));
    ARROW_RETURN_NOT_OK(producer->InitTransactions());
    if (prefix == *prefixes_.begin()) producer_ = std::move(producer);
  }
  ARROW_ASSIGN_OR_RAISE(sender_, producer_->OpenSender(kKafkaCommitTopic, [] {}));
  ARROW_ASSIGN_OR_RAISE(auto point, ReadPoint());
  ARROW_RETURN_NOT_OK(producer_->BeginTransaction());
  return point;
}

arrow::Result<std::shared_ptr<KafkaProducer>> KafkaCommit::OpenProducer(const std::string& prefix) {
  KafkaProperties properties = options_.properties;
  properties["transactional.id"] = prefix + "-0";
  return client_.OpenProducer(properties, options_.warn);
}

// The newest record of this job. InitTransactions has settled all transactions of its own, so that
// there is none below the end that may still appear.
arrow::Result<std::optional<CommitPoint>> KafkaCommit::ReadPoint() {
  using Query = OffsetQuery;
  // One question each: librdkafka takes no partition twice in one.
  std::vector<int64_t> offsets;
  for (const auto at : {Query::At::kEarliest, Query::At::kLatest}) {
    const Query query{kCommitPartition, at};
    ARROW_ASSIGN_OR_RAISE(const auto found, consumer_->ListOffsets(std::span(&query, 1)));
    offsets.push_back(found[0]);
  }
  std::optional<CommitPoint> point;
  if (offsets[0] >= offsets[1]) return point;
  Bell bell;
  const auto queue = consumer_->OpenQueue([&bell] { bell.Ring(); });
  const KafkaStart start{.partition = kCommitPartition, .split = 0, .offset = offsets[0]};
  ARROW_RETURN_NOT_OK(queue->Assign(std::span(&start, 1)));
  std::set<std::string, std::less<>> keys;
  for (const std::string& prefix : prefixes_) keys.insert(RecordKey(prefix));
  const int64_t deadline = options_.clock->MonotonicNanos() + kReadNanosMax;
  std::vector<KafkaMessage> messages;
  while (options_.clock->MonotonicNanos() < deadline) {
    ARROW_RETURN_NOT_OK(queue->Poll(kPollMax, &messages));
    for (const KafkaMessage& message : messages) {
      if (message.is_end && message.offset >= offsets[1]) return point;
      if (message.is_end || !keys.contains(message.key)) continue;
      auto decoded = DecodeCommitPoint(message.value);
      if (!decoded.ok()) {
        return UserError("checkpoint", kKafkaCommitTopic,
                         "the commit record '" + std::string(message.key) + "' in " +
                             kKafkaCommitTopic + ", offset " + std::to_string(message.offset) +
                             ", cannot be read: " + decoded.status().message());
      }
      point = std::move(*decoded);
    }
    if (messages.empty()) bell.Wait(std::chrono::milliseconds(100));
  }
  return UserError("kafka", kKafkaCommitTopic,
                   "the commit records in " + std::string(kKafkaCommitTopic) +
                       " could not be read to their end: a transaction of another job that hangs "
                       "hides them until its timeout. Start again later.");
}

arrow::Status KafkaCommit::WritePoint(const CommitPoint& point) {
  const std::string key = RecordKey(*prefixes_.begin());
  const std::string value = EncodeCommitPoint(point);
  KafkaRecord record;
  record.key = key;
  record.value = value;
  record.partition = 0;
  ARROW_ASSIGN_OR_RAISE(const size_t taken, sender_->Produce(std::span(&record, 1)));
  if (taken == 1) return arrow::Status::OK();
  // Its queue is full of rows: they go first.
  ARROW_RETURN_NOT_OK(Flush());
  ARROW_ASSIGN_OR_RAISE(const size_t taken_now, sender_->Produce(std::span(&record, 1)));
  if (taken_now == 1) return arrow::Status::OK();
  return UserError("transaction-aborted", kKafkaCommitTopic,
                   "the commit record found no room in the producer's queue");
}

arrow::Status KafkaCommit::Claim(const CommitPoint& point) { return Commit(point); }

arrow::Status KafkaCommit::Commit(const CommitPoint& point) {
  ARROW_RETURN_NOT_OK(WritePoint(point));
  ARROW_RETURN_NOT_OK(Flush());
  ARROW_RETURN_NOT_OK(producer_->CommitTransaction());
  return producer_->BeginTransaction();
}

}  // namespace sabot
