// Dates, times and timestamps as text.
#include "base/temporal_text.h"

#include <cstdlib>

namespace sabot {
namespace {

// A cursor over the text: every step is true where the form holds.
struct Cursor {
  const char* at;
  const char* end;

  bool Done() const { return at == end; }
  bool Char(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  bool TwoDigits(int32_t* value) {
    if (end - at < 2 || !IsDigit(at[0]) || !IsDigit(at[1])) return false;
    *value = (at[0] - '0') * 10 + (at[1] - '0');
    at += 2;
    return true;
  }
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
};

constexpr int32_t kDaysOfMonth[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

int32_t LengthOfMonth(int64_t year, int32_t month) {
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDaysOfMonth[month - 1];
}

// ISO_LOCAL_DATE: four year digits; more only behind a sign.
bool ReadDate(Cursor& in, bool smart, int64_t* days) {
  bool negative = false;
  bool plus = false;
  if (in.Char('-')) {
    negative = true;
  } else if (in.Char('+')) {
    plus = true;
  }
  int64_t year = 0;
  int digits = 0;
  while (!in.Done() && Cursor::IsDigit(*in.at) && digits < 10) {
    year = year * 10 + (*in.at++ - '0');
    ++digits;
  }
  if (digits < 4 || (digits == 4 && plus) || (digits > 4 && !plus && !negative)) return false;
  if (year > 999'999'999 || (negative && year == 0)) return false;
  if (negative) year = -year;
  int32_t month = 0;
  int32_t day = 0;
  if (!in.Char('-') || !in.TwoDigits(&month) || !in.Char('-') || !in.TwoDigits(&day)) return false;
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  const int32_t last = LengthOfMonth(year, month);
  if (day > last) {
    if (!smart) return false;
    day = last;
  }
  *days = DaysFromCivil(year, month, day);
  return true;
}

bool ReadTime(Cursor& in, bool seconds_optional, bool smart, int64_t* nanos) {
  int32_t hour = 0;
  int32_t minute = 0;
  int32_t second = 0;
  int64_t fraction = 0;
  if (!in.TwoDigits(&hour) || !in.Char(':') || !in.TwoDigits(&minute)) return false;
  if (in.Char(':')) {
    if (!in.TwoDigits(&second)) return false;
    if (in.Char('.')) {
      int digits = 0;
      while (!in.Done() && Cursor::IsDigit(*in.at) && digits < 9) {
        fraction = fraction * 10 + (*in.at++ - '0');
        ++digits;
      }
      for (; digits < 9; ++digits) fraction *= 10;
    }
  } else if (!seconds_optional) {
    return false;
  }
  if (hour > 24 || minute > 59 || second > 59) return false;
  if (hour == 24 && (!smart || minute != 0 || second != 0 || fraction != 0)) return false;
  *nanos = ((hour * 60 + minute) * 60LL + second) * kNanosPerSecond + fraction;
  return true;
}

void AppendTwo(int64_t value, std::string* out) {
  out->push_back(static_cast<char>('0' + value / 10));
  out->push_back(static_cast<char>('0' + value % 10));
}

void AppendFraction(int64_t nanos, int digits, std::string* out) {
  if (digits == kFractionNeeded) {
    digits = 9;
    if (nanos == 0) return;
    for (int64_t rest = nanos; rest % 10 == 0; rest /= 10) --digits;
  }
  if (digits == 0) return;
  out->push_back('.');
  int64_t power = kNanosPerSecond / 10;
  for (int i = 0; i < digits; ++i, power /= 10) {
    out->push_back(static_cast<char>('0' + nanos / power % 10));
  }
}

// Fraction in groups of three digits, as java.time prints it.
int JavaFractionDigits(int64_t nanos) {
  if (nanos == 0) return 0;
  if (nanos % 1'000'000 == 0) return 3;
  return nanos % 1'000 == 0 ? 6 : 9;
}

// Floor division into days and nanoseconds of the day.
void SplitTicks(int64_t ticks, int64_t ticks_per_second, int64_t* days, int64_t* nanos) {
  const int64_t ticks_per_day = ticks_per_second * kSecondsPerDay;
  *days = ticks / ticks_per_day;
  int64_t rest = ticks % ticks_per_day;
  if (rest < 0) {
    rest += ticks_per_day;
    --*days;
  }
  *nanos = rest * (kNanosPerSecond / ticks_per_second);
}

}  // namespace

int64_t DaysFromCivil(int64_t year, int32_t month, int32_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

void CivilFromDays(int64_t days, int64_t* year, int32_t* month, int32_t* day) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;
  *day = static_cast<int32_t>(day_of_year - (153 * shifted + 2) / 5 + 1);
  *month = static_cast<int32_t>(shifted < 10 ? shifted + 3 : shifted - 9);
  *year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

bool ParseDate(std::string_view text, bool smart, int64_t* days) {
  Cursor in{text.data(), text.data() + text.size()};
  return ReadDate(in, smart, days) && in.Done();
}

bool ParseTimeOfDay(std::string_view text, bool seconds_optional, bool smart, int64_t* nanos) {
  Cursor in{text.data(), text.data() + text.size()};
  return ReadTime(in, seconds_optional, smart, nanos) && in.Done();
}

bool ParseTimestamp(std::string_view text, const TimestampStyle& style, int64_t ticks_per_second,
                    int64_t* ticks, int32_t* remainder) {
  Cursor in{text.data(), text.data() + text.size()};
  int64_t days = 0;
  int64_t nanos = 0;
  if (!ReadDate(in, style.smart, &days) || !in.Char(style.separator)) return false;
  if (!ReadTime(in, style.seconds_optional, style.smart, &nanos)) return false;
  if (style.zulu && !in.Char('Z')) return false;
  if (!in.Done()) return false;
  const int64_t day_ticks = ticks_per_second * kSecondsPerDay;
  const int64_t nanos_per_tick = kNanosPerSecond / ticks_per_second;
  const int64_t time_ticks = nanos / nanos_per_tick;
  *remainder = static_cast<int32_t>(nanos % nanos_per_tick);
  int64_t product = 0;
  return !__builtin_mul_overflow(days, day_ticks, &product) &&
         !__builtin_add_overflow(product, time_ticks, ticks);
}

void AppendDate(int64_t days, std::string* out) {
  int64_t year = 0;
  int32_t month = 0;
  int32_t day = 0;
  CivilFromDays(days, &year, &month, &day);
  if (year < 0) {
    out->push_back('-');
    year = -year;
  } else if (year > 9'999) {
    out->push_back('+');
  }
  const std::string digits = std::to_string(year);
  out->append(digits.size() < 4 ? 4 - digits.size() : 0, '0');
  out->append(digits);
  out->push_back('-');
  AppendTwo(month, out);
  out->push_back('-');
  AppendTwo(day, out);
}

void AppendTimeOfDay(int64_t nanos, int fraction_digits, std::string* out) {
  const int64_t seconds = nanos / kNanosPerSecond;
  AppendTwo(seconds / 3'600, out);
  out->push_back(':');
  AppendTwo(seconds / 60 % 60, out);
  out->push_back(':');
  AppendTwo(seconds % 60, out);
  AppendFraction(nanos % kNanosPerSecond, fraction_digits, out);
}

void AppendTimestamp(int64_t ticks, int64_t ticks_per_second, char separator, int fraction_digits,
                     std::string* out) {
  int64_t days = 0;
  int64_t nanos = 0;
  SplitTicks(ticks, ticks_per_second, &days, &nanos);
  AppendDate(days, out);
  out->push_back(separator);
  AppendTimeOfDay(nanos, fraction_digits, out);
}

void AppendJavaTime(int64_t nanos, std::string* out) {
  if (nanos % (60 * kNanosPerSecond) != 0) {
    AppendTimeOfDay(nanos, JavaFractionDigits(nanos % kNanosPerSecond), out);
    return;
  }
  const int64_t minutes = nanos / (60 * kNanosPerSecond);
  AppendTwo(minutes / 60, out);
  out->push_back(':');
  AppendTwo(minutes % 60, out);
}

void AppendJavaTimestamp(int64_t ticks, int64_t ticks_per_second, std::string* out) {
  int64_t days = 0;
  int64_t nanos = 0;
  SplitTicks(ticks, ticks_per_second, &days, &nanos);
  AppendDate(days, out);
  out->push_back('T');
  AppendJavaTime(nanos, out);
}

void AppendJavaInstant(int64_t ticks, int64_t ticks_per_second, std::string* out) {
  int64_t days = 0;
  int64_t nanos = 0;
  SplitTicks(ticks, ticks_per_second, &days, &nanos);
  AppendDate(days, out);
  out->push_back('T');
  AppendTimeOfDay(nanos, JavaFractionDigits(nanos % kNanosPerSecond), out);
}

void AppendJavaDuration(int64_t millis, std::string* out) {
  if (millis == 0) {
    out->append("PT0S");
    return;
  }
  out->append("PT");
  const int64_t hours = millis / 3'600'000;
  const int64_t minutes = millis / 60'000 % 60;
  const int64_t rest = millis % 60'000;
  if (hours != 0) out->append(std::to_string(hours)).push_back('H');
  if (minutes != 0) out->append(std::to_string(minutes)).push_back('M');
  if (rest == 0) return;
  if (rest < 0) out->push_back('-');
  const int64_t positive = rest < 0 ? -rest : rest;
  out->append(std::to_string(positive / 1'000));
  if (positive % 1'000 != 0) {
    std::string fraction = std::to_string(1'000 + positive % 1'000);
    fraction[0] = '.';
    while (fraction.back() == '0') fraction.pop_back();
    out->append(fraction);
  }
  out->push_back('S');
}

void AppendJavaPeriod(int32_t months, std::string* out) {
  if (months == 0) {
    out->append("P0D");
    return;
  }
  out->push_back('P');
  out->append(std::to_string(months)).push_back('M');
}

}  // namespace sabot
