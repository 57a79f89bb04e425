// current_watermark: the time that rows find, before and after a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

test::Harness Open() {
  return test::Harness(R"({"op": "current_watermark", "config": {}, "schema": )" +
                           test::SchemaJson({"k INT", "w TIMESTAMP(3)"}) + "}",
                       {test::MakeSchema({"k INT"})});
}

TEST(CurrentWatermarkTest, IsNullBeforeAnyAndThenTheLast) {
  auto harness = Open();
  harness.Rows("[[1]]");
  harness.AdvanceWatermark(5);
  harness.Rows(R"([["-U", 2], ["+U", 3]])");
  harness.AdvanceWatermark(7);
  harness.Rows("[[4]]");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[1, NULL]", "W(5)", "-U[2, 1970-01-01 00:00:00.005]",
                                          "+U[3, 1970-01-01 00:00:00.005]", "W(7)",
                                          "+I[4, 1970-01-01 00:00:00.007]"));
}

TEST(CurrentWatermarkTest, IsKnownAfterARestart) {
  auto harness = Open();
  harness.AdvanceWatermark(5);
  harness.Restart();
  harness.Rows("[[1]]");
  EXPECT_THAT(harness.Take(), ElementsAre("W(5)", "+I[1, 1970-01-01 00:00:00.005]"));
}

}  // namespace
}  // namespace sabot
