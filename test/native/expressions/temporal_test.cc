// Dates, times and timestamps as text: what Flink reads and writes.
#include "expressions/temporal.h"

#include <gtest/gtest.h>

#include <string>

namespace sabot {
namespace {

template <typename Format>
std::string Written(Format format) {
  char buffer[kTemporalTextMax];
  return {buffer, format(buffer)};
}

std::string Date(std::string_view text) {
  const auto days = ParseDate(text);
  return days.has_value() ? Written([&](char* to) { return FormatDate(*days, to); }) : "NULL";
}
std::string Time(std::string_view text) {
  const auto millis = ParseTime(text);
  return millis.has_value() ? Written([&](char* to) { return FormatTime(*millis, 3, to); })
                            : "NULL";
}
std::string Timestamp(std::string_view text, int32_t precision = 3) {
  const auto local = ParseTimestamp(text);
  if (!local.has_value()) return "NULL";
  const auto ticks = ToTicks(*local, precision);
  return ticks.has_value()
             ? Written([&](char* to) { return FormatTimestamp(*ticks, precision, to); })
             : "out of range";
}

TEST(TemporalTest, Calendar) {
  for (int64_t days = -800'000; days < 800'000; days += 17) {
    const CivilDate date = CivilFromDays(days);
    ASSERT_EQ(DaysFromCivil(date.year, date.month, date.day), days);
  }
  EXPECT_EQ(IsoDayOfWeek(0), 4);  // A Thursday.
  EXPECT_EQ(AddMonths(DaysFromCivil(2024, 1, 31), 1), DaysFromCivil(2024, 2, 29));
  EXPECT_EQ(AddMonths(DaysFromCivil(2024, 1, 31), -11), DaysFromCivil(2023, 2, 28));
  EXPECT_EQ(AddMonths(DaysFromCivil(2024, 3, 31), -25), DaysFromCivil(2022, 2, 28));
}

TEST(TemporalTest, ReadsDates) {
  EXPECT_EQ(Date("2024-01-02"), "2024-01-02");
  EXPECT_EQ(Date("2024-1-2"), "2024-01-02");
  EXPECT_EQ(Date("2024-1"), "2024-01-01");
  EXPECT_EQ(Date("2024"), "2024-01-01");
  EXPECT_EQ(Date("24-1-1"), "0024-01-01");
  EXPECT_EQ(Date(" 2024-01-02 "), "2024-01-02");
  EXPECT_EQ(Date("2024-01-02 x"), "2024-01-02");
  EXPECT_EQ(Date("0000-01-01"), "0000-01-01");
  EXPECT_EQ(Date("00012"), "0012-01-01");
  EXPECT_EQ(Date("42\n"), "0042-01-01");
  for (const char* const wrong :
       {"2024-13-01", "2024-02-30", "2024-01-02x", "-2024-01-02", "10000-01-01", "2024/01/02",
        "2024-01-02T10:11:12", " 2024-01-02 10:11:12", "20240102", "2024-01-02-03", "", " ",
        "abc"}) {
    EXPECT_EQ(Date(wrong), "NULL") << wrong;
  }
}

TEST(TemporalTest, ReadsTimes) {
  EXPECT_EQ(Time("10:11:12"), "10:11:12.0");
  EXPECT_EQ(Time("1:2:3"), "01:02:03.0");
  EXPECT_EQ(Time("10:11"), "10:11:00.0");
  EXPECT_EQ(Time("10"), "10:00:00.0");
  EXPECT_EQ(Time("10:11:12.345"), "10:11:12.345");
  EXPECT_EQ(Time("10:11:12.3456789"), "10:11:12.346");
  EXPECT_EQ(Time("10:11:12.3"), "10:11:12.3");
  EXPECT_EQ(Time("10:11:12."), "10:11:12.0");
  EXPECT_EQ(Time(" 10:11:12 "), "10:11:12.0");
  for (const char* const wrong : {"24:00:00", "10:60:00", "10:11:60", "10:11:12Z", "10:11:12x",
                                  "-1:00:00", "10:11:", "10::12", "", "2024-01-02", "128", "+5"}) {
    EXPECT_EQ(Time(wrong), "NULL") << wrong;
  }
}

TEST(TemporalTest, ReadsTimestamps) {
  EXPECT_EQ(Timestamp("2024-01-02"), "2024-01-02 00:00:00.000");
  EXPECT_EQ(Timestamp("2024-1-2 3:4:5.6"), "2024-01-02 03:04:05.600");
  EXPECT_EQ(Timestamp("2024-02-31"), "2024-02-29 00:00:00.000");
  EXPECT_EQ(Timestamp("2024-01-02 24:00:00"), "2024-01-03 00:00:00.000");
  EXPECT_EQ(Timestamp("2024-01-02 10:11:12."), "2024-01-02 10:11:12.000");
  EXPECT_EQ(Timestamp("2024-01-02 10:11:12.3456789"), "2024-01-02 10:11:12.345");
  EXPECT_EQ(Timestamp("2024-01-02 10:11:12.345678901", 9), "2024-01-02 10:11:12.345678901");
  EXPECT_EQ(Timestamp("2024-01-02 10:11:12.345678901", 5), "2024-01-02 10:11:12.34567");
  EXPECT_EQ(Timestamp("1969-12-31 23:59:59.999999999", 0), "1969-12-31 23:59:59");
  EXPECT_EQ(Timestamp("0001-01-01"), "0001-01-01 00:00:00.000");
  EXPECT_EQ(Timestamp("9999-12-31 23:59:59.999999", 6), "9999-12-31 23:59:59.999999");
  EXPECT_EQ(Timestamp("9999-12-31 23:59:59.999999", 9), "out of range");
  for (const char* const wrong : {"0000-01-01",
                                  "24-1-1",
                                  "2024",
                                  "2024-01",
                                  "2024-13-01",
                                  "2024-02-32",
                                  " 2024-01-02 ",
                                  "2024-01-02 10:11",
                                  "2024-01-02 10",
                                  "2024-01-02 10:11:12.3456789012",
                                  "2024-01-02 10:11:60",
                                  "2024-01-02 23:60:00",
                                  "2024-01-02 24:00:01",
                                  "2024-01-02T10:11:12",
                                  "2024-01-02 10:11:12Z",
                                  "2024-01-02  10:11:12",
                                  "2024-01-02 10:11:12 ",
                                  "10000-01-01",
                                  "-2024-01-02",
                                  ""}) {
    EXPECT_EQ(Timestamp(wrong), "NULL") << wrong;
  }
  int64_t index = 0;
  EXPECT_FALSE(ParseTimestamp("2024-01-02T10:11:12", &index).has_value());
  EXPECT_EQ(index, 10);
}

TEST(TemporalTest, ChangesPrecision) {
  EXPECT_EQ(ChangePrecision(1'234, 3, 9), 1'234'000'000);
  EXPECT_EQ(ChangePrecision(1'999'999'999, 9, 3), 1'999);
  EXPECT_EQ(ChangePrecision(-1, 9, 3), -1);
  EXPECT_EQ(ChangePrecision(1'999, 3, 0), 1'000);
  EXPECT_EQ(ChangePrecision(INT64_MAX / 10, 3, 9), std::nullopt);
}

TEST(TemporalTest, WritesIntervals) {
  EXPECT_EQ(Written([](char* to) { return FormatIntervalYearMonth(14, to); }), "+1-02");
  EXPECT_EQ(Written([](char* to) { return FormatIntervalYearMonth(-30, to); }), "-2-06");
  EXPECT_EQ(Written([](char* to) { return FormatIntervalDayTime(93'784'500, to); }),
            "+1 02:03:04.500");
  EXPECT_EQ(Written([](char* to) { return FormatIntervalDayTime(-1, to); }), "-0 00:00:00.001");
}

}  // namespace
}  // namespace sabot
