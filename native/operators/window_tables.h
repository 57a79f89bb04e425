// The tables of windows that are open: one per slice, and, of a CUMULATE window, one with what its
// fired slices add up to.
//
//   Slice({10, 0}), Slice({20, 0}), Sum(60)   ->   snapshots "slice:10:0", "slice:20:0", "sum:60",
//                                                  and which there are
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "operators/window_slices.h"
#include "state/keyed_table.h"

namespace sabot {

class WindowTables {
 public:
  using Slices = std::map<SliceId, std::unique_ptr<KeyedTable>>;
  using Sums = std::map<int64_t, std::unique_ptr<KeyedTable>>;  // By the end of the last window.

  WindowTables(KeyedTableLayout layout, StateTiers* tiers)
      : layout_(std::move(layout)), tiers_(tiers) {}

  // The table, made where there is none.
  KeyedTable& Slice(SliceId id);
  KeyedTable& Sum(int64_t last_end);
  Slices& slices() { return slices_; }
  const Sums& sums() const { return sums_; }
  void EraseSum(int64_t last_end) { sums_.erase(last_end); }
  // One of the same layout that no snapshot has.
  std::unique_ptr<KeyedTable> NewTable(const std::string& name) const;

  // The first slice or sum at or behind `id`; nullptr where there is none.
  KeyedTable* SliceFrom(SliceId id, SliceId* found) const;
  KeyedTable* SumFrom(SliceId id, SliceId* found) const;

  arrow::Status Snapshot(int64_t watermark, SnapshotWriter& to);
  // Tables that have keys of this subtask; gives the watermark.
  arrow::Result<int64_t> Restore(const SnapshotReader& from);
  int64_t size_bytes() const;

 private:
  const KeyedTableLayout layout_;
  StateTiers* const tiers_;
  Slices slices_;
  Sums sums_;
};

}  // namespace sabot
