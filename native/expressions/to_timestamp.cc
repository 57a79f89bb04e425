// Text and numbers to dates and timestamps: TO_DATE, TO_TIMESTAMP, TO_TIMESTAMP_LTZ. A literal
// pattern is checked at bind.
#include <cmath>

#include "expressions/any_integer.h"
#include "expressions/pattern_slot.h"
#include "expressions/time_zone.h"

namespace sabot {
namespace {

using Text = std::string_view;

// 0000-01-01 00:00:00 and 9999-12-31 23:59:59, what TO_TIMESTAMP_LTZ accepts.
constexpr int64_t kSecondsMin = -62'167'219'200;
constexpr int64_t kSecondsMax = 253'402'300'799;

// --- TO_DATE, TO_TIMESTAMP ---

KernelResult BindToDate(const Expression& call, const SessionContext&) {
  if (call.args.size() == 1) return Lift<int32_t, Text>(call, [](Text s) { return ParseDate(s); });
  ARROW_RETURN_NOT_OK(CheckPattern(call, 1, DatePatternKind::kLegacy));
  return Lift<int32_t, Text, Text>(
      call,
      [slot = PatternSlot(DatePatternKind::kLegacy)](
          Text s, Text text) mutable -> arrow::Result<std::optional<int32_t>> {
        ARROW_ASSIGN_OR_RAISE(const DatePattern* const pattern, slot.Get(text));
        const auto date = pattern->Parse(s);
        if (!date.has_value()) return std::nullopt;
        return static_cast<int32_t>(
            FloorDiv(date->local.seconds - date->offset_seconds.value_or(0), kSecondsPerDay));
      });
}

Text Trimmed(Text s) {
  while (!s.empty() && static_cast<uint8_t>(s.front()) <= ' ') s.remove_prefix(1);
  while (!s.empty() && static_cast<uint8_t>(s.back()) <= ' ') s.remove_suffix(1);
  return s;
}
// An unsigned number of `least` to `most` digits that is the whole text.
std::optional<int64_t> Digits(Text s, size_t least, size_t most) {
  if (s.size() < least || s.size() > most) return std::nullopt;
  int64_t value = 0;
  for (const char c : s) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}
// java.sql.Date.valueOf and Timestamp.valueOf, what a text that misses its pattern is tried with:
// yyyy-[m]m-[d]d [h:m:s[.f]], numbers past their range roll over.
std::optional<LocalTimestamp> ParseSqlTimestamp(Text s) {
  s = Trimmed(s);
  const size_t space = s.find(' ');
  const Text date = s.substr(0, space);
  const size_t dash1 = date.find('-');
  const size_t dash2 = dash1 == Text::npos ? Text::npos : date.find('-', dash1 + 1);
  if (dash2 == Text::npos) return std::nullopt;
  const auto year = Digits(date.substr(0, dash1), 4, 4);
  const auto month = Digits(date.substr(dash1 + 1, dash2 - dash1 - 1), 1, 2);
  const auto day = Digits(date.substr(dash2 + 1), 1, 2);
  if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31)
    return std::nullopt;
  // Days past the month's end roll over in the old calendar; its numbers are then read in the new
  // one.
  const CivilDate civil = LegacyFromDays(DaysFromLegacy(*year, *month, *day));
  LocalTimestamp local{DaysFromCivil(civil.year, civil.month, civil.day) * kSecondsPerDay, 0};
  if (space == Text::npos) return local;
  const Text time = Trimmed(s.substr(space + 1));
  const size_t colon1 = time.find(':');
  const size_t colon2 = colon1 == Text::npos ? Text::npos : time.find(':', colon1 + 1);
  if (colon2 == Text::npos) return std::nullopt;
  const size_t dot = time.find('.', colon2);
  const auto hour = Digits(time.substr(0, colon1), 1, 9);
  const auto minute = Digits(time.substr(colon1 + 1, colon2 - colon1 - 1), 1, 9);
  const auto second =
      Digits(time.substr(colon2 + 1, dot == Text::npos ? dot : dot - colon2 - 1), 1, 9);
  if (!hour || !minute || !second) return std::nullopt;
  local.seconds += *hour * 3600 + *minute * 60 + *second;
  if (dot == Text::npos) return local;
  std::string fraction(time.substr(dot + 1));
  if (fraction.empty() || fraction.size() > 9) return std::nullopt;
  fraction.resize(9, '0');
  const auto nanos = Digits(fraction, 9, 9);
  if (!nanos) return std::nullopt;
  local.nanos = static_cast<int32_t>(*nanos);
  return local;
}
std::optional<LocalTimestamp> ParseByPattern(Text s, const DatePattern& pattern) {
  if (const auto date = pattern.Parse(s); date.has_value()) return date->local;
  return ParseSqlTimestamp(s);
}

KernelResult BindToTimestamp(const Expression& call, const SessionContext&) {
  const int32_t precision = call.type.precision;
  if (call.args.size() == 1) {
    return Lift<int64_t, Text>(call, [precision](Text s) -> std::optional<int64_t> {
      const auto local = ParseTimestamp(s);
      return local.has_value() ? ToTicks(*local, precision) : std::nullopt;
    });
  }
  ARROW_RETURN_NOT_OK(CheckPattern(call, 1, DatePatternKind::kModern));
  return Lift<int64_t, Text, Text>(
      call,
      [precision, slot = PatternSlot(DatePatternKind::kModern)](
          Text s, Text text) mutable -> arrow::Result<std::optional<int64_t>> {
        ARROW_ASSIGN_OR_RAISE(const DatePattern* const pattern, slot.Get(text));
        const auto local = ParseByPattern(s, *pattern);
        return local.has_value() ? ToTicks(*local, precision) : std::nullopt;
      });
}

// --- TO_TIMESTAMP_LTZ ---

std::optional<int64_t> CheckedTicks(int64_t seconds, int64_t nanos, int32_t precision) {
  seconds += FloorDiv(nanos, 1'000'000'000);
  if (seconds < kSecondsMin || seconds > kSecondsMax) return std::nullopt;
  return ToTicks({seconds, static_cast<int32_t>(FloorMod(nanos, 1'000'000'000))}, precision);
}
int64_t PowerOfTen(int64_t exponent) {
  int64_t power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}
std::optional<int64_t> TicksOfInteger(int64_t value, int64_t unit, int32_t precision) {
  const int64_t per_second = PowerOfTen(unit);
  const int64_t seconds = FloorDiv(value, per_second);
  if (seconds < kSecondsMin || seconds > kSecondsMax) return std::nullopt;
  return CheckedTicks(seconds, FloorMod(value, per_second) * (1'000'000'000 / per_second),
                      precision);
}
// Seconds keep their fraction to the millisecond; finer units lose it, towards the past.
std::optional<int64_t> TicksOfDouble(double value, int64_t unit, int32_t precision) {
  if (unit == 0) {
    if (!(value >= static_cast<double>(kSecondsMin) && value <= static_cast<double>(kSecondsMax)))
      return std::nullopt;
    return TicksOfInteger(static_cast<int64_t>(std::floor(value * 1000)), 3, precision);
  }
  if (std::isnan(value)) return TicksOfInteger(0, unit, precision);
  if (std::abs(value) >= 9.2e18) return std::nullopt;
  return TicksOfInteger(static_cast<int64_t>(std::floor(value)), unit, precision);
}

KernelResult BindLtzOfNumber(const Expression& call) {
  int64_t unit = 3;
  if (call.args.size() == 2) {
    const auto literal = IntegerLiteral(call.args[1]);
    if (!literal.has_value() || *literal < 0 || *literal > 9) {
      return arrow::Status::Invalid(
          "TO_TIMESTAMP_LTZ: the precision must be a literal from 0 to 9");
    }
    unit = *literal;
  }
  const int32_t precision = call.type.precision;
  const Type& type = call.args[0].type;
  const auto bind = [&]<typename In, typename F>(F f) -> KernelResult {
    if (call.args.size() == 1) return Lift<int64_t, In>(call, [f](In value) { return f(value); });
    return Lift<int64_t, In, Bound>(call, [f](In value, Bound) { return f(value); });
  };
  if (type.is_exact_integer()) {
    return bind.template operator()<AnyInteger>([unit, precision](AnyInteger value) {
      return TicksOfInteger(value.value, unit, precision);
    });
  }
  if (type.kind == TypeKind::kDouble) {
    return bind.template operator()<double>(
        [unit, precision](double value) { return TicksOfDouble(value, unit, precision); });
  }
  if (type.kind == TypeKind::kFloat) {
    return bind.template operator()<float>(
        [unit, precision](float value) { return TicksOfDouble(value, unit, precision); });
  }
  if (type.kind == TypeKind::kDecimal) {
    Int128 scale = 1;
    for (int32_t i = 0; i < type.scale; ++i) scale *= 10;
    return bind.template operator()<Int128>(
        [unit, precision, scale](Int128 value) -> std::optional<int64_t> {
          const Int128 whole = value / scale;
          if (whole > INT64_MAX || whole < INT64_MIN) return std::nullopt;
          return TicksOfInteger(static_cast<int64_t>(whole), unit, precision);
        });
  }
  return NoSuchCall(call);
}

// Text is local to the zone of the third argument, by default UTC.
KernelResult BindToTimestampLtz(const Expression& call, const SessionContext&) {
  if (!call.args[0].type.is_string()) return BindLtzOfNumber(call);
  const int32_t precision = call.type.precision;
  if (call.args.size() == 1) {
    return Lift<int64_t, Text>(call, [precision](Text s) -> arrow::Result<std::optional<int64_t>> {
      const auto local = ParseTimestamp(s);
      if (!local.has_value())
        return arrow::Status::Invalid("TO_TIMESTAMP_LTZ: text '", s, "' could not be parsed");
      return ToTicks(*local, precision);
    });
  }
  ARROW_RETURN_NOT_OK(CheckPattern(call, 1, DatePatternKind::kModern));
  auto parse = [precision, slot = PatternSlot(DatePatternKind::kModern)](
                   Text s, Text text,
                   Text zone_name) mutable -> arrow::Result<std::optional<int64_t>> {
    ARROW_ASSIGN_OR_RAISE(const DatePattern* const pattern, slot.Get(text));
    const auto local = ParseByPattern(s, *pattern);
    if (!local.has_value()) return std::nullopt;
    ARROW_ASSIGN_OR_RAISE(const TimeZone* const zone, TimeZone::Find(zone_name));
    return ToTicks({local->seconds - zone->OffsetAtLocal(local->seconds), local->nanos}, precision);
  };
  if (call.args.size() == 2) {
    return Lift<int64_t, Text, Text>(
        call, [parse](Text s, Text text) mutable { return parse(s, text, "UTC"); });
  }
  return Lift<int64_t, Text, Text, Text>(call, parse);
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "to_date", .bind = BindToDate},
    {.name = "to_timestamp", .bind = BindToTimestamp},
    {.name = "to_timestamp_ltz", .selective = true, .bind = BindToTimestampLtz},
};

}  // namespace

std::span<const FunctionSpec> ToTimestampFunctions() { return kFunctions; }

}  // namespace sabot
