// Rows as records: keys, tombstones, headers, a full queue, and records that cannot be delivered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "connectors/kafka_cluster.h"
#include "engine/catalogue.h"
#include "harness.h"

namespace sabot::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using Json = nlohmann::json;

constexpr int16_t kProduceRequest = 0;

class NoOutput final : public Collector {
  arrow::Status Emit(Batch) override { return arrow::Status::OK(); }
  arrow::Status Emit(Watermark) override { return arrow::Status::OK(); }
  arrow::Status Emit(StreamStatus) override { return arrow::Status::OK(); }
  arrow::Status EmitLate(int, const Batch&, std::span<const int32_t>) override {
    return arrow::Status::OK();
  }
  arrow::Status EmitDeadLetters(Batch) override { return arrow::Status::OK(); }
  bool has_room() const override { return true; }
};

// One sink, resumed whenever it wakes.
class SinkDriver {
 public:
  SinkDriver(const KafkaCluster& cluster, const std::vector<std::string>& columns, Json config,
             int subtask = 0) {
    schema_ = MakeSchema(columns);
    PlanNode node;
    node.op = "kafka_sink";
    node.input_schemas = {schema_};
    config["properties"]["bootstrap.servers"] = cluster.servers();
    node.config = std::make_shared<const Json>(std::move(config));
    context_.subtask = subtask;
    context_.waker = [this] {
      const std::lock_guard lock(mutex_);
      woken_ = true;
      changed_.notify_one();
    };
    auto made = FindOperator("kafka_sink")->make(node, context_);
    status = made.status();
    if (!status.ok()) return;
    sink_ = std::move(*made);
    status = sink_->Open();
  }

  void Rows(std::string_view rows) {
    Drive([&] { return sink_->Process(0, MakeBatch(schema_, rows), out_); });
  }
  void End() {
    Drive([&] { return sink_->OnEndOfInput(0, out_); });
  }

  arrow::Status status;
  int num_blocked = 0;

 private:
  template <typename Call>
  void Drive(Call call) {
    if (!status.ok()) return;
    auto progress = call();
    while (progress.ok() && *progress == Progress::kBlocked) {
      ++num_blocked;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return woken_; });
        woken_ = false;
      }
      progress = sink_->Resume(out_);
    }
    status = progress.status();
  }

  Schema schema_;
  OperatorContext context_;
  NoOutput out_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::unique_ptr<Operator> sink_;
};

Json Config() {
  return {{"topic", "t"},
          {"properties", {{"linger.ms", "0"}}},
          {"format", "json"},
          {"formatOptions", Json::object()},
          {"valueColumns", Json::array({0, 1})},
          {"partitioner", "default"},
          {"deliveryGuarantee", "at-least-once"},
          {"upsert", false}};
}

std::vector<std::string> Texts(const std::vector<TopicRecord>& records) {
  std::vector<std::string> texts;
  for (const TopicRecord& record : records)
    texts.push_back(record.key.value_or("-") + " " + record.value.value_or("-"));
  return texts;
}

TEST(KafkaSink, RowsAreRecordsInOrder) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  SinkDriver sink(cluster, {"k STRING", "n BIGINT"}, Config());
  sink.Rows(R"([["a", 1], ["b", 2]])");
  sink.Rows(R"([["a", null]])");
  sink.End();
  ASSERT_TRUE(sink.status.ok()) << sink.status;
  EXPECT_THAT(
      Texts(cluster.Read("t", 0, 3)),
      ElementsAre(R"(- {"k":"a","n":1})", R"(- {"k":"b","n":2})", R"(- {"k":"a","n":null})"));
}

TEST(KafkaSink, UpsertsAndTombstones) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  Json config = Config();
  config["upsert"] = true;
  config["keyFormat"] = "json";
  config["keyFormatOptions"] = Json::object();
  config["keyColumns"] = Json::array({0});
  config["keyNames"] = Json::array({"id"});
  config["valueColumns"] = Json::array({1});
  SinkDriver sink(cluster, {"k STRING", "n BIGINT"}, config);
  sink.Rows(R"([["a", 1], ["-U", "a", 1], ["+U", "a", 2], ["b", 3], ["-D", "a", 2],
                ["c", 1], ["-U", "b", 3], ["-U", "c", 1], ["+U", "d", 1]])");
  sink.End();
  ASSERT_TRUE(sink.status.ok()) << sink.status;
  // Old rows come where a filter may keep their new ones back: then they are deletions, as in
  // Flink.
  EXPECT_THAT(Texts(cluster.Read("t", 0, 9)),
              ElementsAre(R"({"id":"a"} {"n":1})", R"({"id":"a"} -)", R"({"id":"a"} {"n":2})",
                          R"({"id":"b"} {"n":3})", R"({"id":"a"} -)", R"({"id":"c"} {"n":1})",
                          R"({"id":"b"} -)", R"({"id":"c"} -)", R"({"id":"d"} {"n":1})"));
}

TEST(KafkaSink, ChangesNeedAFormatOrATopicForThem) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  SinkDriver sink(cluster, {"k STRING", "n BIGINT"}, Config());
  sink.Rows(R"([["a", 1], ["-D", "a", 1]])");
  EXPECT_THAT(sink.status.message(), AllOf(HasSubstr("topic 't'"), HasSubstr("upsert-kafka")));
}

TEST(KafkaSink, TheRowSaysTimestampAndHeaders) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  Json config = Config();
  config["valueColumns"] = Json::array({0});
  config["metadata"] = Json::array({{{"key", "timestamp"}, {"index", 1}}});
  SinkDriver sink(cluster, {"k STRING", "at TIMESTAMP_LTZ(3)"}, config);
  sink.Rows(R"([["a", 1700000000123], ["b", null]])");
  sink.End();
  ASSERT_TRUE(sink.status.ok()) << sink.status;
  const auto records = cluster.Read("t", 0, 2);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].timestamp_ms, 1'700'000'000'123);
  EXPECT_GT(records[1].timestamp_ms, 1'700'000'000'123);  // The producer's time.
}

TEST(KafkaSink, EverySubtaskHasItsFixedPartition) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 3);
  Json config = Config();
  config["partitioner"] = "fixed";
  SinkDriver sink(cluster, {"k STRING", "n BIGINT"}, config, /*subtask=*/5);
  sink.Rows(R"([["a", 1], ["b", 2], ["c", 3]])");
  sink.End();
  ASSERT_TRUE(sink.status.ok()) << sink.status;
  EXPECT_THAT(cluster.Read("t", 2, 3), SizeIs(3));
}

TEST(KafkaSink, WaitsWhereItsQueueIsFull) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  Json config = Config();
  config["properties"]["queue.buffering.max.messages"] = "10";
  SinkDriver sink(cluster, {"k STRING", "n BIGINT"}, config);
  Json rows = Json::array();
  for (int i = 0; i < 1'000; ++i) rows.push_back({"k", i});
  sink.Rows(rows.dump());
  EXPECT_GT(sink.num_blocked, 0);
  sink.End();
  ASSERT_TRUE(sink.status.ok()) << sink.status;
  const auto records = cluster.Read("t", 0, 1'000);
  ASSERT_THAT(records, SizeIs(1'000));
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(records[static_cast<size_t>(i)].value,
              "{\"k\":\"k\",\"n\":" + std::to_string(i) + "}");
  }
}

TEST(KafkaSink, WhatIsNotDeliveredIsAnError) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  SinkDriver sink(cluster, {"k STRING", "n BIGINT"}, Config());
  rd_kafka_mock_push_request_errors(cluster.mock(), kProduceRequest, 1,
                                    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  sink.Rows(R"([["a", 1]])");
  sink.End();
  ASSERT_NE(DetailOf(sink.status), nullptr) << sink.status;
  EXPECT_EQ(DetailOf(sink.status)->kind(), "delivery-failed");
  EXPECT_EQ(DetailOf(sink.status)->identifier(), "t");
  EXPECT_THAT(sink.status.message(), HasSubstr("topic 't', partition 0: "));
}

TEST(KafkaSink, ARecordThatIsTooLargeIsAnError) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  Json config = Config();
  config["properties"]["message.max.bytes"] = "1000";
  SinkDriver sink(cluster, {"k STRING", "n BIGINT"}, config);
  sink.Rows(Json::array({Json::array({std::string(2'000, 'x'), 1})}).dump());
  EXPECT_THAT(sink.status.message(), AllOf(HasSubstr("topic 't'"), HasSubstr("message.max.bytes")));
}

TEST(KafkaSink, ATopicThatIsNotThereIsNamed) {
  KafkaCluster cluster;
  Json config = Config();
  config["topic"] = "no-such";
  config["properties"]["allow.auto.create.topics"] = "false";
  rd_kafka_mock_topic_set_error(cluster.mock(), "no-such", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  SinkDriver sink(cluster, {"k STRING", "n BIGINT"}, config);
  ASSERT_NE(DetailOf(sink.status), nullptr) << sink.status;
  EXPECT_EQ(DetailOf(sink.status)->kind(), "unknown-topic");
}

}  // namespace
}  // namespace sabot::test
