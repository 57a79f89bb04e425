// What the commands of sabot_kafka_bench share: clients of librdkafka as anyone would open them,
// and ending with a reason.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace sabot::bench {

using Properties = std::map<std::string, std::string>;

[[noreturn]] void Fail(std::string_view what, std::string_view why);

rd_kafka_t* OpenClient(rd_kafka_type_t type, const Properties& properties);

int NumPartitions(rd_kafka_t* client, const std::string& topic);

// Begins with every partition at `offset`; returns how many there are.
int Assign(rd_kafka_t* consumer, const std::string& topic, int64_t offset);

// Calls `see` with every record of a topic from its beginning to its end as it is now, in batches;
// a partition's records come in their order. Returns how many there were.
int64_t ReadToEnd(const std::string& servers, const std::string& topic, const Properties& more,
                  const std::function<void(const rd_kafka_message_t&)>& see);

// In microseconds since 1970, the clock that brokers stamp records with.
int64_t NowMicros();

// What each command is given behind its name.
void Produce(const std::string& servers, const std::string& topic);
void Consume(const std::string& servers, const std::string& topic);
void Digest(const std::string& servers, const std::string& topic);

struct LatencyOptions {
  std::string servers;
  std::string bids;
  std::string results;
  std::string isolation;
  int64_t rate = 0;  // Records a second.
  int64_t seconds = 0;
  int64_t window_ms = 0;
};
void MeasureLatency(const LatencyOptions& options);

}  // namespace sabot::bench
