// The consumer over librdkafka: partitions are assigned by us, never by a group, and those of one
// subtask forward what they fetch to its queue.
#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/error.h"
#include "connectors/kafka/librdkafka.h"
#include "connectors/kafka/librdkafka_handle.h"

namespace sabot {
namespace {

constexpr int kRetryMillis = 100;
constexpr int kLastCommitMillisMax = 2'000;

// Another answer may come if asked again.
bool IsTransient(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
      return true;
    default:
      return false;
  }
}

void WarnOfCommit(const LibrdkafkaHandle& handle, rd_kafka_resp_err_t code) {
  handle.Warn(
      "the consumer group's offsets could not be committed (what the job reads does not "
      "depend on them): " +
      std::string(rd_kafka_err2str(code)));
}

void OnCommitted(const LibrdkafkaHandle& handle, rd_kafka_event_t* event) {
  if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_OFFSET_COMMIT) return;
  handle.Answered();
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__NO_OFFSET)
    WarnOfCommit(handle, code);
}

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
    Release();
    if (splits_.empty()) return;
    const RdKafkaPtr<rd_kafka_topic_partition_list_t> list(
        rd_kafka_topic_partition_list_new(static_cast<int>(splits_.size())));
    for (const auto& [partition, split] : splits_)
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
    RdKafkaPtr<rd_kafka_error_t>(rd_kafka_incremental_unassign(handle_->get(), list.get()));
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
      splits_[start.partition] = start.split;
    }
    const RdKafkaPtr<rd_kafka_error_t> error(
        rd_kafka_incremental_assign(handle_->get(), list.get()));
    if (error == nullptr) return arrow::Status::OK();
    return handle_->Failed("read from topic '" + starts[0].partition.topic + "'",
                           rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()));
  }

  arrow::Status Unassign(int32_t split) override {
    const auto found = std::find_if(splits_.begin(), splits_.end(),
                                    [&](const auto& each) { return each.second == split; });
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
    Release();
    messages->clear();
    fetched_.resize(num_max);
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue_.get(), 0, fetched_.data(), fetched_.size());
    fetched_.resize(count < 0 ? 0 : static_cast<size_t>(count));
    if (count < 0) return handle_->Failed("read", rd_kafka_last_error());
    messages->reserve(fetched_.size());
    for (const rd_kafka_message_t* fetched : fetched_) {
      KafkaMessage message;
      if (fetched->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (fetched->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
          if (PassesByItself(fetched->err)) continue;
          return Error(*fetched);
        }
        message.is_end = true;
      } else {
        message.key = View(fetched->key, fetched->key_len);
        message.value = View(fetched->payload, fetched->len);
      }
      message.split = SplitOf(*fetched);
      if (message.split < 0) continue;  // Fetched before it was unassigned.
      message.offset = fetched->offset;
      message.handle = fetched;
      messages->push_back(message);
    }
    return arrow::Status::OK();
  }

  std::pair<int64_t, KafkaTimestampType> Timestamp(const KafkaMessage& message) const override {
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

  void Release() {
    for (rd_kafka_message_t* message : fetched_) rd_kafka_message_destroy(message);
    fetched_.clear();
  }

  int32_t SplitOf(const rd_kafka_message_t& message) {
    if (message.rkt == last_topic_ && message.partition == last_partition_) return last_split_;
    const auto found = splits_.find({rd_kafka_topic_name(message.rkt), message.partition});
    if (found == splits_.end()) return -1;
    last_topic_ = message.rkt;
    last_partition_ = message.partition;
    last_split_ = found->second;
    return last_split_;
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
  std::map<TopicPartition, int32_t> splits_;
  std::vector<rd_kafka_message_t*> fetched_;
  // The partition of the message before.
  const rd_kafka_topic_t* last_topic_ = nullptr;
  int32_t last_partition_ = -1;
  int32_t last_split_ = -1;
};

class Consumer final : public KafkaConsumer {
 public:
  explicit Consumer(std::shared_ptr<LibrdkafkaHandle> handle) : handle_(std::move(handle)) {}
  // The last commit of a job that has ended still arrives, if a broker is there.
  ~Consumer() override { handle_->AwaitAnswers(kLastCommitMillisMax); }

  arrow::Result<std::vector<KafkaTopic>> DescribeTopics(
      const std::vector<std::string>& names) override {
    std::vector<const char*> pointers;
    for (const std::string& name : names) pointers.push_back(name.c_str());
    const std::string what =
        names.size() == 1 ? "look topic '" + names[0] + "' up" : "look the topics up";
    ARROW_ASSIGN_OR_RAISE(const auto event, handle_->Ask(what, [&](rd_kafka_queue_t* answers) {
      rd_kafka_TopicCollection_t* topics =
          rd_kafka_TopicCollection_of_topic_names(pointers.data(), pointers.size());
      rd_kafka_DescribeTopics(handle_->get(), topics,
                              Options(RD_KAFKA_ADMIN_OP_DESCRIBETOPICS).get(), answers);
      rd_kafka_TopicCollection_destroy(topics);
    }));
    size_t count = 0;
    const auto* const* described = rd_kafka_DescribeTopics_result_topics(
        rd_kafka_event_DescribeTopics_result(event.get()), &count);
    std::vector<KafkaTopic> topics;
    for (size_t i = 0; i < count; ++i) {
      KafkaTopic topic;
      topic.name = rd_kafka_TopicDescription_name(described[i]);
      const rd_kafka_error_t* error = rd_kafka_TopicDescription_error(described[i]);
      if (error != nullptr && rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return TopicError(topic.name, rd_kafka_error_code(error), rd_kafka_error_string(error));
      size_t num_partitions = 0;
      rd_kafka_TopicDescription_partitions(described[i], &num_partitions);
      topic.num_partitions = static_cast<int32_t>(num_partitions);
      const rd_kafka_Uuid_t* id = rd_kafka_TopicDescription_topic_id(described[i]);
      if (rd_kafka_Uuid_most_significant_bits(id) != 0 ||
          rd_kafka_Uuid_least_significant_bits(id) != 0) {
        topic.id = rd_kafka_Uuid_base64str(id);
      }
      topics.push_back(std::move(topic));
    }
    return topics;
  }

  arrow::Result<std::vector<std::string>> ListTopics() override {
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t code =
        rd_kafka_metadata(handle_->get(), 1, nullptr, &metadata, handle_->timeout_ms());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return handle_->Failed("list the topics", code);
    std::vector<std::string> names;
    for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
    rd_kafka_metadata_destroy(metadata);
    std::erase_if(names, [](const std::string& name) { return name.starts_with("__"); });
    std::sort(names.begin(), names.end());
    return names;
  }

  arrow::Result<std::vector<int64_t>> ListOffsets(std::span<const OffsetQuery> queries) override {
    std::vector<int64_t> offsets(queries.size());
    std::vector<OffsetQuery> latest;  // Instead of those whose time is still to come.
    std::vector<size_t> latest_at;
    ARROW_ASSIGN_OR_RAISE(const auto found, AskOffsets(queries));
    for (size_t i = 0; i < queries.size(); ++i) {
      const auto offset = found.find(queries[i].partition);
      if (offset == found.end()) {
        return KafkaError(ToString(queries[i].partition),
                          "find an offset of partition " + ToString(queries[i].partition),
                          RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
      }
      offsets[i] = offset->second;
      if (offsets[i] >= 0) continue;
      latest.push_back({queries[i].partition, OffsetQuery::At::kLatest, 0});
      latest_at.push_back(i);
    }
    if (latest.empty()) return offsets;
    ARROW_ASSIGN_OR_RAISE(const auto ends, AskOffsets(latest));
    for (const size_t i : latest_at) offsets[i] = ends.at(queries[i].partition);
    return offsets;
  }

  arrow::Result<std::vector<std::optional<int64_t>>> Committed(
      const std::vector<TopicPartition>& partitions) override {
    const RdKafkaPtr<rd_kafka_topic_partition_list_t> list(
        rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
    for (const TopicPartition& each : partitions)
      rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
    const rd_kafka_resp_err_t code =
        rd_kafka_committed(handle_->get(), list.get(), handle_->timeout_ms());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return handle_->Failed("read the committed offsets of the consumer group", code);
    std::vector<std::optional<int64_t>> offsets;
    for (const TopicPartition& each : partitions) {
      const rd_kafka_topic_partition_t* found =
          rd_kafka_topic_partition_list_find(list.get(), each.topic.c_str(), each.partition);
      if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return KafkaError(ToString(each), "read the committed offset of " + ToString(each),
                          found->err);
      }
      offsets.push_back(found->offset >= 0 ? std::optional(found->offset) : std::nullopt);
    }
    return offsets;
  }

  arrow::Status CreateTopic(const std::string& name, int32_t num_partitions,
                            const std::map<std::string, std::string>& config) override {
    char reason[256];
    rd_kafka_NewTopic_t* topic =
        rd_kafka_NewTopic_new(name.c_str(), num_partitions, -1, reason, sizeof(reason));
    if (topic == nullptr) return arrow::Status::Invalid("topic '", name, "': ", reason);
    for (const auto& [key, value] : config)
      rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
    auto answer = handle_->Ask("create topic '" + name + "'", [&](rd_kafka_queue_t* answers) {
      rd_kafka_CreateTopics(handle_->get(), &topic, 1,
                            Options(RD_KAFKA_ADMIN_OP_CREATETOPICS).get(), answers);
    });
    rd_kafka_NewTopic_destroy(topic);
    ARROW_ASSIGN_OR_RAISE(const auto event, std::move(answer));
    size_t count = 0;
    const auto* const* results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (size_t i = 0; i < count; ++i) {
      const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        continue;
      const char* why = rd_kafka_topic_result_error_string(results[i]);
      return KafkaError(name, "create topic '" + name + "'", code, why == nullptr ? "" : why);
    }
    return arrow::Status::OK();
  }

  void Commit(std::span<const std::pair<TopicPartition, int64_t>> offsets) override {
    const RdKafkaPtr<rd_kafka_topic_partition_list_t> list(
        rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
    for (const auto& [partition, offset] : offsets) {
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)
          ->offset = offset;
    }
    handle_->Expect();
    const RdKafkaPtr<rd_kafka_queue_t> answers(rd_kafka_queue_get_background(handle_->get()));
    const rd_kafka_resp_err_t code =
        rd_kafka_commit_queue(handle_->get(), list.get(), answers.get(), nullptr, nullptr);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    handle_->Answered();
    WarnOfCommit(*handle_, code);
  }

  std::unique_ptr<KafkaQueue> OpenQueue(std::function<void()> wake) override {
    return std::make_unique<Queue>(handle_, std::move(wake));
  }

 private:
  RdKafkaPtr<rd_kafka_AdminOptions_t> Options(rd_kafka_admin_op_t op) const {
    RdKafkaPtr<rd_kafka_AdminOptions_t> options(rd_kafka_AdminOptions_new(handle_->get(), op));
    char reason[256];
    SABOT_CHECK(rd_kafka_AdminOptions_set_request_timeout(options.get(), handle_->timeout_ms(),
                                                          reason, sizeof(reason)) ==
                RD_KAFKA_RESP_ERR_NO_ERROR);
    return options;
  }

  static arrow::Status TopicError(const std::string& topic, rd_kafka_resp_err_t code,
                                  const char* reason) {
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
      return UserError(
          "unknown-topic", topic,
          "there is no topic '" + topic + "'; create it, or correct the table's option 'topic'");
    }
    return KafkaError(topic, "look topic '" + topic + "' up", code, reason);
  }

  static int64_t SpecOf(const OffsetQuery& query) {
    if (query.at == OffsetQuery::At::kEarliest) return RD_KAFKA_OFFSET_SPEC_EARLIEST;
    if (query.at == OffsetQuery::At::kLatest) return RD_KAFKA_OFFSET_SPEC_LATEST;
    return query.timestamp_ms;
  }

  // By partition; -1 where no record is of that time or later.
  arrow::Result<std::map<TopicPartition, int64_t>> AskOffsets(
      std::span<const OffsetQuery> queries) const {
    for (int waited = 0;; waited += kRetryMillis) {
      ARROW_ASSIGN_OR_RAISE(
          const auto event, handle_->Ask("look offsets up", [&](rd_kafka_queue_t* answers) {
            const RdKafkaPtr<rd_kafka_topic_partition_list_t> list(
                rd_kafka_topic_partition_list_new(static_cast<int>(queries.size())));
            for (const OffsetQuery& query : queries) {
              rd_kafka_topic_partition_list_add(list.get(), query.partition.topic.c_str(),
                                                query.partition.partition)
                  ->offset = SpecOf(query);
            }
            rd_kafka_ListOffsets(handle_->get(), list.get(),
                                 Options(RD_KAFKA_ADMIN_OP_LISTOFFSETS).get(), answers);
          }));
      size_t count = 0;
      const auto* const* infos =
          rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event.get()), &count);
      std::map<TopicPartition, int64_t> offsets;
      const rd_kafka_topic_partition_t* failed = nullptr;
      for (size_t i = 0; i < count; ++i) {
        const rd_kafka_topic_partition_t* found =
            rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
        if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR) failed = found;
        offsets[{found->topic, found->partition}] = found->offset;
      }
      if (failed == nullptr) return offsets;
      if (!IsTransient(failed->err) || waited >= handle_->timeout_ms()) {
        const std::string name = ToString(TopicPartition{failed->topic, failed->partition});
        return KafkaError(name, "look an offset of " + name + " up", failed->err);
      }
      const RdKafkaPtr<rd_kafka_queue_t> pause(rd_kafka_queue_new(handle_->get()));
      RdKafkaPtr<rd_kafka_event_t>(rd_kafka_queue_poll(pause.get(), kRetryMillis));
    }
  }

  const std::shared_ptr<LibrdkafkaHandle> handle_;
};

}  // namespace

arrow::Result<std::shared_ptr<KafkaConsumer>> OpenLibrdkafkaConsumer(
    const KafkaProperties& properties, bool ends_wanted, std::function<void(std::string)> warn) {
  KafkaProperties ours = properties;
  for (const auto& [name, value] :
       {std::pair<const char*, const char*>{"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"}}) {
    if (!ours.try_emplace(name, value).second) {
      return UserError("forbidden-property", name,
                       "'properties." + std::string(name) +
                           "' cannot be set: a job's positions are its checkpoints'; where it "
                           "begins says 'scan.startup.mode'");
    }
  }
  ours["enable.partition.eof"] = ends_wanted ? "true" : "false";
  // Nobody joins this group; the client only wants a name.
  const KafkaProperties defaults = {{"group.id", "sabot"},
                                    {"queued.max.messages.kbytes", "32768"},
                                    {"fetch.queue.backoff.ms", "20"}};
  auto handle = std::make_shared<LibrdkafkaHandle>(std::move(warn), RD_KAFKA_EVENT_OFFSET_COMMIT,
                                                   &OnCommitted);
  ARROW_RETURN_NOT_OK(handle->Open(RD_KAFKA_CONSUMER, defaults, ours));
  return std::make_shared<Consumer>(std::move(handle));
}

}  // namespace sabot
