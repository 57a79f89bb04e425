// Transactions, and the topic that remembers them.
#include "connectors/kafka/kafka_commit.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/error.h"

namespace sabot {
namespace {

constexpr int64_t kFlushMillisMax = 120'000;
constexpr int64_t kCloseMillisMax = 5'000;
constexpr int kClaimTriesMax = 20;
constexpr std::chrono::milliseconds kClaimPause{100};
// Beyond the time from one commit to the next, for the commit itself: as long again, so much at
// most.
constexpr int64_t kTimeoutMarginMillisMax = 30'000;
constexpr char kTransactionTimeout[] = "transaction.timeout.ms";
// Of a transaction that lasts as long as its job: what brokers allow unless they are told
// otherwise.
constexpr char kTimeoutWithoutPeriod[] = "900000";

// Where stages and partitions of a job commit by themselves, they have a record each.
std::string RecordKey(const std::string& prefix) { return prefix + "/0/0"; }

}  // namespace

// A transaction that brokers abort before its checkpoint can count is written again, for ever.
arrow::Status KafkaCommit::SetTransactionTimeout() {
  if (options_.period_ms == 0) {
    options_.properties.try_emplace(kTransactionTimeout, kTimeoutWithoutPeriod);
    return arrow::Status::OK();
  }
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
  KafkaProperties& properties = commit->consumer_properties_;
  properties = commit->options_.properties;
  for (const char* producers : {kTransactionTimeout, "acks", "linger.ms", "batch.size",
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

arrow::Status KafkaCommit::Enter(const std::string& prefix, const KafkaProperties& properties,
                                 const std::vector<std::string>& topics) {
  prefixes_.insert(prefix);
  topics_.insert(topics.begin(), topics.end());
  if (properties == given_) return arrow::Status::OK();
  return UserError("unsupported", prefix,
                   "the exactly-once sinks of a job write to a cluster with one producer: give "
                   "their tables the same 'properties.*' ('" +
                       prefix + "' has others than '" + *prefixes_.begin() + "')");
}

arrow::Status KafkaCommit::AddTopic(const std::string& topic,
                                    const std::function<arrow::Status(KafkaProducer&)>& ask) {
  const std::lock_guard lock(mutex_);
  SABOT_CHECK(producer_ != nullptr);
  // As in BeginWith.
  ARROW_RETURN_NOT_OK(producer_->NumPartitions(topic).status());
  topics_.insert(topic);
  return ask(*producer_);
}

// Before Resolve nothing was produced.
arrow::Status KafkaCommit::Flush() {
  return producer_ == nullptr ? arrow::Status::OK() : producer_->Flush(kFlushMillisMax);
}

void KafkaCommit::Carry(std::shared_ptr<KafkaPositions> positions) {
  positions->SendWithTransactions();
  positions_ = std::move(positions);
}

arrow::Result<std::unique_ptr<KafkaSender>> KafkaCommit::OpenSender(const std::string& topic,
                                                                    std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  SABOT_CHECK(producer_ != nullptr);
  return producer_->OpenSender(topic, std::move(wake));
}

arrow::Result<std::optional<CommitPoint>> KafkaCommit::Resolve() {
  const std::lock_guard lock(mutex_);
  // A producer initialises once. Those of the other sinks' ids only end what attempts with other
  // sinks may have left.
  std::shared_ptr<KafkaProducer> own;
  for (const std::string& prefix : prefixes_) {
    ARROW_ASSIGN_OR_RAISE(auto producer, OpenProducer(prefix));
    ARROW_RETURN_NOT_OK(producer->InitTransactions());
    if (prefix == *prefixes_.begin()) own = std::move(producer);
  }
  // That has settled all transactions of this job: there is none below the end that may still
  // appear.
  ARROW_ASSIGN_OR_RAISE(NewestCommitRecord newest, ReadNewest(*consumer_, CommitsUntil::kEnd));
  found_ = std::move(newest.record);
  found_key_ = std::move(newest.key);
  ARROW_RETURN_NOT_OK(BeginWith(std::move(own)));
  return found_ ? std::optional(found_->point) : std::nullopt;
}

arrow::Status KafkaCommit::BeginWith(std::shared_ptr<KafkaProducer> producer) {
  sender_.reset();
  producer_ = std::move(producer);
  {
    const std::lock_guard lock(flushing_mutex_);
    flushing_ = producer_;
  }
  // Where librdkafka does not know a topic yet, it enters a partition -1 into the transaction.
  for (const std::string& topic : topics_)
    ARROW_RETURN_NOT_OK(producer_->NumPartitions(topic).status());
  ARROW_ASSIGN_OR_RAISE(sender_, producer_->OpenSender(kKafkaCommitTopic, [] {}));
  ARROW_RETURN_NOT_OK(producer_->BeginTransaction());
  is_open_ = true;
  ++generation_;
  return arrow::Status::OK();
}

arrow::Status KafkaCommit::Renew(const CommitPoint& own) {
  ARROW_RETURN_NOT_OK(NotReplaced([&](const CommitPoint& point) {
    return (point.folder_id == own.folder_id && point.attempt == own.attempt) ||
           (found_ && point == found_->point);
  }));
  ARROW_ASSIGN_OR_RAISE(auto next, OpenProducer(*prefixes_.begin()));
  ARROW_RETURN_NOT_OK(next->InitTransactions());
  return BeginWith(std::move(next));
}

arrow::Result<std::shared_ptr<KafkaProducer>> KafkaCommit::OpenProducer(const std::string& prefix) {
  KafkaProperties properties = options_.properties;
  properties["transactional.id"] = prefix + "-0";
  return client_.OpenProducer(properties, options_.warn);
}

arrow::Result<NewestCommitRecord> KafkaCommit::ReadNewest(KafkaConsumer& consumer,
                                                          CommitsUntil until) const {
  std::set<std::string, std::less<>> keys;
  for (const std::string& prefix : prefixes_) keys.insert(RecordKey(prefix));
  return ReadNewestCommitRecord(consumer, keys, until, *options_.clock);
}

arrow::Status KafkaCommit::StillOurs(const std::string& folder_id) {
  const std::lock_guard lock(mutex_);
  return NotReplaced([&](const CommitPoint& point) { return point.folder_id == folder_id; });
}

// Who has taken over has written its claim. Transactions that are open count too: another job's
// that hangs would hide it. Those that were aborted do not: its process died before it owned
// anything.
arrow::Status KafkaCommit::NotReplaced(const IsOurs& is_ours) {
  KafkaProperties properties = consumer_properties_;
  properties["isolation.level"] = "read_uncommitted";
  ARROW_ASSIGN_OR_RAISE(const auto all, client_.OpenConsumer(properties, true, options_.warn));
  ARROW_ASSIGN_OR_RAISE(const NewestCommitRecord newest, ReadNewest(*all, CommitsUntil::kEnd));
  if (!newest.record || is_ours(newest.record->point)) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const NewestCommitRecord settled,
                        ReadNewest(*consumer_, CommitsUntil::kStable));
  if (settled.end > newest.offset && (!settled.record || is_ours(settled.record->point)))
    return arrow::Status::OK();
  const std::string& owner = newest.record->point.owner;
  return UserError(
      "fenced", newest.key,
      "this process no longer owns the job: " + (owner.empty() ? "another process" : owner) +
          " has taken over the commit record '" + newest.key + "' in " + kKafkaCommitTopic +
          ", with a checkpoint folder of its own. Nothing of what this one did since "
          "its last checkpoint counts.");
}

// Offsets are lost with their group, or when they expire: then the record alone counts. Those of
// this job must be the record's.
arrow::Status KafkaCommit::Verify() {
  if (!found_) return arrow::Status::OK();
  for (const auto& [group, offsets] : found_->positions)
    ARROW_RETURN_NOT_OK(VerifyGroup(group, offsets));
  return arrow::Status::OK();
}

arrow::Status KafkaCommit::VerifyGroup(const std::string& group,
                                       const std::map<TopicPartition, int64_t>& offsets) {
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, offset] : offsets) partitions.push_back(partition);
  ARROW_ASSIGN_OR_RAISE(const auto committed, consumer_->CommittedBy(group, partitions));
  const OffsetOwner own = OwnerOfOffsets(found_key_, found_->point);
  std::set<std::string> jobs;
  for (const std::string& prefix : prefixes_)
    jobs.insert(OwnerOfOffsets(RecordKey(prefix), CommitPoint()).job);
  bool is_anothers = false;
  for (size_t i = 0; i < partitions.size(); ++i) {
    if (!committed[i]) continue;
    const auto owner = DecodeOffsetOwner(committed[i]->metadata);
    if (!owner || !jobs.contains(owner->job)) {
      is_anothers = true;
      continue;
    }
    const int64_t offset = offsets.at(partitions[i]);
    if (*owner == own && committed[i]->offset == offset) continue;
    return UserError(
        "checkpoint", group,
        "the commit record '" + found_key_ + "' in " + kKafkaCommitTopic + " is of epoch " +
            std::to_string(own.epoch) + " (attempt " + std::to_string(own.attempt) +
            "), with topic '" + partitions[i].topic + "', partition " +
            std::to_string(partitions[i].partition) + " at offset " + std::to_string(offset) +
            "; the offsets of consumer group '" + group +
            "', which were committed with it, are of epoch " + std::to_string(owner->epoch) +
            " (attempt " + std::to_string(owner->attempt) + "), at offset " +
            std::to_string(committed[i]->offset) +
            ": brokers have lost one of them, and perhaps rows. Start anew without --restore; or, "
            "if the record is right, delete the group's offsets first.");
  }
  if (is_anothers && options_.warn) {
    options_.warn("the offsets of consumer group '" + group +
                  "' were changed by somebody else since the job's last checkpoint: the job goes "
                  "on from the checkpoint");
  }
  return arrow::Status::OK();
}

arrow::Status KafkaCommit::WriteRecord(const KafkaCommitRecord& record) {
  const std::string key = RecordKey(*prefixes_.begin());
  const std::string value = EncodeCommitRecord(record);
  KafkaRecord produced;
  produced.key = key;
  produced.value = value;
  produced.partition = 0;
  ARROW_ASSIGN_OR_RAISE(const size_t taken, sender_->Produce(std::span(&produced, 1)));
  if (taken == 1) return arrow::Status::OK();
  // Its queue is full of rows: they go first.
  ARROW_RETURN_NOT_OK(producer_->Flush(kFlushMillisMax));
  ARROW_ASSIGN_OR_RAISE(const size_t taken_now, sender_->Produce(std::span(&produced, 1)));
  if (taken_now == 1) return arrow::Status::OK();
  return UserError("transaction-aborted", kKafkaCommitTopic,
                   "the commit record found no room in the producer's queue");
}

// While the record is on its way, the offsets are.
arrow::Status KafkaCommit::CommitRecord(const KafkaCommitRecord& record) {
  if (is_closed_) return arrow::Status::Cancelled("the job has ended");
  ARROW_RETURN_NOT_OK(WriteRecord(record));
  const std::string metadata =
      EncodeOffsetOwner(OwnerOfOffsets(RecordKey(*prefixes_.begin()), record.point));
  for (const auto& [group, positions] : record.positions) {
    const std::vector<std::pair<TopicPartition, int64_t>> offsets(positions.begin(),
                                                                  positions.end());
    ARROW_RETURN_NOT_OK(producer_->SendOffsets(group, offsets, metadata));
  }
  ARROW_RETURN_NOT_OK(producer_->Flush(kFlushMillisMax));
  is_open_ = false;  // Whoever gives up here does not know.
  ARROW_ASSIGN_OR_RAISE(const bool is_over, producer_->CommitTransaction());
  if (!is_over) {
    // A copy of the request would end the next transaction: its id becomes another producer's.
    if (options_.warn)
      options_.warn("the end of a transaction was sent twice: a new producer takes over its id");
    return Renew(record.point);
  }
  ARROW_RETURN_NOT_OK(producer_->BeginTransaction());
  is_open_ = true;
  return arrow::Status::OK();
}

// No row is in this transaction: it is written again where it was aborted. Brokers that have not
// heard of the commit topic yet, which is new on this cluster, do that.
arrow::Status KafkaCommit::Claim(const CommitPoint& point) {
  const std::lock_guard lock(mutex_);
  for (int tries = 1;; ++tries) {
    arrow::Status claimed = CommitRecord({point, {}});
    const ErrorDetail* const detail = DetailOf(claimed);
    if (detail == nullptr || detail->kind() != "transaction-aborted" || tries == kClaimTriesMax)
      return claimed;
    std::this_thread::sleep_for(kClaimPause);
    ARROW_RETURN_NOT_OK(Renew(point));
  }
}

arrow::Status KafkaCommit::Commit(const CommitPoint& point) {
  {
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(CommitRecord(
        {point, positions_ == nullptr ? KafkaGroupPositions() : positions_->At(point.epoch)}));
  }
  if (positions_ != nullptr) positions_->Forget(point.epoch);
  if (options_.settle) options_.settle(point.epoch);
  return arrow::Status::OK();
}

// Its rows will never count: readers need not wait for its timeout.
void KafkaCommit::Close() {
  consumer_->GiveUp();
  {
    const std::lock_guard lock(flushing_mutex_);
    if (flushing_ != nullptr) flushing_->GiveUp();
  }
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  if (!std::exchange(is_open_, false)) return;
  const arrow::Status aborted = producer_->AbortTransaction(kCloseMillisMax);
  const ErrorDetail* const detail = DetailOf(aborted);
  if (aborted.ok() || !options_.warn || (detail != nullptr && detail->kind() == "fenced")) return;
  options_.warn(
      "the transaction that was open when the job ended is still there: readers wait for "
      "it until its timeout, or until the job is started again (" +
      aborted.message() + ")");
}

}  // namespace sabot
