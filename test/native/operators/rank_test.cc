// rank: the first rows of every partition, kept up to date.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

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
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 3]", "+I[a, 1]", "+I[b, 9]", "-D[a, 1]",
                                            "+I[a, 5]", "-D[a, 3]", "+I[a, 4]"));
  }
}

TEST(RankTest, WithTheRankEveryRowThatMovesIsUpdated) {
  test::Harness harness(RankNode(1, 2, true), Inputs());
  harness.Rows(R"([["a", 3], ["a", 1], ["a", 5]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 3, 1]", "+I[a, 1, 2]", "-U[a, 3, 1]",
                                          "+U[a, 5, 1]", "-U[a, 1, 2]", "+U[a, 3, 2]"));
}

TEST(RankTest, SkippedRanksAreKeptButNotShown) {
  test::Harness harness(RankNode(2, 2, false), Inputs());
  harness.Rows(R"([["a", 3], ["a", 1], ["a", 5]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "-U[a, 1]", "+U[a, 3]"));
}

TEST(RankTest, ItsStateIsTheRowsThatRank) {
  test::Harness harness(RankNode(1, 2, true), Inputs());
  harness.Rows(R"([["a", 3], ["a", 1], ["b", 9], ["a", 5]])");
  harness.Restart(2);
  EXPECT_THAT(harness.State(), testing::UnorderedElementsAre("+I[a, 3]", "+I[a, 5]", "+I[b, 9]"));
  EXPECT_THAT(harness.State({"k STRING"}, R"([["a"]])"), ElementsAre("+I[a, 5]", "+I[a, 3]"));
}

// What is too old makes room and is not taken back.
TEST(RankTest, RowsAreForgottenAfterTheTtl) {
  for (const bool with_rank : {false, true}) {
    test::HarnessOptions options;
    options.plan.state_ttl_ms = 1'000;
    test::Harness harness(RankNode(1, 2, with_rank), Inputs(), options);
    harness.Rows(R"([["a", 5], ["a", 3], ["b", 7]])");
    harness.AdvanceProcessingTime(600);
    harness.Rows(R"([["a", 4]])");
    harness.AdvanceProcessingTime(399);
    harness.Restart(2);
    harness.Rows(R"([["a", 1]])");
    harness.AdvanceProcessingTime(1);
    EXPECT_THAT(harness.State(), ElementsAre("+I[a, 4]"));
    EXPECT_THAT(harness.State({"k STRING"}, R"([["b"]])"), ElementsAre());
    harness.Rows(R"([["a", 1], ["b", 2], ["a", 2]])");
    const std::vector<std::string> lines = harness.Take();
    if (with_rank) {
      EXPECT_THAT(lines, ElementsAre("+I[a, 5, 1]", "+I[a, 3, 2]", "+I[b, 7, 1]", "-U[a, 3, 2]",
                                     "+U[a, 4, 2]", "+I[a, 1, 2]", "+I[b, 2, 1]", "-U[a, 1, 2]",
                                     "+U[a, 2, 2]"));
    } else {
      EXPECT_THAT(lines, ElementsAre("+I[a, 5]", "+I[a, 3]", "+I[b, 7]", "-D[a, 3]", "+I[a, 4]",
                                     "+I[a, 1]", "+I[b, 2]", "-D[a, 1]", "+I[a, 2]"));
    }
  }
}

TEST(RankTest, ItsOwnTtlGoesBeforeTheJobs) {
  test::HarnessOptions options;
  options.plan.state_ttl_ms = 1'000;
  std::string node = RankNode(1, 1, false);
  const std::string_view at = R"("function")";
  node.insert(node.find(at), R"("ttl": {"ms": 50, "update": "createAndWrite"}, )");
  test::Harness harness(node, Inputs(), options);
  harness.Rows(R"([["a", 5]])");
  harness.AdvanceProcessingTime(50);
  harness.Rows(R"([["a", 3]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 5]", "+I[a, 3]"));
}

}  // namespace
}  // namespace sabot
