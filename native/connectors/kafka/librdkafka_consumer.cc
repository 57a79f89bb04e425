// The consumer over librdkafka: looks topics and offsets up, and tells a group how far a job is.
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

void WarnOfCommit(const LibrdkafkaHandle& handle, rd_kafka_resp_err_t code) {
  handle.Warn(
      "the consumer group's offsets could not be committed (what the job reads does not "
      "depend on them): " +
      std::string(rd_kafka_err2str(code)));
}

void OnCommitted(const LibrdkafkaHandle& handle, RdKafkaPtr<rd_kafka_event_t> event) {
  if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_OFFSET_COMMIT) return;
  handle.Answered();
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__NO_OFFSET)
    WarnOfCommit(handle, code);
}

class Consumer final : public KafkaConsumer {
 public:
  explicit Consumer(std::shared_ptr<LibrdkafkaHandle> handle) : handle_(std::move(handle)) {}
  // The last commit of a job that has ended still arrives, if a broker is there.
  ~Consumer() override { handle_->AwaitAnswers(kLastCommitMillisMax); }

  void GiveUp() override { handle_->GiveUp(); }

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
    const rd_kafka_resp_err_t code = handle_->Metadata(nullptr, true, &metadata);
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

  arrow::Result<std::vector<std::optional<GroupOffset>>> CommittedBy(
      const std::string& group, const std::vector<TopicPartition>& partitions) override {
    const RdKafkaPtr<rd_kafka_topic_partition_list_t> wanted(
        rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
    for (const TopicPartition& each : partitions)
      rd_kafka_topic_partition_list_add(wanted.get(), each.topic.c_str(), each.partition);
    const std::string what = "read the committed offsets of consumer group '" + group + "'";
    for (int waited = 0;; waited += kRetryMillis) {
      rd_kafka_ListConsumerGroupOffsets_t* request =
          rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), wanted.get());
      auto answer = handle_->Ask(what, [&](rd_kafka_queue_t* answers) {
        rd_kafka_ListConsumerGroupOffsets(handle_->get(), &request, 1,
                                          Options(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS).get(),
                                          answers);
      });
      rd_kafka_ListConsumerGroupOffsets_destroy(request);
      ARROW_ASSIGN_OR_RAISE(const auto event, std::move(answer));
      size_t count = 0;
      const auto* const* groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
          rd_kafka_event_ListConsumerGroupOffsets_result(event.get()), &count);
      SABOT_CHECK(count == 1);
      const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[0]);
      if (error == nullptr)
        return OffsetsIn(*rd_kafka_group_result_partitions(groups[0]), partitions);
      const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
      if (code == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
        return std::vector<std::optional<GroupOffset>>(partitions.size());
      if (!IsTransient(code) || waited >= handle_->timeout_ms())
        return KafkaError(group, what, code, rd_kafka_error_string(error));
      Pause();
    }
  }

  arrow::Result<std::string> ClusterId() override {
    char* const id = rd_kafka_clusterid(handle_->get(), handle_->timeout_ms());
    if (id == nullptr) {
      return handle_->Failed("learn which cluster this is", RD_KAFKA_RESP_ERR__TIMED_OUT);
    }
    std::string cluster(id);
    rd_kafka_mem_free(handle_->get(), id);
    return cluster;
  }

  int64_t num_topic_answers() const override { return handle_->num_topic_answers(); }

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
    return OpenLibrdkafkaQueue(handle_, std::move(wake));
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

  void Pause() const {
    const RdKafkaPtr<rd_kafka_queue_t> pause(rd_kafka_queue_new(handle_->get()));
    const RdKafkaPtr<rd_kafka_event_t> nothing(rd_kafka_queue_poll(pause.get(), kRetryMillis));
  }

  static arrow::Result<std::vector<std::optional<GroupOffset>>> OffsetsIn(
      const rd_kafka_topic_partition_list_t& found, const std::vector<TopicPartition>& partitions) {
    std::map<TopicPartition, const rd_kafka_topic_partition_t*> by_partition;
    for (int i = 0; i < found.cnt; ++i)
      by_partition[{found.elems[i].topic, found.elems[i].partition}] = &found.elems[i];
    std::vector<std::optional<GroupOffset>> offsets(partitions.size());
    for (size_t i = 0; i < partitions.size(); ++i) {
      const auto at = by_partition.find(partitions[i]);
      if (at == by_partition.end()) continue;
      const rd_kafka_topic_partition_t& one = *at->second;
      if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return KafkaError(ToString(partitions[i]),
                          "read the committed offset of " + ToString(partitions[i]), one.err);
      }
      if (one.offset < 0) continue;
      offsets[i] = {one.offset,
                    std::string(static_cast<const char*>(one.metadata), one.metadata_size)};
    }
    return offsets;
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
      Pause();
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
  KafkaProperties defaults = {{"group.id", "sabot"},  // Of one that reads commit records.
                              {"queued.max.messages.kbytes", "32768"},
                              {"fetch.queue.backoff.ms", "20"},
                              {"fetch.record.batches", "true"}};
  // A broker tells an end only with an answer that has nothing else in it, and holds that back.
  if (ends_wanted) defaults["fetch.wait.max.ms"] = "20";
  auto handle = std::make_shared<LibrdkafkaHandle>(std::move(warn), RD_KAFKA_EVENT_OFFSET_COMMIT,
                                                   &OnCommitted);
  ARROW_RETURN_NOT_OK(handle->Open(RD_KAFKA_CONSUMER, defaults, ours));
  return std::make_shared<Consumer>(std::move(handle));
}

}  // namespace sabot
