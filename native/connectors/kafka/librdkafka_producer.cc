// The producer over librdkafka: one handle for all subtasks, delivery reports by sender.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>

#include "base/error.h"
#include "connectors/kafka/librdkafka.h"
#include "connectors/kafka/librdkafka_handle.h"

namespace sabot {
namespace {

constexpr int kMetadataRetryMillis = 100;
constexpr int kReachTriesMax = 10;
constexpr int kTransactionMillisMax = 60'000;
// Calls that wait longer are taken up again, unless the job has ended meanwhile.
constexpr int64_t kSliceMillis = 1'000;

// What a sender has under way: written by its task and by librdkafka's thread. Outlives both.
struct Deliveries {
  std::string topic;
  std::atomic<int64_t> num_unacknowledged{0};
  std::atomic<bool> waits_for_room{false};
  std::atomic<bool> waits_for_all{false};

  std::mutex mutex;
  std::function<void()> wake;  // Empty once the sender is gone.
  arrow::Status error;         // The first one.

  void Acknowledge(int64_t count) {
    const bool all = num_unacknowledged.fetch_sub(count) == count;
    const bool room = waits_for_room.exchange(false);
    if (room || (all && waits_for_all.exchange(false))) Wake();
  }
  void Fail(arrow::Status status) {
    {
      const std::lock_guard lock(mutex);
      if (error.ok()) error = std::move(status);
    }
    Wake();
  }
  arrow::Status first_error() {
    const std::lock_guard lock(mutex);
    return error;
  }

 private:
  void Wake() {
    const std::lock_guard lock(mutex);
    if (wake) wake();
  }
};

arrow::Status DeliveryError(const std::string& topic, int32_t partition, rd_kafka_resp_err_t code,
                            const char* reason) {
  std::string message = "a record could not be delivered to topic '" + topic + "'";
  if (partition >= 0) message += ", partition " + std::to_string(partition);
  message += ": " + std::string(rd_kafka_err2str(code));
  if (reason != nullptr && std::string_view(reason) != rd_kafka_err2str(code))
    message += " (" + std::string(reason) + ")";
  if (IsFenced(code)) {
    message += kFencedText;
  } else if (code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
    message +=
        "; no broker took it within 'properties.delivery.timeout.ms': are all brokers of the topic "
        "there?";
  } else if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    message +=
        "; raise 'properties.message.max.bytes' here and max.message.bytes of the topic, or write "
        "smaller rows";
  }
  return UserError(IsFenced(code) ? "fenced" : "delivery-failed", topic, std::move(message));
}

// Delivery reports, on librdkafka's thread. Records take room in its queue until their report is
// gone: who waits for room is woken after that.
void OnDelivered(const LibrdkafkaHandle&, RdKafkaPtr<rd_kafka_event_t> event) {
  if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_DR) return;
  std::vector<std::pair<Deliveries*, int64_t>> counts;
  while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get())) {
    auto* of = static_cast<Deliveries*>(message->_private);
    // What an abort purges was not meant to arrive any more.
    const bool purged = message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                        message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !purged) {
      of->Fail(DeliveryError(of->topic, message->partition, message->err,
                             rd_kafka_message_produce_errstr(message)));
    }
    if (counts.empty() || counts.back().first != of) counts.emplace_back(of, 0);
    ++counts.back().second;
  }
  event.reset();
  for (const auto& [of, count] : counts) of->Acknowledge(count);
}

class Sender final : public KafkaSender {
 public:
  // `producer` has the handle.
  Sender(std::shared_ptr<KafkaProducer> producer, const LibrdkafkaHandle& handle,
         RdKafkaPtr<rd_kafka_topic_t> topic, std::shared_ptr<Deliveries> deliveries)
      : producer_(std::move(producer)),
        handle_(handle),
        topic_(std::move(topic)),
        deliveries_(std::move(deliveries)) {}
  ~Sender() override {
    const std::lock_guard lock(deliveries_->mutex);
    deliveries_->wake = nullptr;
  }

  arrow::Result<size_t> Produce(std::span<const KafkaRecord> records) override {
    ARROW_RETURN_NOT_OK(deliveries_->first_error());
    size_t taken = 0;
    while (taken < records.size()) {
      ARROW_ASSIGN_OR_RAISE(const size_t more, Enqueue(records.subspan(taken)));
      taken += more;
      if (more > 0) continue;
      // Reports that came before the flag was set woke nobody.
      if (deliveries_->waits_for_room.exchange(true)) break;
    }
    return taken;
  }

  arrow::Result<bool> IsFlushed() override {
    deliveries_->waits_for_all = true;
    const bool all = deliveries_->num_unacknowledged == 0;
    ARROW_RETURN_NOT_OK(deliveries_->first_error());
    return all;
  }

 private:
  // As many as there is room for.
  arrow::Result<size_t> Enqueue(std::span<const KafkaRecord> records) {
    const auto is_plain = [](const KafkaRecord& record) {
      return record.headers.empty() && record.timestamp_ms < 0;
    };
    size_t count = 0;
    while (count < records.size() && is_plain(records[count])) ++count;
    return count > 0 ? EnqueuePlain(records.first(count)) : EnqueueOne(records[0]);
  }

  arrow::Result<size_t> EnqueuePlain(std::span<const KafkaRecord> records) {
    batch_.resize(records.size());
    for (size_t i = 0; i < records.size(); ++i) {
      rd_kafka_message_t& message = batch_[i];
      message = {};
      message.partition = records[i].partition;
      message.payload = const_cast<char*>(records[i].value.data());
      message.len = records[i].value.size();
      message.key = const_cast<char*>(records[i].key.data());
      message.key_len = records[i].key.size();
      message._private = deliveries_.get();
    }
    const int64_t count = static_cast<int64_t>(records.size());
    deliveries_->num_unacknowledged += count;
    const int taken = rd_kafka_produce_batch(topic_.get(), RD_KAFKA_PARTITION_UA,
                                             RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_PARTITION,
                                             batch_.data(), static_cast<int>(count));
    deliveries_->num_unacknowledged -= count - taken;
    for (const rd_kafka_message_t& message : batch_) {
      if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR &&
          message.err != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return DeliveryError(deliveries_->topic, message.partition, message.err, nullptr);
      }
    }
    return static_cast<size_t>(taken);
  }

  arrow::Result<size_t> EnqueueOne(const KafkaRecord& record) {
    values_.clear();
    const auto add = [&](rd_kafka_vtype_t type) -> auto& {
      values_.emplace_back().vtype = type;
      return values_.back().u;
    };
    add(RD_KAFKA_VTYPE_RKT).rkt = topic_.get();
    add(RD_KAFKA_VTYPE_PARTITION).i32 = record.partition;
    add(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
    add(RD_KAFKA_VTYPE_VALUE).mem = {const_cast<char*>(record.value.data()), record.value.size()};
    add(RD_KAFKA_VTYPE_KEY).mem = {const_cast<char*>(record.key.data()), record.key.size()};
    if (record.timestamp_ms >= 0) add(RD_KAFKA_VTYPE_TIMESTAMP).i64 = record.timestamp_ms;
    add(RD_KAFKA_VTYPE_OPAQUE).ptr = deliveries_.get();
    names_.clear();
    names_.reserve(record.headers.size());  // Pointers to them stay.
    for (const KafkaHeader& header : record.headers) {
      names_.emplace_back(header.name);
      auto& to = add(RD_KAFKA_VTYPE_HEADER).header;
      to.name = names_.back().c_str();
      to.val = header.value.data();
      to.size = static_cast<ssize_t>(header.value.size());
    }
    ++deliveries_->num_unacknowledged;
    const RdKafkaPtr<rd_kafka_error_t> error(
        rd_kafka_produceva(handle_.get(), values_.data(), values_.size()));
    if (error == nullptr) return 1;
    --deliveries_->num_unacknowledged;
    if (rd_kafka_error_code(error.get()) == RD_KAFKA_RESP_ERR__QUEUE_FULL) return 0;
    return DeliveryError(deliveries_->topic, record.partition, rd_kafka_error_code(error.get()),
                         rd_kafka_error_string(error.get()));
  }

  const std::shared_ptr<KafkaProducer> producer_;
  const LibrdkafkaHandle& handle_;
  const RdKafkaPtr<rd_kafka_topic_t> topic_;
  const std::shared_ptr<Deliveries> deliveries_;
  std::vector<rd_kafka_message_t> batch_;
  std::vector<rd_kafka_vu_t> values_;
  std::vector<std::string> names_;
};

class Producer final : public KafkaProducer, public std::enable_shared_from_this<Producer> {
 public:
  explicit Producer(std::unique_ptr<LibrdkafkaHandle> handle) : handle_(std::move(handle)) {}

  arrow::Result<int32_t> NumPartitions(const std::string& topic) override {
    const RdKafkaPtr<rd_kafka_topic_t> handle(NewTopic(topic));
    for (int waited = 0;; waited += kMetadataRetryMillis) {
      const rd_kafka_metadata_t* metadata = nullptr;
      const rd_kafka_resp_err_t code = handle_->Metadata(handle.get(), false, &metadata);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return handle_->Failed("look topic '" + topic + "' up", code);
      const rd_kafka_resp_err_t of_topic = metadata->topic_cnt == 0
                                               ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
                                               : metadata->topics[0].err;
      const int32_t num_partitions =
          metadata->topic_cnt == 0 ? 0 : metadata->topics[0].partition_cnt;
      rd_kafka_metadata_destroy(metadata);
      if (of_topic == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (!has_reached_broker_.exchange(true)) ReachBroker();
        return num_partitions;
      }
      // A broker that creates topics when they are asked for needs a moment.
      if (of_topic == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE && waited < handle_->timeout_ms()) {
        const RdKafkaPtr<rd_kafka_queue_t> pause(rd_kafka_queue_new(handle_->get()));
        const RdKafkaPtr<rd_kafka_event_t> nothing(
            rd_kafka_queue_poll(pause.get(), kMetadataRetryMillis));
        continue;
      }
      if (of_topic == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        return UserError(
            "unknown-topic", topic,
            "there is no topic '" + topic + "'; create it, or correct the table's option 'topic'");
      }
      return KafkaError(topic, "look topic '" + topic + "' up", of_topic);
    }
  }

  arrow::Result<int64_t> RecordBytesMax(const std::string& topic) override {
    return LibrdkafkaRecordBytesMax(*handle_, topic);
  }

  arrow::Result<std::unique_ptr<KafkaSender>> OpenSender(const std::string& topic,
                                                         std::function<void()> wake) override {
    auto deliveries = std::make_shared<Deliveries>();
    deliveries->topic = topic;
    deliveries->wake = std::move(wake);
    RdKafkaPtr<rd_kafka_topic_t> handle(NewTopic(topic));
    if (handle == nullptr)
      return handle_->Failed("write to topic '" + topic + "'", rd_kafka_last_error());
    const std::lock_guard lock(mutex_);
    deliveries_.push_back(deliveries);
    return std::make_unique<Sender>(shared_from_this(), *handle_, std::move(handle),
                                    std::move(deliveries));
  }

  void GiveUp() override { handle_->GiveUp(); }

  arrow::Status Flush(int64_t timeout_ms) override {
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    for (int64_t left = timeout_ms; left > 0 && code == RD_KAFKA_RESP_ERR__TIMED_OUT;
         left -= kSliceMillis) {
      code = rd_kafka_flush(handle_->get(), static_cast<int>(std::min(left, kSliceMillis)));
      ARROW_RETURN_NOT_OK(FirstError());
      if (code == RD_KAFKA_RESP_ERR__TIMED_OUT && handle_->given_up())
        return LibrdkafkaHandle::GivenUp();
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return arrow::Status::OK();
    return handle_->Failed("deliver all records within " + std::to_string(timeout_ms) + " ms",
                           code);
  }

  arrow::Status InitTransactions() override {
    ReachBroker();
    return Transact("begin with transactions", false, [this] {
      return rd_kafka_init_transactions(handle_->get(), kTransactionMillisMax);
    });
  }
  arrow::Status BeginTransaction() override {
    return Transact("begin a transaction", false,
                    [this] { return rd_kafka_begin_transaction(handle_->get()); });
  }
  arrow::Status SendOffsets(const std::string& group,
                            std::span<const std::pair<TopicPartition, int64_t>> offsets,
                            const std::string& metadata) override {
    const RdKafkaPtr<rd_kafka_topic_partition_list_t> list(
        rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
    for (const auto& [partition, offset] : offsets) {
      rd_kafka_topic_partition_t* added = rd_kafka_topic_partition_list_add(
          list.get(), partition.topic.c_str(), partition.partition);
      added->offset = offset;
      added->metadata = ::strdup(metadata.c_str());  // The list frees it.
      added->metadata_size = metadata.size();
    }
    rd_kafka_consumer_group_metadata_t* of = rd_kafka_consumer_group_metadata_new(group.c_str());
    const std::string what =
        "commit the offsets of consumer group '" + group + "' in the transaction";
    const arrow::Status sent = Transact(what, false, [&] {
      return rd_kafka_send_offsets_to_transaction(handle_->get(), list.get(), of,
                                                  kTransactionMillisMax);
    });
    rd_kafka_consumer_group_metadata_destroy(of);
    return sent;
  }
  arrow::Result<bool> CommitTransaction() override {
    const int64_t num_ends_before = handle_->num_ends_sent();
    const arrow::Status committed = Transact("commit the transaction", true, [this] {
      return rd_kafka_commit_transaction(handle_->get(), kTransactionMillisMax);
    });
    const ErrorDetail* detail = DetailOf(committed);
    if (detail != nullptr && detail->kind() == "transaction-aborted") {
      // Where that fails, too, the next producer of this id does it, unless it is another one's.
      const arrow::Status aborted = AbortTransaction(kTransactionMillisMax);
      const ErrorDetail* const why = DetailOf(aborted);
      if (why != nullptr && why->kind() == "fenced") return aborted;
    }
    ARROW_RETURN_NOT_OK(committed);
    return handle_->num_ends_sent() - num_ends_before <= 1;
  }
  arrow::Status AbortTransaction(int64_t timeout_ms) override {
    ARROW_RETURN_NOT_OK(Transact("abort the transaction", false, timeout_ms, [&] {
      return rd_kafka_abort_transaction(handle_->get(), static_cast<int>(timeout_ms));
    }));
    const std::lock_guard lock(mutex_);
    for (const auto& each : deliveries_) {
      const std::lock_guard of_one(each->mutex);
      each->error = arrow::Status::OK();
    }
    return arrow::Status::OK();
  }

 private:
  // librdkafka gives up the connection to the address that it was told for one to the broker that
  // it learns of there, which it makes where somebody asks; meanwhile there is no broker that it
  // could get a producer's id from, and it tries again half a second later. What fails here fails
  // again where it matters.
  void ReachBroker() const {
    for (int tries = 0; tries < kReachTriesMax; ++tries) {
      const rd_kafka_metadata_t* brokers = nullptr;
      if (handle_->Metadata(nullptr, false, &brokers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
      const bool is_learned = brokers->orig_broker_id >= 0;
      rd_kafka_metadata_destroy(brokers);
      if (is_learned) return;
    }
  }

  rd_kafka_topic_t* NewTopic(const std::string& topic) const {
    return rd_kafka_topic_new(handle_->get(), topic.c_str(), nullptr);
  }

  arrow::Status FirstError() {
    const std::lock_guard lock(mutex_);
    for (const auto& each : deliveries_) ARROW_RETURN_NOT_OK(each->first_error());
    return handle_->fatal_error();
  }

  template <typename Call>
  arrow::Status Transact(std::string_view what, bool is_commit, Call call) {
    return Transact(what, is_commit, kTransactionMillisMax, call);
  }
  template <typename Call>
  arrow::Status Transact(std::string_view what, bool is_commit, int64_t timeout_ms, Call call) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    for (;;) {
      const RdKafkaPtr<rd_kafka_error_t> error(call());
      if (error == nullptr) return arrow::Status::OK();
      const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
      const std::string reason = rd_kafka_error_string(error.get());
      if (rd_kafka_error_is_retriable(error.get()) && std::chrono::steady_clock::now() < deadline) {
        continue;
      }
      if (IsFenced(code)) return KafkaError(handle_->servers(), what, code, reason);
      const std::string message =
          "cannot " + std::string(what) + ": " + rd_kafka_err2str(code) + " (" + reason + ")";
      if (rd_kafka_error_txn_requires_abort(error.get()))
        return UserError("transaction-aborted", handle_->servers(), message);
      if (is_commit) return UserError("commit-unknown", handle_->servers(), message);
      return handle_->Failed(what, code, reason);
    }
  }

  std::atomic<bool> has_reached_broker_{false};
  std::mutex mutex_;
  std::vector<std::shared_ptr<Deliveries>>
      deliveries_;  // Outlive the handle, which reports to them.
  const std::unique_ptr<LibrdkafkaHandle> handle_;
};

}  // namespace

arrow::Result<std::shared_ptr<KafkaProducer>> OpenLibrdkafkaProducer(
    const KafkaProperties& properties, std::function<void(std::string)> warn) {
  // Keys go where Java's producer puts them.
  KafkaProperties defaults = {{"partitioner", "murmur2_random"},
                              {"queue.buffering.max.kbytes", "65536"},
                              {"queue.buffering.max.messages", "200000"}};
  const auto given = [&](const char* name) { return properties.contains(name); };
  if (!given("acks") && !given("request.required.acks") && !given("retries") &&
      !given("message.send.max.retries") && !given("max.in.flight.requests.per.connection") &&
      !given("max.in.flight")) {
    defaults["enable.idempotence"] = "true";
  }
  auto handle =
      std::make_unique<LibrdkafkaHandle>(std::move(warn), RD_KAFKA_EVENT_DR, &OnDelivered);
  ARROW_RETURN_NOT_OK(handle->Open(RD_KAFKA_PRODUCER, defaults, properties));
  return std::make_shared<Producer>(std::move(handle));
}

}  // namespace sabot
