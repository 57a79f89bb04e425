// changelog_normalize: old rows beside the new ones, over restarts, tiny batches and a TTL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

test::Harness Open(const std::string& config = R"("keys": [0])",
                   test::HarnessOptions options = {}) {
  return test::Harness(R"({"op": "changelog_normalize", "config": {)" + config +
                           R"(}, "schema": )" + test::SchemaJson({"k STRING", "v INT"}) + "}",
                       {test::MakeSchema({"k STRING", "v INT"})}, options);
}

TEST(ChangelogNormalizeTest, TellsTheRowThatANewOneReplaces) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open(R"("keys": [0])", {.batch_rows_max = batch_rows});
    harness.Rows(R"([["a", 1], ["b", 1], ["a", 2], ["+U", "a", 3]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "+I[b, 1]", "-U[a, 1]", "+U[a, 2]",
                                            "-U[a, 2]", "+U[a, 3]"));
    harness.Restart(2);
    harness.Rows(R"([["b", 2], ["a", null]])");
    EXPECT_THAT(harness.Take(), ElementsAre("-U[b, 1]", "+U[b, 2]", "-U[a, 3]", "+U[a, NULL]"));
  }
}

TEST(ChangelogNormalizeTest, ADeletionTellsTheWholeRowAndOneOfNothingIsNone) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open(R"("keys": [0])", {.batch_rows_max = batch_rows});
    harness.Rows(
        R"([["a", 1], ["-D", "a", null], ["-D", "a", null], ["-D", "b", null], ["a", 2]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "-D[a, 1]", "+I[a, 2]"));
    harness.Restart();
    harness.Rows(R"([["-D", "a", null], ["-D", "b", null]])");
    EXPECT_THAT(harness.Take(), ElementsAre("-D[a, 2]"));
    harness.Restart(3);
    harness.Rows(R"([["-D", "a", null], ["a", 3]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 3]"));
  }
}

TEST(ChangelogNormalizeTest, WhatIsKnownAlreadyChangesNothing) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open(R"("keys": [0])", {.batch_rows_max = batch_rows});
    harness.Rows(R"([["a", 1], ["a", 1], ["n", null], ["n", null]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "+I[n, NULL]"));
    harness.Restart();
    harness.Rows(R"([["a", 1], ["n", null], ["a", 2], ["a", 1]])");
    EXPECT_THAT(harness.Take(), ElementsAre("-U[a, 1]", "+U[a, 2]", "-U[a, 2]", "+U[a, 1]"));
  }
}

TEST(ChangelogNormalizeTest, LeavesOutOldRowsThatNobodyNeeds) {
  auto harness = Open(R"("keys": [0], "emitUpdateBefore": false)");
  harness.Rows(R"([["a", 1], ["a", 2], ["-D", "a", null]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "+U[a, 2]", "-D[a, 2]"));
}

TEST(ChangelogNormalizeTest, UnderATtlARowThatComesAgainCountsAndAnOldOneIsForgotten) {
  test::HarnessOptions options;
  options.plan.state_ttl_ms = 1000;
  auto harness = Open(R"("keys": [0])", options);
  harness.Rows(R"([["a", 1], ["a", 1], ["b", 1]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "-U[a, 1]", "+U[a, 1]", "+I[b, 1]"));
  harness.AdvanceProcessingTime(600);
  harness.Rows(R"([["a", 1]])");
  EXPECT_THAT(harness.Take(), ElementsAre("-U[a, 1]", "+U[a, 1]"));
  harness.AdvanceProcessingTime(600);
  harness.Restart();
  harness.Rows(R"([["-D", "b", null], ["a", 2], ["b", 2]])");
  EXPECT_THAT(harness.Take(), ElementsAre("-U[a, 1]", "+U[a, 2]", "+I[b, 2]"));
}

TEST(ChangelogNormalizeTest, ARowThatDoesNotPassIsAsNone) {
  const std::string condition =
      R"("keys": [0], "condition": {"call": "less_than", "type": {"kind": "BOOLEAN"}, "args": [
         {"column": 1, "type": {"kind": "INTEGER"}}, {"literal": 5, "type": {"kind": "INTEGER"}}]})";
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open(condition, {.batch_rows_max = batch_rows});
    harness.Rows(R"([["a", 1], ["b", 1], ["a", 9], ["b", 2], ["c", 9], ["-D", "b", null]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "+I[b, 1]", "-D[a, 1]", "-U[b, 1]",
                                            "+U[b, 2]", "-D[b, 2]"));
    harness.Restart();
    harness.Rows(R"([["a", 3], ["a", null], ["-D", "a", null], ["c", 1]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 3]", "-D[a, 3]", "+I[c, 1]"));
  }
}

TEST(ChangelogNormalizeTest, KeepsOneRowOfEachKeyHoweverManyComeAndGo) {
  auto harness = Open();
  int64_t bytes_max = 0;
  for (int round = 0; round < 40; ++round) {
    std::string rows = "[";
    for (int i = 0; i < 2000; ++i)
      rows += std::string(i > 0 ? "," : "") + R"(["k)" + std::to_string(i) + R"(",)" +
              std::to_string(round) + "]";
    harness.Rows(rows + "]");
    harness.Take();
    bytes_max = std::max(bytes_max, harness.metrics().state_bytes.value());
  }
  EXPECT_LT(bytes_max, 3'000'000);
  harness.Rows(R"([["k7", 39], ["-D", "k8", null]])");
  EXPECT_THAT(harness.Take(), ElementsAre("-D[k8, 39]"));
}

TEST(ChangelogNormalizeTest, ItsStateIsTheNewestRows) {
  auto harness = Open();
  harness.Rows(R"([["a", 1], ["b", 7], ["a", 2], ["-D", "b", null]])");
  harness.Restart();
  EXPECT_THAT(harness.State(), ElementsAre("+I[a, 2]"));
  EXPECT_THAT(harness.State({"k STRING"}, R"([["b"]])"), IsEmpty());
}

}  // namespace
}  // namespace sabot
