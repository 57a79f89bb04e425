// Casts among DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ. A TIMESTAMP is a local clock; LTZ goes
// through the session's time zone. Before 1970 Flink divides towards zero, so a TIMESTAMP there
// gives the day after, and a negative time; that is kept, because results must be Flink's.
#include "expressions/cast.h"
#include "expressions/exact_timestamp.h"
#include "expressions/temporal.h"
#include "expressions/time_zone.h"

namespace sabot {
namespace {

int32_t CutTime(int64_t millis, int32_t precision) {
  const int64_t unit = precision == 0 ? 1'000 : precision == 1 ? 100 : precision == 2 ? 10 : 1;
  return static_cast<int32_t>(millis / unit * unit);
}

arrow::Status OutOfRange(const Type& to) {
  return CastError("", "The timestamp is out of range: " + ToString(to) +
                           " is kept in nanoseconds, from 1677 to 2262.");
}

std::optional<int64_t> FromMillis(int64_t millis, int32_t precision) {
  return ChangePrecision(millis, 3, precision);
}

// TIMESTAMP to TIMESTAMP with every digit, those below the units too; shift(ticks) moves between
// the session's zone and UTC.
template <typename Shift>
KernelPtr CastByNanos(const Cast& cast, Shift shift) {
  return LiftBatch([from = cast.from, to = cast.to, attempt = cast.attempt, shift](
                       std::span<const Vector> args,
                       int64_t rows) mutable -> arrow::Result<ArrayPtr> {
    const int64_t from_unit = TicksPerSecond(from.precision);
    const int64_t to_unit = TicksPerSecond(to.precision);
    const int64_t nanos_per_tick = 1'000'000'000 / to_unit;
    ARROW_ASSIGN_OR_RAISE(auto validity, IntersectValidity(args, {}, rows));
    if (validity.none) return arrow::MakeArrayOfNull(ToArrow(to), rows);
    ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<int64_t>::Make(std::move(validity), rows));
    const Reader<int64_t> ticks(args[0]);
    const NanosReader exact(args[0], from);
    std::vector<int32_t> remainders;
    ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) -> arrow::Result<std::optional<int64_t>> {
      const int64_t moved = shift(ticks[row]);
      LocalTimestamp at{FloorDiv(moved, from_unit), 0};
      at.nanos = static_cast<int32_t>(
          (moved - at.seconds * from_unit) * (1'000'000'000 / from_unit) + exact.remainder(row));
      if (to.precision < from.precision) at = CutFraction(at, to.precision);
      int64_t result = 0;
      if (__builtin_mul_overflow(at.seconds, to_unit, &result) ||
          __builtin_add_overflow(result, at.nanos / nanos_per_tick, &result)) {
        if (attempt) return std::nullopt;
        return OutOfRange(to);
      }
      if (const int64_t rest = at.nanos % nanos_per_tick; rest != 0) {
        remainders.resize(static_cast<size_t>(rows));
        remainders[static_cast<size_t>(row)] = static_cast<int32_t>(rest);
      }
      return result;
    }));
    ARROW_ASSIGN_OR_RAISE(auto array, sink.Finish(ToArrow(to)));
    return remainders.empty() ? array : AttachRemainders(array, std::move(remainders));
  });
}

}  // namespace

KernelResult BindCastTemporal(const Cast& cast) {
  const TypeKind from = cast.from.kind;
  const TypeKind to = cast.to.kind;
  const int32_t from_precision = cast.from.precision;
  const int32_t to_precision = cast.to.precision;
  const int64_t from_unit = TicksPerSecond(from_precision);
  ARROW_ASSIGN_OR_RAISE(const TimeZone* zone, TimeZone::Find(cast.session.time_zone));
  ZoneCursor cursor(zone);
  const auto out_of_range = [type = cast.to](auto) { return OutOfRange(type); };

  if (cast.from.is_timestamp() && cast.to.is_timestamp()) {
    auto shift = [cursor, from_unit,
                  to_local = from == TypeKind::kTimestampLtz && to == TypeKind::kTimestamp,
                  to_utc = from == TypeKind::kTimestamp &&
                           to == TypeKind::kTimestampLtz](int64_t ticks) mutable {
      if (to_local) return cursor.ToLocalTicks(ticks, from_unit);
      return to_utc ? cursor.ToUtcTicks(ticks, from_unit) : ticks;
    };
    auto by_nanos = CastByNanos(cast, shift);
    if (to_precision < from_precision) return by_nanos;
    auto by_ticks = LiftParse<int64_t, int64_t>(
        cast,
        [shift, from_precision, to_precision](int64_t ticks) mutable {
          return ChangePrecision(shift(ticks), from_precision, to_precision);
        },
        out_of_range);
    return OnRemainders(std::move(by_ticks), std::move(by_nanos));
  }
  if (cast.from.is_timestamp() && to == TypeKind::kDate) {
    if (from == TypeKind::kTimestamp) {
      return Lift<int32_t, int64_t>(cast.call, [from_unit](int64_t ticks) {
        return static_cast<int32_t>(FloorDiv(ticks, from_unit / 1'000) / kMillisPerDay);
      });
    }
    return Lift<int32_t, int64_t>(cast.call, [=](int64_t ticks) mutable {
      return static_cast<int32_t>(
          FloorDiv(cursor.ToLocalTicks(ticks, from_unit), from_unit * kSecondsPerDay));
    });
  }
  if (cast.from.is_timestamp() && to == TypeKind::kTime) {
    if (from == TypeKind::kTimestamp) {
      return Lift<int32_t, int64_t>(cast.call, [=](int64_t ticks) {
        return CutTime(FloorDiv(ticks, from_unit / 1'000) % kMillisPerDay, to_precision);
      });
    }
    return Lift<int32_t, int64_t>(cast.call, [=](int64_t ticks) mutable {
      const int64_t local = cursor.ToLocalTicks(ticks, from_unit);
      return CutTime(FloorMod(FloorDiv(local, from_unit / 1'000), kMillisPerDay), to_precision);
    });
  }
  if (from == TypeKind::kDate && cast.to.is_timestamp()) {
    const bool to_utc = to == TypeKind::kTimestampLtz;
    return LiftParse<int64_t, int32_t>(
        cast,
        [=](int32_t days) mutable -> std::optional<int64_t> {
          const int64_t seconds = days * kSecondsPerDay;
          return FromMillis((to_utc ? cursor.ToUtcSeconds(seconds) : seconds) * 1'000,
                            to_precision);
        },
        out_of_range);
  }
  if (from == TypeKind::kTime && cast.to.is_timestamp()) {
    const bool to_utc = to == TypeKind::kTimestampLtz;
    return LiftParse<int64_t, int32_t>(
        cast,
        [=](int32_t millis) mutable {
          return FromMillis(to_utc ? cursor.ToUtcTicks(millis, 1'000) : millis, to_precision);
        },
        out_of_range);
  }
  if (from == TypeKind::kTime && to == TypeKind::kTime) {
    return Lift<int32_t, int32_t>(cast.call,
                                  [=](int32_t millis) { return CutTime(millis, to_precision); });
  }
  return NoSuchCall(cast.call);
}

}  // namespace sabot
