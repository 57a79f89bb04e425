// Producing to one topic.
#include "connectors/kafka/librdkafka_sender.h"

#include <utility>
#include <vector>

#include "base/error.h"

namespace sabot {
namespace {

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

class Sender final : public KafkaSender {
 public:
  // `producer` has the handle.
  Sender(std::shared_ptr<KafkaProducer> producer, const LibrdkafkaHandle& handle,
         RdKafkaPtr<rd_kafka_topic_t> topic, std::shared_ptr<LibrdkafkaDeliveries> deliveries)
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
  const std::shared_ptr<LibrdkafkaDeliveries> deliveries_;
  std::vector<rd_kafka_message_t> batch_;
  std::vector<rd_kafka_vu_t> values_;
  std::vector<std::string> names_;
};

}  // namespace

// Records take room in its queue until their report is
// gone: who waits for room is woken after that.
void OnLibrdkafkaDelivered(const LibrdkafkaHandle&, RdKafkaPtr<rd_kafka_event_t> event) {
  if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_DR) return;
  std::vector<std::pair<LibrdkafkaDeliveries*, int64_t>> counts;
  while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get())) {
    auto* of = static_cast<LibrdkafkaDeliveries*>(message->_private);
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

std::unique_ptr<KafkaSender> MakeLibrdkafkaSender(
    std::shared_ptr<KafkaProducer> producer, const LibrdkafkaHandle& handle,
    RdKafkaPtr<rd_kafka_topic_t> topic, std::shared_ptr<LibrdkafkaDeliveries> deliveries) {
  return std::make_unique<Sender>(std::move(producer), handle, std::move(topic),
                                  std::move(deliveries));
}

}  // namespace sabot
