// window_aggregate: tumble, hop, cumulate, attached; late rows, restarts, tiny batches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr const char* kCountAndSum =
    R"([{"function": "count", "args": [], "type": {"kind": "BIGINT", "nullable": false}},
        {"function": "sum", "args": [1], "argTypes": [{"kind": "INTEGER"}], "type": {"kind": "INTEGER"}}])";

// Input (k, v, t); output (k, count, sum, start, end).
test::Harness Open(const std::string& window, test::HarnessOptions options = {}) {
  return test::Harness(
      R"({"op": "window_aggregate", "config": {"keys": [0], "aggregates": )" +
          std::string(kCountAndSum) + R"(, "window": )" + window +
          R"(, "output": ["window_start", "window_end"]}, "schema": )" +
          test::SchemaJson({"k STRING", "n BIGINT NOT NULL", "s INT", "window_start TIMESTAMP(3)",
                            "window_end TIMESTAMP(3)"}) +
          "}",
      {test::MakeSchema({"k STRING", "v INT", "t TIMESTAMP(3)"})}, options);
}

std::string Row(const std::string& values, int start, int end) {
  const auto time = [](int ms) {
    char text[40];
    std::snprintf(text, sizeof(text), "1970-01-01 00:00:00.%03d", ms);
    return std::string(text);
  };
  return "+I[" + values + ", " + time(start) + ", " + time(end) + "]";
}

constexpr const char* kTumble = R"({"kind": "tumble", "time": 2, "sizeMs": 10})";
constexpr const char* kHop = R"({"kind": "hop", "time": 2, "sizeMs": 10, "slideMs": 5})";
constexpr const char* kCumulate = R"({"kind": "cumulate", "time": 2, "sizeMs": 30, "stepMs": 10})";

TEST(WindowAggregateTest, TumbleFiresWhenTimeHasPassedTheWindow) {
  for (const int64_t batch_rows : {int64_t{1}, int64_t{2}, INT64_MAX}) {
    auto harness = Open(kTumble, {.batch_rows_max = batch_rows, .no_room = false});
    harness.Rows(R"([["a", 1, 3], ["b", 2, 12], ["a", 3, 9], [null, null, 0]])");
    harness.AdvanceWatermark(8);
    EXPECT_THAT(harness.Take(), ElementsAre("W(8)"));
    harness.Restart(2);
    harness.AdvanceWatermark(9);
    EXPECT_THAT(harness.Take(),
                UnorderedElementsAre(Row("a, 2, 4", 0, 10), Row("NULL, 1, NULL", 0, 10), "W(9)"));
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(), ElementsAre(Row("b, 1, 2", 10, 20), "W(max)"));
  }
}

TEST(WindowAggregateTest, ARowBehindItsFiredWindowIsLate) {
  auto harness = Open(kTumble);
  harness.AdvanceWatermark(9);
  harness.Rows(R"([["a", 1, 9], ["a", 2, 10]])");
  EXPECT_EQ(harness.metrics().late_rows.value(), 1);
  harness.EndOfInput();
  EXPECT_THAT(harness.Take(), ElementsAre("W(9)", Row("a, 1, 2", 10, 20), "W(max)"));
}

TEST(WindowAggregateTest, ARestoredWindowStillKnowsWhatIsLate) {
  auto harness = Open(kTumble);
  harness.AdvanceWatermark(9);
  harness.Restart();
  harness.Rows(R"([["a", 1, 9]])");
  EXPECT_EQ(harness.metrics().late_rows.value(), 1);
}

TEST(WindowAggregateTest, HopCountsARowInEveryWindowThatHoldsIt) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open(kHop, {.batch_rows_max = batch_rows, .no_room = true});
    harness.Rows(R"([["a", 1, 3], ["a", 2, 7], ["b", 4, 12]])");
    harness.AdvanceWatermark(4);
    EXPECT_THAT(
        harness.Take(),
        ElementsAre("+I[a, 1, 1, 1969-12-31 23:59:59.995, 1970-01-01 00:00:00.005]", "W(4)"));
    harness.Restart(3);
    // Late for the window that ends at 5, not for the one that ends at 10.
    harness.Rows(R"([["a", 8, 2]])");
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(),
                UnorderedElementsAre(Row("a, 3, 11", 0, 10), Row("a, 1, 2", 5, 15),
                                     Row("b, 1, 4", 5, 15), Row("b, 1, 4", 10, 20), "W(max)"));
  }
}

TEST(WindowAggregateTest, CumulateGrowsByStepsAndKeepsFiring) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open(kCumulate, {.batch_rows_max = batch_rows, .no_room = false});
    harness.Rows(R"([["a", 1, 3], ["b", 2, 25]])");
    harness.AdvanceWatermark(9);
    EXPECT_THAT(harness.Take(), ElementsAre(Row("a, 1, 1", 0, 10), "W(9)"));
    harness.Rows(R"([["a", 4, 5]])");
    harness.Restart();
    harness.AdvanceWatermark(19);
    EXPECT_THAT(harness.Take(), ElementsAre(Row("a, 2, 5", 0, 20), "W(19)"));
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(),
                UnorderedElementsAre(Row("a, 2, 5", 0, 30), Row("b, 1, 2", 0, 30), "W(max)"));
    EXPECT_EQ(harness.metrics().late_rows.value(), 0);
  }
}

TEST(WindowAggregateTest, AttachedWindowsComeFromTheRows) {
  test::Harness harness(
      R"({"op": "window_aggregate", "config": {"keys": [], "aggregates": [
            {"function": "max", "args": [0], "argTypes": [{"kind": "BIGINT"}], "type": {"kind": "BIGINT"}}],
            "window": {"kind": "attached", "windowStart": 1, "windowEnd": 2}, "output": ["window_end"]}, "schema": )" +
          test::SchemaJson({"m BIGINT", "window_end TIMESTAMP(3)"}) + "}",
      {test::MakeSchema({"n BIGINT", "window_start TIMESTAMP(3)", "window_end TIMESTAMP(3)"})});
  harness.Rows("[[3, 0, 10], [5, 0, 10], [4, 5, 15]]");
  harness.Restart();
  harness.AdvanceWatermark(9);
  harness.AdvanceWatermark(14);
  EXPECT_THAT(harness.Take(), ElementsAre("+I[5, 1970-01-01 00:00:00.010]", "W(9)",
                                          "+I[4, 1970-01-01 00:00:00.015]", "W(14)"));
}

std::string Slice(const std::string& key, int start, int end, const std::string& values) {
  const std::string window = Row("", start, end);  // "+I[, start, end]"
  return "+I[" + key + window.substr(3, window.size() - 4) + ", " + values + "]";
}

TEST(WindowAggregateTest, ItsStateIsTheOpenSlices) {
  auto tumble = Open(kTumble);
  tumble.Rows(R"([["a", 1, 3], ["b", 2, 12], ["a", 3, 9], ["c", 1, 4], ["d", 1, 5]])");
  tumble.Restart(2);
  EXPECT_THAT(tumble.State(),
              UnorderedElementsAre(Slice("a", 0, 10, "2, 4"), Slice("c", 0, 10, "1, 1"),
                                   Slice("d", 0, 10, "1, 1"), Slice("b", 10, 20, "1, 2")));
  EXPECT_THAT(tumble.State({"k STRING"}, R"([["b"]])"), ElementsAre(Slice("b", 10, 20, "1, 2")));
  tumble.AdvanceWatermark(9);
  EXPECT_THAT(tumble.State(), ElementsAre(Slice("b", 10, 20, "1, 2")));

  auto hop = Open(kHop);
  hop.Rows(R"([["a", 1, 3], ["a", 2, 7], ["a", 4, 12]])");
  hop.Restart(2);
  EXPECT_THAT(hop.State(), ElementsAre(Slice("a", 0, 5, "1, 1"), Slice("a", 5, 10, "1, 2"),
                                       Slice("a", 10, 15, "1, 4")));
}

TEST(WindowAggregateTest, TheStateOfCumulateHasWhatFiredSlicesAddUpTo) {
  auto harness = Open(kCumulate);
  harness.Rows(R"([["a", 1, 3], ["a", 2, 12], ["b", 5, 13], ["a", 4, 25]])");
  harness.AdvanceWatermark(19);
  harness.Restart(2);
  EXPECT_THAT(harness.State(),
              UnorderedElementsAre(Slice("a", 20, 30, "1, 4"), Slice("a", 0, 30, "2, 3"),
                                   Slice("b", 0, 30, "1, 5")));
}

}  // namespace
}  // namespace sabot
