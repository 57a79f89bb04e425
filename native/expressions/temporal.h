// Dates, times and timestamps as numbers and as text, in Flink's forms.
//
//   "2024-2-9 1:02:03.5"  <->  19762 days, 3723500 ms, 1707440523500 ticks of TIMESTAMP(3)
//
// DATE is days, TIME milliseconds of the day, TIMESTAMP ticks since 1970 (1000, 10^6 or 10^9 a
// second, by precision: TicksPerSecond in batch/type.h). The calendar is the proleptic Gregorian
// one, as java.time's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sabot {

inline constexpr int64_t kSecondsPerDay = 86'400;
inline constexpr int64_t kMillisPerDay = 86'400'000;

constexpr int64_t FloorDiv(int64_t value, int64_t divisor) {
  const int64_t quotient = value / divisor;
  return quotient * divisor > value ? quotient - 1 : quotient;
}
constexpr int64_t FloorMod(int64_t value, int64_t divisor) {
  return value - FloorDiv(value, divisor) * divisor;
}

// --- calendar ---

struct CivilDate {
  int32_t year;
  int32_t month;  // 1..12
  int32_t day;    // 1..31
};

constexpr bool IsLeapYear(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr int32_t DaysInMonth(int64_t year, int32_t month) {
  if (month == 2) return IsLeapYear(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Days since 1970-01-01. Years are counted from March, so that the leap day is the last.
constexpr int64_t DaysFromCivil(int64_t year, int32_t month, int32_t day) {
  year -= month <= 2;
  const int64_t era = FloorDiv(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719'468;
}

constexpr CivilDate CivilFromDays(int64_t days) {
  days += 719'468;
  const int64_t era = FloorDiv(days, 146'097);
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<int32_t>(day_of_year - (153 * month + 2) / 5 + 1);
  const auto civil_month = static_cast<int32_t>(month < 10 ? month + 3 : month - 9);
  return {static_cast<int32_t>(year_of_era + era * 400 + (civil_month <= 2)), civil_month, day};
}

// 1 Monday .. 7 Sunday.
constexpr int32_t IsoDayOfWeek(int64_t days) {
  return static_cast<int32_t>(FloorMod(days + 3, 7)) + 1;
}

// The same day `months` later; the last day of the month where there is none.
int64_t AddMonths(int64_t days, int64_t months);
// The same of a timestamp; the time of day stays.
int64_t AddMonthsToTicks(int64_t ticks, int64_t ticks_per_second, int64_t months);

// --- text ---

// A local timestamp: seconds since 1970-01-01 00:00:00 on a clock without zone, and nanoseconds
// 0..999,999,999.
struct LocalTimestamp {
  int64_t seconds;
  int32_t nanos;
};

// CAST(text AS DATE): y[-m[-d]], blanks around each number; what follows a blank is ignored.
std::optional<int32_t> ParseDate(std::string_view text);
// CAST(text AS TIME): h[:m[:s[.fraction]]], blanks around each number, to milliseconds (HALF_UP).
std::optional<int32_t> ParseTime(std::string_view text);
// CAST(text AS TIMESTAMP): yyyy-m-d[ h:m:s[.fraction]], exactly; 31 February is the month's last
// day, 24:00:00 the next day. On failure `error_index` (if given) is where the text stops to make
// sense.
std::optional<LocalTimestamp> ParseTimestamp(std::string_view text, int64_t* error_index = nullptr);

// Ticks of TIMESTAMP(precision); digits past the precision are cut. nullopt: nanoseconds reach from
// 1677 to 2262.
std::optional<int64_t> ToTicks(const LocalTimestamp& local, int32_t precision);
// TIMESTAMP(from) to TIMESTAMP(to): raised exactly, or cut: below three digits towards 1970,
// else towards the past. nullopt as above.
std::optional<int64_t> ChangePrecision(int64_t ticks, int32_t from, int32_t to);

// TIMESTAMP to TIMESTAMP(precision) where digits are lost. As Flink's: nothing is cut if the
// nanoseconds, written without leading zeros, have no more digits than the precision (so
// TIMESTAMP(2) keeps 91 ns).
LocalTimestamp CutFraction(LocalTimestamp from, int32_t precision);

// These write to `to` and return the end. Years are written with four digits, as Flink does.
inline constexpr size_t kTemporalTextMax = 40;
char* FormatDate(int64_t days, char* to);  // 2024-02-09
char* FormatTime(int64_t millis, int32_t precision,
                 char* to);  // 01:02:03.5 (no trailing zeros but one)
char* FormatTimestamp(int64_t ticks, int32_t precision, char* to);  // 2024-02-09 01:02:03.500
char* FormatIntervalYearMonth(int32_t months, char* to);            // +1-02
char* FormatIntervalDayTime(int64_t millis, char* to);              // +1 02:03:04.500

}  // namespace sabot
