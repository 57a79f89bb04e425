// Poison among the records of a topic, in jobs that die at any step and whose brokers misbehave:
// every bad record is one letter, none is lost, none comes twice, and the good ones count as if
// there had been no others.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.h"
#include "connectors/kafka_model.h"
#include "dead_letter_columns.h"
#include "engine/recovery_plan.h"
#include "engine/simulated_disk.h"
#include "engine/simulated_job.h"
#include "engine/simulation.h"

namespace sabot::test {
namespace {

using nlohmann::json;

constexpr uint64_t kNumSeeds = 100;
constexpr int kNumRows = 150;
constexpr int kPartitions = 3;
constexpr int kEveryBad = 7;
constexpr int kAttemptsMax = 40;

const json kProperties = {{"bootstrap.servers", "model:9092"}, {"group.id", "g"}};

json Sink(const std::string& topic, const json& values, bool upsert) {
  json config = {{"topic", topic},
                 {"properties", kProperties},
                 {"format", "json"},
                 {"formatOptions", json::object()},
                 {"valueColumns", values},
                 {"metadata", json::array()},
                 {"partitioner", "default"},
                 {"deliveryGuarantee", "exactly-once"},
                 {"transactionalIdPrefix", topic},
                 {"upsert", upsert}};
  if (upsert) {
    config["keyFormat"] = "json";
    config["keyFormatOptions"] = json::object();
    config["keyColumns"] = {0};
  }
  return {{"op", "kafka_sink"}, {"config", config}};
}

// in -> counts -> out, and what of `in` cannot be read -> letters.
std::string PlanText(RecoveryPlan plan) {
  json output = json::array();
  for (int i = 0; i < 3; ++i) output.push_back({{"from", "value"}, {"index", i}});
  plan.query = CountingQuery();
  plan.restore = {{"from", "latest"}};
  plan.source = {{"op", "kafka_source"},
                 {"config",
                  {{"topics", {"in"}},
                   {"properties", kProperties},
                   {"startup", {{"mode", "earliest"}}},
                   {"bounded", {{"mode", "latest"}}},
                   {"discoveryIntervalMs", 0},
                   {"format", "json"},
                   {"formatOptions", json::object()},
                   {"columns", RecoveryColumns()},
                   {"metadata", json::array()},
                   {"output", output},
                   {"onError", "dead-letter"},
                   {"upsert", false}}}};
  plan.sink = Sink("out", {0, 1}, true);
  json document = json::parse(plan.text());
  json& nodes = document["nodes"];
  const int letters = static_cast<int>(nodes.size()) + 1;
  nodes.push_back({{"id", letters},
                   {"op", "dead_letters"},
                   {"uid", "letters"},
                   {"inputs", {{{"node", 1}, {"exchange", "forward"}, {"deadLetters", true}}}},
                   {"schema", LetterColumns()},
                   {"config", json::object()}});
  json sink = Sink("letters", {4, 5, 0}, false);
  sink.update({{"id", letters + 1},
               {"uid", "letter sink"},
               {"inputs", {{{"node", letters}, {"exchange", "forward"}}}},
               {"schema", json::array()}});
  nodes.push_back(sink);
  return document.dump();
}

// Good rows; every so often something that is none, of which there is to be a letter.
void WriteInput(KafkaModel& kafka, bool with_poison, std::vector<std::string>* letters) {
  kafka.AddTopic("in", kPartitions);
  kafka.AddTopic("out", 2);
  kafka.AddTopic("letters", 2);
  const std::string rows = RecoveryInput(kNumRows);
  std::vector<int64_t> offsets(kPartitions);
  int32_t partition = 0;
  int count = 0;
  for (size_t begin = 0; begin < rows.size();) {
    const size_t end = std::min(rows.find('\n', begin), rows.size());
    if (with_poison && ++count % kEveryBad == 0) {
      kafka.Append("in", partition, {"", "\x01"});
      letters->push_back(R"({"partition":)" + std::to_string(partition) + R"(,"offset":)" +
                         std::to_string(offsets[static_cast<size_t>(partition)]++) +
                         R"(,"value":"AQ=="})");
    }
    kafka.Append("in", partition, {"", rows.substr(begin, end - begin)});
    ++offsets[static_cast<size_t>(partition)];
    partition = (partition + 1) % kPartitions;
    begin = end + 1;
  }
  std::sort(letters->begin(), letters->end());
}

std::vector<std::string> Sorted(const KafkaModel& kafka, const std::string& topic) {
  std::vector<std::string> values;
  for (const auto& partition : kafka.Committed(topic)) {
    for (const auto& record : partition) values.push_back(record.value.value_or(record.key));
  }
  std::sort(values.begin(), values.end());
  return values;
}

// Without poison.
const std::vector<std::string>& ExpectedRows() {
  static const std::vector<std::string> rows = [] {
    VirtualClock clock;
    KafkaModel kafka(1, clock);
    std::vector<std::string> none;
    WriteInput(kafka, false, &none);
    MemoryFileSystem files;
    const Attempt run = RunAttempt(PlanText({}), files, {.seed = 1, .kafka = &kafka});
    EXPECT_EQ(run.end, Attempt::End::kFinished) << run.status.ToString();
    EXPECT_TRUE(Sorted(kafka, "letters").empty());
    return Sorted(kafka, "out");
  }();
  return rows;
}

struct Tally {
  uint64_t num_crashes = 0;
  uint64_t num_restores = 0;
};

std::string Disturb(uint64_t seed, Tally* tally) {
  std::mt19937_64 random(seed);
  VirtualClock clock;
  KafkaModel kafka(random(), clock);
  std::vector<std::string> letters;
  WriteInput(kafka, true, &letters);
  MemoryFileSystem files;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    RecoveryPlan plan;
    plan.parallelism = 1 + static_cast<int>(random() % 3);
    plan.batch_rows = 1 + static_cast<int64_t>(random() % 20);
    KafkaFaults faults;
    AttemptOptions options{.seed = random(), .kafka = &kafka};
    if (random() % 6 >= static_cast<uint64_t>(attempt) / 4) {
      faults.refused = random() % 2 == 0 ? 150 : 0;
      faults.lost_answers = random() % 2 == 0 ? 150 : 0;
      faults.delayed = random() % 2 == 0 ? 150 : 0;
      if (random() % 2 == 0) {
        faults.crash_at = 1 + random() % 40;
        faults.crash_after = random() % 2 == 0;
      } else {
        options.crash_step = 1 + random() % 1'500;
      }
    }
    kafka.SetFaults(faults);
    SimulatedDisk disk(files, random(), {});
    options.disk = &disk;
    const Attempt result = RunAttempt(PlanText(plan), files, options);
    const std::string place = " (attempt " + std::to_string(attempt) + ")";
    tally->num_restores += result.restored_epoch > 1 ? 1 : 0;
    const std::vector<std::string> seen = Sorted(kafka, "letters");
    if (!std::includes(letters.begin(), letters.end(), seen.begin(), seen.end()))
      return "too many letters" + place + "\n" + Difference(seen, letters);
    if (result.end == Attempt::End::kFinished) {
      if (seen != letters) return "letters are missing" + place + "\n" + Difference(seen, letters);
      const std::vector<std::string> rows = Sorted(kafka, "out");
      return rows == ExpectedRows()
                 ? ""
                 : "other rows" + place + "\n" + Difference(rows, ExpectedRows());
    }
    if (result.end == Attempt::End::kCrashed) {
      ++tally->num_crashes;
      disk.Crash();
      continue;
    }
    const ErrorDetail* const detail = DetailOf(result.status);
    const std::string kind = detail == nullptr ? "" : detail->kind();
    if (kind != "transaction-aborted" && kind != "commit-unknown")
      return "it failed" + place + ": " + result.status.ToString();
  }
  return "it never ends";
}

TEST(DeadLetterSimulation, EveryBadRecordIsOneLetter) {
  const Seeds seeds = SeedsToRun(kNumSeeds);
  Tally tally;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed)
    ASSERT_EQ(Disturb(seed, &tally), "") << "seed " << seed;
  std::printf("%llu seeds: %llu crashes, %llu restores of a checkpoint later than the first\n",
              static_cast<unsigned long long>(seeds.count()),
              static_cast<unsigned long long>(tally.num_crashes),
              static_cast<unsigned long long>(tally.num_restores));
  if (seeds.first != 1 || seeds.count() < 100) return;
  EXPECT_GT(tally.num_crashes, seeds.count() / 2);
  EXPECT_GT(tally.num_restores, seeds.count() / 2);
}

}  // namespace
}  // namespace sabot::test
