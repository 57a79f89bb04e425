// Units of time as EXTRACT, FLOOR, CEIL and TIMESTAMPDIFF name them, and how temporal values are
// read for them.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <string_view>

#include "expressions/lift.h"
#include "expressions/temporal.h"
#include "expressions/time_zone.h"

namespace sabot {

enum class TimeUnit : uint8_t {
  kNanosecond,
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kEpoch,
  kDayOfYear,
  kDayOfWeek,
  kIsoDayOfWeek,
  kIsoYear,
};

arrow::Result<TimeUnit> TimeUnitOf(std::string_view name);

// Milliseconds of a unit from kMillisecond to kWeek; 0 for the others.
constexpr int64_t MillisOf(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMillisecond:
      return 1;
    case TimeUnit::kSecond:
      return 1000;
    case TimeUnit::kMinute:
      return 60'000;
    case TimeUnit::kHour:
      return 3'600'000;
    case TimeUnit::kDay:
      return kMillisPerDay;
    case TimeUnit::kWeek:
      return 7 * kMillisPerDay;
    default:
      return 0;
  }
}

// The start of the unit (month or longer, or week) that a day is in, or of the next one (`up`),
// with the oddities of Flink's: a quarter is rounded up unless it is 1 January, a DAY always.
int64_t RoundDay(TimeUnit unit, int64_t days, bool up);

// UTC milliseconds as the local clock of a zone shows them; the zone is null for values without
// one.
class LocalMillis {
 public:
  explicit LocalMillis(const TimeZone* zone) : cursor_(zone), fixed_(zone == nullptr) {}
  int64_t Offset(int64_t utc_millis) {
    if (fixed_) return 0;
    const int64_t seconds = FloorDiv(utc_millis, 1000);
    return (cursor_.ToLocalSeconds(seconds) - seconds) * 1000;
  }

 private:
  ZoneCursor cursor_;
  bool fixed_;
};
// The session's zone for a TIMESTAMP_LTZ, nullptr for all else.
arrow::Result<const TimeZone*> ZoneOf(const Type& type, const SessionContext& session);

}  // namespace sabot
