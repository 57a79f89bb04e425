// kafka_sink: rows as the records of a topic.
//
//   +I id 1, v 'x'   ->   key {"id":1}, value {"id":1,"v":"x"}
//   -D id 1          ->   key {"id":1}, no value: a tombstone     (upsert; as -U, where it comes)
//
// All subtasks write with one producer, which sends in the background; where its queue is full the
// sink waits for it. At least once: a checkpoint counts when the brokers have acknowledged all
// records before its barrier. Exactly once: these are one transaction, and it is the checkpoint
// (kafka_commit.h); the next epoch's records wait until it is settled. No state.
#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "connectors/kafka/kafka_client.h"
#include "connectors/kafka/kafka_commit.h"
#include "connectors/kafka/kafka_plan.h"
#include "connectors/registry/owner_schema_registry.h"
#include "formats/format.h"
#include "stream/job_commit.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr int kNoColumn = -1;
constexpr int64_t kFlushMillisMax = 120'000;

enum class Guarantee : uint8_t { kNone, kAtLeastOnce, kExactlyOnce };

struct KafkaSinkPlan {
  std::string topic;
  KafkaProperties properties;
  std::vector<int> value_columns;
  std::vector<int> key_columns;
  int timestamp = kNoColumn;  // Columns of the row.
  int headers = kNoColumn;
  bool fixed_partition = false;
  bool upsert = false;
  Guarantee guarantee = Guarantee::kNone;
  std::string transactional_id_prefix;
};

// At least once.
class FlushedProducer final : public CommitParticipant {
 public:
  explicit FlushedProducer(std::shared_ptr<KafkaProducer> producer)
      : producer_(std::move(producer)) {}
  arrow::Status Flush() override { return producer_->Flush(kFlushMillisMax); }
  const std::shared_ptr<KafkaProducer>& producer() const { return producer_; }

 private:
  const std::shared_ptr<KafkaProducer> producer_;
};

// Of all subtasks.
struct SharedProducer {
  std::shared_ptr<KafkaProducer> producer;
  std::shared_ptr<KafkaCommit> commit;  // Exactly once: it has the producer.
  int32_t num_partitions = 0;
};

arrow::Result<Batch> Project(const Batch& batch, const std::vector<int>& columns) {
  ARROW_ASSIGN_OR_RAISE(auto rows, batch.rows->SelectColumns(columns));
  Batch projected;
  projected.rows = std::move(rows);
  projected.kinds = batch.kinds;
  return projected;
}

std::string_view MessageAt(const EncodedMessages& messages, size_t i) {
  if (!messages.nulls.empty() && messages.nulls[i] != 0) return {};
  const int64_t begin = i == 0 ? 0 : messages.ends[i - 1];
  return std::string_view(messages.bytes)
      .substr(static_cast<size_t>(begin), static_cast<size_t>(messages.ends[i] - begin));
}

class KafkaSink final : public Operator {
 public:
  KafkaSink(KafkaSinkPlan plan, std::unique_ptr<Encoder> value_encoder,
            std::unique_ptr<Encoder> key_encoder, OperatorContext& context)
      : plan_(std::move(plan)),
        value_encoder_(std::move(value_encoder)),
        key_encoder_(std::move(key_encoder)),
        context_(context) {}

  arrow::Status Open() override {
    ARROW_ASSIGN_OR_RAISE(shared_, NodeShared::GetOrMake<SharedProducer>(
                                       context_.shared, [this] { return Connect(); }));
    if (shared_->commit != nullptr) context_.commit->AddWaker(context_.waker);
    using Of = OwnerSchemaRegistry::Of;
    ARROW_ASSIGN_OR_RAISE(value_registry_,
                          OwnerSchemaRegistry::Open(*value_encoder_, Of::kValue, context_));
    if (key_encoder_ == nullptr) return arrow::Status::OK();
    return OwnerSchemaRegistry::Open(*key_encoder_, Of::kKey, context_).Value(&key_registry_);
  }

  arrow::Result<Progress> Process(int, const Batch& batch, Collector&) override {
    if (!plan_.upsert && !value_encoder_->takes_changes()) ARROW_RETURN_NOT_OK(CheckInserts(batch));
    batch_ = batch;
    is_encoded_ = false;
    return Write();
  }

  arrow::Result<Progress> OnEndOfInput(int, Collector&) override {
    is_ending_ = true;
    return Send();
  }

  arrow::Result<Progress> Resume(Collector&) override { return Write(); }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    SABOT_CHECK(next_ == records_.size() && is_encoded_);
    epoch_ = to.epoch();
    has_uncommitted_ |= std::exchange(has_written_, false) && shared_->commit != nullptr;
    return arrow::Status::OK();
  }
  arrow::Status Restore(const SnapshotReader&) override { return arrow::Status::OK(); }
  bool has_uncommitted_output() const override { return has_uncommitted_; }
  arrow::Status OnCommitted(int64_t) override {
    has_uncommitted_ = false;  // What was written since is not in any snapshot yet.
    return arrow::Status::OK();
  }

 private:
  arrow::Result<SharedProducer> Connect() const {
    SharedProducer shared;
    KafkaClient& client = context_.kafka != nullptr ? *context_.kafka : Librdkafka();
    const std::string& servers = plan_.properties.at("bootstrap.servers");
    const auto open = [&] { return client.OpenProducer(plan_.properties, context_.warn); };
    if (plan_.guarantee == Guarantee::kExactlyOnce) {
      // Its own producer comes with the job's first transaction, after this.
      ARROW_ASSIGN_OR_RAISE(const auto producer, open());
      ARROW_ASSIGN_OR_RAISE(shared.num_partitions, producer->NumPartitions(plan_.topic));
      ARROW_ASSIGN_OR_RAISE(shared.commit, Join(client, servers));
      return shared;
    }
    if (plan_.guarantee == Guarantee::kAtLeastOnce && context_.commit != nullptr) {
      const std::string key =
          "Kafka at " + servers + ", " + nlohmann::json(plan_.properties).dump();
      ARROW_ASSIGN_OR_RAISE(const auto flushed,
                            context_.commit->Join<FlushedProducer>(
                                key, [&]() -> arrow::Result<std::shared_ptr<FlushedProducer>> {
                                  ARROW_ASSIGN_OR_RAISE(auto producer, open());
                                  return std::make_shared<FlushedProducer>(std::move(producer));
                                }));
      shared.producer = flushed->producer();
    } else {
      ARROW_ASSIGN_OR_RAISE(shared.producer, open());
    }
    ARROW_ASSIGN_OR_RAISE(shared.num_partitions, shared.producer->NumPartitions(plan_.topic));
    return shared;
  }

  arrow::Result<std::shared_ptr<KafkaCommit>> Join(KafkaClient& client,
                                                   const std::string& servers) const {
    SABOT_CHECK(context_.commit != nullptr);
    JobCommit& job = *context_.commit;
    ARROW_ASSIGN_OR_RAISE(auto commit, job.Join<KafkaCommit>("Kafka at " + servers, [&] {
      return KafkaCommit::Open(client, {.properties = plan_.properties,
                                        .period_ms = job.period_ms(),
                                        .settle = [&job](int64_t epoch) { job.Settle(epoch); },
                                        .warn = context_.warn,
                                        .clock = context_.clock});
    }));
    ARROW_RETURN_NOT_OK(commit->Enter(plan_.transactional_id_prefix, plan_.properties));
    if (context_.takes_checkpoints) {
      ARROW_ASSIGN_OR_RAISE(auto positions, KafkaPositions::Join(job, commit->consumer()));
      commit->Carry(std::move(positions));
    }
    return commit;
  }

  arrow::Status CheckInserts(const Batch& batch) const {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      if (batch.kind(row) != RowKind::kInsert) {
        return UserError("unsupported-change", plan_.topic,
                         "topic '" + plan_.topic +
                             "' takes new rows only in this format, not updates or deletions; use "
                             "'connector' = 'upsert-kafka' or a changelog format");
      }
    }
    return arrow::Status::OK();
  }

  arrow::Result<Progress> Write() {
    if (!is_encoded_) {
      ARROW_ASSIGN_OR_RAISE(const bool prepared, Prepare());
      if (!prepared) return Progress::kBlocked;
      records_.clear();
      next_ = 0;
      ARROW_RETURN_NOT_OK(Encode(batch_));
      is_encoded_ = true;
    }
    return Send();
  }

  // Whether the formats have what they need to write; else the sink is woken.
  arrow::Result<bool> Prepare() {
    ARROW_ASSIGN_OR_RAISE(const bool value, value_encoder_->Prepare());
    if (key_encoder_ == nullptr) return value;
    ARROW_ASSIGN_OR_RAISE(const bool key, key_encoder_->Prepare());
    return value && key;
  }

  // Fills records_; what they view are values_, keys_ and headers_.
  arrow::Status Encode(const Batch& batch) {
    const size_t num_rows = static_cast<size_t>(batch.num_rows());
    values_.Clear();
    ARROW_ASSIGN_OR_RAISE(Batch values, Project(batch, plan_.value_columns));
    if (plan_.upsert) values.kinds = nullptr;  // Its format sees new rows.
    ARROW_RETURN_NOT_OK(value_encoder_->EncodeMessages(values, &values_));
    SABOT_CHECK(values_.ends.size() == num_rows);
    if (key_encoder_ != nullptr) {
      keys_.Clear();
      ARROW_ASSIGN_OR_RAISE(Batch keys, Project(batch, plan_.key_columns));
      keys.kinds = nullptr;
      ARROW_RETURN_NOT_OK(key_encoder_->EncodeMessages(keys, &keys_));
      SABOT_CHECK(keys_.ends.size() == num_rows);
    }
    const int32_t partition = plan_.fixed_partition && shared_->num_partitions > 0
                                  ? static_cast<int32_t>(context_.subtask % shared_->num_partitions)
                                  : -1;
    if (plan_.headers != kNoColumn) ReadHeaders(*batch.column(plan_.headers));
    const auto* timestamps =
        plan_.timestamp == kNoColumn
            ? nullptr
            : static_cast<const arrow::TimestampArray*>(batch.column(plan_.timestamp).get());
    records_.reserve(num_rows);
    for (size_t i = 0; i < num_rows; ++i) {
      const RowKind kind = batch.kind(static_cast<int64_t>(i));
      KafkaRecord record;
      if (!plan_.upsert || !IsRetract(kind)) record.value = MessageAt(values_, i);
      if (key_encoder_ != nullptr) record.key = MessageAt(keys_, i);
      record.partition = partition;
      const int64_t row = static_cast<int64_t>(i);
      if (timestamps != nullptr && timestamps->IsValid(row))
        record.timestamp_ms = timestamps->Value(row);
      if (plan_.headers != kNoColumn) {
        record.headers =
            std::span(headers_).subspan(header_ends_[i], header_ends_[i + 1] - header_ends_[i]);
      }
      records_.push_back(record);
    }
    return arrow::Status::OK();
  }

  // Headers without a name or a value are left out, as in Flink.
  void ReadHeaders(const arrow::Array& column) {
    headers_.clear();
    header_ends_.assign(1, 0);
    const auto& maps = static_cast<const arrow::MapArray&>(column);
    const auto& names = static_cast<const arrow::StringArray&>(*maps.keys());
    const auto& values = static_cast<const arrow::BinaryArray&>(*maps.items());
    for (int64_t row = 0; row < maps.length(); ++row) {
      if (maps.IsValid(row)) {
        for (int64_t i = maps.value_offset(row); i < maps.value_offset(row + 1); ++i) {
          if (names.IsValid(i) && values.IsValid(i))
            headers_.push_back({names.GetView(i), values.GetView(i)});
        }
      }
      header_ends_.push_back(headers_.size());
    }
  }

  arrow::Result<Progress> Send() {
    while (next_ < records_.size()) {
      // The transaction that ends with the last barrier is not done: these belong to the next.
      if (shared_->commit != nullptr && !context_.commit->is_settled(epoch_))
        return Progress::kBlocked;
      ARROW_RETURN_NOT_OK(OpenSender());
      ARROW_ASSIGN_OR_RAISE(const size_t taken,
                            sender_->Produce(std::span(records_).subspan(next_)));
      has_written_ = has_written_ || taken > 0;
      next_ += taken;
      if (next_ < records_.size()) return Progress::kBlocked;
    }
    // The last checkpoint flushes a transaction.
    if (!is_ending_ || shared_->commit != nullptr || sender_ == nullptr) return Progress::kDone;
    ARROW_ASSIGN_OR_RAISE(const bool all, sender_->IsFlushed());
    return all ? Progress::kDone : Progress::kBlocked;
  }

  arrow::Status OpenSender() {
    KafkaCommit* const commit = shared_->commit.get();
    const int64_t generation = commit != nullptr ? commit->generation() : 0;
    if (sender_ != nullptr && generation == generation_) return arrow::Status::OK();
    generation_ = generation;
    auto opened = commit != nullptr ? commit->OpenSender(plan_.topic, context_.waker)
                                    : shared_->producer->OpenSender(plan_.topic, context_.waker);
    return std::move(opened).Value(&sender_);
  }

  const KafkaSinkPlan plan_;
  std::unique_ptr<SchemaRegistry> value_registry_;  // nullptr: the format asks none.
  std::unique_ptr<SchemaRegistry> key_registry_;
  const std::unique_ptr<Encoder> value_encoder_;
  const std::unique_ptr<Encoder> key_encoder_;  // nullptr: records have no key.
  OperatorContext& context_;
  std::shared_ptr<const SharedProducer> shared_;
  std::unique_ptr<KafkaSender> sender_;
  int64_t generation_ = 0;  // Of the commit's producer, which sender_ belongs to.
  bool is_ending_ = false;
  int64_t epoch_ = 0;         // Of the last barrier.
  bool has_written_ = false;  // Since then.
  bool has_uncommitted_ = false;
  Batch batch_;  // At hand.
  bool is_encoded_ = true;
  // Of it; records_ from next_ on are not taken yet.
  std::vector<KafkaRecord> records_;
  size_t next_ = 0;
  EncodedMessages values_;
  EncodedMessages keys_;
  std::vector<KafkaHeader> headers_;
  std::vector<size_t> header_ends_;
};

Schema Columns(const Schema& row, const std::vector<int>& indexes) {
  Schema columns;
  for (const int index : indexes) columns.push_back(row[static_cast<size_t>(index)]);
  return columns;
}

arrow::Status ReadMetadata(const PlanNode& node, KafkaSinkPlan* plan) {
  const nlohmann::json* metadata = node.Member("metadata");
  if (metadata == nullptr) return arrow::Status::OK();
  const Schema& row = node.input_schemas[0];
  for (const auto& each : *metadata) {
    const std::string key = each.value("key", "");
    const int index = each.value("index", kNoColumn);
    if (index < 0 || static_cast<size_t>(index) >= row.size())
      return node.Error("a metadata column's index is outside its row");
    const Type& type = row[static_cast<size_t>(index)].type;
    if (key == "timestamp") {
      if (type.kind != TypeKind::kTimestampLtz || type.precision != 3)
        return node.Error("metadata column 'timestamp' must be TIMESTAMP_LTZ(3)");
      plan->timestamp = index;
    } else if (key == "headers") {
      if (type.kind != TypeKind::kMap || !type.children[0].is_string() ||
          !type.children[1].is_bytes())
        return node.Error("metadata column 'headers' must be MAP<STRING, BYTES>");
      plan->headers = index;
    } else {
      return UserError("unknown-metadata", key,
                       "there is no metadata column '" + key +
                           "' that can be written; known: timestamp, headers");
    }
  }
  return arrow::Status::OK();
}

arrow::Status ReadGuarantee(const PlanNode& node, KafkaSinkPlan* plan) {
  ARROW_ASSIGN_OR_RAISE(const std::string guarantee, node.String("deliveryGuarantee", "none"));
  ARROW_ASSIGN_OR_RAISE(plan->transactional_id_prefix, node.String("transactionalIdPrefix", ""));
  if (guarantee == "at-least-once") {
    plan->guarantee = Guarantee::kAtLeastOnce;
  } else if (guarantee == "exactly-once") {
    plan->guarantee = Guarantee::kExactlyOnce;
    if (plan->transactional_id_prefix.empty())
      return node.Error("exactly-once needs a transactionalIdPrefix");
  } else if (guarantee != "none") {
    return node.Error("its deliveryGuarantee is unknown: '" + guarantee + "'");
  }
  return arrow::Status::OK();
}

// What the key's fields are called in its messages.
arrow::Status NameKeys(const PlanNode& node, Schema* columns) {
  const nlohmann::json* names = node.Member("keyNames");
  if (names == nullptr) return arrow::Status::OK();
  if (!names->is_array() || names->size() != columns->size())
    return node.Error("keyNames are not its keyColumns");
  for (size_t i = 0; i < columns->size(); ++i) (*columns)[i].name = (*names)[i].get<std::string>();
  return arrow::Status::OK();
}

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  KafkaSinkPlan plan;
  ARROW_ASSIGN_OR_RAISE(plan.topic, node.String("topic"));
  ARROW_ASSIGN_OR_RAISE(plan.properties, ReadKafkaProperties(node));
  ARROW_ASSIGN_OR_RAISE(plan.upsert, node.Bool("upsert", false));
  ARROW_ASSIGN_OR_RAISE(plan.value_columns, node.Columns("valueColumns"));
  ARROW_ASSIGN_OR_RAISE(const std::string partitioner, node.String("partitioner", "default"));
  if (partitioner != "default" && partitioner != "fixed" && partitioner != "round-robin")
    return node.Error("its partitioner is unknown: '" + partitioner + "'");
  plan.fixed_partition = partitioner == "fixed";
  ARROW_RETURN_NOT_OK(ReadGuarantee(node, &plan));
  if (!plan.properties.contains("bootstrap.servers"))
    return node.Error("its properties lack bootstrap.servers");
  ARROW_RETURN_NOT_OK(ReadMetadata(node, &plan));
  const Schema& row = node.input_schemas[0];
  ARROW_ASSIGN_OR_RAISE(const std::string format, node.String("format"));
  ARROW_ASSIGN_OR_RAISE(auto value_encoder,
                        MakeEncoder(format, Columns(row, plan.value_columns), node));
  std::unique_ptr<Encoder> key_encoder;
  if (node.Has("keyFormat")) {
    ARROW_ASSIGN_OR_RAISE(plan.key_columns, node.Columns("keyColumns"));
    ARROW_ASSIGN_OR_RAISE(const std::string key_format, node.String("keyFormat"));
    Schema columns = Columns(row, plan.key_columns);
    ARROW_RETURN_NOT_OK(NameKeys(node, &columns));
    ARROW_ASSIGN_OR_RAISE(key_encoder, MakeEncoder(key_format, columns, KafkaKeyNode(node)));
  }
  if (plan.upsert && key_encoder == nullptr) return node.Error("upsert needs a key format");
  return std::make_unique<KafkaSink>(std::move(plan), std::move(value_encoder),
                                     std::move(key_encoder), context);
}

}  // namespace

extern const OperatorSpec kKafkaSink{
    .name = "kafka_sink", .num_inputs = 1, .stateful = false, .make = &Make};

}  // namespace sabot
