// EXTRACT, FLOOR and CEIL to a unit, TIMESTAMPDIFF, OVERLAPS. Before 1970 Flink divides towards
// zero; so do we.
#include "expressions/exact_timestamp.h"
#include "expressions/temporal_unit.h"

namespace sabot {

arrow::Result<TimeUnit> TimeUnitOf(std::string_view name) {
  struct Named {
    std::string_view name;
    TimeUnit unit;
  };
  static constexpr Named kUnits[] = {{"NANOSECOND", TimeUnit::kNanosecond},
                                     {"MICROSECOND", TimeUnit::kMicrosecond},
                                     {"MILLISECOND", TimeUnit::kMillisecond},
                                     {"SECOND", TimeUnit::kSecond},
                                     {"MINUTE", TimeUnit::kMinute},
                                     {"HOUR", TimeUnit::kHour},
                                     {"DAY", TimeUnit::kDay},
                                     {"WEEK", TimeUnit::kWeek},
                                     {"MONTH", TimeUnit::kMonth},
                                     {"QUARTER", TimeUnit::kQuarter},
                                     {"YEAR", TimeUnit::kYear},
                                     {"DECADE", TimeUnit::kDecade},
                                     {"CENTURY", TimeUnit::kCentury},
                                     {"MILLENNIUM", TimeUnit::kMillennium},
                                     {"EPOCH", TimeUnit::kEpoch},
                                     {"DOY", TimeUnit::kDayOfYear},
                                     {"DOW", TimeUnit::kDayOfWeek},
                                     {"ISODOW", TimeUnit::kIsoDayOfWeek},
                                     {"ISOYEAR", TimeUnit::kIsoYear}};
  for (const Named& known : kUnits) {
    if (known.name == name) return known.unit;
  }
  return arrow::Status::Invalid("Unknown time unit '", name, "'");
}

arrow::Result<const TimeZone*> ZoneOf(const Type& type, const SessionContext& session) {
  if (type.kind != TypeKind::kTimestampLtz) return nullptr;
  return TimeZone::Find(session.time_zone);
}

namespace {

// --- EXTRACT
// -----------------------------------------------------------------------------------------------------

// ISO 8601: weeks begin on Monday, the first one has 4 January.
int64_t IsoWeek(int64_t days, int64_t* year) {
  const int64_t thursday = days + 4 - IsoDayOfWeek(days);
  *year = CivilFromDays(thursday).year;
  return (thursday - DaysFromCivil(*year, 1, 1)) / 7 + 1;
}

int64_t ExtractFromDay(TimeUnit unit, int64_t days) {
  const CivilDate date = CivilFromDays(days);
  const int64_t year = date.year;
  int64_t iso_year = 0;
  switch (unit) {
    case TimeUnit::kYear:
      return year;
    case TimeUnit::kMonth:
      return date.month;
    case TimeUnit::kDay:
      return date.day;
    case TimeUnit::kQuarter:
      return (date.month + 2) / 3;
    case TimeUnit::kDayOfWeek:
      return IsoDayOfWeek(days) % 7 + 1;
    case TimeUnit::kIsoDayOfWeek:
      return IsoDayOfWeek(days);
    case TimeUnit::kDayOfYear:
      return days - DaysFromCivil(year, 1, 1) + 1;
    case TimeUnit::kWeek:
      return IsoWeek(days, &iso_year);
    case TimeUnit::kIsoYear:
      IsoWeek(days, &iso_year);
      return iso_year;
    case TimeUnit::kDecade:
      return year / 10;
    case TimeUnit::kCentury:
      return year > 0 ? (year + 99) / 100 : (year - 99) / 100;
    case TimeUnit::kMillennium:
      return year > 0 ? (year + 999) / 1000 : (year - 999) / 1000;
    default:
      return 0;
  }
}

// The part of a clock; `nanos` is the rest below a millisecond.
int64_t ExtractFromMillis(TimeUnit unit, int64_t millis, int64_t nanos) {
  switch (unit) {
    case TimeUnit::kHour:
      return millis % kMillisPerDay / 3'600'000;
    case TimeUnit::kMinute:
      return millis % 3'600'000 / 60'000;
    case TimeUnit::kSecond:
      return millis % 60'000 / 1000;
    case TimeUnit::kMillisecond:
      return millis % 1000;
    case TimeUnit::kMicrosecond:
      return millis % 1000 * 1000 + nanos / 1000;
    case TimeUnit::kNanosecond:
      return millis % 1000 * 1'000'000 + nanos;
    case TimeUnit::kEpoch:
      return millis / 1000;
    default:
      return ExtractFromDay(unit, millis / kMillisPerDay);
  }
}

KernelResult BindExtract(const Expression& call, const SessionContext& session) {
  ARROW_ASSIGN_OR_RAISE(const TimeUnit unit, TimeUnitOf(call.Option("unit")));
  const Type& type = call.args[0].type;
  switch (type.kind) {
    case TypeKind::kDate:
      return Lift<int64_t, int32_t>(call, [unit](int32_t days) -> int64_t {
        return unit == TimeUnit::kEpoch ? days * kSecondsPerDay : ExtractFromDay(unit, days);
      });
    case TypeKind::kTime:
      return Lift<int64_t, int32_t>(
          call, [unit](int32_t millis) { return ExtractFromMillis(unit, millis, 0); });
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      ARROW_ASSIGN_OR_RAISE(const TimeZone* const zone, ZoneOf(type, session));
      const int64_t per_milli = TicksPerSecond(type.precision) / 1000;
      return Lift<int64_t, int64_t>(
          call, [unit, per_milli, local = LocalMillis(zone)](int64_t ticks) mutable {
            const int64_t millis = per_milli == 1 ? ticks : FloorDiv(ticks, per_milli);
            return ExtractFromMillis(unit, millis + local.Offset(millis),
                                     (ticks - millis * per_milli) * (1'000'000 / per_milli));
          });
    }
    case TypeKind::kIntervalYearMonth:
      return Lift<int64_t, int32_t>(call, [unit](int32_t months) -> int64_t {
        return unit == TimeUnit::kYear      ? months / 12
               : unit == TimeUnit::kQuarter ? months % 12 / 3 + 1
                                            : months % 12;
      });
    case TypeKind::kIntervalDayTime:
      return Lift<int64_t, int64_t>(call, [unit](int64_t millis) {
        return unit == TimeUnit::kDay ? millis / kMillisPerDay : ExtractFromMillis(unit, millis, 0);
      });
    default:
      return NoSuchCall(call);
  }
}

KernelResult BindExactExtract(const Expression& call, const SessionContext& session) {
  return BindAtNanos(call, session, &BindExtract);
}

}  // namespace

// --- FLOOR, CEIL
// -------------------------------------------------------------------------------------------------

int64_t RoundDay(TimeUnit unit, int64_t days, bool up) {
  // Before 15 October 1582 Flink takes the day apart in the Julian calendar.
  constexpr int64_t kEpochJulian = 2'440'588;
  const int64_t julian = days + kEpochJulian;
  int64_t b = 0;
  int64_t c = julian + 32'082;
  if (julian > 2'299'160) {
    const int64_t a = julian + 32'044;
    b = (4 * a + 3) / 146'097;
    c = a - b * 146'097 / 4;
  }
  const int64_t d = (4 * c + 3) / 1461;
  const int64_t e = c - 1461 * d / 4;
  const int64_t m = (5 * e + 2) / 153;
  const int64_t day = e - (153 * m + 2) / 5 + 1;
  int64_t month = m + 3 - 12 * (m / 10);
  int64_t year = b * 100 + d - 4800 + m / 10;
  const bool first_day = month == 1 && day == 1;
  const auto at = [](int64_t y, int64_t mo) {
    return DaysFromCivil(y + (mo - 1) / 12, static_cast<int32_t>((mo - 1) % 12 + 1), 1);
  };
  switch (unit) {
    case TimeUnit::kMillennium:
      return at(1000 * ((year + 999) / 1000) + (up ? 1 : -999), 1);
    case TimeUnit::kCentury:
      return at(100 * ((year + 99) / 100) + (up ? 1 : -99), 1);
    case TimeUnit::kDecade:
      return at(10 * (year / 10 + (up ? 1 : 0)), 1);
    case TimeUnit::kYear:
      return at(year + (up && !first_day ? 1 : 0), 1);
    case TimeUnit::kQuarter:
      return at(year, ((month + 2) / 3 + (up && !first_day ? 1 : 0)) * 3 - 2);
    case TimeUnit::kMonth:
      return at(year, month + (up && day > 1 ? 1 : 0));
    case TimeUnit::kWeek: {
      const int64_t since_sunday = FloorMod(julian + 1, 7);
      return at(year, month) + day - 1 - since_sunday + (up && since_sunday > 0 ? 7 : 0);
    }
    default:
      return at(year, month) + day - 1 + (up ? 1 : 0);
  }
}

namespace {

int64_t RoundMillis(TimeUnit unit, int64_t millis, bool up) {
  const int64_t size = unit == TimeUnit::kWeek ? 0 : MillisOf(unit);
  if (size == 0) return RoundDay(unit, millis / kMillisPerDay, up) * kMillisPerDay;
  const int64_t floor = FloorDiv(millis, size) * size;
  return floor + (up && floor < millis ? size : 0);
}

// CEIL(TIMESTAMP TO MILLISECOND), the one rounding that sees digits below the millisecond.
KernelPtr LiftCeilToMillis(const Expression& call) {
  return LiftBatch([from = call.args[0].type, type = ToArrow(call.type)](
                       std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    constexpr int64_t kNanosPerMilli = 1'000'000;
    const int64_t per_milli = TicksPerSecond(from.precision) / 1'000;
    ARROW_ASSIGN_OR_RAISE(auto validity, IntersectValidity(args, {}, rows));
    if (validity.none) return arrow::MakeArrayOfNull(type, rows);
    ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<int64_t>::Make(std::move(validity), rows));
    const NanosReader nanos(args[0], from);
    ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) -> int64_t {
      const Int128 value = nanos[row];
      const auto millis = static_cast<int64_t>(value / kNanosPerMilli);
      // Int128 is divided towards zero.
      return (millis + (value > Int128{millis} * kNanosPerMilli ? 1 : 0)) * per_milli;
    }));
    return sink.Finish(type);
  });
}

template <bool kUp>
KernelResult BindRound(const Expression& call, const SessionContext& session) {
  ARROW_ASSIGN_OR_RAISE(const TimeUnit unit, TimeUnitOf(call.Option("unit")));
  const Type& type = call.args[0].type;
  switch (type.kind) {
    case TypeKind::kDate:
      return Lift<int32_t, int32_t>(call, [unit](int32_t days) {
        const bool shorter =
            unit != TimeUnit::kDay && unit != TimeUnit::kWeek && MillisOf(unit) > 0;
        return shorter ? days : static_cast<int32_t>(RoundDay(unit, days, kUp));
      });
    case TypeKind::kTime:
      return Lift<int32_t, int32_t>(call, [unit](int32_t millis) {
        return static_cast<int32_t>(RoundMillis(unit, millis, kUp));
      });
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      if (kUp && unit == TimeUnit::kMillisecond && type.kind == TypeKind::kTimestamp)
        return LiftCeilToMillis(call);
      ARROW_ASSIGN_OR_RAISE(const TimeZone* const zone, ZoneOf(type, session));
      const int64_t per_milli = TicksPerSecond(type.precision) / 1000;
      return Lift<int64_t, int64_t>(
          call, [unit, per_milli, local = LocalMillis(zone)](int64_t ticks) mutable {
            const int64_t millis = per_milli == 1 ? ticks : FloorDiv(ticks, per_milli);
            // Minutes and less are the same in every zone.
            const int64_t offset =
                MillisOf(unit) > 0 && MillisOf(unit) <= 60'000 ? 0 : local.Offset(millis);
            return (RoundMillis(unit, millis + offset, kUp) - offset) * per_milli;
          });
    }
    default:
      return NoSuchCall(call);
  }
}

// --- TIMESTAMPDIFF
// -----------------------------------------------------------------------------------------------

// Whole months from day `from` to day `to`, as Flink counts them.
int64_t MonthsBetweenDays(int64_t to, int64_t from) {
  if (to < from) return -MonthsBetweenDays(from, to);
  int64_t months = (to - from) / 31;
  while (AddMonths(from, months) < to && AddMonths(from, months + 1) <= to) ++months;
  return months;
}
int64_t MonthsBetween(int64_t to_millis, int64_t from_millis) {
  const int64_t to = FloorDiv(to_millis, kMillisPerDay);
  const int64_t from = FloorDiv(from_millis, kMillisPerDay);
  const int64_t months = MonthsBetweenDays(to, from);
  const bool short_of_it =
      AddMonths(from, months) == to &&
      FloorMod(to_millis, kMillisPerDay) < FloorMod(from_millis, kMillisPerDay);
  return months - (short_of_it ? 1 : 0);
}

// Reads DATE, TIME or TIMESTAMP as milliseconds.
class MillisReader {
 public:
  MillisReader(const Vector& vector, const Type& type)
      : type_(type),
        narrow_(type.is_timestamp() ? std::nullopt : std::optional<Reader<int32_t>>(vector)),
        wide_(type.is_timestamp() ? std::optional<Reader<int64_t>>(vector) : std::nullopt),
        per_milli_(type.is_timestamp() ? TicksPerSecond(type.precision) / 1000 : 1) {}
  int64_t operator[](int64_t row) const {
    if (wide_.has_value()) return FloorDiv((*wide_)[row], per_milli_);
    const int64_t value = (*narrow_)[row];
    return type_.kind == TypeKind::kDate ? value * kMillisPerDay : value;
  }

 private:
  const Type& type_;
  std::optional<Reader<int32_t>> narrow_;
  std::optional<Reader<int64_t>> wide_;
  int64_t per_milli_;
};

// timestampdiff(from, to), options.unit: an INT, which wraps.
KernelResult BindTimestampDiff(const Expression& call, const SessionContext&) {
  ARROW_ASSIGN_OR_RAISE(const TimeUnit unit, TimeUnitOf(call.Option("unit")));
  const int64_t size = MillisOf(unit);
  const bool weeks = unit == TimeUnit::kWeek;
  const int64_t months_in = unit == TimeUnit::kMonth     ? 1
                            : unit == TimeUnit::kQuarter ? 3
                            : unit == TimeUnit::kYear    ? 12
                                                         : 0;
  if (size == 0 && months_in == 0)
    return arrow::Status::NotImplemented("TIMESTAMPDIFF of ", call.Option("unit"));
  return LiftBatch([type = ToArrow(call.type), from_type = call.args[0].type,
                    to_type = call.args[1].type, size, weeks, months_in](
                       std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(auto validity, IntersectValidity(args, {}, rows));
    if (validity.none) return arrow::MakeArrayOfNull(type, rows);
    const MillisReader from(args[0], from_type);
    const MillisReader to(args[1], to_type);
    ARROW_ASSIGN_OR_RAISE(auto out, FixedWriter<int32_t>::Make(rows));
    for (int64_t row = 0; row < rows; ++row) {
      const bool valid = validity.bits == nullptr || arrow::bit_util::GetBit(validity.data(), row);
      int64_t value = 0;
      if (valid && weeks) {
        // Flink divides the seconds, which have wrapped before.
        value = static_cast<int32_t>((to[row] - from[row]) / 1000) / (size / 1000);
      } else if (valid) {
        value =
            size > 0 ? (to[row] - from[row]) / size : MonthsBetween(to[row], from[row]) / months_in;
      }
      out.Set(row, static_cast<int32_t>(value));
    }
    return out.Finish(type, validity.bits);
  });
}

// --- OVERLAPS
// ----------------------------------------------------------------------------------------------------

// temporal_overlaps(begin, end, begin, end), all of one type; ends may be swapped. A comparison
// with NULL is unknown.
template <typename T>
KernelResult MakeOverlaps(const Expression& call) {
  using Value = std::optional<T>;
  return LiftAll<bool, Value>(call, [](std::span<const Value> v) -> std::optional<bool> {
    const auto ordered = [](const Value& a, const Value& b) {
      return a.has_value() && b.has_value() && *a <= *b ? std::pair(a, b) : std::pair(b, a);
    };
    const auto [low1, high1] = ordered(v[0], v[1]);
    const auto [low2, high2] = ordered(v[2], v[3]);
    const auto at_least = [](const Value& a, const Value& b) -> std::optional<bool> {
      return a.has_value() && b.has_value() ? std::optional(*a >= *b) : std::nullopt;
    };
    const auto first = at_least(high1, low2);
    const auto second = at_least(high2, low1);
    if (first == false || second == false) return false;
    return first.has_value() && second.has_value() ? std::optional(true) : std::nullopt;
  });
}
KernelResult BindOverlaps(const Expression& call, const SessionContext&) {
  return call.args[0].type.is_timestamp() ? MakeOverlaps<int64_t>(call)
                                          : MakeOverlaps<int32_t>(call);
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "extract", .bind = BindExactExtract},
    {.name = "floor_to_unit", .bind = BindRound<false>},
    {.name = "ceil_to_unit", .bind = BindRound<true>},
    {.name = "timestampdiff", .bind = BindTimestampDiff},
    {.name = "temporal_overlaps", .bind = BindOverlaps},
};

}  // namespace

std::span<const FunctionSpec> ExtractFunctions() { return kFunctions; }

}  // namespace sabot
