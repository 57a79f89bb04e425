// What time it is: CURRENT_TIMESTAMP and its kin, UNIX_TIMESTAMP. Streaming functions read the
// clock once per batch.
#include <chrono>

#include "expressions/lift.h"
#include "expressions/temporal.h"
#include "expressions/time_zone.h"

namespace sabot {

// UNIX_TIMESTAMP(text[, pattern]), in date_format.cc.
KernelResult BindUnixTimestampOfText(const Expression& call, const SessionContext& session);

namespace {

int64_t NowMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The same value in every row: f(milliseconds UTC, milliseconds of the session's local clock).
template <typename T, typename F>
KernelResult Now(const Expression& call, const SessionContext& session, F f) {
  ARROW_ASSIGN_OR_RAISE(const TimeZone* const zone, TimeZone::Find(session.time_zone));
  return LiftBatch([type = ToArrow(call.type), cursor = ZoneCursor(zone), f](
                       std::span<const Vector>, int64_t rows) mutable -> arrow::Result<ArrayPtr> {
    const int64_t now = NowMillis();
    const T value = f(now, cursor.ToLocalTicks(now, 1000));
    ARROW_ASSIGN_OR_RAISE(auto out, FixedWriter<T>::Make(rows));
    for (int64_t row = 0; row < rows; ++row) out.Set(row, value);
    return out.Finish(type, nullptr);
  });
}

KernelResult BindCurrentTimestamp(const Expression& call, const SessionContext& session) {
  const int64_t ticks = TicksPerSecond(call.type.precision) / 1000;
  return Now<int64_t>(call, session, [ticks](int64_t utc, int64_t) { return utc * ticks; });
}
KernelResult BindLocalTimestamp(const Expression& call, const SessionContext& session) {
  const int64_t ticks = TicksPerSecond(call.type.precision) / 1000;
  return Now<int64_t>(call, session, [ticks](int64_t, int64_t local) { return local * ticks; });
}
KernelResult BindCurrentDate(const Expression& call, const SessionContext& session) {
  return Now<int32_t>(call, session, [](int64_t, int64_t local) {
    return static_cast<int32_t>(FloorDiv(local, kMillisPerDay));
  });
}
// TIME(0): whole seconds.
KernelResult BindCurrentTime(const Expression& call, const SessionContext& session) {
  return Now<int32_t>(call, session, [](int64_t, int64_t local) {
    const int64_t millis = FloorMod(local, kMillisPerDay);
    return static_cast<int32_t>(millis - millis % 1000);
  });
}
KernelResult BindUnixTimestamp(const Expression& call, const SessionContext& session) {
  if (!call.args.empty()) return BindUnixTimestampOfText(call, session);
  return Now<int64_t>(call, session, [](int64_t utc, int64_t) { return utc / 1000; });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "current_timestamp", .bind = BindCurrentTimestamp, .deterministic = false},
    {.name = "current_row_timestamp", .bind = BindCurrentTimestamp, .deterministic = false},
    {.name = "proctime", .bind = BindCurrentTimestamp, .deterministic = false},
    {.name = "localtimestamp", .bind = BindLocalTimestamp, .deterministic = false},
    {.name = "current_date", .bind = BindCurrentDate, .deterministic = false},
    {.name = "current_time", .bind = BindCurrentTime, .deterministic = false},
    {.name = "unix_timestamp", .bind = BindUnixTimestamp, .deterministic = false},
};

}  // namespace

std::span<const FunctionSpec> ClockFunctions() { return kFunctions; }

}  // namespace sabot
