// AggregateSet: all aggregate calls of one operator over one layout. It evaluates filters once,
// shares the sets of DISTINCT calls with the same arguments, and runs every call over whole
// batches.
//
//   KeyedTableLayout layout;                                       // may hold cells of the
//   operator's own AggregateSet::Make(calls, input_retracts, layout)              // appends theirs
//   KeyedTable table("groups", layout);                            // or one table per window
//   slice: the set serves them all set->Update(table, batch, slots);  set->Finish(table, slots) //
//   one column per call
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "aggregates/aggregate.h"
#include "aggregates/distinct_set.h"
#include "batch/batch.h"
#include "plan/plan.h"
#include "state/keyed_table.h"

namespace sabot {

class AggregateSet {
 public:
  // Adds the cells and children of all calls to the layout.
  static arrow::Result<std::unique_ptr<AggregateSet>> Make(std::vector<AggregateCall> calls,
                                                           bool input_retracts,
                                                           KeyedTableLayout& layout);

  int size() const { return static_cast<int>(calls_.size()); }
  // Whether every accumulated row changes some result: there is an unfiltered COUNT(*).
  bool changes_with_every_row() const { return changes_with_every_row_; }

  // Accumulates every row into its slot, or retracts it by batch.kinds. `wanted`: bytes 0/1 per
  // row, nullptr for all; the slots of unwanted rows are not looked at.
  arrow::Status Update(KeyedTable& table, const Batch& batch, std::span<const Slot> slots,
                       const uint8_t* wanted = nullptr);
  // As Update; afterwards tracked(i) holds call i's value after every row (or before and after it,
  // see Tracking).
  arrow::Status UpdateTracked(KeyedTable& table, const Batch& batch, std::span<const Slot> slots,
                              Tracking& track);
  const TrackedColumn& tracked(int call) const { return calls_[static_cast<size_t>(call)].tracked; }

  // to[i] of `into` absorbs from[i] of `other`, which came later.
  arrow::Status Merge(KeyedTable& into, std::span<const Slot> to, const KeyedTable& other,
                      std::span<const Slot> from);
  // The results of these slots, a column per call.
  arrow::Result<std::vector<ArrayPtr>> Finish(const KeyedTable& table,
                                              std::span<const Slot> slots) const;

 private:
  struct Call {
    AggregateCall plan;
    std::unique_ptr<Aggregate> aggregate;
    std::vector<int> args;            // That the aggregate reads.
    DistinctSet* distinct = nullptr;  // In distinct_sets_.
    size_t place = 0;                 // Among the set's calls.
    TrackedColumn tracked;
  };

  arrow::Status Prepare(KeyedTable& table, const Batch& batch, std::span<const Slot> slots,
                        const uint8_t* wanted);
  const uint8_t* Mask(const Call& call, const uint8_t* wanted) const;
  AggregateRows RowsOf(const Call& call, const Batch& batch, std::span<const Slot> slots,
                       const uint8_t* wanted);
  arrow::Status MergeDistinct(DistinctSet& set, KeyedTable& into, std::span<const Slot> to,
                              const KeyedTable& other, std::span<const Slot> from);

  std::vector<Call> calls_;
  bool changes_with_every_row_ = false;
  std::vector<size_t>
      order_;  // Calls that change with every row first: then the others need not compare.
  std::vector<std::unique_ptr<DistinctSet>> distinct_sets_;
  std::map<int, std::vector<uint8_t>>
      filters_;  // Of the batch under way, by column; `wanted` is in them.
  std::vector<ArrayPtr> args_;
};

}  // namespace sabot
