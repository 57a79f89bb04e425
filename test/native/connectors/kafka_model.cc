// Brokers and clients that run when they are asked to.
#include "connectors/kafka_model.h"

#include <algorithm>
#include <deque>

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"

namespace sabot::test {
namespace {

constexpr size_t kMetadataBytesMax = 4'096;
constexpr size_t kProducerQueueMax = 50;  // Records: small, so that sinks meet a full one.

}  // namespace

class KafkaModel::Producer final : public KafkaProducer,
                                   public std::enable_shared_from_this<Producer> {
 public:
  Producer(KafkaModel& model, std::string id) : model_(model), id_(std::move(id)) {
    model_.producers_.insert(this);
  }
  ~Producer() override { model_.producers_.erase(this); }

  struct Waiting {
    std::string topic;
    int32_t partition = 0;
    Record record;
    std::shared_ptr<int64_t> unacknowledged;
    std::function<void()> wake;
  };

  arrow::Result<int32_t> NumPartitions(const std::string& topic) override {
    ARROW_RETURN_NOT_OK(model_.Enter());
    ARROW_ASSIGN_OR_RAISE(const Topic* found, model_.Find(topic));
    return static_cast<int32_t>(found->partitions.size());
  }
  arrow::Result<int64_t> RecordBytesMax(const std::string&) override {
    return model_.record_bytes_max_;
  }
  arrow::Result<std::unique_ptr<KafkaSender>> OpenSender(const std::string& topic,
                                                         std::function<void()> wake) override;

  arrow::Status Flush(int64_t) override {
    ARROW_RETURN_NOT_OK(model_.Enter());
    while (!waiting_.empty()) ARROW_RETURN_NOT_OK(SendOne());
    return model_.Leave();
  }

  arrow::Status InitTransactions() override {
    SABOT_CHECK(!id_.empty() && producer_epoch_ == 0);
    ARROW_RETURN_NOT_OK(model_.Enter());
    TransactionalId& id = model_.ids_[id_];
    if (id.open != nullptr && id.open->fate == Fate::kOpen) {
      // What was under way is settled, one way or the other.
      id.open->fate = Fate::kAborted;
    }
    id.open = nullptr;
    producer_epoch_ = ++id.producer_epoch;
    return model_.Leave();
  }
  arrow::Status BeginTransaction() override {
    SABOT_CHECK(!in_transaction_);
    in_transaction_ = true;
    transaction_ = nullptr;  // The coordinator hears of it with the first record.
    return arrow::Status::OK();
  }
  arrow::Status SendOffsets(const std::string& group,
                            std::span<const std::pair<TopicPartition, int64_t>> offsets,
                            const std::string& metadata) override {
    SABOT_CHECK(in_transaction_ && !offsets.empty() && metadata.size() <= kMetadataBytesMax);
    ARROW_RETURN_NOT_OK(model_.Enter());
    ARROW_RETURN_NOT_OK(BeginAtCoordinator());
    for (const auto& [partition, offset] : offsets)
      transaction_->offsets[group][partition] = {offset, metadata};
    return model_.Leave();
  }

  arrow::Result<bool> CommitTransaction() override {
    SABOT_CHECK(in_transaction_ && waiting_.empty());
    ARROW_RETURN_NOT_OK(model_.Enter());
    ARROW_RETURN_NOT_OK(CheckNotFenced());
    in_transaction_ = false;
    if (transaction_ == nullptr) {
      ARROW_RETURN_NOT_OK(model_.Leave());
      return true;
    }
    if (transaction_->fate == Fate::kAborted || model_.Happens(model_.faults_.refused)) {
      ++model_.num_faults_;
      transaction_->fate = Fate::kAborted;
      ARROW_RETURN_NOT_OK(model_.Leave());
      return UserError("transaction-aborted", id_, "the transaction was aborted");
    }
    if (model_.Happens(model_.faults_.delayed)) {
      ++model_.num_faults_;
      model_.delayed_.push_back({id_, producer_epoch_, transaction_});
      return UserError("commit-unknown", id_, "the request has not been answered");
    }
    model_.Commit(*transaction_);
    model_.ids_[id_].open = nullptr;
    ARROW_RETURN_NOT_OK(model_.Leave());
    if (model_.Happens(model_.faults_.repeated)) {
      ++model_.num_faults_;
      model_.delayed_.push_back({id_, producer_epoch_, nullptr});
      return false;
    }
    if (!model_.Happens(model_.faults_.lost_answers)) return true;
    ++model_.num_faults_;
    return UserError("commit-unknown", id_, "the answer has been lost");
  }
  arrow::Status AbortTransaction(int64_t) override {
    ARROW_RETURN_NOT_OK(model_.Enter());
    in_transaction_ = false;
    waiting_.clear();
    if (transaction_ != nullptr) transaction_->fate = Fate::kAborted;
    return model_.Leave();
  }

  bool busy() const { return !waiting_.empty(); }
  bool has_room() const { return waiting_.size() < kProducerQueueMax; }
  void Take(Waiting waiting) { waiting_.push_back(std::move(waiting)); }
  void Drop() { waiting_.clear(); }
  const arrow::Status& failure() const { return failure_; }

  // The oldest record arrives; what it meets there is told to whoever sends or flushes next.
  arrow::Status SendOne() {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    if (failure_.ok() && !id_.empty()) failure_ = BeginAtCoordinator();
    if (failure_.ok()) {
      auto topic = model_.Find(next.topic);
      if (!topic.ok()) failure_ = topic.status();
      if (topic.ok()) {
        (*topic)->partitions[static_cast<size_t>(next.partition)].push_back(
            {std::move(next.record), transaction_});
        model_.WakeQueues();
      }
    }
    --*next.unacknowledged;
    if (next.wake) next.wake();
    return failure_;
  }

 private:
  arrow::Status BeginAtCoordinator() {
    ARROW_RETURN_NOT_OK(CheckNotFenced());
    if (transaction_ != nullptr) {
      if (transaction_->fate == Fate::kOpen) return arrow::Status::OK();
      return UserError("transaction-aborted", id_, "the transaction took too long");
    }
    transaction_ = std::make_shared<Transaction>();
    transaction_->begun_ms = model_.clock_->NowMillis();
    model_.ids_[id_].open = transaction_;
    return arrow::Status::OK();
  }
  arrow::Status CheckNotFenced() {
    if (model_.ids_[id_].producer_epoch == producer_epoch_) return arrow::Status::OK();
    return UserError("fenced", id_, "another producer has this transactional id now");
  }

  KafkaModel& model_;
  const std::string id_;
  int64_t producer_epoch_ = 0;
  bool in_transaction_ = false;
  std::shared_ptr<Transaction> transaction_;
  std::deque<Waiting> waiting_;
  arrow::Status failure_;
};

class KafkaModel::Sender final : public KafkaSender {
 public:
  Sender(KafkaModel& model, std::shared_ptr<Producer> producer, std::string topic,
         std::function<void()> wake)
      : model_(model),
        producer_(std::move(producer)),
        topic_(std::move(topic)),
        wake_(std::move(wake)) {}

  arrow::Result<size_t> Produce(std::span<const KafkaRecord> records) override {
    ARROW_RETURN_NOT_OK(producer_->failure());
    ARROW_ASSIGN_OR_RAISE(const Topic* topic, model_.Find(topic_));
    size_t taken = 0;
    for (; taken < records.size() && producer_->has_room(); ++taken) {
      const KafkaRecord& record = records[taken];
      Producer::Waiting waiting;
      waiting.topic = topic_;
      waiting.partition =
          record.partition >= 0
              ? record.partition
              : static_cast<int32_t>(HashBytes(record.key) % topic->partitions.size());
      waiting.record.key = std::string(record.key);
      if (record.value.data() != nullptr) waiting.record.value = std::string(record.value);
      waiting.unacknowledged = unacknowledged_;
      waiting.wake = wake_;
      ++*unacknowledged_;
      producer_->Take(std::move(waiting));
    }
    return taken;
  }
  arrow::Result<bool> IsFlushed() override {
    ARROW_RETURN_NOT_OK(producer_->failure());
    return *unacknowledged_ == 0;
  }

 private:
  KafkaModel& model_;
  const std::shared_ptr<Producer> producer_;
  const std::string topic_;
  const std::function<void()> wake_;
  const std::shared_ptr<int64_t> unacknowledged_ = std::make_shared<int64_t>(0);
};

arrow::Result<std::unique_ptr<KafkaSender>> KafkaModel::Producer::OpenSender(
    const std::string& topic, std::function<void()> wake) {
  ARROW_RETURN_NOT_OK(model_.Find(topic).status());
  return std::make_unique<Sender>(model_, shared_from_this(), topic, std::move(wake));
}

class KafkaModel::Queue final : public KafkaQueue {
 public:
  Queue(KafkaModel& model, bool committed_only, bool ends_wanted, std::function<void()> wake)
      : model_(model),
        committed_only_(committed_only),
        ends_wanted_(ends_wanted),
        wake_(std::move(wake)) {
    model_.queues_.insert(this);
  }
  ~Queue() override { model_.queues_.erase(this); }

  arrow::Status Assign(std::span<const KafkaStart> starts) override {
    for (const KafkaStart& start : starts) reads_.push_back({start, start.offset});
    return arrow::Status::OK();
  }
  arrow::Status Unassign(int32_t split) override {
    std::erase_if(reads_, [split](const Read& read) { return read.start.split == split; });
    return arrow::Status::OK();
  }

  arrow::Status Poll(size_t num_max, std::vector<KafkaMessage>* messages) override {
    messages->clear();
    for (Read& read : reads_) {
      ARROW_ASSIGN_OR_RAISE(const Topic* topic, model_.Find(read.start.partition.topic));
      const auto& partition =
          topic->partitions[static_cast<size_t>(read.start.partition.partition)];
      const size_t end = committed_only_ ? StableEnd(partition) : partition.size();
      for (; static_cast<size_t>(read.offset) < end && messages->size() < num_max; ++read.offset) {
        const Stored& stored = partition[static_cast<size_t>(read.offset)];
        const bool aborted =
            stored.transaction != nullptr && stored.transaction->fate == Fate::kAborted;
        if (committed_only_ && aborted) continue;
        KafkaMessage message;
        message.key = stored.record.key;
        if (stored.record.value) message.value = *stored.record.value;
        message.offset = read.offset;
        message.split = read.start.split;
        messages->push_back(message);
      }
      if (ends_wanted_ && static_cast<size_t>(read.offset) == end && read.told_end != read.offset &&
          messages->size() < num_max) {
        read.told_end = read.offset;
        KafkaMessage message;
        message.offset = read.offset;
        message.split = read.start.split;
        message.is_end = true;
        messages->push_back(message);
      }
    }
    return arrow::Status::OK();
  }

  int64_t End(int32_t split) const override {
    for (const Read& read : reads_) {
      if (read.start.split != split) continue;
      const auto& [topic, partition] = read.start.partition;
      return static_cast<int64_t>(
          model_.topics_.at(topic).partitions[static_cast<size_t>(partition)].size());
    }
    return -1;
  }

  std::pair<int64_t, KafkaTimestampType> Timestamp(const KafkaMessage&) const override {
    return {0, KafkaTimestampType::kCreateTime};
  }
  int32_t LeaderEpoch(const KafkaMessage&) const override { return -1; }
  void Headers(const KafkaMessage&, std::vector<KafkaHeader>* headers) const override {
    headers->clear();
  }

  void Wake() const {
    if (wake_) wake_();
  }

 private:
  struct Read {
    KafkaStart start;
    int64_t offset = 0;
    int64_t told_end = -1;
  };
  KafkaModel& model_;
  const bool committed_only_;
  const bool ends_wanted_;
  const std::function<void()> wake_;
  std::vector<Read> reads_;
};

class KafkaModel::Consumer final : public KafkaConsumer {
 public:
  Consumer(KafkaModel& model, std::string group, bool committed_only, bool ends_wanted)
      : model_(model),
        group_(std::move(group)),
        committed_only_(committed_only),
        ends_wanted_(ends_wanted) {}

  arrow::Result<std::vector<KafkaTopic>> DescribeTopics(
      const std::vector<std::string>& names) override {
    ARROW_RETURN_NOT_OK(model_.Enter());
    std::vector<KafkaTopic> topics;
    for (const std::string& name : names) {
      ARROW_ASSIGN_OR_RAISE(const Topic* topic, model_.Find(name));
      topics.push_back({name, "id of " + name, static_cast<int32_t>(topic->partitions.size())});
    }
    return topics;
  }
  arrow::Result<std::vector<std::string>> ListTopics() override {
    std::vector<std::string> names;
    for (const auto& [name, topic] : model_.topics_) names.push_back(name);
    return names;
  }
  arrow::Result<std::vector<int64_t>> ListOffsets(std::span<const OffsetQuery> queries) override {
    ARROW_RETURN_NOT_OK(model_.Enter());
    std::vector<int64_t> offsets;
    std::set<TopicPartition> asked;
    for (const OffsetQuery& query : queries) {
      SABOT_CHECK(asked.insert(query.partition).second);
      ARROW_ASSIGN_OR_RAISE(const Topic* topic, model_.Find(query.partition.topic));
      const auto& partition = topic->partitions[static_cast<size_t>(query.partition.partition)];
      offsets.push_back(
          query.at == OffsetQuery::At::kEarliest ? 0 : static_cast<int64_t>(partition.size()));
    }
    return offsets;
  }
  arrow::Result<std::vector<std::optional<int64_t>>> Committed(
      const std::vector<TopicPartition>& partitions) override {
    ARROW_ASSIGN_OR_RAISE(const auto found, CommittedBy(group_, partitions));
    std::vector<std::optional<int64_t>> offsets;
    for (const auto& each : found)
      offsets.push_back(each ? std::optional(each->offset) : std::nullopt);
    return offsets;
  }
  arrow::Result<std::vector<std::optional<GroupOffset>>> CommittedBy(
      const std::string& group, const std::vector<TopicPartition>& partitions) override {
    ARROW_RETURN_NOT_OK(model_.Enter());
    std::vector<std::optional<GroupOffset>> offsets;
    for (const TopicPartition& each : partitions) {
      const auto of_group = model_.groups_.find(group);
      const bool known = of_group != model_.groups_.end() && of_group->second.contains(each);
      offsets.push_back(known ? std::optional(of_group->second.at(each)) : std::nullopt);
    }
    ARROW_RETURN_NOT_OK(model_.Leave());
    return offsets;
  }
  arrow::Result<std::string> ClusterId() override { return "model"; }
  int64_t num_topic_answers() const override { return 1; }
  arrow::Status CreateTopic(const std::string& name, int32_t num_partitions,
                            const std::map<std::string, std::string>&) override {
    ARROW_RETURN_NOT_OK(model_.Enter());
    if (!model_.topics_.contains(name)) model_.AddTopic(name, num_partitions);
    return model_.Leave();
  }
  void Commit(std::span<const std::pair<TopicPartition, int64_t>> offsets) override {
    for (const auto& [partition, offset] : offsets)
      model_.groups_[group_][partition] = {offset, ""};
  }
  std::unique_ptr<KafkaQueue> OpenQueue(std::function<void()> wake) override {
    return std::make_unique<Queue>(model_, committed_only_, ends_wanted_, std::move(wake));
  }

 private:
  KafkaModel& model_;
  const std::string group_;
  const bool committed_only_;
  const bool ends_wanted_;
};

KafkaModel::~KafkaModel() {
  SABOT_CHECK(producers_.empty());
  SABOT_CHECK(queues_.empty());
}

void KafkaModel::SetFaults(const KafkaFaults& faults) {
  faults_ = faults;
  num_calls_ = 0;
  has_crashed_ = false;
}

void KafkaModel::AddTopic(const std::string& name, int32_t num_partitions) {
  topics_[name].partitions.resize(static_cast<size_t>(num_partitions));
}

void KafkaModel::Append(const std::string& topic, int32_t partition, Record record) {
  topics_.at(topic).partitions[static_cast<size_t>(partition)].push_back(
      {std::move(record), nullptr});
}

std::vector<std::vector<KafkaModel::Record>> KafkaModel::Committed(const std::string& topic) const {
  std::vector<std::vector<Record>> all;
  for (const auto& partition : topics_.at(topic).partitions) {
    std::vector<Record>& seen = all.emplace_back();
    const size_t end = StableEnd(partition);
    for (size_t i = 0; i < end; ++i) {
      const Stored& stored = partition[i];
      if (stored.transaction == nullptr || stored.transaction->fate == Fate::kCommitted)
        seen.push_back(stored.record);
    }
  }
  return all;
}

std::map<TopicPartition, int64_t> KafkaModel::OffsetsOf(const std::string& group) const {
  std::map<TopicPartition, int64_t> offsets;
  if (const auto found = groups_.find(group); found != groups_.end()) {
    for (const auto& [partition, offset] : found->second) offsets[partition] = offset.offset;
  }
  return offsets;
}

int64_t KafkaModel::NumProducers(const std::string& id) const {
  const auto found = ids_.find(id);
  return found == ids_.end() ? 0 : found->second.producer_epoch;
}

size_t KafkaModel::NumRecords(const std::string& topic) const {
  size_t count = 0;
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return count;
  for (const auto& partition : found->second.partitions) count += partition.size();
  return count;
}

void KafkaModel::Commit(Transaction& transaction) {
  transaction.fate = Fate::kCommitted;
  ++num_commits_;
  for (const auto& [group, offsets] : transaction.offsets) {
    for (const auto& [partition, offset] : offsets) groups_[group][partition] = offset;
  }
  WakeQueues();
}

size_t KafkaModel::StableEnd(const std::vector<Stored>& partition) {
  const auto open = std::find_if(partition.begin(), partition.end(), [](const Stored& stored) {
    return stored.transaction != nullptr && stored.transaction->fate == Fate::kOpen;
  });
  return static_cast<size_t>(open - partition.begin());
}

arrow::Result<KafkaModel::Topic*> KafkaModel::Find(const std::string& name) {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return UserError("unknown-topic", name, "there is no topic " + name);
  return &found->second;
}

arrow::Status KafkaModel::Enter() {
  if (++num_calls_ >= faults_.crash_at && !faults_.crash_after) has_crashed_ = true;
  return has_crashed_ ? arrow::Status::Cancelled("the process is gone") : arrow::Status::OK();
}

arrow::Status KafkaModel::Leave() {
  if (num_calls_ >= faults_.crash_at) has_crashed_ = true;
  return has_crashed_ ? arrow::Status::Cancelled("the process is gone") : arrow::Status::OK();
}

void KafkaModel::WakeQueues() {
  for (const Queue* queue : queues_) queue->Wake();
}

void KafkaModel::EndTransactionsThatTookTooLong() {
  for (auto& [name, id] : ids_) {
    if (id.open == nullptr || id.open->fate != Fate::kOpen) continue;
    if (clock_->NowMillis() - id.open->begun_ms < faults_.transaction_timeout_ms) continue;
    id.open->fate = Fate::kAborted;
    ++num_faults_;
    WakeQueues();
  }
}

void KafkaModel::Step() {
  EndTransactionsThatTookTooLong();
  if (!delayed_.empty() && random_() % 8 == 0) {
    const size_t i = random_() % delayed_.size();
    const Delayed late = delayed_[i];
    delayed_.erase(delayed_.begin() + static_cast<ptrdiff_t>(i));
    TransactionalId& id = ids_[late.id];
    const auto& ended = late.transaction != nullptr ? late.transaction : id.open;
    // A later InitTransactions has settled it.
    if (id.producer_epoch == late.producer_epoch && ended != nullptr &&
        ended->fate == Fate::kOpen) {
      Commit(*ended);
    }
  }
  for (Producer* producer : producers_) {
    for (uint64_t count = random_() % 8; count > 0 && producer->busy(); --count) {
      const arrow::Status sent = producer->SendOne();
      if (!sent.ok()) break;  // Whoever sends or flushes next is told.
    }
  }
}

bool KafkaModel::busy() const {
  return std::any_of(producers_.begin(), producers_.end(),
                     [](const Producer* producer) { return producer->busy(); });
}

void KafkaModel::KillClients() {
  for (Producer* producer : producers_) producer->Drop();
}

arrow::Result<std::shared_ptr<KafkaConsumer>> KafkaModel::OpenConsumer(
    const KafkaProperties& properties, bool ends_wanted, std::function<void(std::string)>) {
  const auto isolation = properties.find("isolation.level");
  const bool committed_only =
      isolation == properties.end() || isolation->second == "read_committed";
  const auto group = properties.find("group.id");
  return std::make_shared<Consumer>(*this, group == properties.end() ? "" : group->second,
                                    committed_only, ends_wanted);
}

arrow::Result<std::shared_ptr<KafkaProducer>> KafkaModel::OpenProducer(
    const KafkaProperties& properties, std::function<void(std::string)>) {
  const auto id = properties.find("transactional.id");
  return std::make_shared<Producer>(*this, id == properties.end() ? "" : id->second);
}

}  // namespace sabot::test
