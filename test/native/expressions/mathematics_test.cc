// Arithmetic's errors and overflow, random numbers, decimals at their limits. Tables:
// flink_answers.jsonl.
#include <arrow/array.h>
#include <gtest/gtest.h>

#include "expressions/evaluate.h"

namespace sabot::test {
namespace {

TEST(ArithmeticTest, IntegersWrap) {
  EXPECT_EQ(Apply("plus", "INT", {Values("INT", "[2147483647]"), Literal("INT", "1")}),
            "[-2147483648]");
  EXPECT_EQ(
      Apply("times", "BIGINT", {Values("BIGINT", "[9223372036854775807]"), Literal("BIGINT", "2")}),
      "[-2]");
  EXPECT_EQ(Apply("minus", "TINYINT", {Values("TINYINT", "[-128]"), Literal("TINYINT", "1")}),
            "[127]");
  EXPECT_EQ(Apply("divide", "INT", {Values("INT", "[-2147483648, -7]"), Literal("INT", "-1")}),
            "[-2147483648, 7]");
  EXPECT_EQ(Apply("mod", "BIGINT",
                  {Values("BIGINT", "[-9223372036854775808, 7]"), Values("BIGINT", "[-1, -1]")}),
            "[0, 0]");
  EXPECT_EQ(Apply("negate", "INT", {Values("INT", "[-2147483648]")}), "[-2147483648]");
}

TEST(ArithmeticTest, DivisionByZero) {
  EXPECT_EQ(Apply("divide", "INT", {Values("INT", "[1, null]"), Values("INT", "[1, 0]")}),
            "[1, null]");
  EXPECT_EQ(Apply("mod", "INT", {Values("INT", "[1]"), Values("INT", "[0]")}), "error: / by zero");
  EXPECT_EQ(Apply("divide", "DOUBLE", {Values("DOUBLE", "[1, 0, -1]"), Literal("DOUBLE", "0.0")}),
            "[Infinity, NaN, -Infinity]");
  EXPECT_EQ(Apply("divide", "DECIMAL(10,6)",
                  {Values("DECIMAL(4,2)", R"(["1.00"])"), Literal("DECIMAL(4,2)", "\"0.00\"")}),
            "error: Division by zero");
}

TEST(ArithmeticTest, ModOfTwoWidthsUsesTheWholeDividend) {
  EXPECT_EQ(Apply("mod", "INT", {Values("BIGINT", "[9223372036854775807]"), Literal("INT", "10")}),
            "[7]");
}

TEST(DecimalTest, DivisionRoundsTo38DigitsFirst) {
  EXPECT_EQ(
      Apply("divide", "DECIMAL(38,37)",
            {Values("DECIMAL(38,0)", R"(["1", "2", "-1"])"), Literal("DECIMAL(38,0)", "\"3\"")}),
      "[0.3333333333333333333333333333333333333, 0.6666666666666666666666666666666666667, "
      "-0.3333333333333333333333333333333333333]");
  EXPECT_EQ(Apply("divide", "DECIMAL(38,6)",
                  {Values("DECIMAL(38,0)", R"(["99999999999999999999999999999999999999"])"),
                   Literal("DECIMAL(38,0)", "\"100000000\"")}),
            "[1000000000000000000000000000000.000000]");
}

TEST(RandomTest, ASeedGivesJavasNumbers) {
  EXPECT_EQ(Apply("rand_integer", "INT", {Literal("INT", "42"), Literal("INT", "100")}), "[30]");
  EXPECT_EQ(Apply("rand", "DOUBLE", {Literal("INT", "42")}), "[0.7275636800328681]");
  EXPECT_EQ(Apply("rand_integer", "INT", {Values("INT", "[42, 42, null]"), Literal("INT", "100")}),
            "[30, 30, null]");
  EXPECT_EQ(Apply("rand_integer", "INT", {Literal("INT", "0")}), "error: bound must be positive");
}

TEST(RandomTest, EveryRowHasItsOwn) {
  auto bound = Bind(Call("rand", "DOUBLE", {}).expression, {}).ValueOrDie();
  const auto values = bound->Evaluate({}, 3).ValueOrDie();
  EXPECT_FALSE(values.constant);
  const auto array = std::static_pointer_cast<arrow::DoubleArray>(values.array);
  EXPECT_NE(array->Value(0), array->Value(1));
  EXPECT_NE(array->Value(1), array->Value(2));
}

TEST(ExtremeTest, NullWins) {
  EXPECT_EQ(Apply("greatest", "INT", {Values("INT", "[1, null]"), Literal("INT", "2")}),
            "[2, null]");
  EXPECT_EQ(
      Apply("least", "STRING", {Values("STRING", R"(["b", "é"])"), Literal("STRING", "\"c\"")}),
      R"(["b", "c"])");
  EXPECT_EQ(Apply("greatest", "BOOLEAN",
                  {Values("BOOLEAN", "[false, true]"), Literal("BOOLEAN", "false")}),
            "[false, true]");
}

TEST(RoundTest, InfinityHasNoDigits) {
  EXPECT_EQ(
      Apply("round", "DOUBLE", {Values("DOUBLE", "[Inf]"), Literal("INT", "1")}).substr(0, 24),
      "error: Character I is ne");
  EXPECT_EQ(
      Apply("round", "DOUBLE", {Values("DOUBLE", "[123456789012345678]"), Literal("INT", "-3")}),
      "[123456789012346000]");
  EXPECT_EQ(Apply("round", "DOUBLE", {Values("DOUBLE", "[9.5, 99.5, 0.05]"), Literal("INT", "0")}),
            "[10, 100, 0]");
}

}  // namespace
}  // namespace sabot::test
