// session_window: gaps, merging, late rows, restarts, tiny batches.
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

std::string Row(const std::string& values, int start, int end) {
  const auto time = [](int ms) {
    char text[40];
    std::snprintf(text, sizeof(text), "1970-01-01 00:00:00.%03d", ms);
    return std::string(text);
  };
  return "+I[" + values + ", " + time(start) + ", " + time(end) + "]";
}

test::Harness OpenSession(test::HarnessOptions options = {}) {
  return test::Harness(
      R"({"op": "session_window", "config": {"keys": [0], "aggregates": )" +
          std::string(kCountAndSum) +
          R"(, "window": {"kind": "session", "time": 2, "gapMs": 5},
             "output": ["window_start", "window_end"]}, "schema": )" +
          test::SchemaJson({"k STRING", "n BIGINT NOT NULL", "s INT", "window_start TIMESTAMP(3)",
                            "window_end TIMESTAMP(3)"}) +
          "}",
      {test::MakeSchema({"k STRING", "v INT", "t TIMESTAMP(3)"})}, options);
}

TEST(SessionWindowTest, RowsWithinTheGapAreOneSession) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = OpenSession({.batch_rows_max = batch_rows, .no_room = false});
    // 9 is exactly at the end of [1, 9): it still belongs.
    harness.Rows(R"([["a", 1, 1], ["a", 2, 4], ["a", 3, 9], ["b", 4, 1], ["a", 5, 20]])");
    harness.Restart(2);
    harness.AdvanceWatermark(13);
    EXPECT_THAT(harness.Take(), ElementsAre(Row("b, 1, 4", 1, 6), Row("a, 3, 6", 1, 14), "W(13)"));
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(), ElementsAre(Row("a, 1, 5", 20, 25), "W(max)"));
  }
}

TEST(SessionWindowTest, ARowBetweenTwoSessionsMakesThemOne) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = OpenSession({.batch_rows_max = batch_rows, .no_room = false});
    harness.Rows(R"([["a", 1, 1], ["a", 2, 9], ["a", 8, 100], ["a", 4, 5], ["a", 16, 12]])");
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(),
                ElementsAre(Row("a, 4, 23", 1, 17), Row("a, 1, 8", 100, 105), "W(max)"));
  }
}

TEST(SessionWindowTest, OnlyARowThatWouldOpenAFiredSessionIsLate) {
  auto harness = OpenSession();
  harness.Rows(R"([["a", 1, 10]])");
  harness.AdvanceWatermark(12);
  harness.Rows(R"([["a", 2, 8], ["b", 3, 7], ["b", 4, 9]])");
  EXPECT_EQ(harness.metrics().late_rows.value(), 1);
  harness.EndOfInput();
  EXPECT_THAT(harness.Take(),
              ElementsAre("W(12)", Row("b, 1, 4", 9, 14), Row("a, 2, 3", 8, 15), "W(max)"));
}

TEST(SessionWindowTest, ARestoredSessionGoesOn) {
  auto harness = OpenSession();
  harness.Rows(R"([["a", 1, 1], ["b", 2, 3]])");
  harness.Restart(3);
  harness.Rows(R"([["a", 4, 5], ["b", 8, 20]])");
  harness.Restart(2);
  harness.Rows(R"([["b", 16, 6]])");
  harness.EndOfInput();
  EXPECT_THAT(harness.Take(), ElementsAre(Row("a, 2, 5", 1, 10), Row("b, 2, 18", 3, 11),
                                          Row("b, 1, 8", 20, 25), "W(max)"));
}

TEST(SessionWindowTest, FiresInPieces) {
  auto harness = OpenSession({.no_room = false});
  std::string rows = "[";
  for (int i = 0; i < 20'000; ++i) {
    rows += (i > 0 ? "," : "") + ("[\"k" + std::to_string(i) + "\", 1, 1]");
  }
  harness.Rows(rows + "]");
  harness.EndOfInput();
  EXPECT_EQ(harness.Take().size(), 20'001u);
}

TEST(SessionWindowTest, ItsStateIsTheOpenSessions) {
  auto harness = OpenSession();
  harness.Rows(R"([["a", 1, 1], ["a", 2, 4], ["b", 4, 1], ["a", 5, 20]])");
  harness.Restart(2);
  const std::string one = "+I[a, 1970-01-01 00:00:00.001, 1970-01-01 00:00:00.009, 2, 3]";
  const std::string other = "+I[a, 1970-01-01 00:00:00.020, 1970-01-01 00:00:00.025, 1, 5]";
  const std::string of_b = "+I[b, 1970-01-01 00:00:00.001, 1970-01-01 00:00:00.006, 1, 4]";
  EXPECT_THAT(harness.State(), UnorderedElementsAre(one, other, of_b));
  EXPECT_THAT(harness.State({"k STRING"}, R"([["a"]])"), UnorderedElementsAre(one, other));
  harness.AdvanceWatermark(10);
  EXPECT_THAT(harness.State(), ElementsAre(other));
}

}  // namespace
}  // namespace sabot
