// The producer over librdkafka: one handle for all subtasks.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>

#include "base/error.h"
#include "connectors/kafka/librdkafka.h"
#include "connectors/kafka/librdkafka_handle.h"
#include "connectors/kafka/librdkafka_sender.h"

namespace sabot {
namespace {

constexpr int kMetadataRetryMillis = 100;
constexpr int kReachTriesMax = 10;
constexpr int kTransactionMillisMax = 60'000;
// Calls that wait longer are taken up again, unless the job has ended meanwhile.
constexpr int64_t kSliceMillis = 1'000;

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
    auto deliveries = std::make_shared<LibrdkafkaDeliveries>();
    deliveries->topic = topic;
    deliveries->wake = std::move(wake);
    RdKafkaPtr<rd_kafka_topic_t> handle(NewTopic(topic));
    if (handle == nullptr)
      return handle_->Failed("write to topic '" + topic + "'", rd_kafka_last_error());
    const std::lock_guard lock(mutex_);
    deliveries_.push_back(deliveries);
    return MakeLibrdkafkaSender(shared_from_this(), *handle_, std::move(handle),
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
  std::vector<std::shared_ptr<LibrdkafkaDeliveries>>
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
  auto handle = std::make_unique<LibrdkafkaHandle>(std::move(warn), RD_KAFKA_EVENT_DR,
                                                   &OnLibrdkafkaDelivered);
  ARROW_RETURN_NOT_OK(handle->Open(RD_KAFKA_PRODUCER, defaults, properties));
  return std::make_shared<Producer>(std::move(handle));
}

}  // namespace sabot
