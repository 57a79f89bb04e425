// Rows to slices.
#include "operators/window_slices.h"

#include <arrow/record_batch.h>

#include <numeric>

namespace sabot {
namespace {

// Places of rows that no slice takes: no place below zero is an index.
constexpr int32_t kLate = -1;
constexpr int32_t kInNoWindow = -2;  // Between two windows of HOP with gaps.

}  // namespace

void RowSlices::Assign(const Batch& in, Windows& windows, int64_t watermark) {
  ids_.clear();
  slice_of_.resize(static_cast<size_t>(in.num_rows()));
  const bool attached = windows.kind() == WindowKind::kAttached;
  const int time_column = attached ? windows.end_column() : windows.time_column();
  const int64_t* times = in.rows->column_data(time_column)->GetValues<int64_t>(1);
  const int64_t* starts =
      attached ? in.rows->column_data(windows.start_column())->GetValues<int64_t>(1) : nullptr;
  late_.clear();
  takes_all_ = true;
  // Neighbouring rows mostly share a slice: the last one is tried first.
  int64_t begin = 0;
  int64_t end = INT64_MIN;
  int32_t index = kLate;
  for (size_t row = 0; row < slice_of_.size(); ++row) {
    if (attached) {
      const SliceId id = {times[row], starts[row]};
      if (index < 0 || ids_[static_cast<size_t>(index)] != id)
        index = IndexOf(id, windows, watermark);
    } else {
      const int64_t time = windows.has_zone() ? windows.ToLocal(times[row]) : times[row];
      if (time < begin || time >= end) {
        end = windows.SliceEnd(time);
        begin = end - windows.slice_ms();
        index = IndexOf({end, 0}, windows, watermark);
      }
    }
    slice_of_[row] = index;
    if (index >= 0) continue;
    takes_all_ = false;
    if (index == kLate) late_.push_back(static_cast<int32_t>(row));
  }
}

// The place of a slice in ids_, kLate if all its windows have fired, or kInNoWindow.
int32_t RowSlices::IndexOf(SliceId id, Windows& windows, int64_t watermark) {
  if (windows.kind() == WindowKind::kAttached) {
    if (windows.HasFired(id.end, watermark)) return kLate;
  } else {
    const int64_t last = windows.LastWindowEnd(id.end);
    if (windows.FirstWindowEnd(id.end) > last) return kInNoWindow;
    if (windows.HasFired(last, watermark)) return kLate;
    // Fired slices of CUMULATE are gone: the row belongs to the next window that has not fired.
    while (windows.kind() == WindowKind::kCumulate && windows.HasFired(id.end, watermark)) {
      id.end += windows.window_step();
    }
  }
  for (size_t i = ids_.size(); i-- > 0;) {
    if (ids_[i] == id) return static_cast<int32_t>(i);
  }
  ids_.push_back(id);
  return static_cast<int32_t>(ids_.size() - 1);
}

std::vector<int32_t> RowSlices::Order(std::vector<int32_t>* ends) const {
  ends->assign(ids_.size(), 0);
  for (const int32_t slice : slice_of_) {
    if (slice >= 0) ++(*ends)[static_cast<size_t>(slice)];
  }
  std::partial_sum(ends->begin(), ends->end(), ends->begin());
  std::vector<int32_t> order(static_cast<size_t>(ends->back()));
  std::vector<int32_t> next(ids_.size(), 0);
  for (size_t i = 1; i < next.size(); ++i) next[i] = (*ends)[i - 1];
  for (size_t row = 0; row < slice_of_.size(); ++row) {
    if (slice_of_[row] < 0) continue;
    order[static_cast<size_t>(next[static_cast<size_t>(slice_of_[row])]++)] =
        static_cast<int32_t>(row);
  }
  return order;
}

}  // namespace sabot
