// Slices of windows, and which rows of a batch belong to which.
//
//   HOP 10 by 5, watermark 7    rows at 9, 2, 12, 8   ->   slices 10 15, rows 0 3 and 2; row 1 is
//   late
#pragma once

#include <cstdint>
#include <vector>

#include "batch/batch.h"
#include "operators/windows.h"

namespace sabot {

// Slices by end; `start` tells apart attached windows that end together.
struct SliceId {
  int64_t end = 0;
  int64_t start = 0;
  auto operator<=>(const SliceId&) const = default;
};

class RowSlices {
 public:
  void Assign(const Batch& in, Windows& windows, int64_t watermark);

  // Of the batch, in order of appearance.
  const std::vector<SliceId>& ids() const { return ids_; }
  // Rows whose windows have all fired.
  const std::vector<int32_t>& late() const { return late_; }
  // Whether every row belongs to a slice.
  bool takes_all() const { return takes_all_; }
  // The rows that belong to one, in order of slice, then as they came; the end of each slice in
  // there.
  std::vector<int32_t> Order(std::vector<int32_t>* ends) const;

 private:
  int32_t IndexOf(SliceId id, Windows& windows, int64_t watermark);

  std::vector<SliceId> ids_;
  std::vector<int32_t> slice_of_;  // By row an index into them, or none.
  std::vector<int32_t> late_;
  bool takes_all_ = true;
};

}  // namespace sabot
