// Casts from CHAR and VARCHAR. Flink trims blanks first for integers only; the other readers deal
// with them as they like. Errors carry Flink's words and the text as it was.
#include <cctype>
#include <limits>

#include "base/number_text.h"
#include "expressions/cast.h"
#include "expressions/decimal.h"
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

// A sign, digits, and a fraction that is checked and dropped.
enum class IntegerTextError { kNone, kEmpty, kOnlySign, kInvalidCharacter, kOverflow };

IntegerTextError ParseInteger(std::string_view text, int64_t* value) {
  if (text.empty()) return IntegerTextError::kEmpty;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') {
    text.remove_prefix(1);
    if (text.empty()) return IntegerTextError::kOnlySign;
  }
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  uint64_t number = 0;
  // Nineteen digits always fit 64 bits.
  size_t at = 0;
  for (; at < whole.size() && at < 19 && whole[at] >= '0' && whole[at] <= '9'; ++at) {
    number = number * 10 + static_cast<uint64_t>(whole[at] - '0');
  }
  bool overflow = false;
  for (const char c : whole.substr(at)) {
    if (c < '0' || c > '9')
      return overflow ? IntegerTextError::kOverflow : IntegerTextError::kInvalidCharacter;
    overflow = overflow || __builtin_mul_overflow(number, uint64_t{10}, &number) ||
               __builtin_add_overflow(number, static_cast<uint64_t>(c - '0'), &number);
  }
  const uint64_t limit =
      static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
  if (overflow || number > limit) return IntegerTextError::kOverflow;
  if (point != std::string_view::npos &&
      text.find_first_not_of("0123456789", point + 1) != std::string_view::npos) {
    return IntegerTextError::kInvalidCharacter;
  }
  *value = static_cast<int64_t>(negative ? 0 - number : number);
  return IntegerTextError::kNone;
}

const char* Reason(IntegerTextError error) {
  switch (error) {
    case IntegerTextError::kNone:
      return "";
    case IntegerTextError::kEmpty:
      return "Input is empty.";
    case IntegerTextError::kOnlySign:
      return "Input has only positive or negative symbol.";
    case IntegerTextError::kInvalidCharacter:
      return "Invalid character found.";
    case IntegerTextError::kOverflow:
      return "Overflow.";
  }
  return "";
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
        return read(TrimBlanks(text), &value) == IntegerTextError::kNone ? std::optional<T>(value)
                                                                         : std::nullopt;
      },
      [read](std::string_view text) {
        T value{};
        const std::string_view trimmed = TrimBlanks(text);
        return CastError(text, ForInput(trimmed, Reason(read(trimmed, &value))));
      });
}

template <typename T, bool (*parse)(std::string_view, T*)>
std::optional<T> Floating(std::string_view text) {
  T value{};
  return parse(text, &value) ? std::optional<T>(value) : std::nullopt;
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
        return ParseCastDecimal(text, precision, scale, &value) == DecimalParse::kOk
                   ? std::optional<Int128>(value)
                   : std::nullopt;
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
        return millis.has_value() ? std::optional<int32_t>(CutTime(*millis, precision))
                                  : std::nullopt;
      },
      [](std::string_view text) {
        std::string message = "Invalid time format: '";
        return CastError(text, message.append(text).append(
                                   "'. Expected format: HH:mm:ss[.fff] where HH is 00-23, mm is "
                                   "00-59, ss is 00-59"));
      });
}

KernelResult ToTimestamp(const Cast& cast) {
  const int32_t precision = cast.to.precision;
  const bool local_zone = cast.to.kind == TypeKind::kTimestampLtz;
  ARROW_ASSIGN_OR_RAISE(const TimeZone* zone,
                        TimeZone::Find(local_zone ? cast.session.time_zone : "UTC"));
  return LiftParse<int64_t, std::string_view>(
      cast,
      [precision,
       cursor = ZoneCursor(zone)](std::string_view text) mutable -> std::optional<int64_t> {
        auto local = ParseTimestamp(text);
        if (!local.has_value()) return std::nullopt;
        local->seconds = cursor.ToUtcSeconds(local->seconds);
        return ToTicks(*local, precision);
      },
      [precision](std::string_view text) {
        int64_t index = 0;
        if (ParseTimestamp(text, &index).has_value()) {
          std::string message = "'";
          return CastError(text, message.append(text).append("' is out of range: TIMESTAMP(") +
                                     std::to_string(precision) +
                                     ") is kept in nanoseconds, from 1677 to 2262.");
        }
        std::string message = "Text '";
        return CastError(text, message.append(text).append("' could not be parsed at index ") +
                                   std::to_string(index));
      });
}

KernelPtr ToBytes(const Cast& cast) {
  const auto length = static_cast<size_t>(cast.to.length);
  const bool pad = cast.to.kind == TypeKind::kBinary;
  return Lift<std::string_view, std::string_view>(
      cast.call, [length, pad](std::string_view text, TextWriter& to) {
        to.Append(text.substr(0, length));
        if (pad && text.size() < length) to.Append(length - text.size(), '\0');
      });
}

}  // namespace

KernelResult BindCastFromText(const Cast& cast) {
  switch (cast.to.kind) {
    case TypeKind::kBoolean:
      return LiftParse<bool, std::string_view>(cast, &ParseBoolean, [](std::string_view text) {
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
      return LiftParse<float, std::string_view>(cast, &Floating<float, ParseJavaFloat>,
                                                &FloatingError);
    case TypeKind::kDouble:
      return LiftParse<double, std::string_view>(cast, &Floating<double, ParseJavaDouble>,
                                                 &FloatingError);
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
