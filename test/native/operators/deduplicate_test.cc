// deduplicate: the last row of a key by time, and what becomes of the one before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

test::Harness OpenLast(const std::string& config = "", std::vector<std::string> more = {},
                       test::HarnessOptions options = {}) {
  std::vector<std::string> columns = {"k STRING", "t TIMESTAMP(3)", "v INT"};
  const Schema input = test::MakeSchema(columns);
  columns.insert(columns.end(), more.begin(), more.end());
  return test::Harness(
      R"({"op": "deduplicate", "config": {"keys": [0], "order": 1, "keep": "last")" + config +
          R"(}, "schema": )" + test::SchemaJson(columns) + "}",
      {input}, options);
}

std::string Line(const std::string& kind, const std::string& key, int time, int value) {
  return kind + "[" + key + ", 1970-01-01 00:00:00.00" + std::to_string(time) + ", " +
         std::to_string(value) + "]";
}

TEST(DeduplicateTest, ALaterRowReplacesTheOneBefore) {
  auto harness = OpenLast();
  harness.Rows(R"([["a", 5, 1], ["a", 3, 2], ["b", 1, 3], ["a", 5, 4]])");
  EXPECT_THAT(harness.Take(), ElementsAre(Line("+I", "a", 5, 1), Line("+I", "b", 1, 3),
                                          Line("-U", "a", 5, 1), Line("+U", "a", 5, 4)));
  harness.Restart(2);
  harness.Rows(R"([["a", 4, 5], ["b", 2, 6], ["a", 9, 7]])");
  EXPECT_THAT(harness.Take(), ElementsAre(Line("-U", "b", 1, 3), Line("+U", "b", 2, 6),
                                          Line("-U", "a", 5, 4), Line("+U", "a", 9, 7)));
  EXPECT_THAT(harness.State(),
              ::testing::UnorderedElementsAre(Line("+I", "a", 9, 7), Line("+I", "b", 2, 6)));
}

TEST(DeduplicateTest, NobodyNeedsTheOldRow) {
  auto harness = OpenLast(R"(, "emitUpdateBefore": false)");
  harness.Rows(R"([["a", 5, 1], ["a", 6, 2], [null, 1, 3], [null, 1, 4]])");
  EXPECT_THAT(harness.Take(), ElementsAre(Line("+I", "a", 5, 1), Line("+U", "a", 6, 2),
                                          Line("+I", "NULL", 1, 3), Line("+U", "NULL", 1, 4)));
}

TEST(DeduplicateTest, TheRankIsOne) {
  auto harness = OpenLast(R"(, "outputRank": true)", {"rn BIGINT"});
  harness.Rows(R"([["a", 5, 1], ["a", 6, 2]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1970-01-01 00:00:00.005, 1, 1]",
                                          "-U[a, 1970-01-01 00:00:00.005, 1, 1]",
                                          "+U[a, 1970-01-01 00:00:00.006, 2, 1]"));
}

TEST(DeduplicateTest, AKeyBeginsAnewAfterTheTtl) {
  test::HarnessOptions options;
  options.plan.state_ttl_ms = 1'000;
  auto harness = OpenLast("", {}, options);
  harness.Rows(R"([["a", 5, 1], ["b", 5, 2]])");
  harness.AdvanceProcessingTime(600);
  harness.Rows(R"([["a", 6, 3], ["b", 4, 4]])");
  harness.Restart(2);
  harness.AdvanceProcessingTime(999);
  // That of `a` was written at 600; the row before the newest of `b` wrote nothing.
  EXPECT_THAT(harness.State(), ElementsAre(Line("+I", "a", 6, 3)));
  harness.Rows(R"([["a", 5, 5], ["b", 1, 6]])");
  harness.AdvanceProcessingTime(1);
  harness.Rows(R"([["a", 3, 7]])");
  EXPECT_THAT(harness.Take(),
              ElementsAre(Line("+I", "a", 5, 1), Line("+I", "b", 5, 2), Line("-U", "a", 5, 1),
                          Line("+U", "a", 6, 3), Line("+I", "b", 1, 6), Line("+I", "a", 3, 7)));
}

}  // namespace
}  // namespace sabot
