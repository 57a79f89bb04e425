// The queue of a consumer's subtask over librdkafka: partitions are assigned by us, never by a
// group, and forward what they fetch to it.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "connectors/kafka/kafka_record_batch.h"
#include "connectors/kafka/librdkafka.h"
#include "connectors/kafka/librdkafka_handle.h"

namespace sabot {
namespace {

// Each may be a batch of records.
constexpr size_t kFetchMax = 64;

class Queue final : public KafkaQueue {
 public:
  Queue(std::shared_ptr<LibrdkafkaHandle> handle, std::function<void()> wake)
      : handle_(std::move(handle)), wake_(std::move(wake)) {
    queue_.reset(rd_kafka_queue_new(handle_->get()));
    rd_kafka_queue_cb_event_enable(
        queue_.get(), [](rd_kafka_t*, void* self) { static_cast<Queue*>(self)->wake_(); }, this);
  }
  ~Queue() override {
    rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
    Release(fetched_.size());
    if (splits_.empty()) return;
    const RdKafkaPtr<rd_kafka_topic_partition_list_t> list(
        rd_kafka_topic_partition_list_new(static_cast<int>(splits_.size())));
    for (const auto& [partition, split] : splits_)
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
    const RdKafkaPtr<rd_kafka_error_t> ignored(
        rd_kafka_incremental_unassign(handle_->get(), list.get()));
  }

  arrow::Status Assign(std::span<const KafkaStart> starts) override {
    if (starts.empty()) return arrow::Status::OK();
    const RdKafkaPtr<rd_kafka_topic_partition_list_t> list(
        rd_kafka_topic_partition_list_new(static_cast<int>(starts.size())));
    for (const KafkaStart& start : starts) {
      const auto& [topic, partition] = start.partition;
      const RdKafkaPtr<rd_kafka_queue_t> fetched(
          rd_kafka_queue_get_partition(handle_->get(), topic.c_str(), partition));
      if (fetched == nullptr) {
        return KafkaError(ToString(start.partition), "read partition " + ToString(start.partition),
                          RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
      }
      rd_kafka_queue_forward(fetched.get(), queue_.get());
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset =
          start.offset;
      splits_[start.partition] = {start.split, start.offset};
    }
    const RdKafkaPtr<rd_kafka_error_t> error(
        rd_kafka_incremental_assign(handle_->get(), list.get()));
    if (error == nullptr) return arrow::Status::OK();
    return handle_->Failed("read from topic '" + starts[0].partition.topic + "'",
                           rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()));
  }

  arrow::Status Unassign(int32_t split) override {
    const auto found = std::find_if(splits_.begin(), splits_.end(),
                                    [&](const auto& each) { return each.second.number == split; });
    if (found == splits_.end()) return arrow::Status::OK();
    const RdKafkaPtr<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), found->first.topic.c_str(),
                                      found->first.partition);
    splits_.erase(found);
    last_topic_ = nullptr;
    const RdKafkaPtr<rd_kafka_error_t> error(
        rd_kafka_incremental_unassign(handle_->get(), list.get()));
    if (error == nullptr) return arrow::Status::OK();
    return handle_->Failed("stop reading", rd_kafka_error_code(error.get()),
                           rd_kafka_error_string(error.get()));
  }

  arrow::Status Poll(size_t num_max, std::vector<KafkaMessage>* messages) override {
    messages->clear();
    Release(next_);
    while (messages->size() < num_max) {
      if (next_ == fetched_.size()) {
        ARROW_ASSIGN_OR_RAISE(const bool any, Fetch(num_max - messages->size()));
        if (!any) break;
      }
      ARROW_RETURN_NOT_OK(Take(*fetched_[next_], num_max, messages));
      if (records_.done()) ++next_;
    }
    return arrow::Status::OK();
  }

  int64_t End(int32_t split) const override {
    const auto found = std::find_if(splits_.begin(), splits_.end(),
                                    [&](const auto& each) { return each.second.number == split; });
    if (found == splits_.end()) return -1;
    int64_t begin = 0;
    int64_t end = -1;
    const auto& [topic, partition] = found->first;
    rd_kafka_get_watermark_offsets(handle_->get(), topic.c_str(), partition, &begin, &end);
    return end < 0 ? -1 : end;  // Or that it is not known.
  }

  std::pair<int64_t, KafkaTimestampType> Timestamp(const KafkaMessage& message) const override {
    const rd_kafka_record_batch_t* const batch = rd_kafka_message_record_batch(Fetched(message));
    if (batch != nullptr && batch->log_append_time != 0)
      return {batch->max_timestamp, KafkaTimestampType::kLogAppendTime};
    if (batch != nullptr) {
      // Whoever wrote it may have given any: it wraps, as in Java.
      const uint64_t millis = static_cast<uint64_t>(batch->base_timestamp) +
                              static_cast<uint64_t>(KafkaTimestampDelta(message));
      return {static_cast<int64_t>(millis), KafkaTimestampType::kCreateTime};
    }
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const int64_t millis = rd_kafka_message_timestamp(Fetched(message), &type);
    return {millis, type == RD_KAFKA_TIMESTAMP_CREATE_TIME ? KafkaTimestampType::kCreateTime
                    : type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME
                        ? KafkaTimestampType::kLogAppendTime
                        : KafkaTimestampType::kNone};
  }

  int32_t LeaderEpoch(const KafkaMessage& message) const override {
    return rd_kafka_message_leader_epoch(Fetched(message));
  }

  void Headers(const KafkaMessage& message, std::vector<KafkaHeader>* headers) const override {
    headers->clear();
    if (!message.record.empty()) return ReadKafkaHeaders(message, headers);
    rd_kafka_headers_t* found = nullptr;
    if (rd_kafka_message_headers(Fetched(message), &found) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0;
         rd_kafka_header_get_all(found, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      headers->push_back({name, View(value, size)});
    }
  }

 private:
  static const rd_kafka_message_t* Fetched(const KafkaMessage& message) {
    return static_cast<const rd_kafka_message_t*>(message.handle);
  }
  static std::string_view View(const void* data, size_t size) {
    return {static_cast<const char*>(data), size};
  }

  struct Split {
    int32_t number = 0;
    int64_t next = 0;  // The offset that is read next: batches may begin before it.
  };

  void Release(size_t count) {
    const auto end = fetched_.begin() + static_cast<ptrdiff_t>(count);
    for (auto each = fetched_.begin(); each != end; ++each) rd_kafka_message_destroy(*each);
    fetched_.erase(fetched_.begin(), end);
    next_ -= count;
  }

  // False: nothing is there.
  arrow::Result<bool> Fetch(size_t num_max) {
    const size_t before = fetched_.size();
    fetched_.resize(before + std::min(num_max, kFetchMax));
    const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), 0, fetched_.data() + before,
                                                       fetched_.size() - before);
    fetched_.resize(before + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0) return handle_->Failed("read", rd_kafka_last_error());
    return count > 0;
  }

  // What `fetched` still has, a record or many, until there are `num_max` messages.
  arrow::Status Take(const rd_kafka_message_t& fetched, size_t num_max,
                     std::vector<KafkaMessage>* messages) {
    if (fetched.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (fetched.err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return PassesByItself(fetched.err) ? arrow::Status::OK() : Error(fetched);
      const Split* const split = SplitOf(fetched);
      if (split == nullptr) return arrow::Status::OK();
      KafkaMessage end;
      end.split = split->number;
      end.offset = fetched.offset;
      end.is_end = true;
      messages->push_back(end);
      return arrow::Status::OK();
    }
    Split* const split = SplitOf(fetched);
    if (split == nullptr) {  // Fetched before it was unassigned.
      records_ = {};
      return arrow::Status::OK();
    }
    KafkaMessage message;
    message.split = split->number;
    message.handle = &fetched;
    const rd_kafka_record_batch_t* const batch = rd_kafka_message_record_batch(&fetched);
    if (batch == nullptr) {
      message.key = View(fetched.key, fetched.key_len);
      message.value = View(fetched.payload, fetched.len);
      message.offset = fetched.offset;
      messages->push_back(message);
      return arrow::Status::OK();
    }
    if (records_.done()) records_ = {View(fetched.payload, fetched.len), batch->base_offset};
    while (!records_.done() && messages->size() < num_max) {
      if (!records_.Next(&message)) return Damaged(fetched, batch->base_offset);
      if (message.offset < split->next) continue;
      split->next = message.offset + 1;
      messages->push_back(message);
    }
    return arrow::Status::OK();
  }

  // nullptr: it is not assigned any more.
  Split* SplitOf(const rd_kafka_message_t& message) {
    if (message.rkt == last_topic_ && message.partition == last_partition_) return last_split_;
    const auto found = splits_.find({rd_kafka_topic_name(message.rkt), message.partition});
    if (found == splits_.end()) return nullptr;
    last_topic_ = message.rkt;
    last_partition_ = message.partition;
    last_split_ = &found->second;
    return last_split_;
  }

  static arrow::Status Damaged(const rd_kafka_message_t& message, int64_t offset) {
    const std::string partition =
        ToString(TopicPartition{rd_kafka_topic_name(message.rkt), message.partition});
    return UserError("kafka", partition,
                     "the records of partition " + partition + " from offset " +
                         std::to_string(offset) + " to " + std::to_string(message.offset) +
                         " are damaged; 'properties.check.crcs' = 'true' tells whether they were "
                         "so before they came here");
  }

  // librdkafka goes on trying.
  static bool PassesByItself(rd_kafka_resp_err_t code) {
    return IsTransient(code) || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
           code == RD_KAFKA_RESP_ERR__TIMED_OUT;
  }

  arrow::Status Error(const rd_kafka_message_t& message) const {
    const char* reason = rd_kafka_message_errstr(&message);
    if (message.rkt == nullptr)
      return handle_->Failed("read", message.err, reason == nullptr ? "" : reason);
    const std::string topic = rd_kafka_topic_name(message.rkt);
    const std::string partition = ToString(TopicPartition{topic, message.partition});
    if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
        message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      return UserError(
          "offset-out-of-range", partition,
          "topic '" + topic + "', partition " + std::to_string(message.partition) +
              " has no offset " + std::to_string(message.offset) +
              " (any more), where the job should go on: records may have been deleted before they "
              "were read (retention), or the topic was created anew. Start with another "
              "'scan.startup.mode' and without the old state to go on with what there is" +
              (reason == nullptr ? "" : " (" + std::string(reason) + ")"));
    }
    return KafkaError(topic,
                      "read topic '" + topic + "', partition " + std::to_string(message.partition),
                      message.err, reason == nullptr ? "" : reason);
  }

  const std::shared_ptr<LibrdkafkaHandle> handle_;
  const std::function<void()> wake_;
  RdKafkaPtr<rd_kafka_queue_t> queue_;
  std::map<TopicPartition, Split> splits_;
  std::vector<rd_kafka_message_t*> fetched_;
  size_t next_ = 0;            // Of fetched_; those before were taken.
  KafkaRecordReader records_;  // Those of the next one that were not taken.
  // The partition of the message before.
  const rd_kafka_topic_t* last_topic_ = nullptr;
  int32_t last_partition_ = -1;
  Split* last_split_ = nullptr;
};

}  // namespace

std::unique_ptr<KafkaQueue> OpenLibrdkafkaQueue(std::shared_ptr<LibrdkafkaHandle> handle,
                                                std::function<void()> wake) {
  return std::make_unique<Queue>(std::move(handle), std::move(wake));
}

}  // namespace sabot
