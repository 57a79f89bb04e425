// How long after its end can be known a window's result can be read.
//
//   bids at a rate -> topic BIDS -> the job, TUMBLE of window_ms, COUNT(*) by auction -> topic
//   RESULTS -> read here
//
// Both topics are stamped by the broker (LogAppendTime). A window's end is known with the record
// that takes the watermark of the last partition past it: partition by partition the first record
// whose event time is the window's end or later, of these the one that came last. A result's
// latency is from that stamp, cut to whole milliseconds, to the moment at which it has arrived
// here, by the same machine's clock. It holds the job and both of its clients, not the way of the
// bid into Kafka.
//
// Bids: {"auction":A,"at":EVENT_MS,...}; results: {"auction":A,"end_ms":END_MS,...}.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client.h"

namespace sabot::bench {
namespace {

constexpr int kNumAuctions = 100;
constexpr int64_t kWarmUpMillis = 5'000;
constexpr int64_t kTickMicros = 1'000;
constexpr int64_t kDrainMillis = 5'000;
constexpr int kPollMillis = 50;
// What makes a record about as long as a bid of Nexmark.
constexpr char kFiller[] =
    "\"bidder\":1001,\"price\":4217,\"channel\":\"Google\",\"url\":\"https://www.nexmark.com/abcde/"
    "fghij/klmno/"
    "item.htm?query=1\",\"extra\":\"lorem ipsum dolor sit amet consectetur\"";

struct Result {
  int64_t end_ms = 0;
  int64_t arrived_us = 0;
  int64_t appended_ms = 0;
};

// The number behind "name": in a record of ours.
int64_t NumberIn(const rd_kafka_message_t& message, std::string_view name) {
  const std::string_view text(static_cast<const char*>(message.payload), message.len);
  const std::string quoted = "\"" + std::string(name) + "\":";
  const size_t at = text.find(quoted);
  int64_t number = 0;
  if (at == std::string_view::npos ||
      std::from_chars(text.data() + at + quoted.size(), text.data() + text.size(), number).ec !=
          std::errc()) {
    Fail("read a record", "it has no number " + std::string(name) + ": " + std::string(text));
  }
  return number;
}

int64_t StampOf(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t millis = rd_kafka_message_timestamp(&message, &type);
  if (type != RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME)
    Fail("measure", "a topic is not stamped by its broker");
  return millis;
}

// Of event time now, for `seconds`. What could not be kept up with shows in the rate that is
// reported.
int64_t WriteBids(const LatencyOptions& options) {
  rd_kafka_t* producer =
      OpenClient(RD_KAFKA_PRODUCER,
                 {{"bootstrap.servers", options.servers}, {"linger.ms", "1"}, {"acks", "1"}});
  const int num_partitions = NumPartitions(producer, options.bids);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, options.bids.c_str(), nullptr);
  const int64_t start_us = NowMicros();
  const int64_t total = options.rate * options.seconds;
  int64_t written = 0;
  std::string record;
  while (written < total) {
    const int64_t now_us = NowMicros();
    const int64_t due = std::min(total, (now_us - start_us) * options.rate / 1'000'000);
    for (; written < due; ++written) {
      record = "{\"auction\":" + std::to_string(written * 7 % kNumAuctions) +
               ",\"at\":" + std::to_string(now_us / 1'000) + "," + kFiller + "}";
      while (rd_kafka_produce(topic, static_cast<int32_t>(written % num_partitions),
                              RD_KAFKA_MSG_F_COPY, record.data(), record.size(), nullptr, 0,
                              nullptr) != 0) {
        rd_kafka_poll(producer, 1);
      }
    }
    rd_kafka_poll(producer, 0);
    std::this_thread::sleep_for(std::chrono::microseconds(kTickMicros));
  }
  const int64_t took_us = NowMicros() - start_us;
  rd_kafka_flush(producer, 60'000);
  return written * 1'000'000 / took_us;
}

// Until told to stop.
void ReadResults(const LatencyOptions& options, const std::atomic<bool>& stop,
                 std::atomic<bool>* ready, std::vector<Result>* results) {
  rd_kafka_t* consumer = OpenClient(RD_KAFKA_CONSUMER, {{"bootstrap.servers", options.servers},
                                                        {"group.id", "sabot-bench"},
                                                        {"enable.auto.commit", "false"},
                                                        {"isolation.level", options.isolation}});
  Assign(consumer, options.results, RD_KAFKA_OFFSET_BEGINNING);
  *ready = true;
  while (!stop) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, kPollMillis);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
      results->push_back({NumberIn(*message, "end_ms"), NowMicros(), StampOf(*message)});
    rd_kafka_message_destroy(message);
  }
}

// When the end of every window could be known, by its end.
std::map<int64_t, int64_t> KnownEnds(const LatencyOptions& options) {
  std::vector<std::map<int64_t, int64_t>>
      by_partition;  // Window's end -> stamp of the first record past it.
  std::map<int32_t, int64_t> next_end;
  ReadToEnd(options.servers, options.bids, {}, [&](const rd_kafka_message_t& message) {
    const int64_t at = NumberIn(message, "at");
    const auto partition = static_cast<size_t>(message.partition);
    if (by_partition.size() <= partition) by_partition.resize(partition + 1);
    auto [next, first] = next_end.try_emplace(message.partition, 0);
    if (first) next->second = (at / options.window_ms + 1) * options.window_ms;
    for (; at >= next->second; next->second += options.window_ms)
      by_partition[partition][next->second] = StampOf(message);
  });
  std::map<int64_t, int64_t> known =
      by_partition.empty() ? std::map<int64_t, int64_t>{} : by_partition[0];
  for (const auto& one : by_partition) {
    std::erase_if(known, [&](const auto& end) { return !one.contains(end.first); });
    for (auto& [end, stamp] : known) stamp = std::max(stamp, one.at(end));
  }
  return known;
}

double At(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(index, sorted.size() - 1)];
}

void Print(const char* name, std::vector<double> millis) {
  std::sort(millis.begin(), millis.end());
  std::printf("\"%s\":{\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"p999\":%.2f,\"max\":%.2f}", name,
              At(millis, 0.5), At(millis, 0.9), At(millis, 0.99), At(millis, 0.999),
              millis.empty() ? 0 : millis.back());
}

}  // namespace

void MeasureLatency(const LatencyOptions& options) {
  std::vector<Result> results;
  std::atomic<bool> stop = false;
  std::atomic<bool> ready = false;
  std::thread reader([&] { ReadResults(options, stop, &ready, &results); });
  while (!ready) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const int64_t begun_ms = NowMicros() / 1'000;
  const int64_t rate = WriteBids(options);
  std::this_thread::sleep_for(std::chrono::milliseconds(kDrainMillis));
  stop = true;
  reader.join();

  const std::map<int64_t, int64_t> known = KnownEnds(options);
  std::vector<double> arrived;
  std::vector<double> appended;
  std::set<int64_t> seen;
  for (const Result& result : results) {
    const auto end = known.find(result.end_ms);
    if (end == known.end() || result.end_ms < begun_ms + kWarmUpMillis) continue;
    seen.insert(result.end_ms);
    arrived.push_back(static_cast<double>(result.arrived_us) / 1e3 -
                      static_cast<double>(end->second));
    appended.push_back(static_cast<double>(result.appended_ms - end->second));
  }
  const auto missing = std::count_if(known.begin(), known.end(), [&](const auto& end) {
    return end.first >= begun_ms + kWarmUpMillis && !seen.contains(end.first);
  });
  std::printf("{\"rate\":%lld,\"windows\":%zu,\"missing\":%lld,\"results\":%zu,",
              static_cast<long long>(rate), seen.size(), static_cast<long long>(missing),
              arrived.size());
  Print("arrivedMs", std::move(arrived));
  std::printf(",");
  Print("appendedMs", std::move(appended));
  std::printf("}\n");
}

}  // namespace sabot::bench
