// rank and top_n: the first rows, kept up to date.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

std::vector<Schema> Inputs() { return {test::MakeSchema({"k STRING", "v INT"})}; }

std::string RankNode(int first, int last, bool output_rank) {
  return R"({"op": "rank", "config": {"function": "row_number", "partitionKeys": [0],
             "orderBy": [{"column": 1, "descending": true, "nullsFirst": false}], "rankStart": )" +
         std::to_string(first) + R"(, "rankEnd": )" + std::to_string(last) + R"(, "outputRank": )" +
         (output_rank ? "true" : "false") + R"(}, "schema": )" +
         (output_rank ? test::SchemaJson({"k STRING", "v INT", "rn BIGINT NOT NULL"})
                      : test::SchemaJson({"k STRING", "v INT"})) +
         "}";
}

TEST(RankTest, WithoutTheRankTheRowThatFallsOffLeavesFirst) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    test::Harness harness(RankNode(1, 2, false), Inputs(), {.batch_rows_max = batch_rows});
    harness.Rows(R"([["a", 3], ["a", 1], ["b", 9], ["a", 5]])");
    harness.Restart(2);
    harness.Rows(R"([["a", 1], ["a", 3], ["a", 4]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 3]", "+I[a, 1]", "+I[b, 9]", "-D[a, 1]", "+I[a, 5]",
                                            "-D[a, 3]", "+I[a, 4]"));
  }
}

TEST(RankTest, WithTheRankEveryRowThatMovesIsUpdated) {
  test::Harness harness(RankNode(1, 2, true), Inputs());
  harness.Rows(R"([["a", 3], ["a", 1], ["a", 5]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 3, 1]", "+I[a, 1, 2]", "-U[a, 3, 1]", "+U[a, 5, 1]",
                                          "-U[a, 1, 2]", "+U[a, 3, 2]"));
}

TEST(RankTest, SkippedRanksAreKeptButNotShown) {
  test::Harness harness(RankNode(2, 2, false), Inputs());
  harness.Rows(R"([["a", 3], ["a", 1], ["a", 5]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "-U[a, 1]", "+U[a, 3]"));
}

TEST(TopNTest, IsARankOverAllRows) {
  test::Harness harness(
      R"({"op": "top_n", "config": {"orderBy": [{"column": 1, "descending": true}], "offset": 0, "fetch": 2},
          "schema": )" + test::SchemaJson({"k STRING", "v INT"}) + "}",
      Inputs());
  harness.Rows(R"([["a", 1], ["b", 5]])");
  harness.Restart();
  harness.Rows(R"([["c", 3]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "+I[b, 5]", "-D[a, 1]", "+I[c, 3]"));
}

TEST(LimitTest, CountsOverARestart) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    test::Harness harness(R"({"op": "limit", "config": {"offset": 1, "fetch": 3}, "schema": )" +
                              test::SchemaJson({"k STRING", "v INT"}) + "}",
                          Inputs(), {.batch_rows_max = batch_rows});
    harness.Rows(R"([["a", 1], ["b", 2], ["c", 3]])");
    harness.Restart();
    harness.Rows(R"([["d", 4], ["e", 5]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[b, 2]", "+I[c, 3]", "+I[d, 4]"));
  }
}

TEST(TemporalSortTest, SortsWhatTheWatermarkHasPassed) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    test::Harness harness(
        R"({"op": "temporal_sort", "config": {"orderBy": [{"column": 0}, {"column": 1, "descending": true}]},
            "schema": )" + test::SchemaJson({"t TIMESTAMP(3)", "v INT"}) + "}",
        {test::MakeSchema({"t TIMESTAMP(3)", "v INT"})}, {.batch_rows_max = batch_rows, .no_room = true});
    harness.Rows("[[9, 1], [4, 2], [4, 3], [20, 4]]");
    harness.Restart();
    harness.AdvanceWatermark(10);
    // Behind the watermark, but after the last row emitted: not late.
    harness.Rows("[[10, 5], [9, 6]]");
    harness.Restart();
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(),
                ElementsAre("+I[1970-01-01 00:00:00.004, 3]", "+I[1970-01-01 00:00:00.004, 2]",
                            "+I[1970-01-01 00:00:00.009, 1]", "W(10)", "+I[1970-01-01 00:00:00.010, 5]",
                            "+I[1970-01-01 00:00:00.020, 4]", "W(max)"));
    EXPECT_EQ(harness.metrics().late_rows.value(), 1);
  }
}

TEST(WindowDeduplicateTest, KeepsTheLastRowAlsoOfEqualTimes) {
  test::Harness harness(
      R"({"op": "window_deduplicate", "config": {"keys": [0], "order": 1, "keep": "last", "windowStart": 3,
          "windowEnd": 4}, "schema": )" +
          test::SchemaJson({"k STRING", "t TIMESTAMP(3)", "v INT", "s TIMESTAMP(3)", "e TIMESTAMP(3)"}) + "}",
      {test::MakeSchema({"k STRING", "t TIMESTAMP(3)", "v INT", "s TIMESTAMP(3)", "e TIMESTAMP(3)"})});
  harness.Rows(R"([["a", 5, 1, 0, 10], ["a", 7, 2, 0, 10]])");
  harness.Restart();
  harness.Rows(R"([["a", 7, 3, 0, 10], ["a", 6, 4, 0, 10]])");
  harness.EndOfInput();
  EXPECT_THAT(harness.Take(),
              ElementsAre("+I[a, 1970-01-01 00:00:00.007, 3, 1970-01-01 00:00:00.000, 1970-01-01 00:00:00.010]",
                          "W(max)"));
}

}  // namespace
}  // namespace sabot
