// interval_join: pairs within bounds, what time has passed is forgotten, the watermark is held
// back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// 0 <= r.t - l.t <= 5
test::Harness OpenInterval() {
  return test::Harness(
      R"({"op": "interval_join", "config": {"joinType": "inner", "leftKeys": [0], "rightKeys": [0],
            "leftTime": 1, "rightTime": 1, "lowerMs": 0, "upperMs": 5}, "schema": )" +
          test::SchemaJson({"k STRING", "t TIMESTAMP(3)", "k0 STRING", "t0 TIMESTAMP(3)"}) + "}",
      {test::MakeSchema({"k STRING", "t TIMESTAMP(3)"}),
       test::MakeSchema({"k STRING", "t TIMESTAMP(3)"})});
}

TEST(IntervalJoinTest, PairsRowsWithinTheBounds) {
  auto harness = OpenInterval();
  harness.Rows(R"([["a", 10], ["a", 20]])", 0);
  harness.Restart(2);
  harness.Rows(R"([["a", 9], ["a", 10], ["a", 15], ["a", 16], ["b", 20]])", 1);
  EXPECT_THAT(harness.Take(),
              UnorderedElementsAre("+I[a, 1970-01-01 00:00:00.010, a, 1970-01-01 00:00:00.010]",
                                   "+I[a, 1970-01-01 00:00:00.010, a, 1970-01-01 00:00:00.015]"));
}

TEST(IntervalJoinTest, ForgetsWhatTimeHasPassedAndHoldsTheWatermarkBack) {
  auto harness = OpenInterval();
  harness.Rows(R"([["a", 10]])", 0);
  harness.Rows(R"([["a", 8]])", 1);
  const int64_t before = harness.metrics().state_bytes.value();
  harness.AdvanceWatermark(100);
  EXPECT_LT(harness.metrics().state_bytes.value(), before);
  EXPECT_THAT(harness.Take(), ElementsAre("W(95)"));
  harness.Rows(R"([["a", 12]])", 1);
  EXPECT_THAT(harness.Take(), IsEmpty());
}

TEST(IntervalJoinTest, ItsStateIsTheRowsThatStillWait) {
  auto harness = OpenInterval();
  harness.Rows(R"([["a", 10], ["b", 200]])", 0);
  harness.AdvanceWatermark(100);
  harness.Restart(2);
  EXPECT_THAT(harness.State(), ElementsAre("+I[left, b, 1970-01-01 00:00:00.200, NULL, NULL]"));
}

}  // namespace
}  // namespace sabot
