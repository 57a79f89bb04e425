// unnest: arrays, maps, outer rows, ordinals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness.h"

namespace sabot {
namespace {

// Input (id INT, c <collection>).
test::Harness OpenUnnest(const std::string& collection, const std::string& elements,
                         const std::string& config) {
  const std::string id = R"({"name": "id", "type": {"kind": "INTEGER"}})";
  const std::string column = R"({"name": "c", "type": )" + collection + "}";
  const auto input = nlohmann::json::parse("[" + id + "," + column + "]");
  return test::Harness(R"({"op": "unnest", "config": {"column": 1, )" + config +
                           R"(}, "schema": [)" + id + "," + column + "," + elements + "]}",
                       {DecodeSchema(input).ValueOrDie()});
}

TEST(UnnestTest, GivesOneRowPerElement) {
  auto harness = OpenUnnest(R"({"kind": "ARRAY", "element": {"kind": "INTEGER"}})",
                            R"({"name": "e", "type": {"kind": "INTEGER"}})", R"("kind": "ARRAY")");
  harness.Rows("[[1, [7, null]], [2, []], [3, null], [4, [8]]]");
  const auto lines = harness.Take();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0],
              ::testing::AllOf(::testing::StartsWith("+I[1,"), ::testing::EndsWith(", 7]")));
  EXPECT_THAT(lines[1],
              ::testing::AllOf(::testing::StartsWith("+I[1,"), ::testing::EndsWith(", NULL]")));
  EXPECT_THAT(lines[2],
              ::testing::AllOf(::testing::StartsWith("+I[4,"), ::testing::EndsWith(", 8]")));
}

TEST(UnnestTest, OuterKeepsRowsWithoutElementsAndOrdinalsCount) {
  auto harness = OpenUnnest(
      R"({"kind": "MAP", "key": {"kind": "VARCHAR", "nullable": false}, "value": {"kind": "INTEGER"}})",
      R"({"name": "k", "type": {"kind": "VARCHAR"}}, {"name": "v", "type": {"kind": "INTEGER"}},
         {"name": "n", "type": {"kind": "INTEGER"}})",
      R"("kind": "MAP", "outer": true, "withOrdinality": true)");
  harness.Rows(R"([[1, [["x", 7], ["y", null]]], [2, null]])");
  const auto lines = harness.Take();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0], ::testing::EndsWith(", x, 7, 1]"));
  EXPECT_THAT(lines[1], ::testing::EndsWith(", y, NULL, 2]"));
  EXPECT_THAT(lines[2], ::testing::EndsWith(", NULL, NULL, NULL]"));
}

}  // namespace
}  // namespace sabot
