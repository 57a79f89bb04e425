// Patterns of dates and times, as Java's two formatters read them.
//
//   "yyyy-MM-dd HH:mm"   <->   2024-02-29 12:30
//
// kModern is java.time's DateTimeFormatter with the English names and US weeks (DATE_FORMAT,
// TO_TIMESTAMP); kLegacy is SimpleDateFormat: lenient, ignores what follows, Julian before 15
// October 1582 (TO_DATE, UNIX_TIMESTAMP, FROM_UNIXTIME, CONVERT_TZ, DATE_FORMAT of text).
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expressions/column_access.h"
#include "expressions/temporal.h"

namespace sabot {

enum class DatePatternKind { kModern, kLegacy };

// What a pattern's letters are printed from.
struct DateFields {
  int64_t days = 0;  // Since 1970-01-01.
  int64_t nanos_of_day = 0;
  int32_t offset_seconds = 0;          // Of the zone; kLegacy's z, Z, X.
  std::string_view zone_name = "UTC";  // kLegacy's z.
};

// What a text was read as.
struct ParsedDate {
  LocalTimestamp local{0, 0};
  std::optional<int32_t> offset_seconds;  // kLegacy: the text names a zone.
};

class DatePattern {
 public:
  // An error names the letter that Java would refuse.
  static arrow::Result<DatePattern> Compile(std::string_view pattern, DatePatternKind kind);

  void Append(const DateFields& fields, std::string* out) const;
  // nullopt if the text does not have this form.
  std::optional<ParsedDate> Parse(std::string_view text) const;

  // Which letters depend on the time of the day alone.
  static bool IsTimeLetter(char letter);
  struct Field {
    char letter = 0;  // 0: literal; '[' and ']': optional section.
    int count = 0;
    std::string literal;

    bool numeric(DatePatternKind kind) const;
  };
  const std::vector<Field>& fields() const { return fields_; }
  // One letter.
  void Append(const Field& field, const DateFields& fields, std::string* out) const {
    kind_ == DatePatternKind::kModern ? AppendModern(field, fields, out)
                                      : AppendLegacy(field, fields, out);
  }
  DatePatternKind kind() const { return kind_; }

 private:
  friend class ModernParser;
  friend class LegacyParser;
  arrow::Status Check(char letter, int count) const;
  void AppendModern(const Field& field, const DateFields& fields, std::string* out) const;
  void AppendLegacy(const Field& field, const DateFields& fields, std::string* out) const;

  std::vector<Field> fields_;
  DatePatternKind kind_ = DatePatternKind::kModern;
};

// Formats a column of timestamps: what depends on the day alone is rendered once a day.
class DateFormatter {
 public:
  DateFormatter(DatePattern pattern, int64_t ticks_per_second);

  void Append(int64_t local_ticks, TextWriter& out);

 private:
  // A number of the time of day within the rendered text.
  struct Slot {
    size_t at;
    char letter;
    int width;
  };
  void BeginDay(int64_t local_ticks);

  DatePattern pattern_;
  int64_t ticks_per_second_;
  int64_t day_begin_ = 0;  // Ticks; the rendered day is [day_begin_, day_end_).
  int64_t day_end_ = 0;
  bool fixed_ = true;  // Every time letter has a fixed width.
  std::string day_;
  std::vector<Slot> slots_;
  std::string scratch_;
};

inline constexpr std::string_view kMonthNames[] = {"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
inline constexpr std::string_view kDayNames[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                 "Friday", "Saturday", "Sunday"};

// An hour of the day as a letter counts it: H 0..23, k 1..24, K 0..11, h 1..12.
int64_t HourAs(int64_t hour, char letter);

// The calendar of SimpleDateFormat: Julian before 15 October 1582.
int64_t DaysFromLegacy(int64_t year, int64_t month,
                       int64_t day);  // Any month and day: they roll over.
CivilDate LegacyFromDays(int64_t days);

}  // namespace sabot
