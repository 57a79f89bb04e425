// window_rank: the best rows per group and window.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Rows (k, v, start, end); the two greatest v of each k, then the oldest.
test::Harness Open(test::HarnessOptions options = {}) {
  return test::Harness(
      R"({"op": "window_rank", "config": {"partitionKeys": [0], "rankStart": 1, "rankEnd": 2,
            "orderBy": [{"column": 1, "descending": true, "nullsFirst": false}],
            "windowStart": 2, "windowEnd": 3, "outputRank": true}, "schema": )" +
          test::SchemaJson(
              {"k STRING", "v INT", "s TIMESTAMP(3)", "e TIMESTAMP(3)", "rn BIGINT NOT NULL"}) +
          "}",
      {test::MakeSchema({"k STRING", "v INT", "s TIMESTAMP(3)", "e TIMESTAMP(3)"})}, options);
}

std::string Row(const std::string& key_and_value, int rank) {
  return "+I[" + key_and_value + ", 1970-01-01 00:00:00.000, 1970-01-01 00:00:00.010, " +
         std::to_string(rank) + "]";
}

TEST(WindowRankTest, KeepsTheBestRowsOfAWindow) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open({.batch_rows_max = batch_rows, .no_room = true});
    harness.Rows(R"([["a", 3, 0, 10], ["a", null, 0, 10], ["a", 5, 0, 10], ["b", null, 0, 10]])");
    harness.Restart(2);
    harness.Rows(R"([["a", 5, 0, 10], ["a", 4, 10, 20], ["a", 1, 0, 10]])");
    harness.AdvanceWatermark(9);
    auto lines = harness.Take();
    std::sort(lines.begin(), lines.end() - 1);
    EXPECT_THAT(lines, ElementsAre(Row("a, 5", 1), Row("a, 5", 2), Row("b, NULL", 1), "W(9)"));
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(), SizeIs(2));
  }
}

TEST(WindowRankTest, ARowOfAFiredWindowIsLate) {
  auto harness = Open();
  harness.AdvanceWatermark(9);
  harness.Restart();
  harness.Rows(R"([["a", 3, 0, 10]])");
  harness.EndOfInput();
  EXPECT_THAT(harness.Take(), ElementsAre("W(9)", "W(max)"));
  EXPECT_EQ(harness.metrics().late_rows.value(), 1);
}

TEST(WindowRankTest, ManyCandidatesDoNotPileUp) {
  auto harness = Open();
  int64_t bytes = 0;
  for (int round = 0; round < 40; ++round) {
    std::string rows = "[";
    for (int i = 0; i < 2000; ++i)
      rows += (i > 0 ? "," : "") + ("[\"a\"," + std::to_string(round * 2000 + i) + ",0,10]");
    harness.Rows(rows + "]");
    harness.AdvanceWatermark(round - 100);
    bytes = std::max(bytes, harness.metrics().state_bytes.value());
  }
  EXPECT_LT(bytes, 3'000'000);
  harness.EndOfInput();
  EXPECT_THAT(harness.Take().back(), "W(max)");
}

TEST(WindowRankTest, ItsStateIsTheRowsOfOpenWindows) {
  auto harness = Open();
  harness.Rows(R"([["a", 3, 0, 10], ["a", 5, 10, 20], ["b", 4, 10, 20], ["a", 7, 20, 30]])");
  harness.AdvanceWatermark(9);
  harness.Restart(2);
  const std::string ten = ", 1970-01-01 00:00:00.010, 1970-01-01 00:00:00.020]";
  const std::string twenty = ", 1970-01-01 00:00:00.020, 1970-01-01 00:00:00.030]";
  EXPECT_THAT(harness.State(),
              testing::UnorderedElementsAre("+I[a, 5" + ten, "+I[b, 4" + ten, "+I[a, 7" + twenty));
  EXPECT_THAT(harness.State({"k STRING"}, R"([["a"]])"),
              ElementsAre("+I[a, 5" + ten, "+I[a, 7" + twenty));
}

}  // namespace
}  // namespace sabot
