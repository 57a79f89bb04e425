// Dates, times and timestamps as text, in the forms that Flink's formats read and write.
//
//   "2024-02-29"               <->  days since 1970-01-01
//   "23:59:59.123"             <->  nanoseconds of the day
//   "2024-02-29 23:59:59.123"  <->  ticks since 1970-01-01 00:00 (no zone)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sabot {

inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kSecondsPerDay = 86'400;
inline constexpr int64_t kNanosPerDay = kSecondsPerDay * kNanosPerSecond;

// Proleptic Gregorian calendar, any year that fits.
int64_t DaysFromCivil(int64_t year, int32_t month, int32_t day);
void CivilFromDays(int64_t days, int64_t* year, int32_t* month, int32_t* day);

// How strictly a timestamp is read.
struct TimestampStyle {
  char separator = ' ';           // 'T' for ISO-8601
  bool seconds_optional = false;  // ISO: "2024-01-01T10:00"
  bool zulu = false;              // ends in 'Z'
  // java.time's SMART: 24:00:00 is the next day's midnight, and day 31 of a shorter month its last
  // day.
  bool smart = true;
};

// Each is true and sets the result, or false where the text has not the form. No blanks are
// skipped.
bool ParseDate(std::string_view text, bool smart, int64_t* days);
// May be kNanosPerDay ("24:00:00") where smart.
bool ParseTimeOfDay(std::string_view text, bool seconds_optional, bool smart, int64_t* nanos);
// Fraction digits beyond the tick go into `remainder`, in nanoseconds; false also where the result
// does not fit.
bool ParseTimestamp(std::string_view text, const TimestampStyle& style, int64_t ticks_per_second,
                    int64_t* ticks, int32_t* remainder);

void AppendDate(int64_t days, std::string* out);
// How many fraction digits: exactly `digits`, or those needed.
inline constexpr int kFractionNeeded = -1;
void AppendTimeOfDay(int64_t nanos, int fraction_digits, std::string* out);
void AppendTimestamp(int64_t ticks, int64_t ticks_per_second, char separator, int fraction_digits,
                     std::string* out);
// As java.time's LocalTime and LocalDateTime print themselves: seconds only where not zero,
// fraction in groups of three.
void AppendJavaTime(int64_t nanos, std::string* out);
void AppendJavaTimestamp(int64_t ticks, int64_t ticks_per_second, std::string* out);
// As java.time.Instant prints itself, without the final Z: seconds always.
void AppendJavaInstant(int64_t ticks, int64_t ticks_per_second, std::string* out);
// As java.time.Duration and Period.ofMonths print themselves: PT24H, PT1.5S, PT0S, P2M, P0D.
void AppendJavaDuration(int64_t millis, std::string* out);
void AppendJavaPeriod(int32_t months, std::string* out);

}  // namespace sabot
