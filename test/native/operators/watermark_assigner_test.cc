// watermark_assigner: time from rows, per split, per batch or per row, and after a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Watermark = t, so that the numbers are easy to follow.
std::string Node() {
  return R"({"op": "watermark_assigner", "config": {"time": 0, "watermark":
              {"column": 0, "type": {"kind": "TIMESTAMP", "precision": 3}}}, "schema": )" +
         test::SchemaJson({"t TIMESTAMP(3)", "v INT"}) + "}";
}

test::Harness Open(int64_t interval_ms = 200) {
  test::HarnessOptions options;
  options.plan.auto_watermark_interval_ms = interval_ms;
  return test::Harness(Node(), {test::MakeSchema({"t TIMESTAMP(3)", "v INT"})}, options);
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

TEST(WatermarkAssignerTest, IntervalZeroTellsTimeBeforeARowThatIsBehindIt) {
  auto harness = Open(0);
  harness.Rows("[[10, 1], [5, 2], [20, 3]]");
  EXPECT_THAT(harness.Take(), ElementsAre(kAt10, "W(10)", kAt5, kAt20, "W(20)"));
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
