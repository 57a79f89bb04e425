// How rows are put into windows, for every window operator.
//
//   HOP size 10, slide 4, offset 0: windows [0, 10) [4, 14) [8, 18) ..., slices of gcd(10, 4) = 2
//   a row at 9 lies in the slice that ends at 10, which is part of the windows that end at 10, 14
//   and 18
//
// With a TIMESTAMP_LTZ time column, windows follow the session time zone: rows are sliced by local
// time, and a window fires when the watermark passes the last instant whose local time is within.
#pragma once

#include <arrow/result.h>

#include <optional>
#include <string>
#include <vector>

#include "expressions/time_zone.h"
#include "plan/plan.h"
#include "stream/operator.h"

namespace sabot {

enum class WindowKind { kTumble, kHop, kCumulate, kSession, kAttached };

// Between the local times of windows and the instants of rows and watermarks; the same where
// windows are not of TIMESTAMP_LTZ.
class WindowZone {
 public:
  WindowZone() = default;
  static arrow::Result<WindowZone> OfSession(const OperatorContext& context);
  // Of rows that carry their windows: whether config.localWindow says so.
  static arrow::Result<WindowZone> Make(const PlanNode& node, const OperatorContext& context);

  bool any() const { return zone_.has_value(); }
  int64_t ToLocal(int64_t epoch_ms) {
    return zone_ ? zone_->ToLocalTicks(epoch_ms, 1000) : epoch_ms;
  }
  int64_t ToEpoch(int64_t local_ms) { return zone_ ? zone_->ToUtcTicks(local_ms, 1000) : local_ms; }
  // Whether a window has fired once the watermark is there.
  bool HasFired(int64_t window_end, int64_t watermark) {
    return (zone_ ? LastInstant(window_end - 1) : window_end - 1) <= watermark;
  }

 private:
  int64_t LastInstant(int64_t local_ms);

  std::optional<ZoneCursor> zone_;
};

class Windows {
 public:
  // Reads config.window of the node.
  static arrow::Result<Windows> Make(const PlanNode& node, const OperatorContext& context);

  WindowKind kind() const { return kind_; }
  int time_column() const { return time_; }
  int start_column() const { return start_column_; }  // kAttached
  int end_column() const { return end_column_; }      // kAttached
  int64_t gap_ms() const { return gap_; }             // kSession

  // All times below are local milliseconds; these convert (identity without a zone).
  int64_t ToLocal(int64_t epoch_ms) { return zone_.ToLocal(epoch_ms); }
  int64_t ToEpoch(int64_t local_ms) { return zone_.ToEpoch(local_ms); }
  bool has_zone() const { return zone_.any(); }

  // Not for sessions and attached windows.
  int64_t SliceEnd(int64_t time) const;
  // The windows that a slice is part of: ends first, first + window_step(), ..., last; first >
  // last: none.
  int64_t FirstWindowEnd(int64_t slice_end) const;
  int64_t LastWindowEnd(int64_t slice_end) const;
  int64_t window_step() const { return step_; }
  int64_t slice_ms() const { return slice_; }
  int64_t WindowStart(int64_t window_end) const;

  // Whether a window has fired once the watermark is there.
  bool HasFired(int64_t window_end, int64_t watermark) {
    return zone_.HasFired(window_end, watermark);
  }

 private:
  WindowKind kind_ = WindowKind::kTumble;
  int time_ = -1;
  int start_column_ = -1;
  int end_column_ = -1;
  int64_t size_ = 0;
  int64_t step_ = 0;  // Between the ends of neighbouring windows.
  int64_t slice_ = 0;
  int64_t offset_ = 0;
  int64_t gap_ = 0;
  WindowZone zone_;
};

// The window columns that an operator appends, as config.output names them.
class WindowColumns {
 public:
  static arrow::Result<WindowColumns> Make(const PlanNode& node, std::vector<std::string> names);
  // One array per column, from local starts and ends.
  arrow::Result<std::vector<ArrayPtr>> Build(std::span<const int64_t> starts,
                                             std::span<const int64_t> ends, Windows& windows) const;
  size_t size() const { return columns_.size(); }

 private:
  enum class Column { kStart, kEnd, kTime };
  struct Spec {
    Column column;
    std::shared_ptr<arrow::DataType> type;
    bool instant;  // TIMESTAMP_LTZ: the instant, not the local time.
  };
  std::vector<Spec> columns_;
};

}  // namespace sabot
