// project: computed and shared columns, kinds kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ProjectTest, ComputesColumnsAndKeepsKinds) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    test::Harness harness(
        R"({"op": "project", "config": {"expressions": [
              {"column": 1, "type": {"kind": "INTEGER"}},
              {"call": "plus", "type": {"kind": "INTEGER"}, "args": [
                {"column": 1, "type": {"kind": "INTEGER"}}, {"literal": 1, "type": {"kind": "INTEGER"}}]},
              {"literal": "x", "type": {"kind": "VARCHAR"}}]}, "schema": )" +
            test::SchemaJson({"v INT", "w INT", "c STRING"}) + "}",
        {test::MakeSchema({"k STRING", "v INT"})}, {.batch_rows_max = batch_rows});
    harness.Rows(R"([["+I", "a", 1], ["-U", "b", null]])");
    harness.AdvanceWatermark(3);
    EXPECT_THAT(harness.Take(), ElementsAre("+I[1, 2, x]", "-U[NULL, NULL, x]", "W(3)"));
  }
}

TEST(ProjectTest, AnErrorNamesTheColumnAndTheRow) {
  test::Harness harness(
      R"({"op": "project", "config": {"expressions": [
            {"call": "cast", "type": {"kind": "INTEGER"}, "args": [
              {"column": 0, "type": {"kind": "VARCHAR"}}]}]}, "schema": )" +
          test::SchemaJson({"price INT"}) + "}",
      {test::MakeSchema({"text STRING", "id INT"})});
  const auto error = harness.TryRows(R"([["+I", "1", 1], ["+I", "n1", null], ["+I", "n2", 3]])");
  EXPECT_THAT(error.message(), HasSubstr("(column 'price' of the row text: n1, id: NULL)"));
  EXPECT_EQ(DetailOf(error)->kind(), "runtime-cast");
}

}  // namespace
}  // namespace sabot
