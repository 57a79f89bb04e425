// late_rows: the columns that it is asked for, of rows and changes alike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

TEST(LateRowsTest, GivesTheColumnsAskedForInTheirOrder) {
  test::Harness harness(R"({"op": "late_rows", "config": {"columns": [2, 0]}, "schema": )" +
                            test::SchemaJson({"t BIGINT", "k STRING"}) + "}",
                        {test::MakeSchema({"k STRING", "v INT", "t BIGINT"})});
  harness.Rows(R"([["a", 1, 10]])");
  harness.Rows(R"([["-D", "b", 2, 20]])");
  harness.AdvanceWatermark(30);
  EXPECT_THAT(harness.Take(), ElementsAre("+I[10, a]", "-D[20, b]", "W(30)"));
}

}  // namespace
}  // namespace sabot
