// Comparisons of all types, IN, IS DISTINCT FROM, and the tests of BOOLEAN.
#include <gtest/gtest.h>

#include "expressions/evaluate.h"

namespace sabot::test {
namespace {

std::string Compare(const char* function, Argument left, Argument right) {
  return Apply(function, "BOOLEAN", {std::move(left), std::move(right)});
}

TEST(ComparisonTest, Numbers) {
  EXPECT_EQ(
      Compare("less_than", Values("INT", "[1, 2, null, 3]"), Values("INT", "[2, 2, 1, null]")),
      "[true, false, null, null]");
  EXPECT_EQ(Compare("greater_than_or_equal", Values("BIGINT", "[1, 2, 3]"), Literal("BIGINT", "2")),
            "[false, true, true]");
  EXPECT_EQ(Compare("less_than", Literal("INT", "2"), Values("INT", "[1, 2, 3]")),
            "[false, false, true]");
  EXPECT_EQ(
      Compare("equals", Values("DOUBLE", "[NaN, 0.0, 1.5]"), Values("DOUBLE", "[NaN, -0.0, 1.5]")),
      "[false, true, true]");
  EXPECT_EQ(Compare("not_equals", Values("DOUBLE", "[NaN]"), Values("DOUBLE", "[NaN]")), "[true]");
  EXPECT_EQ(Compare("equals", Values("BIGINT", "[1, 2]"), Literal("BIGINT", "null")),
            "[null, null]");
}

TEST(ComparisonTest, ManyRowsArePackedRight) {
  std::string values = "[";
  std::string expected = "[";
  for (int i = 0; i < 2'100; ++i) {
    values += (i > 0 ? ", " : "") + std::to_string(i * 7919 % 1000);
    expected += std::string(i > 0 ? ", " : "") + (i * 7919 % 1000 < 500 ? "true" : "false");
  }
  EXPECT_EQ(Compare("less_than", Values("INT", values + "]"), Literal("INT", "500")),
            expected + "]");
}

TEST(ComparisonTest, Text) {
  EXPECT_EQ(Compare("less_than", Values("STRING", R"(["a", "b", "Z", "é", ""])"),
                    Literal("STRING", "\"b\"")),
            "[true, false, true, false, true]");
  EXPECT_EQ(
      Compare("equals", Values("CHAR(3)", R"(["ab ", "ab"])"), Values("STRING", R"(["ab", "ab"])")),
      "[false, true]");
}

TEST(ComparisonTest, ScalesAndUnits) {
  EXPECT_EQ(
      Compare("equals", Values("DECIMAL(5,2)", R"(["1.50", "-2.00"])"),
              Values("DECIMAL(38,20)", R"(["1.50000000000000000000", "-2.00000000000000000001"])")),
      "[true, false]");
  EXPECT_EQ(Compare("greater_than",
                    Values("DECIMAL(38,0)", R"(["99999999999999999999999999999999999999"])"),
                    Values("DECIMAL(38,38)", R"(["0.99999999999999999999999999999999999999"])")),
            "[true]");
  EXPECT_EQ(Compare("less_than", Values("TIMESTAMP(3)", R"(["2024-01-01 00:00:00.001"])"),
                    Values("TIMESTAMP(9)", R"(["2024-01-01 00:00:00.001000001"])")),
            "[true]");
}

TEST(ComparisonTest, NestedValues) {
  EXPECT_EQ(Compare("equals", Values("ARRAY<INT>", "[[1, 2], [1], [1, null], null]"),
                    Values("ARRAY<INT>", "[[1, 2], [2], [1, null], []]")),
            "[true, false, true, null]");
  EXPECT_EQ(Compare("equals", Values("MAP<STRING, INT>", R"([[["a", 1], ["b", 2]], [["a", 1]]])"),
                    Values("MAP<STRING, INT>", R"([[["b", 2], ["a", 1]], [["a", 2]]])")),
            "[true, false]");
  EXPECT_EQ(Compare("not_equals", Values("ROW<a INT, b STRING>", R"([[1, "x"], [1, null]])"),
                    Values("ROW<a INT, b STRING>", R"([[1, "x"], [1, "y"]])")),
            "[false, true]");
}

TEST(ComparisonTest, In) {
  EXPECT_EQ(Apply("in", "BOOLEAN",
                  {Values("INT", "[1, 2, null]"), Literal("INT", "1"), Literal("INT", "3")}),
            "[true, false, null]");
  EXPECT_EQ(Apply("in", "BOOLEAN",
                  {Values("INT", "[1, 2]"), Literal("INT", "1"), Literal("INT", "null")}),
            "[true, null]");
  std::vector<Argument> many = {Values("STRING", R"(["k7", "x", null])")};
  for (int i = 0; i < 20; ++i) many.push_back(Literal("STRING", "\"k" + std::to_string(i) + "\""));
  EXPECT_EQ(Apply("in", "BOOLEAN", std::move(many)), "[true, false, null]");
  EXPECT_EQ(Apply("in", "BOOLEAN",
                  {Values("INT", "[1, 2, 3]"), Values("INT", "[1, 0, null]"),
                   Values("INT", "[9, 2, 0]")}),
            "[true, true, null]");
  EXPECT_EQ(
      Apply("in", "BOOLEAN",
            {Values("DECIMAL(3,1)", R"(["1.5", "2.0"])"), Literal("DECIMAL(3,2)", "\"2.00\"")}),
      "[false, true]");
}

TEST(ComparisonTest, DistinctFrom) {
  EXPECT_EQ(Compare("is_distinct_from", Values("INT", "[1, 1, null, null]"),
                    Values("INT", "[1, 2, null, 3]")),
            "[false, true, false, true]");
  EXPECT_EQ(Compare("is_not_distinct_from", Values("STRING", R"(["a", null])"),
                    Values("STRING", R"(["a", null])")),
            "[true, true]");
  EXPECT_EQ(Compare("is_distinct_from", Values("ARRAY<INT>", "[[1], null]"),
                    Values("ARRAY<INT>", "[[1], []]")),
            "[false, true]");
}

TEST(ComparisonTest, TestsOfBoolean) {
  const auto test = [](const char* function) {
    return Apply(function, "BOOLEAN", {Values("BOOLEAN", "[true, false, null]")});
  };
  EXPECT_EQ(test("is_true"), "[true, false, false]");
  EXPECT_EQ(test("is_not_true"), "[false, true, true]");
  EXPECT_EQ(test("is_false"), "[false, true, false]");
  EXPECT_EQ(test("is_not_false"), "[true, false, true]");
  EXPECT_EQ(test("is_null"), "[false, false, true]");
  EXPECT_EQ(test("is_not_null"), "[true, true, false]");
  EXPECT_EQ(Apply("is_null", "BOOLEAN", {Values("ROW<a INT>", "[[null], null]")}), "[false, true]");
}

}  // namespace
}  // namespace sabot::test
