// watermark_assigner: time from rows, per split, per batch or per row, and after a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Watermark = t, so that the numbers are easy to follow.
std::string Node(const std::string& more) {
  return R"({"op": "watermark_assigner", "config": {"time": 0, "watermark":
              {"column": 0, "type": {"kind": "TIMESTAMP", "precision": 3}})" +
         more + R"(}, "schema": )" + test::SchemaJson({"t TIMESTAMP(3)", "v INT"}) + "}";
}

test::Harness Open(int64_t interval_ms = 200, const std::string& more = "") {
  test::HarnessOptions options;
  options.plan.auto_watermark_interval_ms = interval_ms;
  return test::Harness(Node(more), {test::MakeSchema({"t TIMESTAMP(3)", "v INT"})}, options);
}

StreamStatus Assigned(int32_t split) { return {.split = split}; }

// One row with that time, of that split.
Batch Row(int64_t time, int32_t split) {
  Batch batch = test::MakeBatch(test::MakeSchema({"t TIMESTAMP(3)", "v INT"}),
                                "[[" + std::to_string(time) + ", 1]]");
  batch.split = split;
  return batch;
}

// What is not a row.
std::vector<std::string> TakeTimes(test::Harness& harness) {
  std::vector<std::string> lines = harness.Take();
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("+I"); });
  return lines;
}

const char* kAt10 = "+I[1970-01-01 00:00:00.010, 1]";
const char* kAt5 = "+I[1970-01-01 00:00:00.005, 2]";
const char* kAt20 = "+I[1970-01-01 00:00:00.020, 3]";

TEST(WatermarkAssignerTest, TellsTheGreatestTimeAfterEachBatch) {
  auto harness = Open();
  harness.Rows("[[10, 1], [5, 2]]");
  harness.Rows("[[5, 2]]");
  harness.Rows("[[20, 3]]");
  EXPECT_THAT(harness.Take(), ElementsAre(kAt10, kAt5, "W(10)", kAt5, kAt20, "W(20)"));
}

TEST(WatermarkAssignerTest, RowsThatAreTakenBackTellTimeAsOthersDo) {
  auto harness = Open(0);
  harness.Rows(R"([["-U", 10, 1], ["+U", 5, 2], ["-D", 20, 3]])");
  EXPECT_THAT(harness.Take(), ElementsAre("-U" + std::string(kAt10).substr(2), "W(10)",
                                          "+U" + std::string(kAt5).substr(2),
                                          "-D" + std::string(kAt20).substr(2), "W(20)"));
}

TEST(WatermarkAssignerTest, IntervalZeroTellsTimeBeforeARowThatIsBehindIt) {
  auto harness = Open(0);
  harness.Rows("[[10, 1], [5, 2], [20, 3]]");
  EXPECT_THAT(harness.Take(), ElementsAre(kAt10, "W(10)", kAt5, kAt20, "W(20)"));
}

TEST(WatermarkAssignerTest, OnEventTellsTimeAfterEveryRowWhateverTheInterval) {
  auto harness = Open(200, R"(, "onEvent": true)");
  harness.Rows("[[10, 1], [5, 2], [20, 3]]");
  EXPECT_THAT(harness.Take(), ElementsAre(kAt10, "W(10)", kAt5, kAt20, "W(20)"));
}

TEST(WatermarkAssignerTest, EachRowFindsTheTimeOfTheRowBeforeIt) {
  auto harness = Open(0, R"(, "eachRow": true)");
  harness.Rows("[[10, 1], [20, 3], [5, 2], [5, 2]]");
  EXPECT_THAT(harness.Take(), ElementsAre(kAt10, "W(10)", kAt20, "W(20)", kAt5, kAt5));
}

// As Flink: a row that moves time on by more than the interval tells it at once, so that a later
// row of the same batch is late.
TEST(WatermarkAssignerTest, AJumpBeyondTheIntervalIsToldBeforeARowBehindIt) {
  auto harness = Open(200);
  harness.Rows("[[1000, 1], [1100, 1], [950, 1], [1301, 1], [1250, 1], [1350, 1], [1299, 1]]");
  EXPECT_THAT(TakeTimes(harness), ElementsAre("W(1000)", "W(1301)", "W(1350)"));
  auto again = Open(200);
  for (const int time : {1000, 1100, 950, 1301, 1250}) again.Feed(Row(time, kNoSplit));
  EXPECT_THAT(TakeTimes(again), ElementsAre("W(1000)", "W(1100)", "W(1301)"));
}

TEST(WatermarkAssignerTest, ASplitThatIsSilentForTheIdleTimeoutHoldsTimeBackNoLonger) {
  auto harness = Open(200, R"(, "idleTimeoutMs": 1000)");
  harness.Status(Assigned(0));
  harness.Status(Assigned(1));
  harness.Feed(Row(10, 0));
  harness.AdvanceProcessingTime(600);
  harness.Feed(Row(20, 0));
  EXPECT_THAT(TakeTimes(harness), testing::IsEmpty());
  harness.AdvanceProcessingTime(600);
  EXPECT_THAT(TakeTimes(harness), ElementsAre("W(20)"));
  // All silent: time stands at the greatest, and whoever comes next must not wait for us.
  harness.AdvanceProcessingTime(600);
  EXPECT_THAT(TakeTimes(harness), ElementsAre("idle"));
  harness.Feed(Row(5, 1));
  harness.Feed(Row(30, 1));
  EXPECT_THAT(TakeTimes(harness), ElementsAre("active", "W(30)"));
}

TEST(WatermarkAssignerTest, ASourceThatHasNeverSaidAnythingIsIdleToo) {
  auto harness = Open(200, R"(, "idleTimeoutMs": 1000)");
  harness.AdvanceProcessingTime(1000);
  EXPECT_THAT(TakeTimes(harness), ElementsAre("idle"));
  harness.EndOfInput();
  EXPECT_THAT(TakeTimes(harness), ElementsAre("active", "W(max)"));
}

TEST(WatermarkAssignerTest, ASplitThatWaitsToBeReadIsNotSilent) {
  auto harness = Open(200, R"(, "idleTimeoutMs": 1000)");
  harness.Status(Assigned(0));
  harness.Status({.split = 1, .waiting = true});
  harness.Feed(Row(10, 0));
  harness.AdvanceProcessingTime(5000);
  EXPECT_THAT(TakeTimes(harness), testing::IsEmpty());
  harness.Status(Assigned(1));
  harness.Feed(Row(10, 1));
  EXPECT_THAT(TakeTimes(harness), ElementsAre("W(10)"));
}

TEST(WatermarkAssignerTest, TimeSpentBackPressuredIsNoSilence) {
  auto harness = Open(200, R"(, "idleTimeoutMs": 1000)");
  harness.Status(Assigned(0));
  harness.Feed(Row(10, 0));
  harness.Take();
  harness.BackPressure(5000);
  harness.AdvanceProcessingTime(999);
  EXPECT_THAT(TakeTimes(harness), testing::IsEmpty());
  harness.AdvanceProcessingTime(1);
  EXPECT_THAT(TakeTimes(harness), ElementsAre("idle"));
}

TEST(WatermarkAssignerTest, ASourceWaitsForTheSlowestOfItsGroup) {
  auto harness = Open(200, R"(, "alignment": {"group": "g", "maxDriftMs": 10})");
  const size_t other = harness.alignment().Join("g", [] {});
  harness.Feed(Row(100, 0));
  EXPECT_TRUE(harness.wants_input());  // The other has not told any time yet.
  harness.alignment().Report("g", other, 50);
  EXPECT_FALSE(harness.wants_input());
  harness.alignment().Report("g", other, 90);
  EXPECT_TRUE(harness.wants_input());
  harness.Feed(Row(101, 0));
  EXPECT_FALSE(harness.wants_input());
  harness.alignment().Report("g", other, kWatermarkMax);
  EXPECT_TRUE(harness.wants_input());
  EXPECT_EQ(harness.alignment().Least("g"), 101);
}

TEST(WatermarkAssignerTest, TimeIsTheLeastOfTheOpenSplits) {
  auto harness = Open();
  harness.Status({.idle = false, .split = kNoSplit - 1});
  harness.Rows("[[10, 1]]");
  EXPECT_THAT(harness.Take(), ElementsAre(kAt10));
  harness.Status({.idle = true, .split = kNoSplit - 1});
  EXPECT_THAT(harness.Take(), ElementsAre("W(10)"));
}

TEST(WatermarkAssignerTest, DoesNotGoBackAfterARestart) {
  auto harness = Open();
  harness.Rows("[[10, 1]]");
  harness.Restart();
  harness.Rows("[[5, 2]]");
  harness.Rows("[[20, 3]]");
  EXPECT_THAT(harness.Take(), ElementsAre(kAt10, "W(10)", kAt5, kAt20, "W(20)"));
}

TEST(WatermarkAssignerTest, ARowWithoutTimeIsAnError) {
  auto harness = Open();
  EXPECT_THAT(harness.TryRows("[[null, 1]]").message(), HasSubstr("'t' is NULL"));
}

TEST(WatermarkAssignerTest, TheEndOfInputPasses) {
  auto harness = Open();
  harness.EndOfInput();
  EXPECT_THAT(harness.Take(), ElementsAre("W(max)"));
}

}  // namespace
}  // namespace sabot
