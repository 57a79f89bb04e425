// A cluster inside the test's process: librdkafka's mock, good for plumbing and errors. It does not
// fence, and shows aborted records: transactions are tested against real brokers.
#pragma once

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sabot::test {

struct TopicRecord {
  int32_t partition = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  int64_t timestamp_ms = 0;  // 0: now.
  std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
};

class KafkaCluster {
 public:
  explicit KafkaCluster(int num_brokers = 1) {
    char reason[256];
    rd_kafka_conf_t* of_owner = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(of_owner, [](const rd_kafka_t*, int, const char*, const char*) {});
    owner_ = rd_kafka_new(RD_KAFKA_PRODUCER, of_owner, reason, sizeof(reason));
    cluster_ = rd_kafka_mock_cluster_new(owner_, num_brokers);
    rd_kafka_mock_set_controller_id(cluster_, 1);
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", servers().c_str(), reason, sizeof(reason));
    rd_kafka_conf_set(conf, "linger.ms", "0", reason, sizeof(reason));
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
  }
  ~KafkaCluster() {
    rd_kafka_destroy(producer_);
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(owner_);
  }

  std::string servers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  rd_kafka_mock_cluster_t* mock() const { return cluster_; }

  void CreateTopic(const std::string& name, int num_partitions) {
    ASSERT_EQ(rd_kafka_mock_topic_create(cluster_, name.c_str(), num_partitions, 1),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void DeleteTopic(const std::string& name) {
    ASSERT_EQ(rd_kafka_mock_topic_delete(cluster_, name.c_str()), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  // In order, each acknowledged before the next.
  void Produce(const std::string& topic, const std::vector<TopicRecord>& records) {
    for (const TopicRecord& record : records) {
      std::vector<rd_kafka_vu_t> values;
      const auto add = [&](rd_kafka_vtype_t type) -> auto& {
        values.emplace_back().vtype = type;
        return values.back().u;
      };
      add(RD_KAFKA_VTYPE_TOPIC).cstr = topic.c_str();
      add(RD_KAFKA_VTYPE_PARTITION).i32 = record.partition;
      add(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
      const auto bytes = [](const std::optional<std::string>& text) -> std::pair<void*, size_t> {
        if (!text) return {nullptr, 0};
        return {const_cast<char*>(text->data()), text->size()};
      };
      auto& value = add(RD_KAFKA_VTYPE_VALUE).mem;
      std::tie(value.ptr, value.size) = bytes(record.value);
      auto& key = add(RD_KAFKA_VTYPE_KEY).mem;
      std::tie(key.ptr, key.size) = bytes(record.key);
      if (record.timestamp_ms > 0) add(RD_KAFKA_VTYPE_TIMESTAMP).i64 = record.timestamp_ms;
      for (const auto& [name, text] : record.headers) {
        auto& header = add(RD_KAFKA_VTYPE_HEADER).header;
        header.name = name.c_str();
        header.val = bytes(text).first;
        header.size = static_cast<ssize_t>(bytes(text).second);
      }
      rd_kafka_error_t* error = rd_kafka_produceva(producer_, values.data(), values.size());
      ASSERT_EQ(error, nullptr) << rd_kafka_error_string(error);
      ASSERT_EQ(rd_kafka_flush(producer_, 10'000), RD_KAFKA_RESP_ERR_NO_ERROR);
    }
  }

  // {"n": first}, {"n": first + 1}, ...
  void ProduceNumbers(const std::string& topic, int32_t partition, int first, int count) {
    std::vector<TopicRecord> records;
    for (int i = first; i < first + count; ++i) {
      TopicRecord record;
      record.partition = partition;
      record.value = "{\"n\":" + std::to_string(i) + "}";
      records.push_back(std::move(record));
    }
    Produce(topic, records);
  }

  // Everything in the partition, from its beginning: "key=value @timestamp [name: value]".
  std::vector<TopicRecord> Read(const std::string& topic, int32_t partition, size_t count) {
    char reason[256];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", servers().c_str(), reason, sizeof(reason));
    rd_kafka_t* consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
    rd_kafka_topic_t* handle = rd_kafka_topic_new(consumer, topic.c_str(), nullptr);
    rd_kafka_consume_start(handle, partition, RD_KAFKA_OFFSET_BEGINNING);
    std::vector<TopicRecord> records;
    while (records.size() < count) {
      rd_kafka_message_t* message = rd_kafka_consume(handle, partition, 10'000);
      if (message == nullptr) break;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) records.push_back(ToRecord(*message));
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consume_stop(handle, partition);
    rd_kafka_topic_destroy(handle);
    rd_kafka_destroy(consumer);
    return records;
  }

 private:
  static TopicRecord ToRecord(const rd_kafka_message_t& message) {
    const auto text = [](const void* data, size_t size) -> std::optional<std::string> {
      if (data == nullptr) return std::nullopt;
      return std::string(static_cast<const char*>(data), size);
    };
    TopicRecord record;
    record.partition = message.partition;
    record.key = text(message.key, message.key_len);
    record.value = text(message.payload, message.len);
    record.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* name = nullptr;
      const void* value = nullptr;
      size_t size = 0;
      for (size_t i = 0;
           rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
           ++i) {
        record.headers.emplace_back(name, text(value, size));
      }
    }
    return record;
  }

  rd_kafka_t* owner_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  rd_kafka_t* producer_ = nullptr;
};

}  // namespace sabot::test
