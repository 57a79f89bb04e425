// An aggregate function over cells of a KeyedTable. Objects hold no state of keys: the same object
// serves every table with its layout (one table per window slice). State is what the cells and
// children say, so KeyedTable's snapshot is the aggregate's.
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "aggregates/tracked.h"
#include "batch/batch.h"
#include "plan/plan.h"
#include "state/keyed_table.h"

namespace sabot {

// The rows of one batch as an aggregate sees them, in order of arrival.
struct AggregateRows {
  std::span<const Slot> slots;        // slots[i] is the key of row i
  std::span<const ArrayPtr> args;     // the call's argument columns, full length
  const uint8_t* selected = nullptr;  // FILTER: bytes 0/1 per row; nullptr = all rows
  const int8_t* kinds = nullptr;      // RowKind per row; nullptr = all inserts

  int64_t length() const { return static_cast<int64_t>(slots.size()); }
  bool on(int64_t row) const { return selected == nullptr || selected[row] != 0; }
  bool retract(int64_t row) const {
    return kinds != nullptr && IsRetract(static_cast<RowKind>(kinds[row]));
  }
};

class Aggregate {
 public:
  virtual ~Aggregate() = default;

  // Adds this aggregate's cells and children to the layout and remembers where they are. Called
  // once, before use.
  virtual void Place(KeyedTableLayout& layout) = 0;
  // Accumulates or retracts every selected row, in order. Slots of rows that are not selected are
  // not looked at.
  virtual arrow::Status Update(KeyedTable& table, const AggregateRows& rows) = 0;
  // As Update, and writes into `column` for every row (selected or not) the slot's value after that
  // row, or the values before and after it, and marks in `track` the rows that changed it. Every
  // row has a slot.
  virtual arrow::Status UpdateTracked(KeyedTable& table, const AggregateRows& rows, Tracking& track,
                                      TrackedColumn& column) = 0;
  // to[i] of `into` absorbs from[i] of `other` (same layout), which came later.
  virtual arrow::Status Merge(KeyedTable& into, std::span<const Slot> to, const KeyedTable& other,
                              std::span<const Slot> from) = 0;
  // The results of these slots.
  virtual arrow::Result<ArrayPtr> Finish(const KeyedTable& table,
                                         std::span<const Slot> slots) const = 0;
};

struct AggregateSpec {
  std::string_view name;
  arrow::Result<std::unique_ptr<Aggregate>> (*make)(const AggregateCall& call, bool input_retracts);
};

// One family per file; the families are listed in aggregates.cc and nowhere else. Distinct, filters
// and shared columns are AggregateSet's: here `call.distinct` and `call.filter` are ignored.
arrow::Result<std::unique_ptr<Aggregate>> MakeAggregate(const AggregateCall& call,
                                                        bool input_retracts);

}  // namespace sabot
