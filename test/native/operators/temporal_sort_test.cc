// temporal_sort: order of time, late rows, restarts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

TEST(TemporalSortTest, SortsWhatTheWatermarkHasPassed) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    test::Harness harness(
        R"({"op": "temporal_sort", "config": {"orderBy": [{"column": 0}, {"column": 1, "descending": true}]},
            "schema": )" +
            test::SchemaJson({"t TIMESTAMP(3)", "v INT"}) + "}",
        {test::MakeSchema({"t TIMESTAMP(3)", "v INT"})},
        {.batch_rows_max = batch_rows, .no_room = true});
    harness.Rows("[[9, 1], [4, 2], [4, 3], [20, 4]]");
    harness.Restart();
    harness.AdvanceWatermark(10);
    // Behind the watermark, but after the last row emitted: not late.
    harness.Rows("[[10, 5], [9, 6]]");
    harness.Restart();
    harness.EndOfInput();
    EXPECT_THAT(
        harness.Take(),
        ElementsAre("+I[1970-01-01 00:00:00.004, 3]", "+I[1970-01-01 00:00:00.004, 2]",
                    "+I[1970-01-01 00:00:00.009, 1]", "W(10)", "+I[1970-01-01 00:00:00.010, 5]",
                    "+I[1970-01-01 00:00:00.020, 4]", "W(max)"));
    EXPECT_EQ(harness.metrics().late_rows.value(), 1);
  }
}

TEST(TemporalSortTest, ItsStateIsTheRowsThatWait) {
  test::Harness harness(
      R"({"op": "temporal_sort", "config": {"orderBy": [{"column": 0}]}, "schema": )" +
          test::SchemaJson({"t TIMESTAMP(3)", "v INT"}) + "}",
      {test::MakeSchema({"t TIMESTAMP(3)", "v INT"})});
  harness.Rows("[[9, 1], [4, 2], [20, 3], [30, 4], [25, 5]]");
  harness.AdvanceWatermark(10);
  harness.Restart();
  EXPECT_THAT(harness.State(),
              ElementsAre("+I[1970-01-01 00:00:00.020, 3]", "+I[1970-01-01 00:00:00.030, 4]",
                          "+I[1970-01-01 00:00:00.025, 5]"));
}

}  // namespace
}  // namespace sabot
