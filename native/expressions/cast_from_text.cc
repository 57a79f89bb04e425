// Casts from CHAR and VARCHAR. Flink trims blanks first for integers only; the other readers deal with them as they
// like. Errors carry Flink's words and the text as it was.
#include <cctype>
#include <limits>

#include "expressions/cast.h"
#include "expressions/decimal.h"
#include "expressions/number_text.h"
#include "expressions/temporal.h"
#include "expressions/time_zone.h"

namespace sabot {
namespace {

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string ForInput(std::string_view text, std::string_view reason) {
  std::string message = "For input string: '";
  message.append(text).append("'.");
  return reason.empty() ? message : message.append(" ").append(reason);
}

template <typename T>
KernelPtr ToInteger(const Cast& cast) {
  const auto read = [](std::string_view text, T* value) {
    int64_t wide = 0;
    const IntegerTextError error = ParseInteger(text, &wide);
    if (error != IntegerTextError::kNone) return error;
    *value = static_cast<T>(wide);
    return *value == wide ? error : IntegerTextError::kOverflow;
  };
  return LiftParse<T, std::string_view>(
      cast,
      [read](std::string_view text) -> std::optional<T> {
        T value{};
        return read(TrimBlanks(text), &value) == IntegerTextError::kNone ? std::optional<T>(value) : std::nullopt;
      },
      [read](std::string_view text) {
        T value{};
        const std::string_view trimmed = TrimBlanks(text);
        return CastError(text, ForInput(trimmed, Reason(read(trimmed, &value))));
      });
}

arrow::Status FloatingError(std::string_view text) {
  if (TrimBlanks(text).empty()) return CastError(text, "empty String");
  std::string message = "For input string: \"";
  return CastError(text, message.append(text).append("\""));
}

std::optional<bool> ParseBoolean(std::string_view text) {
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char* const word : {"t", "true", "y", "yes", "1"}) {
    if (lower == word) return true;
  }
  for (const char* const word : {"f", "false", "n", "no", "0"}) {
    if (lower == word) return false;
  }
  return std::nullopt;
}

KernelPtr ToDecimal(const Cast& cast) {
  const auto [precision, scale] = std::pair(cast.to.precision, cast.to.scale);
  return LiftParse<Int128, std::string_view>(
      cast,
      [precision, scale](std::string_view text) -> std::optional<Int128> {
        Int128 value = 0;
        return ParseDecimal(text, precision, scale, &value) == DecimalText::kOk ? std::optional<Int128>(value) : std::nullopt;
      },
      [](std::string_view text) { return CastError(text, ForInput(text, "Overflow.")); });
}

int32_t CutTime(int32_t millis, int32_t precision) {
  const int32_t unit = precision == 0 ? 1'000 : precision == 1 ? 100 : precision == 2 ? 10 : 1;
  return millis / unit * unit;
}

KernelPtr ToTime(const Cast& cast) {
  const int32_t precision = cast.to.precision;
  return LiftParse<int32_t, std::string_view>(
      cast,
      [precision](std::string_view text) -> std::optional<int32_t> {
        const auto millis = ParseTime(text);
        return millis.has_value() ? std::optional<int32_t>(CutTime(*millis, precision)) : std::nullopt;
      },
      [](std::string_view text) {
        std::string message = "Invalid time format: '";
        return CastError(text, message.append(text).append("'. Expected format: HH:mm:ss[.fff] where HH is 00-23, mm is "
                                                           "00-59, ss is 00-59"));
      });
}

KernelResult ToTimestamp(const Cast& cast) {
  const int32_t precision = cast.to.precision;
  const bool local_zone = cast.to.kind == TypeKind::kTimestampLtz;
  ARROW_ASSIGN_OR_RAISE(const TimeZone* zone, TimeZone::Find(local_zone ? cast.session.time_zone : "UTC"));
  return LiftParse<int64_t, std::string_view>(
      cast,
      [precision, cursor = ZoneCursor(zone)](std::string_view text) mutable -> std::optional<int64_t> {
        auto local = ParseTimestamp(text);
        if (!local.has_value()) return std::nullopt;
        local->seconds = cursor.ToUtcSeconds(local->seconds);
        return ToTicks(*local, precision);
      },
      [precision](std::string_view text) {
        int64_t index = 0;
        if (ParseTimestamp(text, &index).has_value()) {
          std::string message = "'";
          return CastError(text, message.append(text).append("' is out of range: TIMESTAMP(") + std::to_string(precision) +
                                     ") is kept in nanoseconds, from 1677 to 2262.");
        }
        std::string message = "Text '";
        return CastError(text, message.append(text).append("' could not be parsed at index ") + std::to_string(index));
      });
}

KernelPtr ToBytes(const Cast& cast) {
  const auto length = static_cast<size_t>(cast.to.length);
  const bool pad = cast.to.kind == TypeKind::kBinary;
  return Lift<std::string_view, std::string_view>(cast.call, [length, pad](std::string_view text, TextWriter& to) {
    to.Append(text.substr(0, length));
    if (pad && text.size() < length) to.Append(length - text.size(), '\0');
  });
}

}  // namespace

KernelResult BindCastFromText(const Cast& cast) {
  switch (cast.to.kind) {
    case TypeKind::kBoolean:
      return LiftParse<bool, std::string_view>(
          cast, &ParseBoolean,
          [](std::string_view text) {
            std::string message = "Cannot parse '";
            return CastError(text, message.append(text).append("' as BOOLEAN."));
          });
    case TypeKind::kTinyint:
      return ToInteger<int8_t>(cast);
    case TypeKind::kSmallint:
      return ToInteger<int16_t>(cast);
    case TypeKind::kInteger:
      return ToInteger<int32_t>(cast);
    case TypeKind::kBigint:
      return ToInteger<int64_t>(cast);
    case TypeKind::kFloat:
      return LiftParse<float, std::string_view>(cast, &ParseFloat, &FloatingError);
    case TypeKind::kDouble:
      return LiftParse<double, std::string_view>(cast, &ParseDouble, &FloatingError);
    case TypeKind::kDecimal:
      return ToDecimal(cast);
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return ToBytes(cast);
    case TypeKind::kDate:
      return LiftParse<int32_t, std::string_view>(cast, &ParseDate, [](std::string_view text) {
        return CastError(text, ForInput(text, ""));
      });
    case TypeKind::kTime:
      return ToTime(cast);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return ToTimestamp(cast);
    default:
      return NoSuchCall(cast.call);
  }
}

}  // namespace sabot
