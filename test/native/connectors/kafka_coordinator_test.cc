// A broker that leaves its cluster, and what it was coordinator of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <span>
#include <thread>
#include <utility>

#include "connectors/kafka/kafka_client.h"
#include "connectors/kafka_cluster.h"

namespace sabot::test {
namespace {

// scripts/librdkafka.patch: without it the second SendOffsets() waits for ever.
TEST(KafkaCoordinator, OffsetsOfATransactionFindTheNextOneOfTheirGroup) {
  KafkaCluster cluster(2);
  cluster.CreateTopic("t", 1);
  rd_kafka_mock_coordinator_set(cluster.mock(), "transaction", "job-0", 1);
  rd_kafka_mock_coordinator_set(cluster.mock(), "group", "readers", 2);
  const auto producer = *Librdkafka().OpenProducer(
      {{"bootstrap.servers", cluster.servers()}, {"transactional.id", "job-0"}}, nullptr);
  const auto commit = [&](int64_t offset) -> arrow::Status {
    const std::pair<TopicPartition, int64_t> position{{"t", 0}, offset};
    ARROW_RETURN_NOT_OK(producer->BeginTransaction());
    ARROW_RETURN_NOT_OK(producer->SendOffsets("readers", std::span(&position, 1), "ours"));
    return producer->CommitTransaction().status();
  };
  arrow::Status status = producer->InitTransactions();
  ASSERT_TRUE(status.ok()) << status;
  status = commit(1);
  ASSERT_TRUE(status.ok()) << status;

  rd_kafka_mock_coordinator_set(cluster.mock(), "group", "readers", 1);
  ASSERT_EQ(rd_kafka_mock_broker_decommission(cluster.mock(), 2), RD_KAFKA_RESP_ERR_NO_ERROR);
  // With that the producer hears that the broker has gone.
  ASSERT_EQ(producer->NumPartitions("t").ValueOr(-1), 1);
  status = commit(2);
  EXPECT_TRUE(status.ok()) << status;
}

// Questions of administration go to the controller. With KRaft brokers name any broker as such,
// also one that has died, until its session is over.
TEST(KafkaCoordinator, ATopicIsDescribedAlthoughTheControllerHasDied) {
  KafkaCluster cluster(2);
  cluster.CreateTopic("t", 1);
  rd_kafka_mock_set_controller_id(cluster.mock(), 2);
  const auto consumer = *Librdkafka().OpenConsumer(
      {{"bootstrap.servers", cluster.servers()}, {"group.id", "readers"}}, true, nullptr);
  auto topics = consumer->DescribeTopics({"t"});
  ASSERT_TRUE(topics.ok()) << topics.status();
  ASSERT_EQ(rd_kafka_mock_broker_set_down(cluster.mock(), 2), RD_KAFKA_RESP_ERR_NO_ERROR);
  std::thread session([&cluster] {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    rd_kafka_mock_set_controller_id(cluster.mock(), 1);
  });
  topics = consumer->DescribeTopics({"t"});
  session.join();
  ASSERT_TRUE(topics.ok()) << topics.status();
  ASSERT_EQ(topics->size(), 1U);
  EXPECT_EQ((*topics)[0].num_partitions, 1);
}

// The controller has the question when the others no longer name it.
TEST(KafkaCoordinator, ATopicIsDescribedAlthoughTheControllerLeavesBeforeItAnswers) {
  KafkaCluster cluster(2);
  cluster.CreateTopic("t", 1);
  rd_kafka_mock_set_controller_id(cluster.mock(), 1);
  const auto consumer = *Librdkafka().OpenConsumer(
      {{"bootstrap.servers", cluster.servers()}, {"group.id", "readers"}}, true, nullptr);
  auto topics = consumer->DescribeTopics({"t"});
  ASSERT_TRUE(topics.ok()) << topics.status();
  rd_kafka_mock_set_controller_id(cluster.mock(), 2);
  ASSERT_TRUE(consumer->ListTopics().ok());
  topics = consumer->DescribeTopics({"t"});
  ASSERT_TRUE(topics.ok()) << topics.status();
  ASSERT_EQ(rd_kafka_mock_broker_set_rtt(cluster.mock(), 2, 5'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  std::thread leaving([&cluster, &consumer] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    rd_kafka_mock_set_controller_id(cluster.mock(), 1);
    EXPECT_EQ(rd_kafka_mock_broker_remove_from_metadata(cluster.mock(), 2),
              RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_EQ(rd_kafka_mock_partition_set_leader(cluster.mock(), "t", 0, 1),
              RD_KAFKA_RESP_ERR_NO_ERROR);
    // librdkafka asks the broker for metadata that it has sent something to last.
    const OffsetQuery query{.partition = {"t", 0}};
    for (int i = 0; i < 20; ++i) {
      const arrow::Status asked = consumer->ListOffsets(std::span(&query, 1)).status();
      EXPECT_TRUE(asked.ok()) << asked;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  topics = consumer->DescribeTopics({"t"});
  leaving.join();
  ASSERT_TRUE(topics.ok()) << topics.status();
  ASSERT_EQ(topics->size(), 1U);
  EXPECT_EQ((*topics)[0].num_partitions, 1);
}

// The only one has gone, and the job is cancelled while it waits.
TEST(KafkaCoordinator, NobodyWaitsForABrokerWhenTheJobHasEnded) {
  KafkaCluster cluster;
  cluster.CreateTopic("t", 1);
  const auto consumer = *Librdkafka().OpenConsumer(
      {{"bootstrap.servers", cluster.servers()}, {"group.id", "readers"}}, true, nullptr);
  const auto producer =
      *Librdkafka().OpenProducer({{"bootstrap.servers", cluster.servers()}}, nullptr);
  ASSERT_TRUE(consumer->DescribeTopics({"t"}).ok());
  const auto sender = *producer->OpenSender("t", [] {});
  ASSERT_EQ(rd_kafka_mock_broker_set_down(cluster.mock(), 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  KafkaRecord record;
  record.value = "lost";
  ASSERT_EQ(sender->Produce(std::span(&record, 1)).ValueOr(0), 1U);
  std::thread end([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    consumer->GiveUp();
    producer->GiveUp();
  });
  EXPECT_TRUE(consumer->DescribeTopics({"t"}).status().IsCancelled());
  EXPECT_TRUE(producer->Flush(120'000).IsCancelled());
  end.join();
}

}  // namespace
}  // namespace sabot::test
