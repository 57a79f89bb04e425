// Patterns of dates and times: compiling them, and the calendar that came before 1582.
#include "expressions/date_pattern.h"

#include <algorithm>

namespace sabot {
namespace {

constexpr int64_t kGregorianStart = -141'427;  // 1582-10-15

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

}  // namespace sabot
