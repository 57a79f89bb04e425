// Jobs that die at any step, on disks that tear, fail, lie, dawdle and fill up, again and again,
// and go on from their checkpoints at other parallelisms and on other state backends: the output
// folder ends up as if nothing had happened. A failing seed is printed and replays exactly;
// SABOT_SEEDS=FIRST-LAST runs others (scripts/simulate runs many). That the simulation finds
// mistakes is shown with planted ones.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/planted_bug.h"
#include "engine/disturbed_run.h"
#include "engine/recovery_plan.h"
#include "engine/simulated_job.h"

namespace sabot::test {
namespace {

constexpr uint64_t kNumSeeds = 500;

TEST(RecoverySimulation, WhateverDiesTheOutputIsTheSame) {
  const Seeds seeds = SeedsToRun(kNumSeeds);
  DisturbedRun all;
  uint64_t num_given_up = 0;
  std::map<std::string, uint64_t> by_kind;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    const DisturbedRun run = Disturb(seed);
    ASSERT_EQ(run.wrong, "") << "seed " << seed << ", " << run.kind;
    all.num_crashes += run.num_crashes;
    all.num_failed_attempts += run.num_failed_attempts;
    all.num_disk_failures += run.num_disk_failures;
    all.num_lost_syncs += run.num_lost_syncs;
    all.num_restores_behind_first += run.num_restores_behind_first;
    all.num_spilling_attempts += run.num_spilling_attempts;
    num_given_up += run.gave_up ? 1 : 0;
    ++by_kind[run.kind];
  }
  std::printf(
      "%llu seeds: %llu crashes, %llu attempts failed for their disks, %llu disk failures, "
      "%llu lost syncs, %llu given up for damage; %llu restores of a checkpoint later than the "
      "first; %llu attempts with state on disk\n",
      static_cast<unsigned long long>(seeds.count()),
      static_cast<unsigned long long>(all.num_crashes),
      static_cast<unsigned long long>(all.num_failed_attempts),
      static_cast<unsigned long long>(all.num_disk_failures),
      static_cast<unsigned long long>(all.num_lost_syncs),
      static_cast<unsigned long long>(num_given_up),
      static_cast<unsigned long long>(all.num_restores_behind_first),
      static_cast<unsigned long long>(all.num_spilling_attempts));
  // Otherwise the usual run would prove little. Other ranges may have fewer of one kind.
  if (seeds.first != 1 || seeds.count() < 100) return;
  EXPECT_GT(all.num_crashes, seeds.count());
  EXPECT_GT(all.num_restores_behind_first, seeds.count() / 2);
  EXPECT_GT(all.num_spilling_attempts, seeds.count() / 2);
  EXPECT_GT(all.num_disk_failures, seeds.count() / 10);
  EXPECT_GT(all.num_lost_syncs, seeds.count() / 20);
  EXPECT_GT(all.num_failed_attempts, 0u);
  EXPECT_EQ(by_kind.size(), 7u);
}

// 1805: checkpoints that time out one after the other left sources no turn between their barriers.
TEST(RecoverySimulation, SeedsThatFailedOnce) {
  for (const uint64_t seed : {1805}) {
    const DisturbedRun run = Disturb(seed);
    EXPECT_EQ(run.wrong, "") << "seed " << seed << ", " << run.kind;
  }
}

// Rows per key and window.
std::map<std::string, int64_t> Counts(const std::vector<std::string>& rows) {
  std::map<std::string, int64_t> counts;
  for (const std::string& line : rows) {
    const auto row = nlohmann::json::parse(line);
    counts[row["k"].get<std::string>() + row["window_end"].get<std::string>()] +=
        row["n"].get<int64_t>();
  }
  return counts;
}

TEST(RecoverySimulation, AtLeastOnceLosesNothingAndMayCountTwice) {
  RecoveryPlan plan{.query = RecoveryQueries()[0].query,
                    .parallelism = 3,
                    .restore = {{"from", "latest"}},
                    .at_least_once = true};
  MemoryFileSystem whole;
  whole.Write("/in/rows.jsonl", RecoveryInput(300));
  const Attempt undisturbed = RunAttempt(plan.text(), whole, {.seed = 1});
  ASSERT_EQ(undisturbed.end, Attempt::End::kFinished);
  const auto expected = Counts(VisibleRows(whole));
  int64_t num_surplus = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", RecoveryInput(300));
    RunAttempt(plan.text(), files,
               {.seed = seed, .crash_step = undisturbed.num_steps * (seed % 10) / 10 + 1});
    const Attempt rest = RunAttempt(plan.text(), files, {.seed = seed + 100});
    ASSERT_EQ(rest.end, Attempt::End::kFinished) << rest.status.ToString();
    const auto counts = Counts(VisibleRows(files));
    for (const auto& [key, count] : expected) {
      const auto found = counts.find(key);
      ASSERT_TRUE(found != counts.end() && found->second >= count) << key;
      num_surplus += found->second - count;
    }
  }
  EXPECT_GT(num_surplus, 0);
}

struct Planted {
  const char* name;
  PlantedBug bug;
};

class PlantedBugTest : public testing::TestWithParam<Planted> {
 protected:
  ~PlantedBugTest() override { PlantBug(PlantedBug::kNone); }
};

TEST_P(PlantedBugTest, IsFoundWithinTheSeedsOfATestRun) {
  if (SeedsToRun(kNumSeeds).count() < kNumSeeds) GTEST_SKIP() << "too slow under a sanitizer";
  for (uint64_t seed = 1; seed <= kNumSeeds; ++seed) {
    PlantBug(GetParam().bug);
    const DisturbedRun run = Disturb(seed);
    PlantBug(PlantedBug::kNone);
    if (run.wrong.empty()) continue;
    std::printf("%s: found by seed %llu: %s\n", GetParam().name,
                static_cast<unsigned long long>(seed),
                run.wrong.substr(0, run.wrong.find('\n')).c_str());
    return;
  }
  FAIL() << GetParam().name << " was not found";
}

INSTANTIATE_TEST_SUITE_P(Simulation, PlantedBugTest,
                         testing::Values(Planted{"NoSync", PlantedBug::kNoSync},
                                         Planted{"NoAlignment", PlantedBug::kNoAlignment},
                                         Planted{"CommitBeforeManifest",
                                                 PlantedBug::kCommitBeforeManifest},
                                         Planted{"LostTimer", PlantedBug::kLostTimer},
                                         Planted{"StaleEpoch", PlantedBug::kStaleEpoch}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace sabot::test
