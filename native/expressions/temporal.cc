// Dates, times and timestamps as numbers and as text.
#include "expressions/temporal.h"

#include <algorithm>
#include <charconv>

#include "batch/type.h"

namespace sabot {
namespace {

constexpr int32_t kPowersOfTen32[] = {1,       10,        100,        1'000,       10'000,
                                      100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Java's String.trim: blanks and control characters.
std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// A trimmed number of digits alone, of nine digits at most (leading zeros apart).
std::optional<int32_t> Number(std::string_view text) {
  text = Trim(text);
  int64_t number = 0;
  if (text.empty()) return std::nullopt;
  for (const char c : text) {
    if (!IsDigit(c)) return std::nullopt;
    number = number * 10 + (c - '0');
    if (number > INT32_MAX) return std::nullopt;
  }
  return static_cast<int32_t>(number);
}

// Thousandths from fraction digits; other characters count as 0, the fourth digit rounds.
int32_t MillisOfFraction(std::string_view digits) {
  int32_t millis = 0;
  for (size_t i = 0; i < digits.size() && i < 3; ++i) {
    if (IsDigit(digits[i])) millis += (digits[i] - '0') * kPowersOfTen32[2 - i];
  }
  return millis + (digits.size() > 3 && digits[3] >= '5' ? 1 : 0);
}

// Reads numbers from a timestamp's text, left to right.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  size_t at() const { return at_; }
  bool done() const { return at_ == text_.size(); }
  bool Skip(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  size_t NumDigits() const {
    size_t end = at_;
    while (end < text_.size() && IsDigit(text_[end])) ++end;
    return end - at_;
  }
  // Exactly `count` digits, which must be there.
  int64_t Take(size_t count) {
    int64_t number = 0;
    for (size_t i = 0; i < count; ++i) number = number * 10 + (text_[at_++] - '0');
    return number;
  }
  // One or two digits. Like Java's pattern [MM][M] it takes further digits too, if they repeat the
  // number.
  bool Field(int64_t* number) {
    const size_t digits = NumDigits();
    if (digits == 0) return false;
    *number = Take(std::min<size_t>(digits, 2));
    const size_t more = digits > 2 ? std::min<size_t>(digits - 2, 18) : 0;
    Scanner repeated = *this;
    if (more > 0 && repeated.Take(more) == *number) *this = repeated;
    return true;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

char* Two(int64_t number, char* to) {
  *to++ = static_cast<char>('0' + number / 10 % 10);
  *to++ = static_cast<char>('0' + number % 10);
  return to;
}

char* Digits(int64_t number, int32_t count, char* to) {
  for (int32_t i = count - 1; i >= 0; --i, number /= 10)
    to[i] = static_cast<char>('0' + number % 10);
  return to + count;
}

char* HoursMinutesSeconds(int64_t seconds, char* to) {
  to = Two(seconds / 3'600, to);
  *to++ = ':';
  to = Two(seconds / 60 % 60, to);
  *to++ = ':';
  return Two(seconds % 60, to);
}

}  // namespace

int64_t AddMonths(int64_t days, int64_t months) {
  const CivilDate date = CivilFromDays(days);
  const int64_t month = date.month - 1 + months;
  const int64_t year = date.year + FloorDiv(month, 12);
  const auto civil_month = static_cast<int32_t>(FloorMod(month, 12)) + 1;
  return DaysFromCivil(year, civil_month, std::min(date.day, DaysInMonth(year, civil_month)));
}

int64_t AddMonthsToTicks(int64_t ticks, int64_t ticks_per_second, int64_t months) {
  const int64_t per_day = kSecondsPerDay * ticks_per_second;
  const int64_t days = FloorDiv(ticks, per_day);
  return AddMonths(days, months) * per_day + (ticks - days * per_day);
}

std::optional<int32_t> ParseDate(std::string_view text) {
  const size_t blank = text.find(' ');
  if (blank != std::string_view::npos && blank > 0) text = text.substr(0, blank);
  int32_t parts[3] = {0, 1, 1};
  for (int i = 0; i < 3; ++i) {
    const size_t hyphen = i < 2 ? text.find('-') : std::string_view::npos;
    const auto number = Number(text.substr(0, hyphen));
    if (!number.has_value()) return std::nullopt;
    parts[i] = *number;
    if (hyphen == std::string_view::npos) break;
    text.remove_prefix(hyphen + 1);
  }
  const auto [year, month, day] = parts;
  if (year > 9'999 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month))
    return std::nullopt;
  return static_cast<int32_t>(DaysFromCivil(year, month, day));
}

std::optional<int32_t> ParseTime(std::string_view text) {
  // A zone offset is read, but adds nothing where there is none.
  const size_t minus = text.find('-');
  const size_t zone = minus != std::string_view::npos ? minus : text.find('+');
  int32_t zone_minutes = 0;
  if (zone != std::string_view::npos) {
    const std::string_view offset = text.substr(zone + 1);
    const size_t colon = offset.find(':');
    const auto hours = Number(offset.substr(0, colon));
    const auto minutes = colon == std::string_view::npos ? std::optional<int32_t>(0)
                                                         : Number(offset.substr(colon + 1));
    if (!hours.has_value() || !minutes.has_value()) return std::nullopt;
    zone_minutes = (minus != std::string_view::npos ? -1 : 1) * (*hours * 60 + *minutes);
    text = text.substr(0, zone);
  }
  int32_t parts[3] = {0, 0, 0};
  int32_t millis = 0;
  for (int i = 0; i < 3; ++i) {
    const size_t end = text.find(i < 2 ? ':' : '.');
    const auto number = Number(text.substr(0, end));
    if (!number.has_value()) return std::nullopt;
    parts[i] = *number;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    if (i == 2) millis = MillisOfFraction(Trim(text));
  }
  const auto [hour, minute, second] = parts;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return (hour * 60 + minute + zone_minutes) * 60'000 + second * 1'000 + millis;
}

std::optional<LocalTimestamp> ParseTimestamp(std::string_view text, int64_t* error_index) {
  Scanner scan(text);
  const auto fail = [&](size_t index) {
    if (error_index != nullptr) *error_index = static_cast<int64_t>(index);
    return std::nullopt;
  };
  // Four digits, or a plus sign and more.
  const bool plus = scan.Skip('+');
  const size_t year_digits = scan.NumDigits();
  if (plus ? year_digits < 5 || year_digits > 9 : year_digits != 4) return fail(0);
  const int64_t year = scan.Take(year_digits);
  int64_t month = 0;
  int64_t day = 0;
  if (!scan.Skip('-') || !scan.Field(&month) || !scan.Skip('-') || !scan.Field(&day))
    return fail(scan.at());
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t nanos = 0;
  if (!scan.done()) {
    const size_t date_end = scan.at();
    if (!scan.Skip(' ') || !scan.Field(&hour) || !scan.Skip(':') || !scan.Field(&minute) ||
        !scan.Skip(':') || !scan.Field(&second)) {
      return fail(date_end);
    }
    if (scan.Skip('.')) {
      const size_t digits = std::min<size_t>(scan.NumDigits(), 9);
      nanos = scan.Take(digits) * kPowersOfTen32[9 - digits];
    }
    if (!scan.done()) return fail(scan.at());
  }
  const bool midnight = hour == 24 && minute == 0 && second == 0 && nanos == 0;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || (hour > 23 && !midnight) ||
      minute > 59 || second > 59) {
    return fail(0);
  }
  const auto civil_month = static_cast<int32_t>(month);
  const int32_t civil_day = std::min(static_cast<int32_t>(day), DaysInMonth(year, civil_month));
  return LocalTimestamp{DaysFromCivil(year, civil_month, civil_day) * kSecondsPerDay +
                            hour * 3'600 + minute * 60 + second,
                        static_cast<int32_t>(nanos)};
}

std::optional<int64_t> ToTicks(const LocalTimestamp& local, int32_t precision) {
  const int64_t per_second = TicksPerSecond(precision);
  const int32_t cut = kPowersOfTen32[9 - std::clamp(precision, 0, 9)];
  int64_t ticks = 0;
  if (__builtin_mul_overflow(local.seconds, per_second, &ticks)) return std::nullopt;
  const int64_t fraction = local.nanos / cut * cut / (1'000'000'000 / per_second);
  return __builtin_add_overflow(ticks, fraction, &ticks) ? std::nullopt
                                                         : std::optional<int64_t>(ticks);
}

std::optional<int64_t> ChangePrecision(int64_t ticks, int32_t from, int32_t to) {
  const int64_t from_unit = TicksPerSecond(from);
  const int64_t to_unit = TicksPerSecond(to);
  if (to_unit > from_unit) {
    return __builtin_mul_overflow(ticks, to_unit / from_unit, &ticks)
               ? std::nullopt
               : std::optional<int64_t>(ticks);
  }
  ticks = FloorDiv(ticks, from_unit / to_unit);
  if (to < from) {
    const int64_t cut = to_unit / kPowersOfTen32[to];  // Ticks per unit of the last digit.
    // Milliseconds are cut towards 1970, finer ticks towards the past, as in Flink.
    ticks = (to < 3 ? ticks / cut : FloorDiv(ticks, cut)) * cut;
  }
  return ticks;
}

LocalTimestamp CutFraction(LocalTimestamp from, int32_t precision) {
  if (from.nanos < kPowersOfTen32[precision]) return from;
  if (precision > 3) {
    const int32_t cut = kPowersOfTen32[9 - precision];
    return {from.seconds, from.nanos / cut * cut};
  }
  // Milliseconds are cut towards 1970.
  const int64_t cut = kPowersOfTen32[3 - precision];
  const int64_t millis = (from.seconds * 1'000 + from.nanos / 1'000'000) / cut * cut;
  return {FloorDiv(millis, 1'000), static_cast<int32_t>(FloorMod(millis, 1'000) * 1'000'000)};
}

char* FormatDate(int64_t days, char* to) {
  const CivilDate date = CivilFromDays(days);
  to = Digits(date.year < 0 ? -date.year : date.year, 4, to);
  *to++ = '-';
  to = Two(date.month, to);
  *to++ = '-';
  return Two(date.day, to);
}

char* FormatTime(int64_t millis, int32_t precision, char* to) {
  millis = FloorMod(millis, kMillisPerDay);
  to = HoursMinutesSeconds(millis / 1'000, to);
  int64_t rest = millis % 1'000;
  if (precision > 0) *to++ = '.';
  for (int32_t i = 0; i < precision; ++i) {
    *to++ = static_cast<char>('0' + rest / 100);
    rest = rest % 100 * 10;
    if (rest == 0) break;
  }
  return to;
}

char* FormatTimestamp(int64_t ticks, int32_t precision, char* to) {
  const int64_t per_second = TicksPerSecond(precision);
  const int64_t seconds = FloorDiv(ticks, per_second);
  const int64_t nanos = (ticks - seconds * per_second) * (1'000'000'000 / per_second);
  const int64_t days = FloorDiv(seconds, kSecondsPerDay);
  to = FormatDate(days, to);
  *to++ = ' ';
  to = HoursMinutesSeconds(seconds - days * kSecondsPerDay, to);
  if (precision == 0) return to;
  *to++ = '.';
  return Digits(nanos / kPowersOfTen32[9 - precision], precision, to);
}

char* FormatIntervalYearMonth(int32_t months, char* to) {
  const int64_t magnitude = months < 0 ? -int64_t{months} : months;
  *to++ = months < 0 ? '-' : '+';
  to = std::to_chars(to, to + 20, magnitude / 12).ptr;
  *to++ = '-';
  return Two(magnitude % 12, to);
}

char* FormatIntervalDayTime(int64_t millis, char* to) {
  const uint64_t magnitude =
      millis < 0 ? 0 - static_cast<uint64_t>(millis) : static_cast<uint64_t>(millis);
  *to++ = millis < 0 ? '-' : '+';
  to = std::to_chars(to, to + 24, magnitude / static_cast<uint64_t>(kMillisPerDay)).ptr;
  *to++ = ' ';
  const auto of_day = static_cast<int64_t>(magnitude % static_cast<uint64_t>(kMillisPerDay));
  to = HoursMinutesSeconds(of_day / 1'000, to);
  *to++ = '.';
  return Digits(of_day % 1'000, 3, to);
}

}  // namespace sabot
