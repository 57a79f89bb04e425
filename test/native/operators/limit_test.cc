// limit: counts over batches and a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

std::vector<Schema> Inputs() { return {test::MakeSchema({"k STRING", "v INT"})}; }

TEST(LimitTest, CountsOverARestart) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    test::Harness harness(R"({"op": "limit", "config": {"offset": 1, "fetch": 3}, "schema": )" +
                              test::SchemaJson({"k STRING", "v INT"}) + "}",
                          Inputs(), {.batch_rows_max = batch_rows});
    harness.Rows(R"([["a", 1], ["b", 2], ["c", 3]])");
    harness.Restart();
    harness.Rows(R"([["d", 4], ["e", 5]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[b, 2]", "+I[c, 3]", "+I[d, 4]"));
  }
}

}  // namespace
}  // namespace sabot
