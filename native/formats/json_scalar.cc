// Scalars of JSON into their columns: from the text between the quotes, or the number's digits.
#include <limits>

#include "base/base64.h"
#include "base/number_text.h"
#include "base/temporal_text.h"
#include "formats/json_reader.h"

namespace sabot {
namespace {

// As Jackson's getLongValue: towards zero; false where it does not fit.
template <typename T>
bool FromDouble(double value, T* result) {
  constexpr double kLow = static_cast<double>(std::numeric_limits<T>::min());
  constexpr double kHigh = static_cast<double>(std::numeric_limits<T>::max());
  if (!(value >= kLow && value <= kHigh)) return false;
  *result = value >= 9223372036854775807.0 ? std::numeric_limits<T>::max() : static_cast<T>(value);
  return true;
}

}  // namespace

template <typename T>
bool JsonValueReader::AppendInteger(const Scalar& scalar, bool fractions) {
  int64_t value = 0;
  if (scalar.kind == Scalar::Kind::kNumber && !scalar.integer) {
    T converted = 0;
    double number = 0;
    if (!fractions || !ParseJavaDouble(scalar.text, &number) || !FromDouble(number, &converted))
      return false;
    column_.AppendFixed<T>(converted);
    return true;
  }
  if (!ParseJavaLong(scalar.text, &value)) return false;
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
  column_.AppendFixed<T>(static_cast<T>(value));
  return true;
}

bool JsonValueReader::AppendTimestamp(std::string_view text) {
  TimestampStyle style;
  style.zulu = zulu_;
  if (options_.iso_timestamps) {
    style.separator = 'T';
    style.seconds_optional = true;
    style.smart = zulu_;  // Flink reads TIMESTAMP with java.time's strict format, TIMESTAMP_LTZ
                          // with one of its own.
  }
  int64_t ticks = 0;
  int32_t remainder = 0;
  if (!ParseTimestamp(text, style, ticks_per_second_, &ticks, &remainder)) return false;
  column_.AppendFixed<int64_t>(ticks);
  if (remainder != 0) column_.SetRemainder(remainder);
  // "YYYY-MM-DD HH:MM:SS": remember the minute.
  if (text.size() >= 19 && text[4] == '-' && text[16] == ':') {
    std::string minute(text.substr(0, 16));
    std::memcpy(minute_text_, minute.data(), sizeof(minute_text_));
    minute.append(":00");
    if (zulu_) minute.push_back('Z');
    const bool known = ParseTimestamp(minute, style, ticks_per_second_, &minute_ticks_, &remainder);
    if (!known || text.substr(11, 2) == "24")
      minute_text_[0] = 0;  // At 24:00 no other second is right.
  }
  return true;
}

bool JsonValueReader::AppendText(const Scalar& scalar) {
  const std::string_view text = scalar.text;
  switch (action_) {
    case Action::kBool: {
      const std::string_view trimmed = TrimJava(text);
      column_.AppendBool(trimmed.size() == 4 && (trimmed[0] | 32) == 't' &&
                         (trimmed[1] | 32) == 'r' && (trimmed[2] | 32) == 'u' &&
                         (trimmed[3] | 32) == 'e');
      return true;
    }
    case Action::kInt8:
      return AppendInteger<int8_t>(scalar, false);
    case Action::kInt16:
      return AppendInteger<int16_t>(scalar, false);
    case Action::kInt32:
      return AppendInteger<int32_t>(scalar, true);
    case Action::kInt64:
      return AppendInteger<int64_t>(scalar, true);
    case Action::kFloat: {
      float value = 0;
      if (!ParseJavaFloat(text, &value)) return false;
      column_.AppendFixed(value);
      return true;
    }
    case Action::kDouble: {
      double value = 0;
      if (!ParseJavaDouble(text, &value)) return false;
      column_.AppendFixed(value);
      return true;
    }
    case Action::kDecimal: {
      Int128 value = 0;
      const DecimalParse parsed =
          ParseDecimal(text, column_.type().precision, column_.type().scale, &value);
      if (parsed == DecimalParse::kMalformed) return false;
      if (parsed == DecimalParse::kOverflow) {
        column_.AppendNull();
      } else {
        column_.AppendFixed(value);
      }
      return true;
    }
    case Action::kString:
      column_.AppendBytes(text);
      return true;
    case Action::kBytes: {
      if (scalar.kind != Scalar::Kind::kText) return false;
      std::string bytes;
      if (!DecodeBase64(text, &bytes)) return false;
      column_.AppendBytes(bytes);
      return true;
    }
    case Action::kDate: {
      int64_t days = 0;
      if (!ParseDate(text, false, &days) || days > INT32_MAX || days < INT32_MIN) return false;
      column_.AppendFixed(static_cast<int32_t>(days));
      return true;
    }
    case Action::kTime: {
      int64_t nanos = 0;
      if (!ParseTimeOfDay(text, false, true, &nanos)) return false;
      column_.AppendFixed(static_cast<int32_t>(nanos % kNanosPerDay / 1'000'000));
      return true;
    }
    case Action::kTimestamp:
      return AppendTimestamp(text);
    default:
      return false;
  }
}

}  // namespace sabot
