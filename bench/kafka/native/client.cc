// Opening clients, and reading a topic to its end.
#include "client.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>
#include <vector>

namespace sabot::bench {
namespace {

constexpr size_t kBatchMessages = 10'000;
constexpr int kPollMillis = 100;
constexpr int kTimeoutMillis = 10'000;

}  // namespace

void Fail(std::string_view what, std::string_view why) {
  std::fprintf(stderr, "sabot_kafka_bench: cannot %s: %s\n", std::string(what).c_str(),
               std::string(why).c_str());
  std::exit(1);
}

rd_kafka_t* OpenClient(rd_kafka_type_t type, const Properties& properties) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char reason[512];
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason, sizeof(reason)) !=
        RD_KAFKA_CONF_OK) {
      Fail("set " + name, reason);
    }
  }
  rd_kafka_t* client = rd_kafka_new(type, conf, reason, sizeof(reason));
  if (client == nullptr) Fail("open a client", reason);
  return client;
}

int NumPartitions(rd_kafka_t* client, const std::string& topic) {
  rd_kafka_topic_t* handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(client, 0, handle, &metadata, kTimeoutMillis);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) Fail("look " + topic + " up", rd_kafka_err2str(error));
  const int count = metadata->topics[0].partition_cnt;
  if (count == 0) Fail("look " + topic + " up", "there is no such topic");
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(handle);
  return count;
}

int Assign(rd_kafka_t* consumer, const std::string& topic, int64_t offset) {
  const int count = NumPartitions(consumer, topic);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(count);
  for (int i = 0; i < count; ++i)
    rd_kafka_topic_partition_list_add(list, topic.c_str(), i)->offset = offset;
  const rd_kafka_resp_err_t error = rd_kafka_assign(consumer, list);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) Fail("read " + topic, rd_kafka_err2str(error));
  rd_kafka_topic_partition_list_destroy(list);
  return count;
}

int64_t ReadToEnd(const std::string& servers, const std::string& topic, const Properties& more,
                  const std::function<void(const rd_kafka_message_t&)>& see) {
  Properties properties = more;
  properties.merge(Properties{{"bootstrap.servers", servers},
                              {"group.id", "sabot-bench"},
                              {"enable.auto.commit", "false"},
                              {"enable.partition.eof", "true"}});
  rd_kafka_t* consumer = OpenClient(RD_KAFKA_CONSUMER, properties);
  const int num_partitions = Assign(consumer, topic, RD_KAFKA_OFFSET_BEGINNING);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
  std::vector<rd_kafka_message_t*> batch(kBatchMessages);
  std::set<int32_t> ended;
  int64_t num_records = 0;
  while (static_cast<int>(ended.size()) < num_partitions) {
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue, kPollMillis, batch.data(), batch.size());
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = batch[static_cast<size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        ended.insert(message->partition);
      } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        Fail("read " + topic, rd_kafka_message_errstr(message));
      } else {
        ++num_records;
        see(*message);
      }
      rd_kafka_message_destroy(message);
    }
  }
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  return num_records;
}

int64_t NowMicros() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

}  // namespace sabot::bench
