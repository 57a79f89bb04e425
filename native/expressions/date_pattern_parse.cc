// Patterns of dates and times: reading text.
#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include "expressions/date_pattern.h"

namespace sabot {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

bool IsDigitChar(char c) { return c >= '0' && c <= '9'; }

bool SameIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           const auto fold = [](char c) {
             return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
           };
           return fold(x) == fold(y);
         });
}

// The values that a text gave, by letter.
using Values = std::map<char, int64_t>;

}  // namespace

// --- java.time
// ---------------------------------------------------------------------------------------------------

// DateTimeFormatter.parse with SMART resolving, then the defaults of Flink (1970, 1, 1, 0, 0, 0).
class ModernParser {
 public:
  ModernParser(const std::vector<DatePattern::Field>& fields, std::string_view text)
      : fields_(fields), text_(text) {}

  std::optional<ParsedDate> Run() {
    if (!Fields(0, fields_.size()) || at_ != text_.size()) return std::nullopt;
    return Resolve();
  }

 private:
  using Field = DatePattern::Field;

  bool Fields(size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      const Field& field = fields_[i];
      if (field.letter == '[') {
        const size_t close = Close(i);
        const size_t at = at_;
        const Values values = values_;
        if (!Fields(i + 1, close)) {
          at_ = at;
          values_ = values;
        }
        i = close;
      } else if (field.letter != ']' && !One(i, to)) {
        return false;
      }
    }
    return true;
  }
  size_t Close(size_t open) const {
    int depth = 0;
    for (size_t i = open; i < fields_.size(); ++i) {
      if (fields_[i].letter == '[') ++depth;
      if (fields_[i].letter == ']' && --depth == 0) return i;
    }
    return fields_.size();
  }

  struct Width {
    int least;
    int most;
    bool sign;         // '-' is accepted.
    bool exceeds_pad;  // More digits than `least` need a '+'.
    bool fixed() const { return least == most; }
  };
  static Width WidthOf(const Field& field) {
    const int count = field.count;
    switch (field.letter) {
      case 'u':
      case 'y':
      case 'Y':
        if (count == 2) return {2, 2, false, false};
        return {count, 19, true, count >= 4};
      case 'S':
        return {count, count, false, false};
      case 'D':
        return count == 1 ? Width{1, 19, true, false} : Width{count, 3, false, false};
      case 'A':
      case 'n':
      case 'N':
        return {count, 19, false, false};
      default:
        return count == 1 ? Width{1, 19, true, false} : Width{count, count, false, false};
    }
  }

  bool One(size_t index, size_t to) {
    const Field& field = fields_[index];
    if (field.letter == 0) {
      if (text_.substr(at_, field.literal.size()) != field.literal) return false;
      at_ += field.literal.size();
      return true;
    }
    if (field.numeric(DatePatternKind::kModern)) return Number(index, to);
    switch (field.letter) {
      case 'a':
        return Name('a', std::array<std::string_view, 2>{"AM", "PM"}, 2, 0);
      case 'G':
        return Name('G', std::array<std::string_view, 2>{"BC", "AD"}, 2, 0);
      case 'M':
      case 'L':
        return Name('M', kMonthNames, field.count == 4 ? 20 : 3, 1);
      case 'E':
      case 'e':
      case 'c':
        return Name('E', kDayNames, field.count == 4 ? 20 : 3, 1);
      default:
        return false;
    }
  }

  template <typename Names>
  bool Name(char letter, const Names& names, size_t size, int64_t base) {
    int64_t value = base;
    for (const std::string_view name : names) {
      const std::string_view part = name.substr(0, size);
      if (text_.substr(at_, part.size()) == part) {
        at_ += part.size();
        return Put(letter, value);
      }
      ++value;
    }
    return false;
  }
  bool Put(char letter, int64_t value) {
    const auto [found, added] = values_.emplace(letter, value);
    return added || found->second == value;
  }

  bool Number(size_t index, size_t to) {
    const Field& field = fields_[index];
    const Width width = WidthOf(field);
    // Digits that fields of fixed width right behind this one will need.
    int reserved = 0;
    if (!width.fixed()) {
      for (size_t i = index + 1;
           i < to && fields_[i].letter != 0 && fields_[i].numeric(DatePatternKind::kModern) &&
           WidthOf(fields_[i]).fixed();
           ++i) {
        reserved += WidthOf(fields_[i]).least;
      }
    }
    size_t from = at_;
    bool negative = false;
    bool positive = false;
    if (from < text_.size() && (text_[from] == '-' || text_[from] == '+')) {
      if (!width.sign) return false;
      negative = text_[from] == '-';
      positive = !negative;
      if (positive && !width.exceeds_pad) return false;
      ++from;
    }
    int digits = 0;
    while (digits < width.most + reserved && from + static_cast<size_t>(digits) < text_.size() &&
           IsDigitChar(text_[from + static_cast<size_t>(digits)])) {
      ++digits;
    }
    if (reserved > 0) digits = std::max(width.least, digits - reserved);
    digits = std::min(digits, width.most);
    if (digits < width.least || from + static_cast<size_t>(digits) > text_.size()) return false;
    if (width.exceeds_pad && !negative && (digits > width.least) != positive) return false;
    int64_t value = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = text_[from + static_cast<size_t>(i)];
      if (!IsDigitChar(c) || value > INT64_MAX / 20) return false;
      value = value * 10 + (c - '0');
    }
    at_ = from + static_cast<size_t>(digits);
    if (negative) value = -value;
    char letter = field.letter;
    if (letter == 'S') {
      for (int i = digits; i < 9; ++i) value *= 10;
      letter = 'n';
    } else if ((letter == 'u' || letter == 'y') && field.count == 2) {
      value += 2000;
    }
    if (letter == 'L') letter = 'M';
    if (letter == 'y') letter = 'u';
    return Put(letter, value);
  }

  std::optional<int64_t> Value(char letter) const {
    const auto found = values_.find(letter);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  bool InRange(char letter, int64_t least, int64_t most) const {
    const auto value = Value(letter);
    return !value.has_value() || (*value >= least && *value <= most);
  }

  std::optional<ParsedDate> Resolve() {
    if (!InRange('M', 1, 12) || !InRange('d', 1, 31) || !InRange('D', 1, 366) ||
        !InRange('H', 0, 24) || !InRange('k', 1, 24) || !InRange('K', 0, 11) ||
        !InRange('h', 1, 12) || !InRange('m', 0, 59) || !InRange('s', 0, 59) ||
        !InRange('Q', 1, 4)) {
      return std::nullopt;
    }
    // BC: the year of the era counts down from 1 BC = 0.
    if (Value('G') == 0 && Value('u').has_value()) values_['u'] = 1 - *Value('u');
    const int64_t year = Value('u').value_or(1970);
    int64_t days = 0;
    if (const auto day_of_year = Value('D'); day_of_year.has_value() && Value('u').has_value()) {
      if (*day_of_year > (IsLeapYear(year) ? 366 : 365)) return std::nullopt;
      days = DaysFromCivil(year, 1, 1) + *day_of_year - 1;
    } else {
      const auto month = static_cast<int32_t>(Value('M').value_or(1));
      const auto day = static_cast<int32_t>(Value('d').value_or(1));
      // 31 February is the last of February.
      days = DaysFromCivil(year, month, std::min(day, DaysInMonth(year, month)));
    }
    const bool whole_date =
        Value('u').has_value() &&
        ((Value('M').has_value() && Value('d').has_value()) || Value('D').has_value());
    if (const auto name = Value('E'); name.has_value() && whole_date && *name != IsoDayOfWeek(days))
      return std::nullopt;

    auto hour = Value('H');
    if (const auto k = Value('k'); k.has_value()) hour = *k % 24;
    if (const auto half = Value('a'); half.has_value()) {
      if (const auto h = Value('h'); h.has_value()) hour = *h % 12 + *half * 12;
      if (const auto h = Value('K'); h.has_value()) hour = *h + *half * 12;
    }
    const int64_t minute = Value('m').value_or(0);
    const int64_t second = Value('s').value_or(0);
    int64_t nano = Value('n').value_or(0);
    if (nano > 999'999'999) return std::nullopt;
    int64_t seconds = hour.value_or(0) * 3600 + minute * 60 + second;
    if (hour == 24 && (minute != 0 || second != 0 || nano != 0)) return std::nullopt;
    if (const auto millis = Value('A'); millis.has_value()) {
      if (*millis >= kMillisPerDay) return std::nullopt;
      seconds = *millis / 1000;
      nano = *millis % 1000 * 1'000'000;
    }
    if (const auto nanos = Value('N'); nanos.has_value()) {
      if (*nanos >= kSecondsPerDay * kNanosPerSecond) return std::nullopt;
      seconds = *nanos / kNanosPerSecond;
      nano = *nanos % kNanosPerSecond;
    }
    return ParsedDate{{days * kSecondsPerDay + seconds, static_cast<int32_t>(nano)}, std::nullopt};
  }

  const std::vector<Field>& fields_;
  std::string_view text_;
  size_t at_ = 0;
  Values values_;
};

// --- SimpleDateFormat
// --------------------------------------------------------------------------------------------

// Lenient: fields roll over, the last of D and (M, d) counts, what follows is ignored.
class LegacyParser {
 public:
  LegacyParser(const std::vector<DatePattern::Field>& fields, std::string_view text)
      : fields_(fields), text_(text) {}

  std::optional<ParsedDate> Run() {
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (!One(i)) return std::nullopt;
    }
    return Resolve();
  }

 private:
  using Field = DatePattern::Field;

  bool One(size_t index) {
    const Field& field = fields_[index];
    if (field.letter == 0) {
      if (text_.substr(at_, field.literal.size()) != field.literal) return false;
      at_ += field.literal.size();
      return true;
    }
    const size_t start = at_;
    SkipBlanks();
    if (at_ >= text_.size()) return false;
    if (field.numeric(DatePatternKind::kLegacy)) return Number(index, start);
    switch (field.letter) {
      case 'a':
        return Name('a', std::array<std::string_view, 2>{"AM", "PM"}, 0);
      case 'G':
        return Name('G', std::array<std::string_view, 2>{"BC", "AD"}, 0);
      case 'M':
      case 'L':
        return Name('M', kMonthNames, 1);
      case 'E':
        return Name('E', kDayNames, 1);
      default:
        return Zone();
    }
  }
  void SkipBlanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  // The longest of the long and short names, whatever its case.
  template <typename Names>
  bool Name(char letter, const Names& names, int64_t base) {
    size_t best = 0;
    int64_t value = base;
    for (const std::string_view name : names) {
      for (const size_t size : {name.size(), size_t{3}}) {
        const std::string_view part = name.substr(0, size);
        if (part.size() > best && SameIgnoringCase(text_.substr(at_, part.size()), part)) {
          best = part.size();
          values_[letter] = value;
        }
      }
      ++value;
    }
    at_ += best;
    return best > 0;
  }
  bool Zone() {
    for (const std::string_view name : {"UTC", "GMT", "Z"}) {
      if (!SameIgnoringCase(text_.substr(at_, name.size()), name)) continue;
      at_ += name.size();
      offset_ = 0;
      if (name == "Z" || at_ >= text_.size() || (text_[at_] != '+' && text_[at_] != '-'))
        return true;
      break;
    }
    if (at_ >= text_.size() || (text_[at_] != '+' && text_[at_] != '-')) return false;
    const int sign = text_[at_++] == '-' ? -1 : 1;
    int digits = 0;
    int value = 0;
    for (; at_ < text_.size() && digits < 4; ++at_) {
      if (text_[at_] == ':' && digits == 2) continue;
      if (!IsDigitChar(text_[at_])) break;
      value = value * 10 + (text_[at_] - '0');
      ++digits;
    }
    if (digits == 0) return false;
    offset_ = sign * (digits <= 2 ? value * 3600 : (value / 100 * 60 + value % 100) * 60);
    return true;
  }

  // `start` is where the blanks before the number began: they count where fields touch.
  bool Number(size_t index, size_t start) {
    const Field& field = fields_[index];
    // Fields that touch take exactly as many characters as they have letters.
    const bool touching = index + 1 < fields_.size() && fields_[index + 1].letter != 0 &&
                          fields_[index + 1].numeric(DatePatternKind::kLegacy);
    std::string_view source = text_.substr(at_);
    if (touching) {
      const size_t end = start + static_cast<size_t>(field.count);
      if (end > text_.size() || end <= at_) return false;
      source = text_.substr(at_, end - at_);
    }
    size_t size = 0;
    const bool negative = !source.empty() && source[0] == '-';
    if (negative) ++size;
    const size_t first = size;
    int64_t value = 0;
    while (size < source.size() && IsDigitChar(source[size]) && value < INT64_MAX / 20) {
      value = value * 10 + (source[size++] - '0');
    }
    if (size == first) return false;
    if (negative) value = -value;
    at_ += size;
    char letter = field.letter;
    // Two digits are a year within 80 years before and 20 after now.
    if (letter == 'y' && field.count <= 2 && size == 2 && !negative) {
      const int64_t latest = CivilFromDays(time(nullptr) / kSecondsPerDay).year + 20;
      value += latest - FloorMod(latest, 100) - (value < FloorMod(latest, 100) ? 0 : 100);
    }
    if (letter == 'k' && value == 24) value = 0;
    if (letter == 'h' && value == 12) value = 0;
    if (letter == 'k') letter = 'H';
    if (letter == 'K') letter = 'h';
    if (letter == 'L') letter = 'M';
    if (letter == 'D' || letter == 'd' || letter == 'M') last_day_letter_ = letter;
    values_[letter] = value;
    return true;
  }

  int64_t Value(char letter, int64_t fallback) const {
    const auto found = values_.find(letter);
    return found == values_.end() ? fallback : found->second;
  }

  std::optional<ParsedDate> Resolve() const {
    int64_t year = Value('y', 1970);
    if (Value('G', 1) == 0) year = 1 - year;
    const int64_t days = last_day_letter_ == 'D'
                             ? DaysFromLegacy(year, 1, Value('D', 1))
                             : DaysFromLegacy(year, Value('M', 1), Value('d', 1));
    int64_t hour = Value('H', 0);
    if (values_.contains('h')) hour = Value('h', 0) + 12 * Value('a', 0);
    const int64_t millis = Value('S', 0);
    const int64_t seconds = days * kSecondsPerDay + hour * 3600 + Value('m', 0) * 60 +
                            Value('s', 0) + FloorDiv(millis, 1000);
    return ParsedDate{{seconds, static_cast<int32_t>(FloorMod(millis, 1000) * 1'000'000)}, offset_};
  }

  const std::vector<Field>& fields_;
  std::string_view text_;
  size_t at_ = 0;
  Values values_;
  char last_day_letter_ = 'd';
  std::optional<int32_t> offset_;
};

std::optional<ParsedDate> DatePattern::Parse(std::string_view text) const {
  return kind_ == DatePatternKind::kModern ? ModernParser(fields_, text).Run()
                                           : LegacyParser(fields_, text).Run();
}

}  // namespace sabot
