// RowStore: rows kept whole, in columnar segments, addressed by id and linked into lists.
//
//   Append(batch of 3)  -> ids 7·0 7·1 7·2          (segment · row)
//   lists: key -> 7·2 -> 7·0                         newest first, one `next` per row
//
// Append-only: a segment goes when its last row is released. What a key's list holds is for the
// owner to say (the head is a cell of its KeyedTable).
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "batch/batch.h"

namespace sabot {

// Segment number in the upper half, row in the lower. 0 is no row: segments count from 1.
using RowId = uint64_t;
inline constexpr RowId kNoRow = 0;

// Where rows have gone when their store was rewritten.
class RowMoves {
 public:
  RowId To(RowId old) const;

 private:
  friend class RowStore;
  std::vector<RowId> from_;  // Ascending.
  std::vector<RowId> to_;
};

class RowStore {
 public:
  explicit RowStore(std::shared_ptr<arrow::Schema> schema) : schema_(std::move(schema)) {}

  // Keeps the batch; its rows have ids first, first + 1, ... All are live until released.
  RowId Append(RecordBatchPtr rows);
  void Release(RowId id);

  RowId next(RowId id) const { return at(id).next[static_cast<size_t>(row(id))]; }
  void set_next(RowId id, RowId next) { at(id).next[static_cast<size_t>(row(id))] = next; }

  static int64_t row(RowId id) { return static_cast<int64_t>(id & UINT32_MAX); }
  const arrow::RecordBatch& segment(RowId id) const { return *at(id).rows; }

  // Whether more than half of what is stored is dead, and enough of it to be worth rewriting.
  bool WantsCompaction() const { return num_dead_rows() > std::max(num_rows_, kDeadRowsMin); }
  // Rewrites the store so that it holds just these rows (ascending, all live ones); links between
  // them stay.
  arrow::Result<RowMoves> Compact(std::vector<RowId> live);

  // The rows of these ids, in that order.
  arrow::Result<RecordBatchPtr> Gather(std::span<const RowId> ids) const;

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  int64_t num_rows() const { return num_rows_; }  // Live ones.
  // Released rows that still take room, because others of their segment live.
  int64_t num_dead_rows() const { return num_kept_ - num_rows_; }
  int64_t size_bytes() const { return size_bytes_; }

 private:
  static constexpr int64_t kDeadRowsMin = 16'384;
  struct Segment {
    RecordBatchPtr rows;  // nullptr once all rows are released.
    std::vector<RowId> next;
    int64_t num_live = 0;
    int64_t bytes = 0;
  };
  Segment& at(RowId id) { return segments_[(id >> 32) - first_]; }
  const Segment& at(RowId id) const { return segments_[(id >> 32) - first_]; }

  std::shared_ptr<arrow::Schema> schema_;
  std::deque<Segment> segments_;
  uint64_t first_ = 1;  // The number of segments_[0].
  int64_t num_rows_ = 0;
  int64_t num_kept_ = 0;  // Live or dead, in segments that are kept.
  int64_t size_bytes_ = 0;
};

// One row of one batch, for gathering across batches.
struct RowRef {
  const arrow::RecordBatch* batch;
  int64_t row;
};

// Column `column` of every referenced row, in order. A batch of nullptr gives NULL.
arrow::Result<ArrayPtr> GatherColumn(std::span<const RowRef> rows, int column,
                                     const std::shared_ptr<arrow::DataType>& type);

}  // namespace sabot
