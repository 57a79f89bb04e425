// expand: one row into several.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

TEST(ExpandTest, RepeatsEveryRowOncePerProjection) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    test::Harness harness(
        R"({"op": "expand", "config": {"projections": [
              [{"column": 0, "type": {"kind": "VARCHAR"}}, {"literal": "0", "type": {"kind": "BIGINT", "nullable": false}}],
              [{"literal": null, "type": {"kind": "VARCHAR"}}, {"literal": "1", "type": {"kind": "BIGINT", "nullable": false}}]]},
            "schema": )" +
            test::SchemaJson({"k STRING", "e BIGINT NOT NULL"}) + "}",
        {test::MakeSchema({"k STRING"})}, {.batch_rows_max = batch_rows});
    harness.Rows(R"([["-U", "a"], ["+U", "b"]])");
    EXPECT_THAT(harness.Take(), ElementsAre("-U[a, 0]", "-U[NULL, 1]", "+U[b, 0]", "+U[NULL, 1]"));
  }
}

}  // namespace
}  // namespace sabot
