// kafka_sink: rows as the records of topics (kafka_record_encoder.h).
//
//   +I id 1, v 'x'   ->   key {"id":1}, value {"id":1,"v":"x"}
//
// All subtasks write with one producer, which sends in the background; where its queue is full the
// sink waits for it. At least once: a checkpoint counts when the brokers have acknowledged all
// records before its barrier. Exactly once: these are one transaction, and it is the checkpoint
// (kafka_commit.h); the next epoch's records wait until it is settled. Where rows name their
// topics, those that were not listed are looked up before the first record goes there. No state.
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "connectors/kafka/kafka_record_encoder.h"
#include "connectors/kafka/kafka_sink_producer.h"
#include "connectors/kafka/kafka_sink_topics.h"
#include "connectors/writable_rows.h"
#include "stream/job_commit.h"
#include "stream/operator.h"

namespace sabot {
namespace {

// One topic of a subtask.
struct Target {
  std::optional<KafkaSinkProducer::Topic> facts;  // Not yet: nothing may be written.
  std::unique_ptr<KafkaSender> sender;
  // Of the batch at hand; those from `next` on are not taken yet.
  std::vector<KafkaRecord> records;
  size_t next = 0;

  bool is_done() const { return next == records.size(); }
};

// What brokers have said of topics, for the task to take.
struct Described {
  std::mutex mutex;
  std::optional<arrow::Result<std::map<std::string, KafkaSinkProducer::Topic>>> topics;
};

class KafkaSink final : public Operator {
 public:
  KafkaSink(KafkaSinkDelivery delivery, KafkaSinkTopics topics, bool fixed_partition,
            std::unique_ptr<KafkaRecordEncoder> encoder, std::unique_ptr<FailedRows> failed,
            OperatorContext& context)
      : delivery_(std::move(delivery)),
        topics_(std::move(topics)),
        fixed_partition_(fixed_partition),
        failed_(std::move(failed)),
        encoder_(std::move(encoder)),
        context_(context) {}

  arrow::Status Open() override {
    ARROW_ASSIGN_OR_RAISE(producer_,
                          NodeShared::GetOrMake<KafkaSinkProducer>(context_.shared, [this] {
                            return KafkaSinkProducer::Open(delivery_, topics_.listed(),
                                                           failed_->letters().wanted(), context_);
                          }));
    for (size_t i = 0; i < topics_.listed().size(); ++i)
      targets_[topics_.listed()[i]].facts = producer_->listed()[i];
    if (producer_->is_transactional()) context_.commit->AddWaker(context_.waker);
    return encoder_->Open(context_);
  }

  arrow::Result<Progress> Process(int, const Batch& batch, Collector& out) override {
    if (!encoder_->takes_changes()) ARROW_RETURN_NOT_OK(CheckInserts(batch));
    batch_ = batch;
    step_ = Step::kEncode;
    return Write(out);
  }

  arrow::Result<Progress> OnEndOfInput(int, Collector&) override {
    is_ending_ = true;
    return Send();
  }

  arrow::Result<Progress> Resume(Collector& out) override { return Write(out); }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    SABOT_CHECK(step_ == Step::kSend);
    for (const auto& [name, target] : targets_) SABOT_CHECK(target.is_done());
    epoch_ = to.epoch();
    has_uncommitted_ |= std::exchange(has_written_, false) && producer_->is_transactional();
    return arrow::Status::OK();
  }
  arrow::Status Restore(const SnapshotReader&) override { return arrow::Status::OK(); }
  bool has_uncommitted_output() const override { return has_uncommitted_; }
  arrow::Status OnCommitted(int64_t) override {
    has_uncommitted_ = false;  // What was written since is not in any snapshot yet.
    return arrow::Status::OK();
  }

 private:
  // What is next for the batch at hand.
  enum class Step : uint8_t { kEncode, kDescribe, kSend };

  arrow::Status CheckInserts(const Batch& batch) const {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      if (batch.kind(row) != RowKind::kInsert) {
        return UserError("unsupported-change", topics_.text(),
                         "topic '" + topics_.text() +
                             "' takes new rows only in this format, not updates or deletions; use "
                             "'connector' = 'upsert-kafka' or a changelog format");
      }
    }
    return arrow::Status::OK();
  }

  arrow::Result<Progress> Write(Collector& out) {
    if (step_ == Step::kEncode) {
      ARROW_ASSIGN_OR_RAISE(const bool prepared, encoder_->Prepare());
      if (!prepared) return Progress::kBlocked;
      ARROW_RETURN_NOT_OK(EncodeWritable());
      step_ = Step::kDescribe;
    }
    if (step_ == Step::kDescribe) {
      ARROW_ASSIGN_OR_RAISE(const bool described, DescribeNew());
      if (!described) return Progress::kBlocked;
      ARROW_RETURN_NOT_OK(Address(out));
      step_ = Step::kSend;
    }
    return Send();
  }

  // Rows that have no form in the format, or no topic, become letters.
  arrow::Status EncodeWritable() {
    const auto encode = [this](const Batch& rows) { return Encode(rows); };
    if (!failed_->letters().wanted()) return encode(batch_);
    if (encode(batch_).ok()) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(batch_, WritableRows(batch_, *failed_, encode));
    return encode(batch_);
  }

  // The records of each topic.
  arrow::Status Encode(const Batch& batch) {
    for (auto& [name, target] : targets_) {
      target.records.clear();
      target.next = 0;
    }
    if (topics_.is_single()) return encoder_->Encode(batch, &targets_.begin()->second.records);
    ARROW_RETURN_NOT_OK(encoder_->Encode(batch, &records_));
    for (size_t i = 0; i < records_.size(); ++i) {
      const std::string_view topic = encoder_->topic(i);
      auto found = targets_.find(topic);
      if (found == targets_.end() || topic.data() == nullptr) {
        ARROW_RETURN_NOT_OK(topics_.Check(topic));
        found = targets_.emplace(topic, Target()).first;
      }
      found->second.records.push_back(records_[i]);
    }
    return arrow::Status::OK();
  }

  // False: brokers are asked, and the sink is woken.
  arrow::Result<bool> DescribeNew() {
    if (described_ != nullptr) {
      const std::lock_guard lock(described_->mutex);
      if (!described_->topics) return false;
      ARROW_RETURN_NOT_OK(described_->topics->status());
      for (const auto& [name, facts] : **described_->topics)
        targets_.find(name)->second.facts = facts;
    }
    described_.reset();
    std::vector<std::string> names;
    for (const auto& [name, target] : targets_) {
      if (!target.facts) names.push_back(name);
    }
    if (names.empty()) return true;
    described_ = std::make_shared<Described>();
    auto look = [producer = producer_, described = described_, names = std::move(names),
                 waker = context_.waker] {
      auto found = DescribeAll(*producer, names);
      {
        const std::lock_guard lock(described->mutex);
        described->topics = std::move(found);
      }
      if (waker) waker();
    };
    if (context_.executor == nullptr) {
      look();
      return DescribeNew();
    }
    if (!lane_) lane_ = context_.executor->NewLane();
    context_.executor->Submit(*lane_, std::move(look));
    return false;
  }

  static arrow::Result<std::map<std::string, KafkaSinkProducer::Topic>> DescribeAll(
      const KafkaSinkProducer& producer, const std::vector<std::string>& names) {
    std::map<std::string, KafkaSinkProducer::Topic> topics;
    for (const std::string& name : names) {
      ARROW_ASSIGN_OR_RAISE(topics[name], producer.Describe(name));
    }
    return topics;
  }

  // Partitions, where the sink decides; records that are too large become letters.
  arrow::Status Address(Collector& out) {
    const bool has_letters = failed_->letters().wanted();
    for (auto& [name, target] : targets_) {
      if (fixed_partition_ && target.facts->num_partitions > 0) {
        const auto partition =
            static_cast<int32_t>(context_.subtask % target.facts->num_partitions);
        for (KafkaRecord& record : target.records) record.partition = partition;
      }
      if (!has_letters) continue;
      const int64_t bytes_max = target.facts->record_bytes_max;
      std::erase_if(target.records, [&](const KafkaRecord& record) {
        const int64_t size = KafkaRecordBytes(record);
        if (size <= bytes_max) return false;
        AddTooLarge(name, record, size, bytes_max);
        return true;
      });
    }
    return has_letters ? failed_->letters().Flush(out) : arrow::Status::OK();
  }

  void AddTooLarge(const std::string& topic, const KafkaRecord& record, int64_t size,
                   int64_t bytes_max) {
    const std::string error = "cannot write a record of " + std::to_string(size) +
                              " bytes to topic '" + topic + "': it takes " +
                              std::to_string(bytes_max) +
                              "; raise 'properties.message.max.bytes' here and max.message.bytes "
                              "of the topic, or write smaller rows";
    DeadLetter letter{.value = record.value, .key = record.key, .error = error};
    std::vector<DeadLetterHeader> headers;
    for (const KafkaHeader& header : record.headers) headers.push_back({header.name, header.value});
    letter.headers = headers;
    letter.topic = topic;
    if (record.timestamp_ms >= 0) letter.timestamp_ms = record.timestamp_ms;
    failed_->letters().Add(letter);
  }

  arrow::Result<Progress> Send() {
    bool all = true;
    for (auto& [name, target] : targets_) {
      if (target.is_done()) continue;
      // The transaction that ends with the last barrier is not done: these belong to the next.
      if (producer_->is_transactional() && !context_.commit->is_settled(epoch_))
        return Progress::kBlocked;
      ARROW_RETURN_NOT_OK(OpenSender(name, target));
      ARROW_ASSIGN_OR_RAISE(const size_t taken,
                            target.sender->Produce(std::span(target.records).subspan(target.next)));
      has_written_ = has_written_ || taken > 0;
      target.next += taken;
      all = all && target.is_done();
    }
    if (!all) return Progress::kBlocked;
    // The last checkpoint flushes a transaction.
    if (!is_ending_ || producer_->is_transactional()) return Progress::kDone;
    for (auto& [name, target] : targets_) {
      if (target.sender == nullptr) continue;
      ARROW_ASSIGN_OR_RAISE(const bool flushed, target.sender->IsFlushed());
      all = all && flushed;
    }
    return all ? Progress::kDone : Progress::kBlocked;
  }

  arrow::Status OpenSender(const std::string& topic, Target& target) {
    if (const int64_t generation = producer_->generation(); generation != generation_) {
      for (auto& [name, each] : targets_) each.sender.reset();
      generation_ = generation;
    }
    if (target.sender != nullptr) return arrow::Status::OK();
    return producer_->OpenSender(topic, context_.waker).Value(&target.sender);
  }

  const KafkaSinkDelivery delivery_;
  KafkaSinkTopics topics_;
  const bool fixed_partition_;
  const std::unique_ptr<FailedRows> failed_;
  const std::unique_ptr<KafkaRecordEncoder> encoder_;
  OperatorContext& context_;
  std::shared_ptr<const KafkaSinkProducer> producer_;
  std::optional<Executor::Lane> lane_;
  std::shared_ptr<Described> described_;  // A look at the brokers is under way.
  int64_t generation_ = 0;                // Of the producer, which the senders belong to.
  bool is_ending_ = false;
  int64_t epoch_ = 0;         // Of the last barrier.
  bool has_written_ = false;  // Since then.
  bool has_uncommitted_ = false;
  Batch batch_;  // At hand: records view it.
  Step step_ = Step::kSend;
  std::vector<KafkaRecord> records_;
  std::map<std::string, Target, std::less<>> targets_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto delivery, KafkaSinkDelivery::Read(node));
  ARROW_ASSIGN_OR_RAISE(auto topics, KafkaSinkTopics::Read(node));
  ARROW_ASSIGN_OR_RAISE(const std::string partitioner, node.String("partitioner", "default"));
  if (partitioner != "default" && partitioner != "fixed" && partitioner != "round-robin")
    return node.Error("its partitioner is unknown: '" + partitioner + "'");
  ARROW_ASSIGN_OR_RAISE(auto encoder, KafkaRecordEncoder::Make(node));
  if (!topics.is_single() && !encoder->has_topics())
    return node.Error("topics need a metadata column 'topic'");
  ARROW_ASSIGN_OR_RAISE(auto failed, FailedRows::Make(node, context, 0));
  return std::make_unique<KafkaSink>(std::move(delivery), std::move(topics), partitioner == "fixed",
                                     std::move(encoder), std::move(failed), context);
}

}  // namespace

extern const OperatorSpec kKafkaSink{
    .name = "kafka_sink", .num_inputs = 1, .stateful = false, .make = &Make};

}  // namespace sabot
