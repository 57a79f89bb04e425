// Arithmetic of dates and times with intervals. Months keep the day of the month, or take the last
// one; LTZ is moved on the UTC clock, as in Flink.
//
//   TIMESTAMP '2024-01-31 10:00:00' + INTERVAL '1' MONTH = 2024-02-29 10:00:00
//   DATE + INTERVAL '36' HOUR: whole days only; TIME + INTERVAL goes round the clock
#include "expressions/arithmetic.h"
#include "expressions/exact_timestamp.h"
#include "expressions/temporal.h"

namespace sabot {
namespace {

// Java's long arithmetic wraps.
int64_t Add(int64_t left, int64_t right) {
  return static_cast<int64_t>(static_cast<uint64_t>(left) + static_cast<uint64_t>(right));
}
int64_t Multiply(int64_t left, int64_t right) {
  return static_cast<int64_t>(static_cast<uint64_t>(left) * static_cast<uint64_t>(right));
}

bool IsInterval(const Type& type) {
  return type.kind == TypeKind::kIntervalYearMonth || type.kind == TypeKind::kIntervalDayTime;
}

// move(temporal, interval), with the operands in the order of the call.
template <typename Temporal, typename Interval, typename Move>
KernelPtr LiftMove(const Expression& call, bool interval_first, Move move) {
  if (interval_first) {
    return Lift<Temporal, Interval, Temporal>(
        call, [move](Interval by, Temporal from) { return move(from, by); });
  }
  return Lift<Temporal, Temporal, Interval>(call, move);
}

// (DATE | TIME | TIMESTAMP) +- INTERVAL.
KernelResult BindMove(const Expression& call, bool interval_first, int64_t sign) {
  const Type& from = call.args[interval_first ? 1 : 0].type;
  const Type& by = call.args[interval_first ? 0 : 1].type;
  const bool months = by.kind == TypeKind::kIntervalYearMonth;
  switch (from.kind) {
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      const int64_t per_second = TicksPerSecond(from.precision);
      const size_t moved = interval_first ? 1 : 0;
      if (months) {
        return KeepRemainders(LiftMove<int64_t, int32_t>(call, interval_first,
                                                         [=](int64_t ticks, int32_t count) {
                                                           return AddMonthsToTicks(
                                                               ticks, per_second, sign * count);
                                                         }),
                              moved);
      }
      const int64_t factor = sign * (per_second / 1'000);
      return KeepRemainders(LiftMove<int64_t, int64_t>(call, interval_first,
                                                       [factor](int64_t ticks, int64_t millis) {
                                                         return Add(ticks,
                                                                    Multiply(millis, factor));
                                                       }),
                            moved);
    }
    case TypeKind::kDate:
      if (months) {
        return LiftMove<int32_t, int32_t>(
            call, interval_first, [sign](int32_t days, int32_t count) {
              return static_cast<int32_t>(AddMonths(days, sign * count));
            });
      }
      return LiftMove<int32_t, int64_t>(call, interval_first, [sign](int32_t days, int64_t millis) {
        return static_cast<int32_t>(Add(days, sign * (millis / kMillisPerDay)));
      });
    case TypeKind::kTime:
      if (months)
        return LiftMove<int32_t, int32_t>(call, interval_first,
                                          [](int32_t millis, int32_t) { return millis; });
      return LiftMove<int32_t, int64_t>(call, interval_first, [sign](int32_t time, int64_t millis) {
        return static_cast<int32_t>(
            FloorMod(time + sign * (millis % kMillisPerDay), kMillisPerDay));
      });
    default:
      return NoSuchCall(call);
  }
}

// INTERVAL +- INTERVAL of one kind.
KernelResult BindIntervalSum(const Expression& call, int64_t sign) {
  if (call.args[0].type.kind != call.args[1].type.kind) return NoSuchCall(call);
  if (call.args[0].type.kind == TypeKind::kIntervalYearMonth) {
    return Lift<int32_t, int32_t, int32_t>(call, [sign](int32_t left, int32_t right) {
      return static_cast<int32_t>(left + sign * right);
    });
  }
  return Lift<int64_t, int64_t, int64_t>(
      call, [sign](int64_t left, int64_t right) { return Add(left, Multiply(right, sign)); });
}

// DATE - DATE, TIME - TIME, TIMESTAMP - TIMESTAMP, as an interval of milliseconds.
KernelResult BindDifference(const Expression& call) {
  const Type& left = call.args[0].type;
  const Type& right = call.args[1].type;
  if (call.type.kind != TypeKind::kIntervalDayTime) return NoSuchCall(call);
  if (left.is_timestamp() && right.is_timestamp()) {
    const int64_t left_per_milli = TicksPerSecond(left.precision) / 1'000;
    const int64_t right_per_milli = TicksPerSecond(right.precision) / 1'000;
    return Lift<int64_t, int64_t, int64_t>(call, [=](int64_t l, int64_t r) {
      return FloorDiv(l, left_per_milli) - FloorDiv(r, right_per_milli);
    });
  }
  if (left.kind != right.kind || (left.kind != TypeKind::kDate && left.kind != TypeKind::kTime))
    return NoSuchCall(call);
  const int64_t unit = left.kind == TypeKind::kDate ? kMillisPerDay : 1;
  return Lift<int64_t, int32_t, int32_t>(
      call, [unit](int32_t l, int32_t r) { return (int64_t{l} - r) * unit; });
}

}  // namespace

KernelResult BindIntervalPlus(const Expression& call, const SessionContext&) {
  const bool left = IsInterval(call.args[0].type);
  const bool right = IsInterval(call.args[1].type);
  if (left && right) return BindIntervalSum(call, 1);
  if (left || right) return BindMove(call, left, 1);
  return NoSuchCall(call);
}

KernelResult BindIntervalMinus(const Expression& call, const SessionContext&) {
  const bool left = IsInterval(call.args[0].type);
  const bool right = IsInterval(call.args[1].type);
  if (left && right) return BindIntervalSum(call, -1);
  if (right) return BindMove(call, false, -1);
  return BindDifference(call);
}

// INTERVAL * integer, either way round.
KernelResult BindIntervalTimes(const Expression& call, const SessionContext&) {
  const bool interval_first = IsInterval(call.args[0].type);
  const Type& interval = call.args[interval_first ? 0 : 1].type;
  const TypeKind number = call.args[interval_first ? 1 : 0].type.kind;
  if (!IsInterval(interval)) return NoSuchCall(call);
  return WithInteger(call, number, [&]<typename N>() -> KernelResult {
    const auto lift = [&]<typename I>() -> KernelPtr {
      return LiftMove<I, N>(call, !interval_first, [](I value, N factor) {
        return static_cast<I>(Multiply(value, factor));
      });
    };
    return interval.kind == TypeKind::kIntervalYearMonth ? lift.template operator()<int32_t>()
                                                         : lift.template operator()<int64_t>();
  });
}

// INTERVAL / integer, cut towards zero.
KernelResult BindIntervalDivide(const Expression& call, const SessionContext&) {
  if (!IsInterval(call.args[0].type)) return NoSuchCall(call);
  return WithInteger(call, call.args[1].type.kind, [&]<typename N>() -> KernelResult {
    const auto lift = [&]<typename I>() -> KernelPtr {
      return Lift<I, I, N>(call, [](I value, N divisor) -> arrow::Result<I> {
        if (divisor == 0) return DivisionByZero();
        return divisor == -1 ? static_cast<I>(Multiply(value, -1))
                             : static_cast<I>(value / divisor);
      });
    };
    return call.args[0].type.kind == TypeKind::kIntervalYearMonth
               ? lift.template operator()<int32_t>()
               : lift.template operator()<int64_t>();
  });
}

KernelResult BindIntervalMod(const Expression& call, const SessionContext&) {
  return NoSuchCall(call);
}

}  // namespace sabot
