// join and interval_join: pairs, NULL keys, residual conditions, restart, rescaling, bounded
// pieces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Columns() { return {"k STRING", "v INT", "k0 STRING", "v0 INT"}; }

std::string JoinNode(const std::string& more = "") {
  return R"({"op": "join", "config": {"joinType": "inner", "leftKeys": [0], "rightKeys": [0])" +
         more + R"(}, "schema": )" + test::SchemaJson(Columns()) + "}";
}

std::vector<Schema> Inputs() {
  return {test::MakeSchema({"k STRING", "v INT"}), test::MakeSchema({"k STRING", "v INT"})};
}

TEST(JoinTest, MeetsEveryRowOfTheOtherSideOnce) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    test::Harness harness(JoinNode(), Inputs(), {.batch_rows_max = batch_rows});
    harness.Rows(R"([["a", 1], [null, 2], ["b", 3]])", 0);
    harness.Rows(R"([["a", 10], ["a", 11], [null, 12]])", 1);
    harness.Restart(3);
    harness.Rows(R"([["b", 13], ["c", 14]])", 1);
    harness.Rows(R"([["a", 4]])", 0);
    EXPECT_THAT(harness.Take(),
                UnorderedElementsAre("+I[a, 1, a, 10]", "+I[a, 1, a, 11]", "+I[b, 3, b, 13]",
                                     "+I[a, 4, a, 10]", "+I[a, 4, a, 11]"));
  }
}

TEST(JoinTest, AResidualConditionSeesBothSides) {
  test::Harness harness(
      JoinNode(R"(, "condition": {"call": "less_than", "type": {"kind": "BOOLEAN"}, "args": [
                 {"column": 1, "type": {"kind": "INTEGER"}}, {"column": 3, "type": {"kind": "INTEGER"}}]})"),
      Inputs());
  harness.Rows(R"([["a", 5]])", 0);
  harness.Rows(R"([["a", 4], ["a", 6]])", 1);
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 5, a, 6]"));
}

TEST(JoinTest, ALargeMatchLeavesInPieces) {
  test::Harness harness(JoinNode(), Inputs(), {.no_room = true});
  std::string rows = "[";
  for (int i = 0; i < 200; ++i) rows += (i > 0 ? ",[\"a\"," : "[\"a\",") + std::to_string(i) + "]";
  harness.Rows(rows + "]", 0);
  harness.Rows(rows + "]", 1);
  EXPECT_THAT(harness.Take(), SizeIs(40'000));
}

// Under a TTL rows meet those alone that come within it; it may be given and taken away.
TEST(JoinTest, RowsAreForgottenAfterTheTtl) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    test::HarnessOptions options;
    options.plan.state_ttl_ms = 1'000;
    options.batch_rows_max = batch_rows;
    test::Harness harness(JoinNode(), Inputs(), options);
    harness.Rows(R"([["a", 1], ["b", 2]])", 0);
    harness.AdvanceProcessingTime(600);
    harness.Rows(R"([["a", 3]])", 0);
    harness.Rows(R"([["a", 10]])", 1);
    EXPECT_THAT(harness.Take(), UnorderedElementsAre("+I[a, 1, a, 10]", "+I[a, 3, a, 10]"));
    harness.AdvanceProcessingTime(399);
    harness.Restart(2);
    harness.Rows(R"([["b", 11]])", 1);
    EXPECT_THAT(harness.Take(), ElementsAre("+I[b, 2, b, 11]"));
    harness.AdvanceProcessingTime(1);
    harness.Rows(R"([["a", 12], ["b", 13]])", 1);
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 3, a, 12]"));
    harness.AdvanceProcessingTime(600);
    harness.Rows(R"([["a", 4]])", 0);
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 4, a, 12]"));
    EXPECT_THAT(
        harness.State(),
        UnorderedElementsAre("+I[left, a, 4, NULL, NULL]", "+I[right, NULL, NULL, b, 11]",
                             "+I[right, NULL, NULL, a, 12]", "+I[right, NULL, NULL, b, 13]"));
  }
}

TEST(JoinTest, ItsStateIsTheRowsOfBothSides) {
  test::Harness harness(JoinNode(), Inputs());
  harness.Rows(R"([["a", 1], [null, 2], ["b", 3], ["a", 4]])", 0);
  harness.Rows(R"([["a", 10], ["c", 11]])", 1);
  harness.Restart(3);
  EXPECT_THAT(harness.State(),
              UnorderedElementsAre("+I[left, a, 1, NULL, NULL]", "+I[left, b, 3, NULL, NULL]",
                                   "+I[left, a, 4, NULL, NULL]", "+I[right, NULL, NULL, a, 10]",
                                   "+I[right, NULL, NULL, c, 11]"));
  EXPECT_THAT(harness.State({"k STRING"}, R"([["a"]])"),
              UnorderedElementsAre("+I[left, a, 4, NULL, NULL]", "+I[left, a, 1, NULL, NULL]",
                                   "+I[right, NULL, NULL, a, 10]"));
}

}  // namespace
}  // namespace sabot
