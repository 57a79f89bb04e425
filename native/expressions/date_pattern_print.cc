// Patterns of dates and times: printing.
#include <cstdlib>
#include <string>

#include "expressions/date_pattern.h"

namespace sabot {
namespace {

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
