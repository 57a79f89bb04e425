// RowStore: rows kept whole, in columnar segments, addressed by id and linked into lists.
//
//   Append(batch of 3)  -> ids 7·0 7·1 7·2          (segment · row)
//   lists: key -> 7·2 -> 7·0                         newest first, one `next` per row
//
// Where the state's tiers have too little memory, segments and their links move to disk, oldest
// first; they are read from there as if nothing had happened. Append-only: a segment goes when its
// last row is released. What a key's list holds is for the owner to say (the head is a cell of its
// KeyedTable). Every row has a sequence number, which it keeps when it is moved or restored;
// snapshots write the rows that have come and the numbers of those that have gone.
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "batch/batch.h"
#include "state/delta_chain.h"
#include "state/snapshot.h"
#include "state/state_tiers.h"

namespace sabot {

// Segment number in the upper half, row in the lower. 0 is no row: segments count from 1.
using RowId = uint64_t;
inline constexpr RowId kNoRow = 0;

// One row of one batch, for gathering across batches.
struct RowRef {
  const arrow::RecordBatch* batch;
  int64_t row;
};

// Where rows have gone when their store was rewritten: a live row's place is how many lived before
// it.
class RowMoves {
 public:
  RowId To(RowId old) const;

 private:
  friend class RowStore;
  struct Part {
    uint64_t num_before = 0;  // In earlier segments.
    std::shared_ptr<const std::vector<uint64_t>> dead;
    std::vector<uint32_t> dead_before;  // By 64 rows.
  };
  uint64_t first_ = 1;
  std::vector<Part> parts_;  // By segment.
};

class RowStore final : public Resident {
 public:
  // `tiers`: nullptr where all rows stay in memory; else they outlive the store.
  explicit RowStore(std::shared_ptr<arrow::Schema> schema, StateTiers* tiers = nullptr);
  ~RowStore() override;
  // The last column of rows that age: when each was added. Restore puts NULL where the rows were
  // stored without, and leaves it out where they age no longer.
  static std::shared_ptr<arrow::Field> AddedField();
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;

  // Keeps the batch; its rows have ids first, first + 1, ... All are live until released.
  RowId Append(RecordBatchPtr rows);
  void Release(RowId id);

  // Lists lead from newer rows to older ones.
  RowId next(RowId id) const { return at(id).links[row(id)]; }
  void set_next(RowId id, RowId next) {
    Segment& segment = at(id);
    if (segment.links[row(id)] == next) return;
    if (segment.next.empty()) LinksToMemory(id);
    segment.next[static_cast<size_t>(row(id))] = next;
  }

  // Numbers ascend in order of arrival, as ids do. The next row that is appended has
  // next_sequence().
  uint64_t sequence(RowId id) const { return SequenceOf(at(id), row(id)); }
  uint64_t next_sequence() const { return next_sequence_; }
  // The row with this number, which is live.
  RowId IdOf(uint64_t sequence) const;

  // Where a row lies, until the store changes or the next element.
  RowRef Ref(RowId id) const { return {at(id).rows.get(), at(id).offset + row(id)}; }

  // Whether more than half of what is stored is dead, and enough of it to be worth rewriting.
  bool WantsCompaction() const { return num_dead_rows() > std::max(num_rows_, kDeadRowsMin); }
  // Rewrites the store so that it holds just its live rows, those of a store that is mostly on disk
  // there again; links between them stay.
  arrow::Result<RowMoves> Compact();

  // The rows of these ids, in that order.
  arrow::Result<RecordBatchPtr> Gather(std::span<const RowId> ids) const;

  // All live rows, ascending: in order of arrival.
  std::vector<RowId> LiveRows() const;
  // At most so many live rows, from the sequence number `*next` on, which moves behind them: to
  // `end` once there are no more before it.
  std::vector<RowId> LiveRows(uint64_t* next, uint64_t end, size_t num_max) const;

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  int64_t num_rows() const { return num_rows_; }  // Live ones.
  // Released rows that still take room, because others of their segment live.
  int64_t num_dead_rows() const { return num_kept_ - num_rows_; }
  int64_t size_bytes() const { return size_bytes_; }  // In memory and on disk.
  bool any_on_disk() const { return disk_bytes_ > 0; }

  int64_t memory_bytes() const override {
    return movable_bytes() + std::ssize(segments_) * static_cast<int64_t>(sizeof(Segment));
  }
  int64_t pooled_bytes() const override { return movable_bytes() - link_bytes_; }
  arrow::Result<int64_t> Spill(int64_t bytes) override;
  // As the tiers', in the middle of long work of their owner, who holds no slots.
  arrow::Status MakeRoom() { return tiers_ == nullptr ? arrow::Status::OK() : tiers_->MakeRoom(); }

  arrow::Status Snapshot(std::string_view section, SnapshotWriter& to);

  // A batch of rows that a restored store may take.
  class Restored {
   public:
    const Batch& batch() const { return batch_; }
    // Appends the rows at these positions (ascending, at least one); gives the first one's id.
    arrow::Result<RowId> Append(std::span<const int32_t> rows);

   private:
    friend class RowStore;
    Batch batch_;
    std::vector<uint64_t> sequences_;
    RowStore* store_ = nullptr;
  };
  // Into an empty store, in order of arrival.
  arrow::Status Restore(std::string_view section, const SnapshotReader& from,
                        const std::function<arrow::Status(Restored&)>& take);

 private:
  class Frozen;
  class Replay;
  static constexpr int64_t kDeadRowsMin = 16'384;
  static constexpr int64_t kLinkBytes = 8;
  using Bitmap = std::vector<uint64_t>;

  struct Segment {
    // The batch that has its rows, from `offset` on; nullptr once all are released.
    RecordBatchPtr rows;
    int64_t offset = 0;
    int64_t num_rows = 0;
    // Ascends from segment to segment. Unless `sequences` says otherwise, they are consecutive.
    uint64_t first_sequence = 0;
    std::shared_ptr<const uint64_t> sequences;  // By row.
    std::shared_ptr<Bitmap>
        dead;                 // Released rows; nullptr: none. Copied if a snapshot has it, too.
    std::vector<RowId> next;  // Empty where the links lie on disk.
    const RowId* links = nullptr;  // Them, wherever they lie.
    RecordBatchPtr links_on_disk;  // Of several segments.
    int64_t num_live = 0;
    int64_t bytes = 0;  // With its numbers, without links.
    bool on_disk = false;
    int64_t link_bytes() const { return num_rows * kLinkBytes; }
  };
  static uint64_t SequenceOf(const Segment& segment, int64_t row) {
    return segment.sequences == nullptr ? segment.first_sequence + static_cast<uint64_t>(row)
                                        : segment.sequences.get()[row];
  }
  static int64_t row(RowId id) { return static_cast<int64_t>(id & UINT32_MAX); }
  int64_t movable_bytes() const { return size_bytes_ - disk_bytes_; }
  static std::shared_ptr<const uint64_t> Shared(std::vector<uint64_t> sequences);
  static void MarkDead(Segment& segment, int64_t row);
  static bool IsDead(const Segment& segment, int64_t row) {
    return segment.dead != nullptr &&
           ((*segment.dead)[static_cast<size_t>(row / 64)] >> (row % 64) & 1) != 0;
  }
  // The first row whose number is not below `sequence`.
  static int64_t FirstAtLeast(const Segment& segment, uint64_t sequence);
  RowId AppendSegment(Segment segment);
  // The place of the last segment that begins at or before this number; 0 where there is none.
  size_t SegmentOf(uint64_t sequence) const;
  void LinksToMemory(RowId id);
  // Moves the oldest segments, or links, that are in memory, about so many bytes or all; gives what
  // that has freed.
  arrow::Result<int64_t> MoveToDisk(int64_t bytes);
  // Puts the rows of neighbouring small segments into one batch.
  static arrow::Status Unite(std::span<Segment* const> segments);
  Segment& at(RowId id) { return segments_[(id >> 32) - first_]; }
  const Segment& at(RowId id) const { return segments_[(id >> 32) - first_]; }

  std::shared_ptr<arrow::Schema> schema_;
  std::deque<Segment> segments_;
  uint64_t first_ = 1;  // The number of segments_[0].
  int64_t num_rows_ = 0;
  int64_t num_kept_ = 0;  // Live or dead, in segments that are kept.
  int64_t size_bytes_ = 0;

  StateTiers* tiers_;
  int64_t disk_bytes_ = 0;
  int64_t link_bytes_ = 0;     // Of links in memory.
  uint64_t next_spilled_ = 1;  // No segment before this number is in memory.

  uint64_t next_sequence_ = 0;
  // Rebuilt on restore. Rows before this number are in the chain of snapshots.
  uint64_t known_end_ = 0;
  std::vector<uint64_t> released_;  // Of those, since the last barrier.
  std::shared_ptr<DeltaChain> chain_ = std::make_shared<DeltaChain>();
};

// Column `column` of every referenced row, in order. A batch of nullptr gives NULL.
arrow::Result<ArrayPtr> GatherColumn(std::span<const RowRef> rows, int column,
                                     const std::shared_ptr<arrow::DataType>& type);

}  // namespace sabot
