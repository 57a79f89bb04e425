// Digits below a timestamp's unit: who keeps them, who sees them.
#include "expressions/exact_timestamp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "expressions/evaluate.h"
#include "formats/column_buffer.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;

// Row 0 has 456 us and 789 ns below its millisecond.
Argument Millis() {
  Argument argument =
      Values("TIMESTAMP(3)", R"(["2026-03-01 10:00:00.123", "2026-03-01 10:00:01.000", null])");
  argument.columns[0] = AttachRemainders(argument.columns[0], {456'789, 0, 0});
  return argument;
}

std::vector<int32_t> Remainders(const arrow::Array& array) {
  const int32_t* const first = RemaindersOf(*array.data());
  if (first == nullptr) return {};
  return {first, first + array.length()};
}

TEST(TimestampRemainder, SlicesAndTakenRowsKeepThem) {
  const ArrayPtr column = Millis().columns[0];
  EXPECT_THAT(Remainders(*column), ElementsAre(456'789, 0, 0));
  EXPECT_THAT(Remainders(*column->Slice(1)), ElementsAre(0, 0));
  const std::vector<int32_t> rows = {1, 0};
  EXPECT_THAT(Remainders(**Take(column, rows)), ElementsAre(0, 456'789));
  EXPECT_TRUE(column->ValidateFull().ok());
  EXPECT_EQ(RemaindersOf(*Values("TIMESTAMP(3)", "[null]").columns[0]->data()), nullptr);
}

TEST(TimestampRemainder, ARowTakenBackTakesItsOwnAlong) {
  ColumnBuffer buffer(TypeOf("TIMESTAMP(3)"));
  buffer.AppendFixed(int64_t{1});
  buffer.AppendFixed(int64_t{2});
  buffer.SetRemainder(7);
  buffer.Truncate(1);
  buffer.AppendNull();
  buffer.AppendFixed(int64_t{3});
  buffer.SetRemainder(9);
  buffer.AppendFixed(int64_t{4});
  EXPECT_THAT(Remainders(**buffer.Finish()), ElementsAre(0, 0, 9, 0));
  buffer.AppendFixed(int64_t{5});
  EXPECT_THAT(Remainders(**buffer.Finish()), ElementsAre());
}

TEST(ExactTimestamp, ComparisonsSeeEveryDigit) {
  const Argument micros = Literal("TIMESTAMP(6)", R"("2026-03-01 10:00:00.123456")");
  EXPECT_EQ(Apply("greater_than", "BOOLEAN", {Millis(), micros}), "[true, true, null]");
  EXPECT_EQ(Apply("equals", "BOOLEAN", {micros, Millis()}), "[false, false, null]");
  const Argument millis = Literal("TIMESTAMP(3)", R"("2026-03-01 10:00:00.123")");
  const Argument second = Literal("TIMESTAMP(3)", R"("2026-03-01 10:00:01.000")");
  EXPECT_EQ(Apply("equals", "BOOLEAN", {Millis(), millis}), "[false, false, null]");
  EXPECT_EQ(Apply("in", "BOOLEAN", {Millis(), millis, second}), "[false, true, null]");
  EXPECT_EQ(Apply("is_distinct_from", "BOOLEAN", {Millis(), millis}), "[true, true, true]");
  const Argument whole =
      Values("TIMESTAMP(9)",
             R"(["2026-03-01 10:00:00.123456789", "2026-03-01 10:00:01.000000000", null])");
  EXPECT_EQ(Apply("is_not_distinct_from", "BOOLEAN", {Millis(), whole}), "[true, true, true]");
}

TEST(ExactTimestamp, CastsBringDigitsToLight) {
  EXPECT_EQ(Apply("cast", "TIMESTAMP(9)", {Millis()}),
            "[2026-03-01 10:00:00.123456789, 2026-03-01 10:00:01.000000000, null]");
  EXPECT_EQ(Apply("cast", "TIMESTAMP(6)", {Millis()}),
            "[2026-03-01 10:00:00.123456, 2026-03-01 10:00:01.000000, null]");
}

TEST(ExactTimestamp, ShortNanosecondsAreNotCut) {
  const Argument nanos = Values(
      "TIMESTAMP(9)", R"(["2000-02-29 00:00:00.000000091", "2000-02-29 00:00:00.000000991"])");
  const Argument cut = Call("cast", "TIMESTAMP(2)", {nanos});
  EXPECT_EQ(Apply("equals", "BOOLEAN", {cut, nanos}), "[true, false]");
}

TEST(ExactTimestamp, IntervalsAndPatternsKeepDigits) {
  const Argument later =
      Call("plus", "TIMESTAMP(3)", {Millis(), Literal("INTERVAL_DAY_TIME", "1000")});
  EXPECT_EQ(Apply("cast", "TIMESTAMP(9)", {later}),
            "[2026-03-01 10:00:01.123456789, 2026-03-01 10:00:02.000000000, null]");
  EXPECT_EQ(Apply("date_format", "STRING", {Millis(), Literal("STRING", R"("ss.SSSSSSSSS")")}),
            R"(["00.123456789", "01.000000000", null])");
}

}  // namespace
}  // namespace sabot::test
