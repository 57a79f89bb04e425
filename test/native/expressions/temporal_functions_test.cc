// Dates by patterns, parts and rounding: answers that Flink gave (test/parity/cases/scalar has many
// more).
#include <gtest/gtest.h>

#include "expressions/date_pattern.h"
#include "expressions/evaluate.h"

namespace sabot::test {
namespace {

std::string Format(std::string_view pattern, std::string_view timestamp) {
  return Apply("date_format", "STRING",
               {Values("TIMESTAMP(3)", "[\"" + std::string(timestamp) + "\"]"),
                Literal("STRING", "\"" + std::string(pattern) + "\"")});
}
std::string Parse(std::string_view function, std::string_view type, std::string_view text,
                  std::string_view pattern) {
  return Apply(function, type,
               {Values("STRING", "[\"" + std::string(text) + "\"]"),
                Literal("STRING", "\"" + std::string(pattern) + "\"")});
}

TEST(DateFormat, JavaTimePatterns) {
  const char* const t = "2000-12-31 23:59:59.123";
  EXPECT_EQ(Format("yyyy-MM-dd HH:mm:ss.SSS", t), "[\"2000-12-31 23:59:59.123\"]");
  EXPECT_EQ(Format("EEE, d MMM yyyy", t), "[\"Sun, 31 Dec 2000\"]");
  EXPECT_EQ(Format("w W e", t), "[\"1 6 1\"]");
  EXPECT_EQ(Format("YYYY-ww", t), "[\"2001-01\"]");
  EXPECT_EQ(Format("hh:mm a kk K", t), "[\"11:59 PM 23 11\"]");
  EXPECT_EQ(Format("n N A", t), "[\"123000000 86399123000000 86399123\"]");
  EXPECT_EQ(Format("D DDD Q QQ QQQ G", t), "[\"366 366 4 04 Q4 AD\"]");
  EXPECT_EQ(Format("''yyyy''", t), "[\"'2000'\"]");
  EXPECT_EQ(Format("T", t).substr(0, 29), "error: Unknown pattern letter");
}

// What depends on the day is rendered once a day: days must not leak into each other.
TEST(DateFormat, FollowsTheDays) {
  EXPECT_EQ(
      Apply(
          "date_format", "STRING",
          {Values(
               "TIMESTAMP(3)",
               R"(["1970-01-01 00:00:00", "1969-12-31 23:59:59.999", null, "1970-01-01 23:59:59.999", "2024-02-29 12:30:00"])"),
           Literal("STRING", "\"MM-dd HH:mm\"")}),
      R"(["01-01 00:00", "12-31 23:59", null, "01-01 23:59", "02-29 12:30"])");
}

TEST(ToTimestamp, PatternThenSqlForm) {
  EXPECT_EQ(Parse("to_timestamp", "TIMESTAMP(3)", "20240229", "yyyyMMdd"),
            "[2024-02-29 00:00:00.000]");
  EXPECT_EQ(Parse("to_timestamp", "TIMESTAMP(3)", "2024-02-30", "yyyy-MM-dd"),
            "[2024-02-29 00:00:00.000]");
  EXPECT_EQ(Parse("to_timestamp", "TIMESTAMP(3)", "2024-02-30", "dd/MM/yyyy"),
            "[2024-03-01 00:00:00.000]");
  EXPECT_EQ(Parse("to_timestamp", "TIMESTAMP(3)", "2024-02-29 25:00:00", "yyyy-MM-dd HH:mm:ss"),
            "[2024-03-01 01:00:00.000]");
  EXPECT_EQ(Parse("to_timestamp", "TIMESTAMP(3)", "Thu, 29 Feb 2024 01:02:03 PM",
                  "EEE, dd MMM yyyy hh:mm:ss a"),
            "[2024-02-29 13:02:03.000]");
  EXPECT_EQ(Parse("to_timestamp", "TIMESTAMP(3)", "2024-060", "yyyy-DDD"),
            "[2024-02-29 00:00:00.000]");
  EXPECT_EQ(Parse("to_timestamp", "TIMESTAMP(3)", "2024-02-29 12:34", "uuuu-MM-dd[ HH:mm]"),
            "[2024-02-29 12:34:00.000]");
  EXPECT_EQ(Parse("to_timestamp", "TIMESTAMP(3)", "garbage", "yyyy"), "[null]");
}

// SimpleDateFormat: lenient, ignores what follows, Julian before 1582.
TEST(ToDate, Lenient) {
  EXPECT_EQ(Parse("to_date", "DATE", "2024-13-01", "yyyy-MM-dd"), "[2025-01-01]");
  EXPECT_EQ(Parse("to_date", "DATE", "2024-02-29Z", "yyyy-MM-dd"), "[2024-02-29]");
  EXPECT_EQ(Parse("to_date", "DATE", "2024-02-29", "yyyyMMdd"), "[2023-12-02]");
  EXPECT_EQ(Parse("to_date", "DATE", "0001-01-01", "yyyy-MM-dd"), "[0000-12-30]");
}

TEST(LegacyCalendar, RoundTrips) {
  for (int64_t days = -720'000; days < 20'000; days += 17) {
    const CivilDate date = LegacyFromDays(days);
    ASSERT_EQ(DaysFromLegacy(date.year, date.month, date.day), days);
  }
  EXPECT_EQ(LegacyFromDays(-141'428).day, 4);  // 4 October 1582, the day before 15 October.
}

TEST(UnixTime, ZonesAndFailures) {
  EXPECT_EQ(Apply("unix_timestamp", "BIGINT", {Values("STRING", "[\"nope\"]")}),
            Apply("unix_timestamp", "BIGINT", {Values("STRING", "[\"\"]")}));
  EXPECT_EQ(Apply("from_unixtime", "STRING", {Values("BIGINT", "[0]")}, "{}",
                  {.time_zone = "Asia/Kolkata"}),
            "[\"1970-01-01 05:30:00\"]");
  const auto convert = [](std::string_view from, std::string_view to, std::string_view text) {
    return Apply("convert_tz", "STRING",
                 {Values("STRING", "[\"" + std::string(text) + "\"]"),
                  Literal("STRING", "\"" + std::string(from) + "\""),
                  Literal("STRING", "\"" + std::string(to) + "\"")});
  };
  EXPECT_EQ(convert("Europe/Berlin", "UTC", "2024-03-31 02:30:00"),
            "[\"2024-03-31 01:30:00\"]");  // A gap.
  EXPECT_EQ(convert("Europe/Berlin", "UTC", "2024-10-27 02:30:00"),
            "[\"2024-10-27 01:30:00\"]");  // Twice: the later.
  EXPECT_EQ(convert("Nowhere/Land", "PST", "2024-02-29 12:00:00"), "[\"2024-02-29 04:00:00\"]");
}

std::string Days(int64_t year, int32_t month, int32_t day) {
  return "[" + std::to_string(DaysFromCivil(year, month, day)) + "]";
}
std::string Unit(std::string_view unit) { return R"({"unit": ")" + std::string(unit) + "\"}"; }

TEST(Extract, BeforeTheEpochDividesTowardsZero) {
  const auto part = [](std::string_view unit) {
    return Apply("extract", "BIGINT", {Values("TIMESTAMP(3)", "[\"1969-12-31 23:59:59.001\"]")},
                 Unit(unit));
  };
  EXPECT_EQ(part("YEAR"), "[1970]");
  EXPECT_EQ(part("HOUR"), "[0]");
  EXPECT_EQ(part("MILLISECOND"), "[-999]");
  EXPECT_EQ(part("EPOCH"), "[0]");
}

TEST(Extract, PartsOfADate) {
  const auto part = [](std::string_view unit, const std::string& days) {
    return Apply("extract", "BIGINT", {Values("DATE", days)}, Unit(unit));
  };
  EXPECT_EQ(part("ISOYEAR", Days(2025, 12, 29)), "[2026]");
  EXPECT_EQ(part("WEEK", Days(2023, 1, 1)), "[52]");
  EXPECT_EQ(part("DOW", Days(2000, 12, 31)), "[1]");
  EXPECT_EQ(part("MILLENNIUM", Days(2000, 12, 31)), "[2]");
  EXPECT_EQ(part("DECADE", Days(1969, 12, 31)), "[196]");
}

TEST(Rounding, FlinksOddities) {
  const auto round = [](std::string_view function, std::string_view unit, const std::string& days) {
    return Apply(function, "DATE", {Values("DATE", days)}, Unit(unit));
  };
  EXPECT_EQ(round("floor_to_unit", "WEEK", Days(2026, 1, 31)), "[2026-01-25]");  // Sunday.
  EXPECT_EQ(round("ceil_to_unit", "DAY", Days(2026, 1, 31)), "[2026-02-01]");    // Always the next.
  EXPECT_EQ(round("ceil_to_unit", "QUARTER", Days(2026, 4, 1)), "[2026-07-01]");
  EXPECT_EQ(round("floor_to_unit", "MILLENNIUM", Days(2000, 12, 31)), "[1001-01-01]");
  EXPECT_EQ(round("ceil_to_unit", "MONTH", Days(2026, 12, 2)), "[2027-01-01]");
}

TEST(TimestampDiff, WholeUnitsWrapInInt) {
  const auto diff = [](const char* unit, const char* from, const char* to) {
    return Apply("timestampdiff", "INT",
                 {Values("TIMESTAMP(3)", "[\"" + std::string(from) + "\"]"),
                  Values("TIMESTAMP(3)", "[\"" + std::string(to) + "\"]")},
                 std::string(R"({"unit": ")") + unit + "\"}");
  };
  EXPECT_EQ(diff("MONTH", "2026-01-31 23:59:59.999", "2024-05-17 08:09:10.111"), "[-20]");
  EXPECT_EQ(diff("QUARTER", "2026-01-31 23:59:59.999", "2024-05-17 08:09:10.111"), "[-6]");
  EXPECT_EQ(diff("SECOND", "1900-01-01 00:00:00", "2000-01-01 00:00:00"), "[-1139293696]");
}

}  // namespace
}  // namespace sabot::test
