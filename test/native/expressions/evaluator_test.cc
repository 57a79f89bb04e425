// The evaluator: three-valued logic, branches that see only their own rows, folding.
#include "expressions/evaluator.h"

#include <gtest/gtest.h>

#include "expressions/evaluate.h"

namespace sabot::test {
namespace {

const char* const kLeft = "[true, true, true, false, false, false, null, null, null]";
const char* const kRight = "[true, false, null, true, false, null, true, false, null]";

TEST(EvaluatorTest, AndOrAreThreeValued) {
  EXPECT_EQ(Apply("and", "BOOLEAN", {Values("BOOLEAN", kLeft), Values("BOOLEAN", kRight)}),
            "[true, false, null, false, false, false, null, false, null]");
  EXPECT_EQ(Apply("or", "BOOLEAN", {Values("BOOLEAN", kLeft), Values("BOOLEAN", kRight)}),
            "[true, true, true, true, false, null, true, null, null]");
  EXPECT_EQ(Apply("not", "BOOLEAN", {Values("BOOLEAN", "[true, false, null]")}),
            "[false, true, null]");
}

// 100 / x = 10
Argument TenTimes(const char* x) {
  return Call(
      "equals", "BOOLEAN",
      {Call("divide", "INT", {Literal("INT", "100"), Values("INT", x)}), Literal("INT", "10")});
}

TEST(EvaluatorTest, AndAsksAFailingPartOnlyWhereItMatters) {
  const char* const x = "[10, 0, 5, null]";
  EXPECT_EQ(Evaluate(TenTimes(x)), "error: / by zero");
  const auto guard = [&] {
    return Call("not_equals", "BOOLEAN", {Values("INT", x), Literal("INT", "0")});
  };
  EXPECT_EQ(Apply("and", "BOOLEAN", {guard(), TenTimes(x)}), "[true, false, false, null]");
  const auto zero = [&] {
    return Call("equals", "BOOLEAN", {Values("INT", x), Literal("INT", "0")});
  };
  EXPECT_EQ(Apply("or", "BOOLEAN", {zero(), TenTimes(x)}), "[true, true, false, null]");
  EXPECT_EQ(Apply("and", "BOOLEAN", {TenTimes(x), guard()}), "error: / by zero");
}

TEST(EvaluatorTest, CaseEvaluatesEachBranchOnItsRows) {
  const char* const x = "[10, 0, 3, null, 0]";
  const auto column = [&] { return Values("INT", x); };
  EXPECT_EQ(
      Apply("case", "INT",
            {Call("equals", "BOOLEAN", {column(), Literal("INT", "0")}), Literal("INT", "-1"),
             Call("greater_than", "BOOLEAN", {column(), Literal("INT", "5")}),
             Call("divide", "INT", {Literal("INT", "100"), column()}), Literal("INT", "null")}),
      "[10, -1, null, null, -1]");
  EXPECT_EQ(
      Apply("case", "STRING",
            {Call("equals", "BOOLEAN", {column(), Literal("INT", "0")}),
             Literal("STRING", "\"zero\""), Values("STRING", R"(["a", "b", null, "d", "e"])")}),
      R"(["a", "zero", null, "d", "zero"])");
  EXPECT_EQ(Apply("if", "ARRAY<INT>",
                  {Call("equals", "BOOLEAN", {column(), Literal("INT", "0")}),
                   Literal("ARRAY<INT>", "[7]"),
                   Values("ARRAY<INT>", "[[1], [2], null, [4, null], []]")}),
            "[[1], [7], null, [4, null], [7]]");
}

TEST(EvaluatorTest, CoalesceTakesTheFirstValue) {
  EXPECT_EQ(
      Apply("coalesce", "INT", {Values("INT", "[1, null, null]"), Values("INT", "[7, 8, null]")}),
      "[1, 8, null]");
  EXPECT_EQ(Apply("coalesce", "INT",
                  {Values("INT", "[0, null, 3]"),
                   Call("divide", "INT", {Literal("INT", "6"), Values("INT", "[0, 2, 0]")}),
                   Literal("INT", "9")}),
            "[0, 3, 3]");
  EXPECT_EQ(
      Apply("coalesce", "DECIMAL(5,2)",
            {Values("DECIMAL(5,2)", R"([null, "1.25"])"), Literal("DECIMAL(5,2)", "\"0.50\"")}),
      "[0.50, 1.25]");
}

TEST(EvaluatorTest, AFailingConstantFailsOnlyWhereARowReachesIt) {
  const auto failing = [] {
    return Call("divide", "INT", {Literal("INT", "1"), Literal("INT", "0")});
  };
  EXPECT_EQ(
      Apply("case", "INT", {Values("BOOLEAN", "[true, true]"), Literal("INT", "1"), failing()}),
      "[1, 1]");
  EXPECT_EQ(
      Apply("case", "INT", {Values("BOOLEAN", "[true, false]"), Literal("INT", "1"), failing()}),
      "error: / by zero");
  EXPECT_EQ(Apply("plus", "INT", {Values("INT", "[]"), failing()}), "[]");
}

TEST(EvaluatorTest, ConstantsAreFolded) {
  const auto sum =
      Call("plus", "INT",
           {Literal("INT", "1"), Call("times", "INT", {Literal("INT", "2"), Literal("INT", "3")})});
  auto bound = Bind(sum.expression, {}).ValueOrDie();
  const auto value = bound->Evaluate({}, 5).ValueOrDie();
  EXPECT_TRUE(value.constant);
  EXPECT_EQ(value.array->length(), 1);
  EXPECT_EQ(Materialize(value, 5).ValueOrDie()->length(), 5);
}

TEST(EvaluatorTest, SlicedColumnsAreReadFromTheirOffset) {
  for (const int64_t offset : {1, 3, 8, 13}) {
    auto left = Values("INT", "[0,1,2,3,4,5,6,7,8,9,null,11,12,13,14,15,16]");
    auto right = Values("INT", "[0,1,null,3,4,5,6,7,8,null,10,11,12,13,14,15,16]");
    const auto whole = Evaluate(Call("plus", "INT", {left, right}));
    auto sliced = Call("plus", "INT", {left, right});
    for (auto& column : sliced.columns) column = column->Slice(offset);
    std::string expected = "[";
    for (int64_t i = offset; i < 17; ++i) {
      if (i > offset) expected += ", ";
      expected += i == 2 || i == 9 || i == 10 ? "null" : std::to_string(2 * i);
    }
    EXPECT_EQ(Evaluate(sliced), expected + "]") << whole;
    auto compared = Call("less_than", "BOOLEAN", {left, Literal("INT", "8")});
    for (auto& column : compared.columns) column = column->Slice(offset);
    auto negated =
        Call("and", "BOOLEAN", {Call("not", "BOOLEAN", {compared}), Literal("BOOLEAN", "true")});
    EXPECT_EQ(Evaluate(negated).find("null") != std::string::npos, offset <= 10);
  }
}

TEST(EvaluatorTest, SelectTrueKeepsOnlyTrue) {
  std::vector<int32_t> rows;
  const auto column = Values("BOOLEAN", "[true, null, false, true]").columns[0];
  ASSERT_TRUE(SelectTrue(Vector{column, false}, 4, &rows).ok());
  EXPECT_EQ(rows, (std::vector<int32_t>{0, 3}));
  ASSERT_TRUE(SelectTrue(Vector{column->Slice(0, 1), true}, 3, &rows).ok());
  EXPECT_EQ(rows, (std::vector<int32_t>{0, 1, 2}));
  ASSERT_TRUE(SelectTrue(Vector{column->Slice(1, 1), true}, 3, &rows).ok());
  EXPECT_TRUE(rows.empty());
}

TEST(EvaluatorTest, AnUnknownFunctionIsNamed) {
  EXPECT_EQ(Apply("frobnicate", "INT", {}), "error: The engine has no function 'frobnicate'.");
}

}  // namespace
}  // namespace sabot::test
