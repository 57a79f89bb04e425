// window_table: windows of every row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

test::Harness Open(const std::string& window, const std::string& zone = "UTC",
                   const std::string& time = "TIMESTAMP(3)") {
  test::HarnessOptions options;
  options.plan.local_time_zone = zone;
  return test::Harness(R"({"op": "window_table", "config": {"window": )" + window +
                           R"(}, "schema": )" +
                           test::SchemaJson({"t " + time, "window_start TIMESTAMP(3)",
                                             "window_end TIMESTAMP(3)", "window_time " + time}) +
                           "}",
                       {test::MakeSchema({"t " + time})}, options);
}

TEST(WindowTableTest, TumbleHasOneWindowAlsoBeforeTheEpoch) {
  auto harness = Open(R"({"kind": "tumble", "time": 0, "sizeMs": 10, "offsetMs": 3})");
  harness.Rows("[[3], [12], [-1]]");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[1970-01-01 00:00:00.003, 1970-01-01 00:00:00.003, "
                                          "1970-01-01 00:00:00.013, 1970-01-01 00:00:00.012]",
                                          "+I[1970-01-01 00:00:00.012, 1970-01-01 00:00:00.003, "
                                          "1970-01-01 00:00:00.013, 1970-01-01 00:00:00.012]",
                                          "+I[1969-12-31 23:59:59.999, 1969-12-31 23:59:59.993, "
                                          "1970-01-01 00:00:00.003, 1970-01-01 00:00:00.002]"));
}

TEST(WindowTableTest, HopRepeatsARowFromTheNewestWindowOn) {
  auto harness = Open(R"({"kind": "hop", "time": 0, "sizeMs": 10, "slideMs": 5})");
  harness.Rows("[[7]]");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[1970-01-01 00:00:00.007, 1970-01-01 00:00:00.005, "
                                          "1970-01-01 00:00:00.015, 1970-01-01 00:00:00.014]",
                                          "+I[1970-01-01 00:00:00.007, 1970-01-01 00:00:00.000, "
                                          "1970-01-01 00:00:00.010, 1970-01-01 00:00:00.009]"));
}

TEST(WindowTableTest, WindowsOfInstantsFollowTheSessionTimeZone) {
  auto harness = Open(R"({"kind": "tumble", "time": 0, "sizeMs": 86400000})", "Asia/Kolkata",
                      "TIMESTAMP_LTZ(3)");
  harness.Rows("[[0]]");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[1970-01-01 00:00:00.000Z, 1970-01-01 00:00:00.000, "
                                          "1970-01-02 00:00:00.000, 1970-01-01 18:29:59.999Z]"));
}

}  // namespace
}  // namespace sabot
