// filter: judges each row alone, keeps kinds, drops columns that only the condition needed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

constexpr const char* kCondition =
    R"({"call": "greater_than", "type": {"kind": "BOOLEAN"}, "args": [
         {"column": 1, "type": {"kind": "INTEGER"}}, {"literal": 2, "type": {"kind": "INTEGER"}}]})";

std::string Node(const std::string& columns, const std::string& schema) {
  return std::string(R"({"op": "filter", "config": {"condition": )") + kCondition + columns +
         R"(}, "schema": )" + schema + "}";
}

TEST(FilterTest, KeepsRowsWhoseConditionIsTrue) {
  test::Harness harness(Node("", test::SchemaJson({"k STRING", "v INT"})),
                        {test::MakeSchema({"k STRING", "v INT"})});
  harness.Rows(R"([["+I", "a", 1], ["-U", "b", 3], ["+U", "b", 5], ["+I", "c", null]])");
  harness.AdvanceWatermark(7);
  EXPECT_THAT(harness.Take(), ElementsAre("-U[b, 3]", "+U[b, 5]", "W(7)"));
}

TEST(FilterTest, DropsTheColumnThatOnlyTheConditionNeeds) {
  test::Harness harness(Node(R"(, "columns": [0])", test::SchemaJson({"k STRING"})),
                        {test::MakeSchema({"k STRING", "v INT"})}, {.batch_rows_max = 1});
  harness.Rows(R"([["a", 1], ["b", 3], [null, 4]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[b]", "+I[NULL]"));
}

}  // namespace
}  // namespace sabot
