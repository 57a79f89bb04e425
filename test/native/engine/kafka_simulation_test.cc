// Jobs between topics that die at any step, and whose brokers refuse, lose and delay the end of
// their transactions: readers see every row once, in order, and nothing before its checkpoint
// counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "base/check.h"
#include "base/error.h"
#include "connectors/kafka/kafka_commit.h"
#include "connectors/kafka/kafka_commit_record.h"
#include "connectors/kafka_model.h"
#include "engine/recovery_plan.h"
#include "engine/simulated_disk.h"
#include "engine/simulated_job.h"
#include "engine/simulation.h"

namespace sabot::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr uint64_t kNumSeeds = 200;
constexpr int kNumRows = 200;
constexpr int kPartitions = 3;
constexpr int kAttemptsMax = 40;

struct Story {
  const char* name;
  json query;
  size_t num_columns;
};

const std::vector<Story>& Stories() {
  static const std::vector<Story> stories = {
      {"counts", CountingQuery(), 2},  // Sums depend on how partitions mix.
      {"Tumble", RecoveryQueries()[0].query, 5},
      {"IntervalJoin", RecoveryQueries()[4].query, 6}};
  return stories;
}

RecoveryPlan PlanOf(const Story& story) {
  const json properties = {{"bootstrap.servers", "model:9092"}, {"group.id", "g"}};
  json output = json::array();
  for (int i = 0; i < 3; ++i) output.push_back({{"from", "value"}, {"index", i}});
  json values = json::array();
  for (size_t i = 0; i < story.num_columns; ++i) values.push_back(i);
  RecoveryPlan plan{.query = story.query, .restore = {{"from", "latest"}}};
  plan.source = {{"op", "kafka_source"},
                 {"config",
                  {{"topics", {"in"}},
                   {"properties", properties},
                   {"startup", {{"mode", "earliest"}}},
                   {"bounded", {{"mode", "latest"}}},
                   {"discoveryIntervalMs", 0},
                   {"format", "json"},
                   {"formatOptions", json::object()},
                   {"columns", RecoveryColumns()},
                   {"metadata", json::array()},
                   {"output", output},
                   {"upsert", false}}}};
  plan.sink = {{"op", "kafka_sink"},
               {"config",
                {{"topic", "out"},
                 {"properties", properties},
                 {"format", "json"},
                 {"formatOptions", json::object()},
                 {"valueColumns", values},
                 {"keyFormat", "json"},
                 {"keyFormatOptions", json::object()},
                 {"keyColumns", {0}},
                 {"metadata", json::array()},
                 {"partitioner", "default"},
                 {"deliveryGuarantee", "exactly-once"},
                 {"transactionalIdPrefix", "job"},
                 {"upsert", true}}}};
  return plan;
}

void WriteInput(KafkaModel& kafka) {
  kafka.AddTopic("in", kPartitions);
  kafka.AddTopic("out", 2);
  const std::string rows = RecoveryInput(kNumRows);
  int32_t partition = 0;
  for (size_t begin = 0; begin < rows.size();) {
    const size_t end = std::min(rows.find('\n', begin), rows.size());
    kafka.Append("in", partition++ % kPartitions, {"", rows.substr(begin, end - begin)});
    begin = end + 1;
  }
}

std::vector<std::string> Sorted(const KafkaModel& kafka) {
  std::vector<std::string> values;
  for (const auto& partition : kafka.Committed("out")) {
    for (const auto& record : partition) values.push_back(record.value.value_or(record.key));
  }
  std::sort(values.begin(), values.end());
  return values;
}

// Of counts: every key's are 1, 2, 3 and so on.
std::string OutOfOrder(const KafkaModel& kafka) {
  std::map<std::string, int64_t> last;
  for (const auto& partition : kafka.Committed("out")) {
    for (const auto& record : partition) {
      const int64_t count = json::parse(*record.value)["n"].get<int64_t>();
      if (count != ++last[record.key])
        return record.key + " has " + std::to_string(count) + " in the place of " +
               std::to_string(last[record.key]);
    }
  }
  return "";
}

// Offsets of the group are committed with the last transaction, those of every partition.
std::string NotAtTheEnd(const KafkaModel& kafka) {
  const auto offsets = kafka.OffsetsOf("g");
  for (int32_t partition = 0; partition < kPartitions; ++partition) {
    const int64_t end = (kNumRows + kPartitions - 1 - partition) / kPartitions;
    const auto found = offsets.find({"in", partition});
    if (found == offsets.end() || found->second != end) {
      return "the group is at " +
             (found == offsets.end() ? "no offset" : std::to_string(found->second)) +
             " of partition " + std::to_string(partition) + ", which ends at " +
             std::to_string(end);
    }
  }
  return "";
}

const std::vector<std::string>& Expected(size_t story) {
  static std::map<size_t, std::vector<std::string>> all;
  const auto found = all.find(story);
  if (found != all.end()) return found->second;
  VirtualClock clock;
  KafkaModel kafka(1, clock);
  WriteInput(kafka);
  MemoryFileSystem files;
  const Attempt run =
      RunAttempt(PlanOf(Stories()[story]).text(), files, {.seed = 1, .kafka = &kafka});
  SABOT_CHECK(run.end == Attempt::End::kFinished);
  return all[story] = Sorted(kafka);
}

struct Tally {
  uint64_t num_crashes = 0;
  uint64_t num_failures = 0;
  uint64_t num_faults = 0;
  uint64_t num_restores = 0;
};

std::string Disturb(uint64_t seed, Tally* tally) {
  std::mt19937_64 random(seed);
  const size_t story = random() % Stories().size();
  const std::vector<std::string>& expected = Expected(story);
  VirtualClock clock;
  KafkaModel kafka(random(), clock);
  WriteInput(kafka);
  MemoryFileSystem files;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    RecoveryPlan plan = PlanOf(Stories()[story]);
    plan.parallelism = 1 + static_cast<int>(random() % 3);
    plan.batch_rows = 1 + static_cast<int64_t>(random() % 20);
    if (random() % 3 == 0) plan.memory_limit_bytes = 3'000;
    const bool is_disturbed = random() % 6 >= static_cast<uint64_t>(attempt) / 4;
    KafkaFaults faults;
    AttemptOptions options{.seed = random(), .kafka = &kafka};
    if (is_disturbed) {
      faults.refused = random() % 2 == 0 ? 150 : 0;
      faults.lost_answers = random() % 2 == 0 ? 150 : 0;
      faults.delayed = random() % 2 == 0 ? 150 : 0;
      faults.repeated = random() % 2 == 0 ? 150 : 0;
      if (random() % 3 == 0) faults.transaction_timeout_ms = 5;
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
    const Attempt result = RunAttempt(plan.text(), files, options);
    const std::string place =
        " (" + std::string(Stories()[story].name) + ", attempt " + std::to_string(attempt) + ")";
    tally->num_restores += result.restored_epoch > 1 ? 1 : 0;
    const std::vector<std::string> seen = Sorted(kafka);
    if (!std::includes(expected.begin(), expected.end(), seen.begin(), seen.end()))
      return "too much is visible" + place + "\n" + Difference(seen, expected);
    if (story == 0) {
      if (const std::string wrong = OutOfOrder(kafka); !wrong.empty()) return wrong + place;
    }
    if (result.end == Attempt::End::kFinished) {
      tally->num_faults += kafka.num_faults();
      if (const std::string wrong = NotAtTheEnd(kafka); !wrong.empty()) return wrong + place;
      if (seen == expected) return "";
      return std::to_string(expected.size() - seen.size()) + " rows are missing" + place + ", " +
             std::to_string(result.late_rows) + " late, restored " +
             std::to_string(result.restored_epoch);
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
    ++tally->num_failures;
  }
  return "it never ends";
}

TEST(KafkaSimulation, ReadersSeeEveryRowOnceAndInOrder) {
  const Seeds seeds = SeedsToRun(kNumSeeds);
  Tally tally;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed)
    ASSERT_EQ(Disturb(seed, &tally), "") << "seed " << seed;
  std::printf(
      "%llu seeds: %llu crashes, %llu attempts failed, %llu faults of the brokers, "
      "%llu restores of a checkpoint later than the first\n",
      static_cast<unsigned long long>(seeds.count()),
      static_cast<unsigned long long>(tally.num_crashes),
      static_cast<unsigned long long>(tally.num_failures),
      static_cast<unsigned long long>(tally.num_faults),
      static_cast<unsigned long long>(tally.num_restores));
  if (seeds.first != 1 || seeds.count() < 100) return;
  EXPECT_GT(tally.num_crashes, seeds.count() / 2);
  EXPECT_GT(tally.num_failures, seeds.count() / 10);
  EXPECT_GT(tally.num_faults, seeds.count() / 10);
  EXPECT_GT(tally.num_restores, seeds.count() / 2);
}

// The end of a transaction that arrives when its process is long gone: the next attempt has settled
// it by then.
TEST(KafkaSimulation, AnEndThatComesLateIsSettledBeforeTheNextAttemptWritesARow) {
  VirtualClock clock;
  KafkaModel kafka(1, clock);
  WriteInput(kafka);
  MemoryFileSystem files;
  const std::string plan = PlanOf(Stories()[0]).text();
  kafka.SetFaults({.delayed = 1000});
  const Attempt first = RunAttempt(plan, files, {.seed = 1, .kafka = &kafka});
  ASSERT_EQ(first.end, Attempt::End::kFailed);
  EXPECT_EQ(DetailOf(first.status)->kind(), "commit-unknown");
  kafka.SetFaults({});
  const Attempt second = RunAttempt(plan, files, {.seed = 2, .kafka = &kafka});
  ASSERT_EQ(second.end, Attempt::End::kFinished) << second.status.ToString();
  EXPECT_TRUE(Sorted(kafka) == Expected(0));
  EXPECT_EQ(OutOfOrder(kafka), "");
}

// A job that died once it had committed something, and what has become of its group since.
class KafkaOffsets : public testing::Test {
 protected:
  KafkaOffsets() {
    WriteInput(kafka_);
    for (uint64_t step = 300; kafka_.OffsetsOf("g").empty(); step += 100)
      RunAttempt(plan_, files_, {.seed = 1, .crash_step = step, .kafka = &kafka_});
  }
  Attempt GoOn() { return RunAttempt(plan_, files_, {.seed = 2, .kafka = &kafka_}); }
  void Finishes(const Attempt& run) {
    ASSERT_EQ(run.end, Attempt::End::kFinished) << run.status.ToString();
    EXPECT_GT(run.restored_epoch, 0);
    EXPECT_TRUE(Sorted(kafka_) == Expected(0));
    EXPECT_EQ(NotAtTheEnd(kafka_), "");
  }

  VirtualClock clock_;
  KafkaModel kafka_{1, clock_};
  MemoryFileSystem files_;
  const std::string plan_ = PlanOf(Stories()[0]).text();
};

TEST_F(KafkaOffsets, ThatAreGoneStopNoRestart) {
  kafka_.DeleteGroup("g");
  Finishes(GoOn());
}

TEST_F(KafkaOffsets, OfSomebodyElseAreAWarning) {
  kafka_.SetOffset("g", {"in", 1}, {5, "set by hand"});
  const Attempt run = GoOn();
  Finishes(run);
  EXPECT_THAT(run.warnings, Contains(HasSubstr("consumer group 'g' were changed by somebody")));
}

TEST_F(KafkaOffsets, ThatContradictTheRecordStopTheJob) {
  OffsetOwner later;
  later.job = "job/0/0";
  later.epoch = 999;
  kafka_.SetOffset("g", {"in", 1}, {60, EncodeOffsetOwner(later)});
  const Attempt run = GoOn();
  ASSERT_EQ(run.end, Attempt::End::kFailed);
  EXPECT_EQ(DetailOf(run.status)->kind(), "checkpoint");
  EXPECT_THAT(run.status.message(),
              AllOf(HasSubstr("partition 1 at offset"), HasSubstr("are of epoch 999"),
                    HasSubstr("delete the group's offsets")));
  // A new start needs no agreement.
  RecoveryPlan anew = PlanOf(Stories()[0]);
  anew.restore = {{"from", "nothing"}};
  const Attempt fresh = RunAttempt(anew.text(), files_, {.seed = 3, .kafka = &kafka_});
  EXPECT_EQ(fresh.end, Attempt::End::kFinished) << fresh.status.ToString();
}

// Another process has begun with the same job and a checkpoint folder of its own, while this one,
// which it has replaced, fails without learning of it, and starts again.
class KafkaTakeover : public KafkaOffsets {
 protected:
  Attempt TakeOver(const KafkaFaults& faults) {
    RecoveryPlan plan = PlanOf(Stories()[0]);
    plan.restore = {{"from", "nothing"}};
    kafka_.SetFaults(faults);
    const Attempt run = RunAttempt(plan.text(), other_files_, {.seed = 7, .kafka = &kafka_});
    kafka_.SetFaults({});
    return run;
  }
  Attempt StartAgain() {
    RecoveryPlan plan = PlanOf(Stories()[0]);
    plan.restore = {{"from", "nothing"}, {"sinceAttempt", 1}};
    return RunAttempt(plan.text(), files_, {.seed = 8, .kafka = &kafka_});
  }
  void IsReplaced() {
    const int64_t num_producers = kafka_.NumProducers(kId);
    const Attempt run = StartAgain();
    ASSERT_EQ(run.end, Attempt::End::kFailed);
    ASSERT_EQ(DetailOf(run.status)->kind(), "fenced") << run.status.ToString();
    EXPECT_THAT(run.status.message(), HasSubstr("no longer owns the job: seed 7 has taken over"));
    EXPECT_EQ(kafka_.NumProducers(kId), num_producers) << "it has fenced the other one";
  }

  static constexpr char kId[] = "job-0";
  MemoryFileSystem other_files_;
};

TEST_F(KafkaTakeover, ReplacedItFencesNobody) {
  ASSERT_EQ(TakeOver({}).end, Attempt::End::kFinished);
  IsReplaced();
}

TEST_F(KafkaTakeover, ByNobodyItGoesOn) { Finishes(StartAgain()); }

// Wherever the other one dies: once its claim is on its way it owns the job.
TEST_F(KafkaTakeover, IsKnownByItsClaim) {
  bool was_open = false;
  bool was_nothing = false;
  for (uint64_t crash_at = 1; !was_open; ++crash_at) {
    const size_t before = kafka_.NumRecords(kKafkaCommitTopic);
    ASSERT_EQ(TakeOver({.crash_at = crash_at}).end, Attempt::End::kCrashed);
    was_open = kafka_.NumRecords(kKafkaCommitTopic) > before;
    was_nothing |= !was_open;
  }
  EXPECT_TRUE(was_nothing);
  IsReplaced();
  // It has come to nothing: brokers have aborted it.
  kafka_.SetClock(clock_);
  clock_.AdvanceMillis(10'000'000);
  kafka_.Step();
  kafka_.SetFaults({});
  Finishes(StartAgain());
}

// Such a job would be aborted and written again for ever.
TEST(KafkaSimulation, TransactionsThatEndBeforeTheirCheckpointAreRefused) {
  VirtualClock clock;
  KafkaModel kafka(1, clock);
  WriteInput(kafka);
  MemoryFileSystem files;
  RecoveryPlan plan = PlanOf(Stories()[0]);
  plan.sink["config"]["properties"]["transaction.timeout.ms"] = "60000";
  plan.timeout_ms = 60'000;
  const Attempt run = RunAttempt(plan.text(), files, {.seed = 1, .kafka = &kafka});
  ASSERT_EQ(run.end, Attempt::End::kFailed);
  EXPECT_EQ(DetailOf(run.status)->kind(), "invalid-property");
  EXPECT_NE(run.status.message().find("set it to 90003 or more"), std::string::npos)
      << run.status.message();
  plan.timeout_ms = 20'000;
  const Attempt other = RunAttempt(plan.text(), files, {.seed = 1, .kafka = &kafka});
  EXPECT_EQ(other.end, Attempt::End::kFinished) << other.status.ToString();
}

}  // namespace
}  // namespace sabot::test
