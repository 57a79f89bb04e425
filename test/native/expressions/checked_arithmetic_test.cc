// bigint arithmetic in 64 bits: right, or an error; never wrapped.
#include <gtest/gtest.h>

#include "expressions/evaluate.h"

namespace sabot::test {
namespace {

constexpr const char* kBigint = "BIGINT NOT NULL";
constexpr const char* kTooBig = "error: A bigint needs more than 64 bits.";

std::string Two(const char* function, const char* left, const char* right) {
  return Apply(function, kBigint, {Values(kBigint, left), Values(kBigint, right)});
}

TEST(CheckedArithmeticTest, ComputesAsJavaScriptDoes) {
  EXPECT_EQ(Two("checked_plus", "[1, -9223372036854775808]", "[2, 9223372036854775807]"),
            "[3, -1]");
  EXPECT_EQ(Two("checked_minus", "[1, -9223372036854775807]", "[2, 1]"),
            "[-1, -9223372036854775808]");
  EXPECT_EQ(Two("checked_times", "[3037000499, -4]", "[3037000499, 3]"),
            "[9223372030926249001, -12]");
  EXPECT_EQ(Two("checked_divide", "[7, -7, 7, -7]", "[2, 2, -2, -2]"), "[3, -3, -3, 3]");
  EXPECT_EQ(Two("checked_mod", "[7, -7, 7, -7]", "[2, 2, -2, -2]"), "[1, -1, 1, -1]");
  EXPECT_EQ(Apply("checked_times", kBigint, {Values(kBigint, "[5, 6]"), Literal(kBigint, "2")}),
            "[10, 12]");
}

TEST(CheckedArithmeticTest, FailsWhereABigintWouldNot) {
  EXPECT_EQ(Two("checked_plus", "[1, 9223372036854775807]", "[2, 1]"), kTooBig);
  EXPECT_EQ(Two("checked_minus", "[-9223372036854775808]", "[1]"), kTooBig);
  EXPECT_EQ(Two("checked_times", "[3037000500]", "[3037000500]"), kTooBig);
  EXPECT_EQ(Two("checked_divide", "[1]", "[0]"), kTooBig);
  EXPECT_EQ(Two("checked_divide", "[-9223372036854775808]", "[-1]"), kTooBig);
  EXPECT_EQ(Two("checked_mod", "[1]", "[0]"), kTooBig);
}

TEST(CheckedArithmeticTest, SeesOnlyTheRowsOfItsBranch) {
  // x <> 0 AND 10 / x > 2
  const auto zero = [] { return Values(kBigint, "[0, 3, 9]"); };
  EXPECT_EQ(Apply("and", "BOOLEAN NOT NULL",
                  {Call("not_equals", "BOOLEAN NOT NULL", {zero(), Literal(kBigint, "0")}),
                   Call("greater_than", "BOOLEAN NOT NULL",
                        {Call("checked_divide", kBigint, {Literal(kBigint, "10"), zero()}),
                         Literal(kBigint, "2")})}),
            "[false, true, false]");
}

}  // namespace
}  // namespace sabot::test
