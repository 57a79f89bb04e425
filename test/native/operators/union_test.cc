// union: rows of all inputs under the output's names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

TEST(UnionTest, PassesRowsAndKindsOfEveryInput) {
  const std::string node =
      R"({"op": "union", "schema": )" + test::SchemaJson({"k STRING", "v INT"}) + "}";
  test::Harness harness(
      node, {test::MakeSchema({"a STRING", "b INT"}), test::MakeSchema({"k STRING", "v INT"})});
  harness.Rows(R"([["x", 1]])", 0);
  harness.Rows(R"([["-U", "y", 2], ["+U", null, 3]])", 1);
  harness.AdvanceWatermark(5);
  EXPECT_THAT(harness.Take(), ElementsAre("+I[x, 1]", "-U[y, 2]", "+U[NULL, 3]", "W(5)"));
}

}  // namespace
}  // namespace sabot
