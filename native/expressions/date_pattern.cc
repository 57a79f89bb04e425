// Patterns of dates and times: compiling and printing.
#include "expressions/date_pattern.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sabot {
namespace {

constexpr int64_t kGregorianStart = -141'427;  // 1582-10-15
constexpr int64_t kNanosPerSecond = 1'000'000'000;

void AppendPadded(int64_t value, int width, std::string* out) {
  const std::string digits = std::to_string(std::abs(value));
  if (value < 0) out->push_back('-');
  if (static_cast<size_t>(width) > digits.size())
    out->append(static_cast<size_t>(width) - digits.size(), '0');
  out->append(digits);
}

// Weeks begin on Sunday and the first one needs one day, as in the US. `day` counts from 1 in the
// month or year.
int64_t WeekOffset(int64_t day, int64_t sunday_based) {
  const int64_t week_start = FloorMod(day - sunday_based, 7);
  return week_start > 0 ? 7 - week_start : 0;
}
int64_t Week(int64_t offset, int64_t day) { return (7 + offset + day - 1) / 7; }

struct YearWeek {
  int64_t year;
  int64_t week;
};
YearWeek YearWeekOf(const CivilDate& date, int64_t day_of_year, int64_t sunday_based) {
  const int64_t offset = WeekOffset(day_of_year, sunday_based);
  const int64_t week = Week(offset, day_of_year);
  const int64_t next = Week(offset, (IsLeapYear(date.year) ? 366 : 365) + 1);
  return week > 50 && week >= next ? YearWeek{date.year + 1, week - next + 1}
                                   : YearWeek{date.year, week};
}

void AppendOffset(int32_t seconds, bool colon, std::string* out) {
  const int32_t minutes = std::abs(seconds) / 60;
  out->push_back(seconds < 0 ? '-' : '+');
  AppendPadded(minutes / 60, 2, out);
  if (colon) out->push_back(':');
  AppendPadded(minutes % 60, 2, out);
}

}  // namespace

int64_t HourAs(int64_t hour, char letter) {
  switch (letter) {
    case 'H':
      return hour;
    case 'k':
      return hour == 0 ? 24 : hour;
    case 'K':
      return hour % 12;
    default:
      return hour % 12 == 0 ? 12 : hour % 12;
  }
}

int64_t DaysFromLegacy(int64_t year, int64_t month, int64_t day) {
  year += FloorDiv(month - 1, 12);
  const auto civil_month = static_cast<int32_t>(FloorMod(month - 1, 12) + 1);
  const int64_t gregorian = DaysFromCivil(year, civil_month, 1) + day - 1;
  if (gregorian >= kGregorianStart) return gregorian;
  // Julian: a leap year every four years; the two calendars agreed from 1 March 200 on.
  const int64_t march_year = year - (civil_month <= 2 ? 1 : 0);
  const int64_t leap_difference = FloorDiv(march_year, 100) - FloorDiv(march_year, 400) - 2;
  return DaysFromCivil(year, civil_month, 1) + leap_difference + day - 1;
}

CivilDate LegacyFromDays(int64_t days) {
  if (days >= kGregorianStart) return CivilFromDays(days);
  // Days since 1 March of year 0 in the Julian calendar.
  const int64_t shifted = days + 719'470;
  const int64_t cycle = FloorDiv(shifted, 1461);
  const int64_t day_of_cycle = shifted - cycle * 1461;
  const int64_t year_of_cycle = std::min<int64_t>(day_of_cycle / 365, 3);
  const int64_t day_of_year = day_of_cycle - year_of_cycle * 365;
  const int64_t month = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<int32_t>(day_of_year - (153 * month + 2) / 5 + 1);
  const auto civil_month = static_cast<int32_t>(month < 10 ? month + 3 : month - 9);
  return {static_cast<int32_t>(cycle * 4 + year_of_cycle + (civil_month <= 2 ? 1 : 0)), civil_month,
          day};
}

bool DatePattern::IsTimeLetter(char letter) {
  return std::string_view("HkKhmsSAnNa").find(letter) != std::string_view::npos;
}

bool DatePattern::Field::numeric(DatePatternKind kind) const {
  switch (letter) {
    case 'M':
    case 'L':
      return count <= 2;
    case 'e':
    case 'c':
    case 'Q':
    case 'q':
      return kind == DatePatternKind::kModern && count <= 2;
    case 'u':
    case 'y':
    case 'Y':
    case 'd':
    case 'D':
    case 'F':
    case 'w':
    case 'W':
    case 'H':
    case 'k':
    case 'K':
    case 'h':
    case 'm':
    case 's':
    case 'S':
    case 'A':
    case 'n':
    case 'N':
      return true;
    default:
      return false;
  }
}

arrow::Status DatePattern::Check(char letter, int count) const {
  const std::string name(1, letter);
  if (kind_ == DatePatternKind::kLegacy) {
    if (std::string_view("GyYMLwWDdFEuaHkKhmsSzZX").find(letter) != std::string_view::npos)
      return arrow::Status::OK();
    return arrow::Status::Invalid("Illegal pattern character '", name, "' in a date format");
  }
  if (std::string_view("VzOXxZvpB").find(letter) != std::string_view::npos) {
    return arrow::Status::Invalid("The pattern letter '", name,
                                  "' needs a time zone, which a timestamp does not have");
  }
  int most = 0;
  switch (letter) {
    case 'u':
    case 'y':
    case 'Y':
    case 'A':
    case 'n':
    case 'N':
      most = 19;
      break;
    case 'G':
    case 'M':
    case 'L':
    case 'Q':
    case 'q':
    case 'E':
    case 'e':
    case 'c':
      most = 5;
      break;
    case 'S':
      most = 9;
      break;
    case 'D':
      most = 3;
      break;
    case 'd':
    case 'H':
    case 'k':
    case 'K':
    case 'h':
    case 'm':
    case 's':
    case 'w':
      most = 2;
      break;
    case 'F':
    case 'W':
    case 'a':
      most = 1;
      break;
    default:
      return arrow::Status::Invalid("Unknown pattern letter: ", name);
  }
  if (count > most || (letter == 'c' && count == 2))
    return arrow::Status::Invalid("Too many pattern letters: ", name);
  return arrow::Status::OK();
}

arrow::Result<DatePattern> DatePattern::Compile(std::string_view text, DatePatternKind kind) {
  DatePattern pattern;
  pattern.kind_ = kind;
  const auto literal = [&]() -> std::string& {
    if (pattern.fields_.empty() || pattern.fields_.back().letter != 0)
      pattern.fields_.emplace_back();
    return pattern.fields_.back().literal;
  };
  int open = 0;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      size_t end = i;
      while (end < text.size() && text[end] == c) ++end;
      const auto count = static_cast<int>(end - i);
      ARROW_RETURN_NOT_OK(pattern.Check(c, count));
      pattern.fields_.push_back({c, count, {}});
      i = end;
    } else if (c == '\'') {
      ++i;
      if (i < text.size() && text[i] == '\'') {
        literal().push_back('\'');
        ++i;
        continue;
      }
      for (;; ++i) {
        if (i >= text.size())
          return arrow::Status::Invalid("Pattern ends with an incomplete string literal: ", text);
        if (text[i] != '\'') {
          literal().push_back(text[i]);
        } else if (i + 1 < text.size() && text[i + 1] == '\'') {
          literal().push_back('\'');
          ++i;
        } else {
          break;
        }
      }
      ++i;
    } else if (kind == DatePatternKind::kModern && (c == '[' || c == ']')) {
      open += c == '[' ? 1 : -1;
      if (open < 0)
        return arrow::Status::Invalid("Pattern invalid as it contains ] without previous [: ",
                                      text);
      pattern.fields_.push_back({c, 1, {}});
      ++i;
    } else if (kind == DatePatternKind::kModern && (c == '{' || c == '}' || c == '#')) {
      return arrow::Status::Invalid("Pattern includes reserved character: '", std::string(1, c),
                                    "'");
    } else {
      literal().push_back(c);
      ++i;
    }
  }
  for (; open > 0; --open) pattern.fields_.push_back({']', 1, {}});
  return pattern;
}

void DatePattern::AppendModern(const Field& field, const DateFields& fields,
                               std::string* out) const {
  const CivilDate date = CivilFromDays(fields.days);
  const int64_t day_of_year = fields.days - DaysFromCivil(date.year, 1, 1) + 1;
  const int32_t iso_day = IsoDayOfWeek(fields.days);
  const int64_t sunday_based = iso_day % 7 + 1;
  const int64_t nano = fields.nanos_of_day % kNanosPerSecond;
  const int64_t second = fields.nanos_of_day / kNanosPerSecond;
  const int count = field.count;
  const auto year = [&](int64_t value) {
    if (count == 2) {
      AppendPadded(FloorMod(value, 100), 2, out);
      return;
    }
    if (count >= 4 && std::to_string(std::abs(value)).size() > static_cast<size_t>(count) &&
        value >= 0)
      out->push_back('+');
    AppendPadded(value, count, out);
  };
  const auto text = [&](std::string_view name) {
    out->append(count == 4 ? name : count == 5 ? name.substr(0, 1) : name.substr(0, 3));
  };
  switch (field.letter) {
    case 'G': {
      const bool ad = date.year > 0;
      out->append(count == 4   ? (ad ? "Anno Domini" : "Before Christ")
                  : count == 5 ? (ad ? "A" : "B")
                               : (ad ? "AD" : "BC"));
      return;
    }
    case 'u':
      return year(date.year);
    case 'y':
      return year(date.year > 0 ? date.year : 1 - date.year);
    case 'Y':
      return year(YearWeekOf(date, day_of_year, sunday_based).year);
    case 'M':
    case 'L':
      return count <= 2 ? AppendPadded(date.month, count, out) : text(kMonthNames[date.month - 1]);
    case 'd':
      return AppendPadded(date.day, count, out);
    case 'D':
      return AppendPadded(day_of_year, count, out);
    case 'e':
    case 'c':
      if (count <= 2) return AppendPadded(sunday_based, count, out);
      [[fallthrough]];
    case 'E':
      return text(kDayNames[iso_day - 1]);
    case 'F':
      return AppendPadded((date.day - 1) % 7 + 1, 1, out);
    case 'w':
      return AppendPadded(YearWeekOf(date, day_of_year, sunday_based).week, count, out);
    case 'W':
      return AppendPadded(Week(WeekOffset(date.day, sunday_based), date.day), 1, out);
    case 'Q':
    case 'q': {
      const int quarter = (date.month + 2) / 3;
      constexpr std::string_view kLong[] = {"1st quarter", "2nd quarter", "3rd quarter",
                                            "4th quarter"};
      if (count == 3) out->push_back('Q');
      if (count == 4) {
        out->append(kLong[quarter - 1]);
      } else {
        AppendPadded(quarter, count == 2 ? 2 : 1, out);
      }
      return;
    }
    case 'a':
      out->append(second < 43'200 ? "AM" : "PM");
      return;
    case 'H':
    case 'k':
    case 'K':
    case 'h':
      return AppendPadded(HourAs(second / 3600, field.letter), count, out);
    case 'm':
      return AppendPadded(second / 60 % 60, count, out);
    case 's':
      return AppendPadded(second % 60, count, out);
    case 'S': {
      std::string digits;
      AppendPadded(nano, 9, &digits);
      out->append(digits, 0, static_cast<size_t>(count));
      return;
    }
    case 'A':
      return AppendPadded(fields.nanos_of_day / 1'000'000, count, out);
    case 'n':
      return AppendPadded(nano, count, out);
    case 'N':
      return AppendPadded(fields.nanos_of_day, count, out);
    default:
      return;
  }
}

void DatePattern::AppendLegacy(const Field& field, const DateFields& fields,
                               std::string* out) const {
  const CivilDate date = LegacyFromDays(fields.days);
  const int64_t day_of_year = fields.days - DaysFromLegacy(date.year, 1, 1) + 1;
  const int32_t iso_day = IsoDayOfWeek(fields.days);
  const int64_t sunday_based = iso_day % 7 + 1;
  const int64_t second = fields.nanos_of_day / kNanosPerSecond;
  const int count = field.count;
  const auto year = [&](int64_t value) {
    AppendPadded(count == 2 ? FloorMod(value, 100) : value, count, out);
  };
  const auto text = [&](std::string_view name) {
    out->append(count >= 4 ? name : name.substr(0, 3));
  };
  switch (field.letter) {
    case 'G':
      out->append(date.year > 0 ? "AD" : "BC");
      return;
    case 'y':
      return year(date.year > 0 ? date.year : 1 - date.year);
    case 'Y':
      return year(YearWeekOf(date, day_of_year, sunday_based).year);
    case 'M':
    case 'L':
      return count <= 2 ? AppendPadded(date.month, count, out) : text(kMonthNames[date.month - 1]);
    case 'd':
      return AppendPadded(date.day, count, out);
    case 'D':
      return AppendPadded(day_of_year, count, out);
    case 'F':
      return AppendPadded((date.day - 1) / 7 + 1, count, out);
    case 'w':
      return AppendPadded(YearWeekOf(date, day_of_year, sunday_based).week, count, out);
    case 'W':
      return AppendPadded(Week(WeekOffset(date.day, sunday_based), date.day), count, out);
    case 'E':
      return text(kDayNames[iso_day - 1]);
    case 'u':
      return AppendPadded(iso_day, count, out);
    case 'a':
      out->append(second < 43'200 ? "AM" : "PM");
      return;
    case 'H':
    case 'k':
    case 'K':
    case 'h':
      return AppendPadded(HourAs(second / 3600, field.letter), count, out);
    case 'm':
      return AppendPadded(second / 60 % 60, count, out);
    case 's':
      return AppendPadded(second % 60, count, out);
    case 'S':
      return AppendPadded(fields.nanos_of_day % kNanosPerSecond / 1'000'000, count, out);
    case 'z':
      out->append(fields.zone_name);
      return;
    case 'Z':
      return AppendOffset(fields.offset_seconds, false, out);
    case 'X':
      if (fields.offset_seconds == 0) {
        out->push_back('Z');
      } else if (count == 1) {
        std::string offset;
        AppendOffset(fields.offset_seconds, false, &offset);
        out->append(offset, 0, 3);
      } else {
        AppendOffset(fields.offset_seconds, count == 3, out);
      }
      return;
    default:
      return;
  }
}

void DatePattern::Append(const DateFields& fields, std::string* out) const {
  for (const Field& field : fields_) {
    if (field.letter == 0) {
      out->append(field.literal);
    } else if (kind_ == DatePatternKind::kModern) {
      AppendModern(field, fields, out);
    } else {
      AppendLegacy(field, fields, out);
    }
  }
}

}  // namespace sabot
