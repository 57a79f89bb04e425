// not_null: rows with a value where there must be one, at the sink of a table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kColumns = {"k STRING", "v INT", "w INT"};

test::Harness Open(const std::string& config, test::HarnessOptions options = {}) {
  return test::Harness(R"({"op": "not_null", "config": {)" + config + R"(}, "schema": )" +
                           test::SchemaJson({"k STRING NOT NULL", "v INT NOT NULL", "w INT"}) + "}",
                       {test::MakeSchema(kColumns)}, options);
}

TEST(NotNullTest, FailsOnARowWithoutAValueThatTheTableNeeds) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open(R"("required": [0, 1], "drops": false)", {.batch_rows_max = batch_rows});
    harness.Rows(R"([["a", 1, null], ["-D", "a", 1, null]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1, NULL]", "-D[a, 1, NULL]"));
    const arrow::Status status = harness.TryRows(R"([["a", 1, 7], ["b", null, 5]])");
    ASSERT_TRUE(DetailOf(status) != nullptr) << status.ToString();
    EXPECT_EQ(DetailOf(status)->kind(), "null-value");
    EXPECT_EQ(DetailOf(status)->identifier(), "v");
    EXPECT_THAT(status.message(), HasSubstr("k: b, v: NULL, w: 5"));
  }
}

TEST(NotNullTest, OrLeavesItOut) {
  for (const int64_t batch_rows : {int64_t{1}, INT64_MAX}) {
    auto harness = Open(R"("required": [0, 1], "drops": true)", {.batch_rows_max = batch_rows});
    harness.Rows(R"([[null, 1, 1], ["a", 1, null], ["+U", "a", null, 1], ["-D", "b", 2, 3]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1, NULL]", "-D[b, 2, 3]"));
  }
}

}  // namespace
}  // namespace sabot
