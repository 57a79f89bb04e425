// Time zones from TZif files (RFC 8536) and from offsets.
#include "expressions/time_zone.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "expressions/temporal.h"

namespace sabot {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
// The calendar and so the rules of a zone repeat after 400 years.
constexpr int64_t kCycleSeconds = 146'097 * kSecondsPerDay;
constexpr int64_t kCycleYears = 400;
constexpr size_t kFileBytesMax = 1 << 20;

int64_t BigEndian(const char* bytes, size_t size) {
  uint64_t number = (static_cast<unsigned char>(bytes[0]) & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (size_t i = 0; i < size; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return static_cast<int64_t>(number);
}

// Where this code's own library or addon lies; empty if it is linked into a program.
std::string LibraryFolder() {
  static const char kAnchor = 0;
  Dl_info info;
  if (dladdr(&kAnchor, &info) == 0 || info.dli_fname == nullptr) return "";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::vector<std::string> ZoneFolders() {
  std::vector<std::string> folders;
  if (const char* const named = std::getenv("TZDIR")) folders.emplace_back(named);
  for (const char* const usual :
       {"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"}) {
    folders.emplace_back(usual);
  }
  folders.push_back(LibraryFolder() + "/zoneinfo");
  return folders;
}

// Zone names are relative paths of plain words: nothing else may reach the file system.
bool IsZoneName(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find("..") != std::string_view::npos)
    return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  });
}

std::optional<std::string> ReadZoneFile(const std::string& name) {
  if (!IsZoneName(name)) return std::nullopt;
  for (const std::string& folder : ZoneFolders()) {
    std::string path = folder;
    path.append("/").append(name);
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (bytes.size() >= 44 && bytes.size() <= kFileBytesMax && bytes.starts_with("TZif"))
      return bytes;
  }
  return std::nullopt;
}

// --- POSIX rules: "CET-1CEST,M3.5.0,M10.5.0/3" ---

struct RuleDate {
  enum class Form { kMonthWeekDay, kJulian, kZeroBased } form = Form::kZeroBased;
  int32_t month = 0;
  int32_t week = 0;
  int32_t day = 0;  // Of week from Sunday, or of year.
  int32_t seconds = 7'200;

  int64_t LocalSeconds(int64_t year) const {
    int64_t days = 0;
    const int64_t new_year = DaysFromCivil(year, 1, 1);
    if (form == Form::kMonthWeekDay) {
      const int64_t first = DaysFromCivil(year, month, 1);
      const int64_t first_weekday = IsoDayOfWeek(first) % 7;
      days = first + FloorMod(day - first_weekday, 7) + 7 * (week - 1);
      if (days >= first + DaysInMonth(year, month)) days -= 7;
    } else if (form == Form::kJulian) {  // 1..365, 29 February is never counted.
      days = new_year + day - 1 + (IsLeapYear(year) && day >= 60 ? 1 : 0);
    } else {
      days = new_year + day;
    }
    return days * kSecondsPerDay + seconds;
  }
};

class RuleScanner {
 public:
  explicit RuleScanner(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  bool Skip(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool Name() {
    const bool quoted = Skip('<');
    size_t end = 0;
    while (end < text_.size() &&
           (quoted ? text_[end] != '>' : std::isalpha(static_cast<unsigned char>(text_[end])) != 0))
      ++end;
    if (end == 0) return false;
    text_.remove_prefix(end);
    return !quoted || Skip('>');
  }
  bool Number(int32_t* number) {
    size_t digits = 0;
    *number = 0;
    while (digits < text_.size() && digits < 4 && text_[digits] >= '0' && text_[digits] <= '9') {
      *number = *number * 10 + (text_[digits++] - '0');
    }
    text_.remove_prefix(digits);
    return digits > 0;
  }
  // [+-]h[:m[:s]]
  bool Seconds(int32_t* seconds) {
    const bool negative = Skip('-');
    if (!negative) Skip('+');
    int32_t parts[3] = {0, 0, 0};
    if (!Number(&parts[0])) return false;
    for (int i = 1; i < 3 && Skip(':'); ++i) {
      if (!Number(&parts[i])) return false;
    }
    *seconds = (negative ? -1 : 1) * (parts[0] * 3'600 + parts[1] * 60 + parts[2]);
    return true;
  }
  bool Date(RuleDate* date) {
    if (!Skip(',')) return false;
    if (Skip('M')) {
      date->form = RuleDate::Form::kMonthWeekDay;
      if (!Number(&date->month) || !Skip('.') || !Number(&date->week) || !Skip('.') ||
          !Number(&date->day))
        return false;
    } else {
      if (Skip('J')) date->form = RuleDate::Form::kJulian;
      if (!Number(&date->day)) return false;
    }
    return !Skip('/') || Seconds(&date->seconds);
  }

 private:
  std::string_view text_;
};

}  // namespace

arrow::Result<const TimeZone*> TimeZone::Find(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<TimeZone>, std::less<>> zones;
  const std::lock_guard lock(mutex);
  const auto found = zones.find(name);
  if (found != zones.end()) return found->second.get();
  ARROW_ASSIGN_OR_RAISE(auto zone, Make(std::string(name)));
  return zones.emplace(name, std::move(zone)).first->second.get();
}

arrow::Result<std::unique_ptr<TimeZone>> TimeZone::Make(std::string name) {
  std::unique_ptr<TimeZone> zone(new TimeZone(std::move(name)));
  if (zone->ParseFixed()) return zone;
  const auto bytes = ReadZoneFile(zone->name_);
  if (bytes.has_value() && zone->ParseFile(*bytes)) return zone;
  return UserError("time-zone", zone->name_,
                   "Unknown time zone '" + zone->name_ +
                       "'. Give a name such as 'Europe/Berlin' or an offset such as '+02:00'; if "
                       "the name is right, "
                       "this machine has no data for it: install tzdata or set TZDIR.");
}

// "Z", "UTC", "GMT", "UT", each with or without an offset, or an offset alone:
// [+-]h[h][[:]mm[[:]ss]].
bool TimeZone::ParseFixed() {
  std::string_view text = name_;
  if (text == "Z") text = "";
  for (const std::string_view prefix : {"UTC", "GMT", "UT"}) {
    if (text.starts_with(prefix) && (text.size() == prefix.size() || text[prefix.size()] == '+' ||
                                     text[prefix.size()] == '-')) {
      text.remove_prefix(prefix.size());
      break;
    }
  }
  if (text.size() == name_.size() && (text.empty() || (text[0] != '+' && text[0] != '-')))
    return false;
  int32_t offset = 0;
  if (!text.empty()) {
    const int32_t sign = text[0] == '-' ? -1 : 1;
    std::string digits;
    if (text.size() == 2 || text.find(':') == 2) digits = "0";  // One digit of hours.
    for (const char c : text.substr(1)) {
      if (c >= '0' && c <= '9') {
        digits += c;
      } else if (c != ':') {
        return false;
      }
    }
    if (digits.size() != 2 && digits.size() != 4 && digits.size() != 6) return false;
    digits.resize(6, '0');
    const auto two = [&](size_t at) { return (digits[at] - '0') * 10 + (digits[at + 1] - '0'); };
    if (two(0) > 18 || two(2) > 59 || two(4) > 59) return false;
    offset = sign * (two(0) * 3'600 + two(2) * 60 + two(4));
  }
  spans_ = {{kMin, kMin, offset}};
  return true;
}

void TimeZone::Append(int64_t utc_start, int32_t offset) {
  if (spans_.empty()) {
    spans_.push_back({kMin, kMin, offset});
    return;
  }
  const int32_t before = spans_.back().offset;
  if (before == offset) return;
  // The offset before holds on local clocks through the gap, and through the overlap's first pass.
  spans_.push_back({utc_start, utc_start + std::max(before, offset), offset});
}

bool TimeZone::ParseFile(std::string_view bytes) {
  struct Counts {
    size_t utc, standard, leap, times, types, letters;
    size_t Size(size_t time_size) const {
      return times * (time_size + 1) + types * 6 + letters + leap * (time_size + 4) + standard +
             utc;
    }
  };
  const auto counts_at = [&](size_t at) {
    const auto count = [&](size_t i) {
      return static_cast<size_t>(
          static_cast<uint32_t>(BigEndian(bytes.data() + at + 20 + 4 * i, 4)));
    };
    return Counts{count(0), count(1), count(2), count(3), count(4), count(5)};
  };
  // Version 2 and later repeat the data with 64-bit times after the 32-bit block.
  size_t at = 0;
  size_t time_size = 4;
  Counts counts = counts_at(0);
  if (bytes[4] >= '2') {
    at = 44 + counts.Size(4);
    if (bytes.size() < at + 44) return false;
    counts = counts_at(at);
    time_size = 8;
  }
  at += 44;
  if (counts.types == 0 || bytes.size() < at + counts.Size(time_size)) return false;
  const char* const times = bytes.data() + at;
  const char* const indices = times + counts.times * time_size;
  const char* const types = indices + counts.times;
  const auto offset_of = [&](size_t type) {
    return static_cast<int32_t>(BigEndian(types + 6 * type, 4));
  };
  Append(kMin, offset_of(0));
  for (size_t i = 0; i < counts.times; ++i) {
    const auto type = static_cast<size_t>(static_cast<unsigned char>(indices[i]));
    if (type >= counts.types) return false;
    const int64_t start = BigEndian(times + i * time_size, time_size);
    if (start <= -(int64_t{1} << 59)) continue;  // Some compilers write the Big Bang first.
    Append(start, offset_of(type));
  }
  if (time_size == 4) return true;
  std::string_view footer = bytes.substr(at + counts.Size(8));
  if (footer.size() < 2 || footer.front() != '\n') return true;
  footer.remove_prefix(1);
  footer = footer.substr(0, footer.find('\n'));
  return footer.empty() || AppendRule(footer);
}

bool TimeZone::AppendRule(std::string_view rule) {
  RuleScanner scan(rule);
  int32_t standard = 0;
  if (!scan.Name() || !scan.Seconds(&standard)) return false;
  standard = -standard;  // POSIX counts west of UTC.
  if (scan.done()) {
    if (spans_.back().offset != standard) return false;
    return true;
  }
  int32_t summer = standard + 3'600;
  RuleDate to_summer;
  RuleDate to_standard;
  if (!scan.Name()) return false;
  RuleScanner lookahead = scan;
  if (!lookahead.Skip(',')) {
    if (!scan.Seconds(&summer)) return false;
    summer = -summer;
  }
  if (!scan.Date(&to_summer) || !scan.Date(&to_standard) || !scan.done()) return false;
  const int64_t last = spans_.back().utc_start;
  const int64_t first_year =
      last == kMin ? 1970 : CivilFromDays(FloorDiv(last, kSecondsPerDay)).year;
  for (int64_t year = first_year; year <= first_year + kCycleYears + 1; ++year) {
    std::pair<int64_t, int32_t> changes[] = {{to_summer.LocalSeconds(year) - standard, summer},
                                             {to_standard.LocalSeconds(year) - summer, standard}};
    std::sort(std::begin(changes), std::end(changes));
    for (const auto& [start, offset] : changes) {
      if (start > last) Append(start, offset);
    }
  }
  repeats_ = true;
  return true;
}

size_t TimeZone::SpanAtUtc(int64_t* seconds) const {
  if (repeats_ && *seconds > spans_.back().utc_start) {
    *seconds -= ((*seconds - spans_.back().utc_start) / kCycleSeconds + 1) * kCycleSeconds;
  }
  const auto after =
      std::upper_bound(spans_.begin(), spans_.end(), *seconds,
                       [](int64_t time, const Span& span) { return time < span.utc_start; });
  return static_cast<size_t>(after - spans_.begin()) - 1;
}

size_t TimeZone::SpanAtLocal(int64_t* seconds) const {
  if (repeats_ && *seconds > spans_.back().local_start) {
    *seconds -= ((*seconds - spans_.back().local_start) / kCycleSeconds + 1) * kCycleSeconds;
  }
  const auto after =
      std::upper_bound(spans_.begin(), spans_.end(), *seconds,
                       [](int64_t time, const Span& span) { return time < span.local_start; });
  return static_cast<size_t>(after - spans_.begin()) - 1;
}

void ZoneCursor::FindUtc(int64_t seconds) {
  int64_t found = seconds;
  const size_t span = zone_->SpanAtUtc(&found);
  const int64_t shift = seconds - found;
  const auto& spans = zone_->spans_;
  utc_.begin = span == 0 ? kMin : spans[span].utc_start + shift;
  utc_.end = span + 1 == spans.size() ? kMax : spans[span + 1].utc_start + shift;
  utc_.offset = spans[span].offset;
}

void ZoneCursor::FindLocal(int64_t seconds) {
  int64_t found = seconds;
  const size_t span = zone_->SpanAtLocal(&found);
  const int64_t shift = seconds - found;
  const auto& spans = zone_->spans_;
  local_.begin = span == 0 ? kMin : spans[span].local_start + shift;
  local_.end = span + 1 == spans.size() ? kMax : spans[span + 1].local_start + shift;
  local_.offset = spans[span].offset;
}

int64_t ZoneCursor::ToLocalTicks(int64_t utc_ticks, int64_t ticks_per_second) {
  const int64_t seconds = FloorDiv(utc_ticks, ticks_per_second);
  return utc_ticks + (ToLocalSeconds(seconds) - seconds) * ticks_per_second;
}

int64_t ZoneCursor::ToUtcTicks(int64_t local_ticks, int64_t ticks_per_second) {
  const int64_t seconds = FloorDiv(local_ticks, ticks_per_second);
  return local_ticks + (ToUtcSeconds(seconds) - seconds) * ticks_per_second;
}

}  // namespace sabot
