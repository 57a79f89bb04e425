// Topics as rows: which partitions, from where to where, what of each record, and after a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "connectors/kafka/kafka_splits.h"
#include "connectors/kafka_cluster.h"
#include "connectors/source_driver.h"

namespace sabot::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

using Json = nlohmann::json;

Json NumberField(const char* name) { return {{"name", name}, {"type", {{"kind", "BIGINT"}}}}; }
Json TextField(const char* name) { return {{"name", name}, {"type", {{"kind", "VARCHAR"}}}}; }

// A source of {"n": BIGINT} in JSON, bounded by the topics' ends.
Json Numbers(const KafkaCluster& cluster, std::vector<std::string> topics) {
  return {{"op", "kafka_source"},
          {"config",
           {{"topics", topics},
            {"properties", {{"bootstrap.servers", cluster.servers()}, {"group.id", "g"}}},
            {"startup", {{"mode", "earliest"}}},
            {"bounded", {{"mode", "latest"}}},
            {"discoveryIntervalMs", 0},
            {"format", "json"},
            {"formatOptions", Json::object()},
            {"columns", Json::array({NumberField("n")})},
            {"metadata", Json::array()},
            {"output", Json::array({{{"from", "value"}, {"index", 0}}})},
            {"upsert", false}}},
          {"schema", Json::array({NumberField("n")})}};
}

void AddMetadata(Json& node, const char* key, const Json& type) {
  node["config"]["output"].push_back(
      {{"from", "metadata"}, {"index", node["config"]["metadata"].size()}});
  node["config"]["metadata"].push_back({{"name", key}, {"key", key}, {"type", type}});
  node["schema"].push_back({{"name", key}, {"type", type}});
}

std::vector<std::string> Lines(int first, int count) {
  std::vector<std::string> lines;
  for (int i = first; i < first + count; ++i) lines.push_back("{\"n\":" + std::to_string(i) + "}");
  return lines;
}

// The error that the source ends with.
arrow::Status Failure(const Json& node, SourceOptions options = {}) {
  SourceDriver source(node.dump(), options);
  source.RunToEnd();
  return source.status;
}

std::string KindOf(const arrow::Status& status) {
  return DetailOf(status) == nullptr
             ? status.ToString()
             : DetailOf(status)->kind() + " " + DetailOf(status)->identifier();
}

TEST(KafkaSource, ReadsAllPartitionsToTheirEnds) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 3);
  cluster.ProduceNumbers("t", 0, 0, 20);
  cluster.ProduceNumbers("t", 2, 100, 5);
  for (const int parallelism : {1, 2, 4}) {
    SourceDriver source(Numbers(cluster, {"t"}).dump(),
                        {.parallelism = parallelism, .rows_max = 7});
    auto lines = source.RunToEnd();
    ASSERT_TRUE(source.status.ok()) << source.status;
    auto expected = Lines(0, 20);
    for (auto& line : Lines(100, 5)) expected.push_back(std::move(line));
    EXPECT_THAT(lines, UnorderedElementsAreArray(expected)) << parallelism;
    for (const int64_t rows : source.batch_rows) EXPECT_LE(rows, 7);
  }
}

TEST(KafkaSource, PartitionsAreDealtOutAsInFlink) {
  // In Java ("orders".hashCode() * 31 & 0x7FFFFFFF) % 7 is 3.
  std::vector<int> owners;
  for (int32_t i = 0; i < 8; ++i) owners.push_back(OwnerOf({"orders", i}, 7));
  EXPECT_THAT(owners, ElementsAre(3, 4, 5, 6, 0, 1, 2, 3));
}

TEST(KafkaSource, GoesOnWhereItWasAtAnyParallelism) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 4);
  for (int32_t partition = 0; partition < 4; ++partition)
    cluster.ProduceNumbers("t", partition, partition * 100, 15);
  Json node = Numbers(cluster, {"t"});
  SourceDriver source(node.dump(), {.parallelism = 2, .rows_max = 4});
  size_t num_subtasks = 2;
  for (const int parallelism : {3, 1, 4, 2}) {
    const size_t enough = source.lines.size() + 6;
    for (size_t i = 0; source.lines.size() < enough; ++i) source.Step(i % num_subtasks);
    source.Restart(parallelism);
    num_subtasks = static_cast<size_t>(parallelism);
  }
  // What came after the start is not read: ends were looked up once.
  cluster.ProduceNumbers("t", 0, 999, 1);
  const auto lines = source.RunToEnd();
  ASSERT_TRUE(source.status.ok()) << source.status;
  std::vector<std::string> expected;
  for (int32_t partition = 0; partition < 4; ++partition) {
    for (auto& line : Lines(partition * 100, 15)) expected.push_back(std::move(line));
  }
  EXPECT_THAT(lines, UnorderedElementsAreArray(expected));
}

TEST(KafkaSource, MetadataOfRecords) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 2);
  cluster.Produce("t", {{.partition = 1,
                         .key = std::nullopt,
                         .value = R"({"n": 1})",
                         .timestamp_ms = 1'700'000'000'123,
                         .headers = {{"a", "1"}, {"b", "2"}, {"a", "3"}, {"z", std::nullopt}}},
                        {.partition = 1,
                         .key = std::nullopt,
                         .value = "[{\"n\": 2}, {\"n\": 3}]",
                         .timestamp_ms = 1'700'000'000'124},
                        {.partition = 1, .key = std::nullopt, .value = std::nullopt},
                        {.partition = 1,
                         .key = std::nullopt,
                         .value = R"({"n": 4})",
                         .timestamp_ms = 1'700'000'000'125}});
  Json node = Numbers(cluster, {"t"});
  AddMetadata(node, "topic", {{"kind", "VARCHAR"}});
  AddMetadata(node, "partition", {{"kind", "INTEGER"}});
  AddMetadata(node, "offset", {{"kind", "BIGINT"}});
  AddMetadata(node, "timestamp", {{"kind", "TIMESTAMP_LTZ"}, {"precision", 3}});
  AddMetadata(node, "timestamp-type", {{"kind", "VARCHAR"}});
  AddMetadata(
      node, "headers",
      {{"kind", "MAP"}, {"key", {{"kind", "VARCHAR"}}}, {"value", {{"kind", "VARBINARY"}}}});
  SourceDriver source(node.dump(), {});
  const auto lines = source.RunToEnd();
  ASSERT_TRUE(source.status.ok()) << source.status;
  // A record may be several rows, or none; of equal headers the last one counts.
  EXPECT_THAT(
      lines,
      ElementsAre(
          R"({"n":1,"topic":"t","partition":1,"offset":0,"timestamp":"2023-11-14 22:13:20.123Z","timestamp-type":"CreateTime","headers":{"a":"33","b":"32","z":null}})",
          R"({"n":2,"topic":"t","partition":1,"offset":1,"timestamp":"2023-11-14 22:13:20.124Z","timestamp-type":"CreateTime","headers":{}})",
          R"({"n":3,"topic":"t","partition":1,"offset":1,"timestamp":"2023-11-14 22:13:20.124Z","timestamp-type":"CreateTime","headers":{}})",
          R"({"n":4,"topic":"t","partition":1,"offset":3,"timestamp":"2023-11-14 22:13:20.125Z","timestamp-type":"CreateTime","headers":{}})"));
}

Json WithKey(const KafkaCluster& cluster, bool upsert) {
  Json node = Numbers(cluster, {"t"});
  node["config"]["keyFormat"] = "json";
  node["config"]["keyFormatOptions"] = Json::object();
  node["config"]["keyColumns"] = Json::array({TextField("id")});
  node["config"]["output"] =
      Json::array({{{"from", "key"}, {"index", 0}}, {{"from", "value"}, {"index", 0}}});
  node["config"]["upsert"] = upsert;
  node["schema"] = Json::array({TextField("id"), NumberField("n")});
  return node;
}

TEST(KafkaSource, KeysComeFromTheirOwnFormat) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  cluster.Produce("t", {{.key = R"({"id": "a"})", .value = R"({"n": 1})"},
                        {.key = std::nullopt, .value = R"({"n": 2})"},
                        {.key = R"({"id": "b"})", .value = std::nullopt},
                        {.key = R"({"id": "c"})", .value = R"({"n": 3})"}});
  SourceDriver source(WithKey(cluster, false).dump(), {});
  const auto lines = source.RunToEnd();
  ASSERT_TRUE(source.status.ok()) << source.status;
  EXPECT_THAT(lines,
              ElementsAre(R"({"id":"a","n":1})", R"({"id":null,"n":2})", R"({"id":"c","n":3})"));
}

TEST(KafkaSource, ATombstoneIsADeletionOfAnUpsertTopic) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  cluster.Produce("t", {{.key = R"({"id": "a"})", .value = R"({"n": 1})"},
                        {.key = R"({"id": "b"})", .value = std::nullopt},
                        {.key = R"({"id": "a"})", .value = R"({"n": 2})"}});
  Json node = WithKey(cluster, true);
  SourceDriver source(node.dump(), {.show_kinds = true});
  const auto lines = source.RunToEnd();
  ASSERT_TRUE(source.status.ok()) << source.status;
  EXPECT_THAT(lines,
              ElementsAre(R"({"op":"+I","id":"a","n":1})", R"({"op":"-D","id":"b","n":null})",
                          R"({"op":"+I","id":"a","n":2})"));

  cluster.Produce("t", {{.key = std::nullopt, .value = R"({"n": 1})"}});
  EXPECT_THAT(
      Failure(node).message(),
      HasSubstr("topic 't', partition 0, offset 3, its key, byte 0: the record has no key"));
}

TEST(KafkaSource, BadRecordsAreNamed) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 2);
  cluster.ProduceNumbers("t", 1, 0, 3);
  cluster.Produce("t", {{.partition = 1, .key = std::nullopt, .value = R"({"n": x})"}});
  cluster.ProduceNumbers("t", 1, 4, 1);
  Json node = Numbers(cluster, {"t"});
  const auto status = Failure(node);
  EXPECT_EQ(KindOf(status), "bad-record t");
  EXPECT_THAT(status.message(), AllOf(HasSubstr("topic 't', partition 1, offset 3, byte 6"),
                                      HasSubstr("json.ignore-parse-errors")));
  node["config"]["formatOptions"]["json.ignore-parse-errors"] = "true";
  SourceDriver source(node.dump(), {});
  auto expected = Lines(0, 3);
  expected.push_back("{\"n\":4}");
  EXPECT_THAT(source.RunToEnd(), ElementsAreArray(expected));
  EXPECT_EQ(source.metrics(0).skipped_records.value(), 1);
}

TEST(KafkaSource, BeginsAndEndsWhereItIsTold) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  cluster.Produce("t", {{.key = std::nullopt, .value = R"({"n":0})", .timestamp_ms = 1'000},
                        {.key = std::nullopt, .value = R"({"n":1})", .timestamp_ms = 2'000},
                        {.key = std::nullopt, .value = R"({"n":2})", .timestamp_ms = 3'000},
                        {.key = std::nullopt, .value = R"({"n":3})", .timestamp_ms = 4'000}});
  const auto read = [&](const Json& startup, const Json& bounded) {
    Json node = Numbers(cluster, {"t"});
    node["config"]["startup"] = startup;
    node["config"]["bounded"] = bounded;
    SourceDriver source(node.dump(), {});
    auto lines = source.RunToEnd();
    EXPECT_TRUE(source.status.ok()) << source.status;
    return lines;
  };
  const Json earliest = {{"mode", "earliest"}};
  const Json latest = {{"mode", "latest"}};
  const Json at_two = {{"mode", "specific-offsets"},
                       {"offsets", Json::array({{{"partition", 0}, {"offset", 2}}})}};
  EXPECT_THAT(read(latest, latest), IsEmpty());
  EXPECT_THAT(read(at_two, latest), ElementsAreArray(Lines(2, 2)));
  EXPECT_THAT(read(earliest, at_two), ElementsAreArray(Lines(0, 2)));
  EXPECT_THAT(read(at_two, at_two), IsEmpty());
  Json committed = {{"mode", "group-offsets"}, {"reset", "latest"}};
  EXPECT_THAT(read(committed, latest), IsEmpty());
  committed["reset"] = "earliest";
  EXPECT_THAT(read(committed, latest), ElementsAreArray(Lines(0, 4)));
}

TEST(KafkaSource, WithoutCommittedOffsetsItAsksWhereToBegin) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  cluster.ProduceNumbers("t", 0, 0, 1);
  Json node = Numbers(cluster, {"t"});
  node["config"]["startup"] = {{"mode", "group-offsets"}};
  const auto status = Failure(node);
  EXPECT_EQ(KindOf(status), "no-committed-offset t-0");
  EXPECT_THAT(status.message(), HasSubstr("scan.startup.mode"));
}

TEST(KafkaSource, CommittedOffsetsAreForTheGroup) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  cluster.ProduceNumbers("t", 0, 0, 10);
  Json node = Numbers(cluster, {"t"});
  SourceDriver source(node.dump(), {.rows_max = 4});
  while (source.lines.empty()) source.Step(0);
  const int num_read = static_cast<int>(source.lines.size());
  SnapshotWriter writer(SnapshotMode::kIncremental, 7);
  ASSERT_TRUE(source.subtask(0).Snapshot(writer).ok());
  ASSERT_TRUE(source.subtask(0).OnCommitted(7).ok());
  node["config"]["startup"] = {{"mode", "group-offsets"}, {"reset", "earliest"}};
  // The commit is under way: at some time it has arrived.
  std::vector<std::string> rest;
  do {
    SourceDriver next(node.dump(), {});
    rest = next.RunToEnd();
    ASSERT_TRUE(next.status.ok()) << next.status;
  } while (rest.size() == 10);
  EXPECT_THAT(rest, ElementsAreArray(Lines(num_read, 10 - num_read)));
}

TEST(KafkaSource, AnOffsetThatIsGoneIsAnError) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  cluster.ProduceNumbers("t", 0, 0, 3);
  Json node = Numbers(cluster, {"t"});
  node["config"]["startup"] = {{"mode", "specific-offsets"},
                               {"offsets", Json::array({{{"partition", 0}, {"offset", 17}}})}};
  node["config"]["bounded"] = {{"mode", "specific-offsets"},
                               {"offsets", Json::array({{{"partition", 0}, {"offset", 20}}})}};
  const auto status = Failure(node);
  EXPECT_EQ(KindOf(status), "offset-out-of-range t-0");
  EXPECT_THAT(status.message(), HasSubstr("topic 't', partition 0 has no offset 17"));
}

TEST(KafkaSource, ATopicThatIsAnotherOneNowIsAnError) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  cluster.ProduceNumbers("t", 0, 0, 10);
  SourceDriver source(Numbers(cluster, {"t"}).dump(), {.rows_max = 4});
  while (source.lines.empty()) source.Step(0);
  cluster.DeleteTopic("t");
  cluster.CreateTopic("t", 1);
  cluster.ProduceNumbers("t", 0, 0, 10);
  EXPECT_EQ(KindOf(source.TryRestart(1)), "topic-changed t");
}

TEST(KafkaSource, MistakesOfTheTableAreNamed) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  EXPECT_EQ(KindOf(Failure(Numbers(cluster, {"t", "no-such"}))), "unknown-topic no-such");
  Json node = Numbers(cluster, {"t"});
  node["config"]["properties"]["auto.offset.reset"] = "latest";
  EXPECT_EQ(KindOf(Failure(node)), "forbidden-property auto.offset.reset");
  node = Numbers(cluster, {"t"});
  node["config"]["properties"]["no.such.thing"] = "1";
  EXPECT_EQ(KindOf(Failure(node)), "invalid-property no.such.thing");
  node = Numbers(cluster, {"t"});
  node["config"]["properties"]["fetch.wait.max.ms"] = "soon";
  EXPECT_EQ(KindOf(Failure(node)), "invalid-property fetch.wait.max.ms");
}

TEST(KafkaSource, ABrokerThatDoesNotAnswerIsNamed) {
  KafkaCluster cluster;
  Json node = Numbers(cluster, {"t"});
  node["config"]["properties"]["bootstrap.servers"] = "127.0.0.1:1";
  node["config"]["properties"]["socket.timeout.ms"] = "500";
  const auto status = Failure(node);
  EXPECT_EQ(KindOf(status), "kafka 127.0.0.1:1");
  EXPECT_THAT(status.message(), AllOf(HasSubstr("topic 't'"), HasSubstr("127.0.0.1:1"),
                                      HasSubstr("Connection refused")));
}

TEST(KafkaSource, NewTopicsOfAPatternAreReadFromTheirBeginning) {
  KafkaCluster cluster;
  cluster.CreateTopic("a-1", 1);
  cluster.CreateTopic("b-1", 1);
  cluster.ProduceNumbers("a-1", 0, 0, 2);
  cluster.ProduceNumbers("b-1", 0, 50, 2);
  Json node = Numbers(cluster, {"t"});
  node["config"].erase("topics");
  node["config"]["topicPattern"] = "a-\\d+";
  node["config"]["startup"] = {{"mode", "latest"}};
  node["config"]["bounded"] = {{"mode", "unbounded"}};
  node["config"]["discoveryIntervalMs"] = 1'000;
  VirtualClock clock;
  SourceDriver source(node.dump(), {.clock = &clock});
  source.Step(0);
  cluster.CreateTopic("a-22", 1);
  cluster.ProduceNumbers("a-22", 0, 100, 3);
  EXPECT_EQ(source.subtask(0).NextTimer(), 1'000);
  source.Timer(0, 1'000);
  while (source.status.ok() && source.lines.size() < 3) source.Step(0);
  EXPECT_THAT(source.lines, ElementsAreArray(Lines(100, 3)));
  EXPECT_EQ(source.subtask(0).NextTimer(), 2'000);
  // It is gone: loudly.
  cluster.DeleteTopic("a-22");
  source.Timer(0, 2'000);
  source.Step(0);
  EXPECT_EQ(KindOf(source.status), "unknown-topic a-22");
}

TEST(KafkaSource, SaysThatNoTopicMatches) {
  KafkaCluster cluster;
  cluster.CreateTopic("orders-1", 1);
  Json node = Numbers(cluster, {"t"});
  node["config"].erase("topics");
  node["config"]["topicPattern"] = "orders";
  SourceDriver bounded(node.dump(), {.parallelism = 2});
  EXPECT_THAT(bounded.RunToEnd(), IsEmpty());
  EXPECT_THAT(bounded.warnings(),
              ElementsAre("no topic matches 'topic-pattern' = 'orders' (of a whole name): nothing "
                          "is read"));
}

}  // namespace
}  // namespace sabot::test
