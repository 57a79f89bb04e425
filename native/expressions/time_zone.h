// Time zones: between UTC and local clocks, with java.time's rules for gaps and overlaps.
//
// Rules come from the first folder of compiled zone files (TZif, the form of every Unix) that has
// the zone: $TZDIR, /usr/share/zoneinfo and its usual variants, then `zoneinfo` beside the library
// or addon that holds this code. The npm package ships that last one, so a machine without tzdata
// works. Offsets ("+02:00", "UTC-3", "GMT+8") and UTC need no file.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sabot {

// Immutable; shared by all that ask for the same name, for the life of the process.
class TimeZone {
 public:
  // "Europe/Berlin", "UTC", "Z", "+01:00", "GMT+8", ...; an unknown one is the user's error, naming
  // it.
  static arrow::Result<const TimeZone*> Find(std::string_view name);

  // Seconds east of UTC. For many rows use ZoneCursor.
  int32_t OffsetAtUtc(int64_t utc_seconds) const { return spans_[SpanAtUtc(&utc_seconds)].offset; }
  // The offset that turns a local clock's seconds into UTC: in a gap the one before it (the clock
  // is put forward by the gap), in an overlap the earlier instant's.
  int32_t OffsetAtLocal(int64_t local_seconds) const {
    return spans_[SpanAtLocal(&local_seconds)].offset;
  }
  bool fixed() const { return spans_.size() == 1; }
  const std::string& name() const { return name_; }

 private:
  friend class ZoneCursor;
  // From `utc_start` (and, for local clocks, `local_start`) on this offset holds, up to the next
  // span.
  struct Span {
    int64_t utc_start;
    int64_t local_start;
    int32_t offset;
  };
  explicit TimeZone(std::string name) : name_(std::move(name)) {}
  static arrow::Result<std::unique_ptr<TimeZone>> Make(std::string name);
  bool ParseFixed();
  bool ParseFile(std::string_view bytes);
  void Append(int64_t utc_start, int32_t offset);
  bool AppendRule(std::string_view rule);
  // These move times past the listed spans back by whole cycles of 400 years.
  size_t SpanAtUtc(int64_t* seconds) const;
  size_t SpanAtLocal(int64_t* seconds) const;

  std::string name_;
  std::vector<Span> spans_;  // Ascending, at least one.
  bool repeats_ = false;     // The last 400 years of spans stand for all that follow.
};

// Reads a column of times: remembers the span of the last one, so that neighbours cost a
// comparison.
class ZoneCursor {
 public:
  explicit ZoneCursor(const TimeZone* zone) : zone_(zone) {}

  int64_t ToLocalSeconds(int64_t utc_seconds) {
    if (utc_seconds < utc_.begin || utc_seconds >= utc_.end) FindUtc(utc_seconds);
    return utc_seconds + utc_.offset;
  }
  int64_t ToUtcSeconds(int64_t local_seconds) {
    if (local_seconds < local_.begin || local_seconds >= local_.end) FindLocal(local_seconds);
    return local_seconds - local_.offset;
  }
  // The same for ticks; the fraction of the second stays. (Offsets are whole seconds.)
  int64_t ToLocalTicks(int64_t utc_ticks, int64_t ticks_per_second);
  int64_t ToUtcTicks(int64_t local_ticks, int64_t ticks_per_second);

 private:
  struct Known {
    int64_t begin = 0;
    int64_t end = 0;
    int32_t offset = 0;
  };
  void FindUtc(int64_t seconds);
  void FindLocal(int64_t seconds);

  const TimeZone* zone_;
  Known utc_;
  Known local_;
};

}  // namespace sabot
