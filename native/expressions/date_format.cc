// Timestamps to text by patterns: DATE_FORMAT, FROM_UNIXTIME, UNIX_TIMESTAMP, CONVERT_TZ. A literal
// pattern is compiled at bind.
#include "expressions/any_integer.h"
#include "expressions/exact_timestamp.h"
#include "expressions/lift.h"
#include "expressions/pattern_slot.h"
#include "expressions/time_zone.h"

namespace sabot {
namespace {

using Text = std::string_view;

constexpr Text kDefaultPattern = "yyyy-MM-dd HH:mm:ss";
// SimpleDateFormat takes the later instant of a clock that is put back, and knows three-letter
// names.
arrow::Result<const TimeZone*> LegacyZone(Text name) {
  struct Alias {
    Text name;
    Text zone;
  };
  static constexpr Alias kAliases[] = {{"ACT", "Australia/Darwin"},
                                       {"AET", "Australia/Sydney"},
                                       {"AGT", "America/Argentina/Buenos_Aires"},
                                       {"ART", "Africa/Cairo"},
                                       {"AST", "America/Anchorage"},
                                       {"BET", "America/Sao_Paulo"},
                                       {"BST", "Asia/Dhaka"},
                                       {"CAT", "Africa/Harare"},
                                       {"CNT", "America/St_Johns"},
                                       {"CST", "America/Chicago"},
                                       {"CTT", "Asia/Shanghai"},
                                       {"EAT", "Africa/Addis_Ababa"},
                                       {"ECT", "Europe/Paris"},
                                       {"EST", "-05:00"},
                                       {"HST", "-10:00"},
                                       {"IET", "America/Indiana/Indianapolis"},
                                       {"IST", "Asia/Kolkata"},
                                       {"JST", "Asia/Tokyo"},
                                       {"MIT", "Pacific/Apia"},
                                       {"MST", "-07:00"},
                                       {"NET", "Asia/Yerevan"},
                                       {"NST", "Pacific/Auckland"},
                                       {"PLT", "Asia/Karachi"},
                                       {"PNT", "America/Phoenix"},
                                       {"PRT", "America/Puerto_Rico"},
                                       {"PST", "America/Los_Angeles"},
                                       {"SST", "Pacific/Guadalcanal"},
                                       {"VST", "Asia/Ho_Chi_Minh"}};
  for (const Alias& alias : kAliases) {
    if (alias.name == name) return TimeZone::Find(alias.zone);
  }
  auto zone = TimeZone::Find(name);
  // java.util.TimeZone takes a name that it does not know for GMT.
  return zone.ok() ? zone : TimeZone::Find("UTC");
}
int64_t LegacyToUtc(const TimeZone& zone, int64_t local_seconds) {
  const int64_t earlier = local_seconds - zone.OffsetAtLocal(local_seconds);
  if (zone.fixed()) return earlier;
  const int32_t later_offset = zone.OffsetAtUtc(earlier + 3 * 3600);
  const int64_t later = local_seconds - later_offset;
  return later > earlier && zone.OffsetAtUtc(later) == later_offset ? later : earlier;
}
int64_t UtcSeconds(const ParsedDate& date, const TimeZone& zone) {
  if (date.offset_seconds.has_value()) return date.local.seconds - *date.offset_seconds;
  return LegacyToUtc(zone, date.local.seconds);
}
void AppendLegacy(const DatePattern& pattern, int64_t utc_seconds, int32_t nanos,
                  const TimeZone& zone, std::string* out) {
  const int32_t offset = zone.OffsetAtUtc(utc_seconds);
  const int64_t local = utc_seconds + offset;
  pattern.Append({.days = FloorDiv(local, kSecondsPerDay),
                  .nanos_of_day = FloorMod(local, kSecondsPerDay) * 1'000'000'000 + nanos,
                  .offset_seconds = offset,
                  .zone_name = zone.name()},
                 out);
}

// --- DATE_FORMAT ---

KernelResult BindDateFormatOfText(const Expression& call, const SessionContext& session) {
  ARROW_RETURN_NOT_OK(CheckPattern(call, 1, DatePatternKind::kLegacy));
  ARROW_ASSIGN_OR_RAISE(const TimeZone* const zone, LegacyZone(session.time_zone));
  ARROW_ASSIGN_OR_RAISE(const DatePattern from,
                        DatePattern::Compile(kDefaultPattern, DatePatternKind::kLegacy));
  return Lift<Text, Text, Text>(
      call,
      [zone, from, to = PatternSlot(DatePatternKind::kLegacy), text = std::string()](
          Text s, Text pattern, TextWriter& out) mutable -> arrow::Result<bool> {
        ARROW_ASSIGN_OR_RAISE(const DatePattern* const format, to.Get(pattern));
        const auto date = from.Parse(s);
        if (!date.has_value()) return false;
        text.clear();
        AppendLegacy(*format, UtcSeconds(*date, *zone), date->local.nanos, *zone, &text);
        out.Append(text);
        return true;
      });
}

KernelResult BindDateFormat(const Expression& call, const SessionContext& session) {
  const Type& type = call.args[0].type;
  if (type.is_string()) return BindDateFormatOfText(call, session);
  if (!type.is_timestamp()) return NoSuchCall(call);
  ARROW_RETURN_NOT_OK(CheckPattern(call, 1, DatePatternKind::kModern));
  const int64_t ticks_per_second = TicksPerSecond(type.precision);
  ARROW_ASSIGN_OR_RAISE(const TimeZone* const zone, TimeZone::Find(session.time_zone));
  const bool shift = type.kind == TypeKind::kTimestampLtz;
  if (const auto literal = TextLiteral(call.args[1]); literal.has_value()) {
    ARROW_ASSIGN_OR_RAISE(auto pattern, DatePattern::Compile(*literal, DatePatternKind::kModern));
    return Lift<Text, int64_t, Bound>(
        call,
        [format = DateFormatter(std::move(pattern), ticks_per_second), cursor = ZoneCursor(zone),
         shift, ticks_per_second](int64_t ticks, Bound, TextWriter& out) mutable {
          format.Append(shift ? cursor.ToLocalTicks(ticks, ticks_per_second) : ticks, out);
        });
  }
  return Lift<Text, int64_t, Text>(
      call,
      [format = std::optional<DateFormatter>(), last = std::string(), cursor = ZoneCursor(zone),
       shift,
       ticks_per_second](int64_t ticks, Text text, TextWriter& out) mutable -> arrow::Status {
        if (!format.has_value() || text != last) {
          ARROW_ASSIGN_OR_RAISE(auto pattern, DatePattern::Compile(text, DatePatternKind::kModern));
          format.emplace(std::move(pattern), ticks_per_second);
          last = text;
        }
        format->Append(shift ? cursor.ToLocalTicks(ticks, ticks_per_second) : ticks, out);
        return arrow::Status::OK();
      });
}

KernelResult BindExactDateFormat(const Expression& call, const SessionContext& session) {
  return BindAtNanos(call, session, &BindDateFormat);
}

// --- UNIX_TIMESTAMP, FROM_UNIXTIME, CONVERT_TZ ---

KernelResult BindFromUnixtime(const Expression& call, const SessionContext& session) {
  ARROW_RETURN_NOT_OK(CheckPattern(call, 1, DatePatternKind::kLegacy));
  ARROW_ASSIGN_OR_RAISE(const TimeZone* const zone, LegacyZone(session.time_zone));
  auto format = [zone, slot = PatternSlot(DatePatternKind::kLegacy), result = std::string()](
                    AnyInteger seconds, Text text, TextWriter& out) mutable -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(const DatePattern* const pattern, slot.Get(text));
    result.clear();
    AppendLegacy(*pattern, seconds.value, 0, *zone, &result);
    out.Append(result);
    return arrow::Status::OK();
  };
  if (call.args.size() == 1) {
    return Lift<Text, AnyInteger>(call, [format](AnyInteger seconds, TextWriter& out) mutable {
      return format(seconds, kDefaultPattern, out);
    });
  }
  return Lift<Text, AnyInteger, Text>(call, format);
}

KernelResult BindConvertTz(const Expression& call, const SessionContext&) {
  ARROW_ASSIGN_OR_RAISE(const DatePattern pattern,
                        DatePattern::Compile(kDefaultPattern, DatePatternKind::kLegacy));
  return Lift<Text, Text, Text, Text>(
      call,
      [pattern, result = std::string()](Text s, Text from, Text to,
                                        TextWriter& out) mutable -> arrow::Result<bool> {
        const auto date = pattern.Parse(s);
        if (!date.has_value()) return false;
        ARROW_ASSIGN_OR_RAISE(const TimeZone* const from_zone, LegacyZone(from));
        ARROW_ASSIGN_OR_RAISE(const TimeZone* const to_zone, LegacyZone(to));
        result.clear();
        AppendLegacy(pattern, UtcSeconds(*date, *from_zone), 0, *to_zone, &result);
        out.Append(result);
        return true;
      });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "date_format", .bind = BindExactDateFormat},
    {.name = "from_unixtime", .bind = BindFromUnixtime},
    {.name = "convert_tz", .bind = BindConvertTz},
};

}  // namespace

// A text that cannot be read gives the smallest BIGINT.
KernelResult BindUnixTimestampOfText(const Expression& call, const SessionContext& session) {
  ARROW_RETURN_NOT_OK(CheckPattern(call, 1, DatePatternKind::kLegacy));
  ARROW_ASSIGN_OR_RAISE(const TimeZone* const zone, LegacyZone(session.time_zone));
  auto parse = [zone, slot = PatternSlot(DatePatternKind::kLegacy)](
                   Text s, Text text) mutable -> arrow::Result<int64_t> {
    ARROW_ASSIGN_OR_RAISE(const DatePattern* const pattern, slot.Get(text));
    const auto date = pattern->Parse(s);
    if (!date.has_value()) return INT64_MIN;
    const int64_t seconds = UtcSeconds(*date, *zone);
    // Milliseconds are divided towards zero.
    return seconds + (seconds < 0 && date->local.nanos >= 1'000'000 ? 1 : 0);
  };
  if (call.args.size() == 1) {
    return Lift<int64_t, Text>(call, [parse](Text s) mutable { return parse(s, kDefaultPattern); });
  }
  return Lift<int64_t, Text, Text>(call, parse);
}

std::span<const FunctionSpec> DateFormatFunctions() { return kFunctions; }

}  // namespace sabot
