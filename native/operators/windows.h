// How rows are put into windows, for every window operator.
//
//   HOP size 10, slide 4, offset 0: windows [0, 10) [4, 14) [8, 18) ..., slices of gcd(10, 4) = 2
//   a row at 9 lies in the slice that ends at 10, which is part of the windows that end at 10, 14
//   and 18
//
// With a TIMESTAMP_LTZ time column, windows follow the session time zone: rows are sliced by local
// time, and a window fires when the watermark passes the instant of its local end.
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
  int64_t ToLocal(int64_t epoch_ms);
  int64_t ToEpoch(int64_t local_ms);
  bool has_zone() const { return zone_.has_value(); }

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
    return ToEpoch(window_end) - 1 <= watermark;
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
  std::optional<ZoneCursor> zone_;
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
