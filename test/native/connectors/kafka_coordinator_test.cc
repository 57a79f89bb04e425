// A broker that leaves its cluster, and what it was coordinator of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
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

}  // namespace
}  // namespace sabot::test
