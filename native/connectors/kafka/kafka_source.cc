// kafka_source: the records of topics.
//
//   topics ['bids'], format json   ->   batches of one partition each: columns of value, key and
//   metadata (offset, timestamp, headers, ...)
//
// Partitions are dealt out over the subtasks as Flink does; every partition is a split with event
// time of its own. Nothing but the checkpoint says where a restored job goes on: an offset that is
// gone, or a topic that is another one by now, fails it.
//
// State: of every partition the topic's id, the next offset, and the end where there is one (looked
// up once, at the start).
#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "connectors/kafka/kafka_client.h"
#include "connectors/kafka/kafka_plan.h"
#include "connectors/kafka/kafka_positions.h"
#include "connectors/kafka/kafka_rows.h"
#include "connectors/kafka/kafka_split_finder.h"
#include "connectors/kafka/kafka_splits.h"
#include "connectors/kafka/kafka_topics.h"
#include "stream/job_commit.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr uint32_t kStateVersion = 1;
constexpr size_t kPollMessages = 1'024;  // Few enough to stay in the cache while they are decoded.
constexpr size_t kUntoldCommitsMax = 64;
constexpr char kGroupDefault[] = "sabot";  // Nobody joins it; it only names offsets.

struct KafkaSourcePlan {
  KafkaProperties properties;
  KafkaTopics topics;
  KafkaOffsets startup;
  KafkaOffsets bounded;
  int64_t discovery_ms = 0;

  bool is_bounded() const { return bounded.mode != KafkaOffsets::Mode::kUnbounded; }
};

// What the subtasks share: the client, and what it said of the topics when the job started.
struct SharedConsumer {
  std::shared_ptr<KafkaConsumer> consumer;
  std::vector<KafkaTopic> topics;
  std::shared_ptr<KafkaPositions> positions;  // nullptr: no checkpoints.
};

class KafkaSource final : public Operator {
 public:
  KafkaSource(std::shared_ptr<const KafkaSourcePlan> plan,
              std::unique_ptr<DeadLetterWriter> letters, std::unique_ptr<KafkaRows> rows,
              OperatorContext& context)
      : plan_(std::move(plan)),
        letters_(std::move(letters)),
        rows_(std::move(rows)),
        context_(context),
        finder_(context) {}

  arrow::Status Open() override {
    ARROW_ASSIGN_OR_RAISE(shared_, NodeShared::GetOrMake<SharedConsumer>(
                                       context_.shared, [this] { return Connect(); }));
    if (shared_->positions != nullptr) {
      reader_ = shared_->positions->AddReader(shared_->consumer, plan_->properties.at("group.id"));
    }
    ARROW_RETURN_NOT_OK(rows_->Open(context_));
    queue_ = shared_->consumer->OpenQueue(context_.waker);
    return arrow::Status::OK();
  }

  // One batch, of one partition.
  arrow::Result<Progress> Produce(Collector& out) override {
    if (!begun_) ARROW_RETURN_NOT_OK(Begin(out));
    ARROW_RETURN_NOT_OK(TakeFound(out));
    if (has_all_ && plan_->is_bounded() && num_open_ == 0) return Progress::kDone;
    ARROW_ASSIGN_OR_RAISE(const bool any, FillRows(out));
    if (rows_->num_messages() == 0) return any ? Progress::kMoreOutput : Progress::kBlocked;
    KafkaSplit& split = splits_[static_cast<size_t>(current_)];
    context_.metrics->bytes_in.Add(rows_->num_bytes());
    ARROW_ASSIGN_OR_RAISE(Batch batch, rows_->Flush());
    context_.metrics->skipped_records.Set(skipped_before_ + rows_->skipped_records());
    batch.split = split.number;
    Tell(split);
    ARROW_RETURN_NOT_OK(out.Emit(std::move(batch)));
    ARROW_RETURN_NOT_OK(letters_->Flush(out));
    if (split.ended()) ARROW_RETURN_NOT_OK(EndSplit(split, out));
    return Progress::kMoreOutput;
  }

  arrow::Result<Progress> Process(int, const Batch&, Collector&) override {
    SABOT_CHECK(false);  // A source has no inputs.
  }

  int64_t NextTimer() const override { return next_discovery_ms_; }

  arrow::Result<Progress> OnTimer(int64_t now, Collector&) override {
    next_discovery_ms_ = now + plan_->discovery_ms;
    if (has_all_) Discover();
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    SABOT_CHECK(rows_->num_messages() == 0);
    ByteWriter bytes;
    bytes.U32(kStateVersion);
    bytes.U8(has_all_ || restored_all_ ? 1 : 0);
    bytes.I64(skipped_before_ + rows_->skipped_records());
    bytes.U32(static_cast<uint32_t>(splits_.size()));
    for (const KafkaSplit& split : splits_) split.Write(bytes);
    to.Put("partitions", bytes.Take());
    if (shared_->positions != nullptr) {
      std::vector<KafkaPosition> positions;
      for (const KafkaSplit& split : splits_)
        positions.push_back({split.partition, split.topic_id, split.position});
      shared_->positions->Report(reader_, to.epoch(), std::move(positions));
    }
    if (untold_.size() == kUntoldCommitsMax) untold_.pop_front();
    untold_.emplace_back(to.epoch(), Positions());
    return arrow::Status::OK();
  }

  // All old subtasks' partitions, dealt out anew.
  arrow::Status Restore(const SnapshotReader& from) override {
    std::vector<KafkaSplit> all;
    int64_t skipped = 0;
    bool had_all = true;
    for (const std::string_view part : from.All("partitions")) {
      ByteReader bytes(part);
      if (bytes.U32() != kStateVersion)
        return arrow::Status::Invalid("kafka_source: a snapshot of another version");
      had_all = bytes.U8() != 0 && had_all;
      skipped += bytes.I64();
      for (uint32_t count = bytes.U32(); count > 0 && bytes.ok(); --count)
        all.push_back(KafkaSplit::Read(bytes));
      if (!bytes.ok() || !bytes.done())
        return arrow::Status::Invalid("kafka_source: a damaged snapshot");
    }
    skipped_before_ = context_.subtask == 0 ? skipped : 0;
    splits_.clear();
    restored_all_ = had_all;
    for (KafkaSplit& split : all) {
      ARROW_RETURN_NOT_OK(CheckStillThere(split, shared_->topics));
      known_.insert(split.partition);
      if (OwnerOf(split.partition, context_.parallelism) == context_.subtask)
        splits_.push_back(std::move(split));
    }
    std::sort(splits_.begin(), splits_.end(),
              [](const KafkaSplit& a, const KafkaSplit& b) { return a.partition < b.partition; });
    return arrow::Status::OK();
  }

  // The group's offsets, for those who watch its lag.
  arrow::Status OnCommitted(int64_t epoch) override {
    std::optional<Offsets> newest;
    while (!untold_.empty() && untold_.front().first <= epoch) {
      newest = std::move(untold_.front().second);
      untold_.pop_front();
    }
    const bool is_told = shared_->positions != nullptr && shared_->positions->in_transactions();
    if (newest && !newest->empty() && !is_told) shared_->consumer->Commit(*newest);
    return arrow::Status::OK();
  }

 private:
  using Offsets = std::vector<std::pair<TopicPartition, int64_t>>;

  arrow::Result<SharedConsumer> Connect() const {
    KafkaClient& client = context_.kafka != nullptr ? *context_.kafka : Librdkafka();
    SharedConsumer shared;
    // The end of what there is comes behind the ends of transactions, which are no records.
    ARROW_ASSIGN_OR_RAISE(shared.consumer,
                          client.OpenConsumer(plan_->properties, true, context_.warn));
    ARROW_ASSIGN_OR_RAISE(shared.topics, plan_->topics.Describe(*shared.consumer));
    if (context_.commit != nullptr && context_.takes_checkpoints) {
      ARROW_ASSIGN_OR_RAISE(shared.positions,
                            KafkaPositions::Join(*context_.commit, *shared.consumer));
    }
    return shared;
  }

  Offsets Positions() const {
    Offsets positions;
    for (const KafkaSplit& split : splits_) positions.emplace_back(split.partition, split.position);
    return positions;
  }

  // Reading goes on where the snapshot left off; what it did not know is looked up first: event
  // time must not run ahead of partitions that are still to come.
  arrow::Status Begin(Collector& out) {
    begun_ = true;
    if (shared_->topics.empty() && context_.subtask == 0 && context_.warn) {
      context_.warn("no topic matches 'topic-pattern' = '" + plan_->topics.pattern +
                    "' (of a whole name): nothing is read" +
                    (LooksForMore() ? " until one is created" : ""));
    }
    std::vector<KafkaSplit> unknown =
        SplitsNotIn(known_, shared_->topics, context_.subtask, context_.parallelism);
    if (LooksForMore()) next_discovery_ms_ = context_.clock->NowMillis() + plan_->discovery_ms;
    // A bounded job's partitions are those of its start.
    if (unknown.empty() || (restored_all_ && plan_->is_bounded())) return AddFirst({}, out);
    Find(std::move(unknown), !restored_all_);
    return arrow::Status::OK();
  }

  bool LooksForMore() const { return plan_->discovery_ms > 0 && !plan_->is_bounded(); }

  // What was restored, and what was found.
  arrow::Status AddFirst(std::vector<KafkaSplit> found, Collector& out) {
    has_all_ = true;
    std::vector<KafkaSplit> all = std::exchange(splits_, {});
    for (KafkaSplit& split : found) all.push_back(std::move(split));
    ARROW_RETURN_NOT_OK(Add(std::move(all), out));
    return Idle(out);
  }

  // Partitions that came into being while the job ran are read from their beginning, as in Flink.
  void Find(std::vector<KafkaSplit> splits, bool at_start) {
    finder_.Start([plan = plan_, shared = shared_, splits = std::move(splits),
                   at_start]() -> arrow::Result<std::vector<KafkaSplit>> {
      KafkaOffsets earliest;
      earliest.mode = KafkaOffsets::Mode::kEarliest;
      return FindPositions(*shared->consumer, splits, at_start ? plan->startup : earliest,
                           plan->bounded);
    });
  }

  void Discover() {
    if (finder_.is_looking()) return;  // The last look is still under way.
    std::map<std::string, std::string> ids;
    for (const KafkaSplit& split : splits_) ids[split.partition.topic] = split.topic_id;
    is_discovery_ = true;
    finder_.Start([plan = plan_, shared = shared_, ids = std::move(ids), known = known_,
                   subtask = context_.subtask,
                   parallelism = context_.parallelism]() -> arrow::Result<std::vector<KafkaSplit>> {
      ARROW_ASSIGN_OR_RAISE(const auto topics, plan->topics.Describe(*shared->consumer));
      ARROW_RETURN_NOT_OK(CheckUnchanged(ids, topics));
      KafkaOffsets earliest;
      earliest.mode = KafkaOffsets::Mode::kEarliest;
      return FindPositions(*shared->consumer, SplitsNotIn(known, topics, subtask, parallelism),
                           earliest, plan->bounded);
    });
  }

  arrow::Status TakeFound(Collector& out) {
    auto found = finder_.Take();
    if (!found) return arrow::Status::OK();
    const auto& splits = *found;
    const bool of_discovery = std::exchange(is_discovery_, false);
    if (!splits.ok()) {
      // The brokers may be away for a while; reading notices by itself when they are back.
      const ErrorDetail* detail = DetailOf(splits.status());
      if (!of_discovery || detail == nullptr || detail->kind() != "kafka") return splits.status();
      if (context_.warn)
        context_.warn("new partitions could not be looked for: " + splits.status().message());
      return arrow::Status::OK();
    }
    for (const KafkaSplit& split : *splits) known_.insert(split.partition);
    if (!has_all_) return AddFirst(std::move(**found), out);
    ARROW_RETURN_NOT_OK(Add(std::move(**found), out));
    return Idle(out);
  }

  // Announces splits and begins to read them.
  arrow::Status Add(std::vector<KafkaSplit> splits, Collector& out) {
    std::vector<KafkaStart> starts;
    for (KafkaSplit& split : splits) {
      split.number = static_cast<int32_t>(splits_.size());
      context_.metrics->positions.Set(
          split.number, {.name = ToString(split.partition), .position = split.position});
      if (!split.ended()) {
        if (std::exchange(told_idle_, false))
          ARROW_RETURN_NOT_OK(out.Emit(StreamStatus{.idle = false}));
        ++num_open_;
        starts.push_back({split.partition, split.number, split.position});
        ARROW_RETURN_NOT_OK(out.Emit(
            StreamStatus{.idle = false,
                         .split = split.number,
                         .name = std::make_shared<const std::string>(ToString(split.partition))}));
      }
      splits_.push_back(std::move(split));
    }
    return queue_->Assign(starts);
  }

  // A subtask without partitions holds no event time back.
  arrow::Status Idle(Collector& out) {
    if (num_open_ > 0 || plan_->is_bounded() || std::exchange(told_idle_, true))
      return arrow::Status::OK();
    return out.Emit(StreamStatus{.idle = true});
  }

  // How far it is, and how far the partition goes.
  void Tell(const KafkaSplit& split) const {
    context_.metrics->positions.Advance(split.number, split.position, queue_->End(split.number));
  }

  arrow::Status EndSplit(KafkaSplit& split, Collector& out) {
    --num_open_;
    ARROW_RETURN_NOT_OK(queue_->Unassign(split.number));
    return out.Emit(StreamStatus{.idle = true, .split = split.number});
  }

  // Decodes messages of one partition, until there are enough for a batch, the next one is of
  // another partition, no more have come, or a format waits for what it needs to read them. False:
  // none can be decoded now.
  arrow::Result<bool> FillRows(Collector& out) {
    const int64_t rows_max = context_.options.batch_max_rows;
    bool any = false;
    while (rows_->num_messages() < rows_max && rows_->num_bytes() < kBatchBytesMax) {
      if (next_ == messages_.size()) {
        next_ = 0;
        ARROW_RETURN_NOT_OK(queue_->Poll(kPollMessages, &messages_));
        if (messages_.empty()) break;
      }
      any = true;
      const KafkaMessage& message = messages_[next_];
      KafkaSplit& split = splits_[static_cast<size_t>(message.split)];
      if (split.ended()) {
        ++next_;  // Fetched before we stopped reading there.
        continue;
      }
      if (rows_->num_messages() > 0 && message.split != current_) break;
      if (message.is_end || message.offset >= split.end) {
        if (rows_->num_messages() > 0) break;
        ++next_;
        split.position = std::max(split.position, std::min(message.offset, split.end));
        Tell(split);
        if (split.ended()) ARROW_RETURN_NOT_OK(EndSplit(split, out));
        continue;
      }
      current_ = message.split;
      const size_t first = next_;
      const size_t end =
          std::min(messages_.size(), next_ + static_cast<size_t>(rows_max - rows_->num_messages()));
      int64_t bytes = rows_->num_bytes();
      while (next_ < end && messages_[next_].split == current_ && !messages_[next_].is_end &&
             messages_[next_].offset < split.end && bytes < kBatchBytesMax) {
        bytes += static_cast<int64_t>(messages_[next_].value.size() + messages_[next_].key.size());
        ++next_;
      }
      const auto records = std::span(messages_).subspan(first, next_ - first);
      ARROW_ASSIGN_OR_RAISE(const bool prepared, rows_->Prepare(records));
      if (!prepared) {
        next_ = first;
        return rows_->num_messages() > 0;
      }
      ARROW_RETURN_NOT_OK(rows_->Add(*queue_, split.partition, records));
      split.position = messages_[next_ - 1].offset + 1;
      if (split.ended()) break;
    }
    return any;
  }

  const std::shared_ptr<const KafkaSourcePlan> plan_;
  const std::unique_ptr<DeadLetterWriter> letters_;
  const std::unique_ptr<KafkaRows> rows_;
  OperatorContext& context_;
  std::shared_ptr<const SharedConsumer> shared_;
  int reader_ = 0;  // Of the shared positions.

  std::vector<KafkaSplit> splits_;  // By number; ended ones stay.
  int64_t skipped_before_ = 0;
  // Whether all partitions that there were at the start are in splits_.
  bool has_all_ = false;

  // Rebuilt on restore.
  bool begun_ = false;
  bool restored_all_ = false;
  std::set<TopicPartition> known_;
  int64_t num_open_ = 0;
  bool told_idle_ = false;
  KafkaSplitFinder finder_;
  bool is_discovery_ = false;
  int64_t next_discovery_ms_ = INT64_MAX;
  std::unique_ptr<KafkaQueue> queue_;  // Gone before the client.
  std::vector<KafkaMessage> messages_;
  size_t next_ = 0;  // Of messages_.
  int32_t current_ = -1;
  std::deque<std::pair<int64_t, Offsets>> untold_;  // By epoch.
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  auto plan = std::make_shared<KafkaSourcePlan>();
  ARROW_ASSIGN_OR_RAISE(plan->properties, ReadKafkaProperties(node));
  std::string& group = plan->properties["group.id"];
  if (group.empty()) group = kGroupDefault;
  ARROW_ASSIGN_OR_RAISE(plan->topics, KafkaTopics::Read(node));
  ARROW_ASSIGN_OR_RAISE(plan->startup, KafkaOffsets::Read(node, "startup"));
  ARROW_ASSIGN_OR_RAISE(plan->bounded, KafkaOffsets::Read(node, "bounded"));
  ARROW_ASSIGN_OR_RAISE(plan->discovery_ms, node.Int("discoveryIntervalMs", 0));
  if (plan->startup.mode == KafkaOffsets::Mode::kUnbounded)
    return node.Error("startup needs a place to begin");
  ARROW_ASSIGN_OR_RAISE(auto letters, DeadLetterWriter::Make(node, context));
  ARROW_ASSIGN_OR_RAISE(auto rows, KafkaRows::Make(node, *letters));
  return std::make_unique<KafkaSource>(std::move(plan), std::move(letters), std::move(rows),
                                       context);
}

}  // namespace

extern const OperatorSpec kKafkaSource{
    .name = "kafka_source", .num_inputs = 0, .stateful = true, .make = &Make};

}  // namespace sabot
