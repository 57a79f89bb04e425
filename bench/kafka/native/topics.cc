// A topic filled from lines, read as fast as librdkafka goes, and boiled down to a number.
#include <cstdio>
#include <iostream>
#include <string>

#include "client.h"

namespace sabot::bench {
namespace {

constexpr int kFlushMillis = 60'000;
constexpr int kPollMillis = 100;

// FNV-1a.
uint64_t HashOf(std::string_view bytes) {
  uint64_t hash = 14695981039346656037U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

}  // namespace

// Lines of standard input become records, dealt out to the partitions in turn: all of them advance
// together in event time.
void Produce(const std::string& servers, const std::string& topic) {
  rd_kafka_t* producer =
      OpenClient(RD_KAFKA_PRODUCER, {{"bootstrap.servers", servers},
                                     {"linger.ms", "50"},
                                     {"batch.size", "1000000"},
                                     {"enable.idempotence", "true"},
                                     {"queue.buffering.max.messages", "1000000"}});
  const int num_partitions = NumPartitions(producer, topic);
  rd_kafka_topic_t* handle = rd_kafka_topic_new(producer, topic.c_str(), nullptr);
  std::ios::sync_with_stdio(false);
  std::string line;
  int64_t count = 0;
  while (std::getline(std::cin, line)) {
    const auto partition = static_cast<int32_t>(count++ % num_partitions);
    while (rd_kafka_produce(handle, partition, RD_KAFKA_MSG_F_COPY, line.data(), line.size(),
                            nullptr, 0, nullptr) != 0) {
      const rd_kafka_resp_err_t error = rd_kafka_last_error();
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) Fail("write", rd_kafka_err2str(error));
      rd_kafka_poll(producer, kPollMillis);
    }
  }
  if (rd_kafka_flush(producer, kFlushMillis) != RD_KAFKA_RESP_ERR_NO_ERROR)
    Fail("write " + topic, "not everything was acknowledged");
  std::printf("{\"records\":%lld}\n", static_cast<long long>(count));
}

// Nothing is done with a record but to look where it lies.
void Consume(const std::string& servers, const std::string& topic) {
  int64_t bytes = 0;
  const int64_t records = ReadToEnd(servers, topic, {}, [&](const rd_kafka_message_t& message) {
    bytes += static_cast<int64_t>(message.len);
  });
  std::printf("{\"records\":%lld,\"bytes\":%lld}\n", static_cast<long long>(records),
              static_cast<long long>(bytes));
}

// What is committed, whatever its order.
void Digest(const std::string& servers, const std::string& topic) {
  uint64_t sum = 0;
  const int64_t records =
      ReadToEnd(servers, topic, {{"isolation.level", "read_committed"}},
                [&](const rd_kafka_message_t& message) {
                  sum += HashOf({static_cast<const char*>(message.payload), message.len});
                });
  std::printf("{\"records\":%lld,\"digest\":\"%016llx\"}\n", static_cast<long long>(records),
              static_cast<unsigned long long>(sum));
}

}  // namespace sabot::bench
