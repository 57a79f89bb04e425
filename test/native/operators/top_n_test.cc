// top_n: the first rows of all, over a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

std::vector<Schema> Inputs() { return {test::MakeSchema({"k STRING", "v INT"})}; }

TEST(TopNTest, IsARankOverAllRows) {
  test::Harness harness(
      R"({"op": "top_n", "config": {"orderBy": [{"column": 1, "descending": true}], "offset": 0, "fetch": 2},
          "schema": )" +
          test::SchemaJson({"k STRING", "v INT"}) + "}",
      Inputs());
  harness.Rows(R"([["a", 1], ["b", 5]])");
  harness.Restart();
  harness.Rows(R"([["c", 3]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]", "+I[b, 5]", "-D[a, 1]", "+I[c, 3]"));
}

}  // namespace
}  // namespace sabot
