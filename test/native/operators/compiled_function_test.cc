// compiled_function: native while it can, the function itself for a batch in which a kernel fails.
#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "harness.h"

namespace sabot {
namespace {

using test::UserFunctionModel;
using ::testing::ElementsAre;

// v * 2 as a DOUBLE would need no check; as checked BIGINT it fails above 2^62.
const char* const kConfig = R"({"reads": [1], "expressions": [
    {"call": "checked_times", "type": {"kind": "BIGINT", "nullable": false}, "args": [
      {"column": 1, "type": {"kind": "BIGINT", "nullable": false}},
      {"literal": "2", "type": {"kind": "BIGINT", "nullable": false}}]}]})";

std::string Node() {
  return R"({"op": "compiled_function", "config": )" + std::string(kConfig) + R"(, "schema": )" +
         test::SchemaJson({"k STRING", "v BIGINT NOT NULL", "twice BIGINT NOT NULL"}) + "}";
}

// The function: here it gives -1 where its result would not fit.
UserFunction::Reply Twice(const std::shared_ptr<arrow::Buffer>& request) {
  const auto rows = test::ReadRequest(request, ToArrow(test::MakeSchema({"v BIGINT NOT NULL"})));
  const auto& values = static_cast<const arrow::Int64Array&>(*rows->column(0));
  arrow::Int64Builder results;
  for (int64_t row = 0; row < rows->num_rows(); ++row) {
    const int64_t value = values.Value(row);
    ARROW_RETURN_NOT_OK(results.Append(value > INT64_MAX / 2 ? -1 : value * 2));
  }
  ARROW_ASSIGN_OR_RAISE(auto column, results.Finish());
  return test::MakeReply(arrow::RecordBatch::Make(
      ToArrow(test::MakeSchema({"twice BIGINT NOT NULL"})), rows->num_rows(), {column}));
}

TEST(CompiledFunctionTest, AsksTheFunctionOnlyForABatchThatFails) {
  int num_calls = 0;
  UserFunctionModel owner({{0, [&](const auto& request) {
                              ++num_calls;
                              return Twice(request);
                            }}});
  test::Harness harness(Node(), {test::MakeSchema({"k STRING", "v BIGINT NOT NULL"})},
                        {.owner = &owner});
  harness.Rows(R"([["+I", "a", 1], ["-D", null, 2]])");
  EXPECT_EQ(num_calls, 0);
  harness.Rows(R"([["+I", "a", 3], ["-D", "b", 9223372036854775807]])");
  EXPECT_EQ(num_calls, 1);
  harness.Restart();
  harness.Rows(R"([["c", 5]])");
  EXPECT_EQ(num_calls, 1);
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1, 2]", "-D[NULL, 2, 4]", "+I[a, 3, 6]",
                                          "-D[b, 9223372036854775807, -1]", "+I[c, 5, 10]"));
}

TEST(CompiledFunctionTest, TheFunctionsErrorIsTheJobs) {
  UserFunctionModel owner({{0, [](const auto&) -> UserFunction::Reply {
                              return UserError("user-function", "f", "does not fit BIGINT");
                            }}});
  test::Harness harness(Node(), {test::MakeSchema({"k STRING", "v BIGINT NOT NULL"})},
                        {.owner = &owner});
  EXPECT_EQ(harness.TryRows(R"([["a", 9223372036854775807]])").message(), "does not fit BIGINT");
}

}  // namespace
}  // namespace sabot
