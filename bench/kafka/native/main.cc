// sabot_kafka_bench: librdkafka alone, for bench/kafka/bench.ts. Each command prints one line of
// JSON.
//
//   produce SERVERS TOPIC < LINES    fills a topic
//   consume SERVERS TOPIC            reads it: what a consumer costs that does nothing
//   digest SERVERS TOPIC             sums it up, read_committed: equal for equal results
//   latency SERVERS BIDS RESULTS ISOLATION RATE SECONDS WINDOW_MS
//                                    writes bids at a rate, reads the windows' results: see
//                                    latency.cc
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "client.h"

int main(int count, char** values) {
  using namespace sabot::bench;
  const std::vector<std::string> arguments(values + 1, values + count);
  const std::string command = arguments.empty() ? "" : arguments[0];
  if (command == "latency" && arguments.size() == 8) {
    MeasureLatency({.servers = arguments[1],
                    .bids = arguments[2],
                    .results = arguments[3],
                    .isolation = arguments[4],
                    .rate = std::atoll(arguments[5].c_str()),
                    .seconds = std::atoll(arguments[6].c_str()),
                    .window_ms = std::atoll(arguments[7].c_str())});
  } else if (command == "produce" && arguments.size() == 3) {
    Produce(arguments[1], arguments[2]);
  } else if (command == "consume" && arguments.size() == 3) {
    Consume(arguments[1], arguments[2]);
  } else if (command == "digest" && arguments.size() == 3) {
    Digest(arguments[1], arguments[2]);
  } else {
    std::fprintf(stderr, "sabot_kafka_bench produce|consume|digest SERVERS TOPIC, or latency …\n");
    return 2;
  }
  return 0;
}
