// ProcessTimers: the timers of one kind (event time or processing time) of a keyed process
// function.
//
//   Set(a, 9) Set(b, 4) Set(a, 2)     TakeDue(5)  ->  a at 2, b at 4
//
// A key has each time once. State: the times of every key; which key is due next is rebuilt on
// restore.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <string>
#include <vector>

#include "operators/due_slots.h"
#include "state/keyed_table.h"
#include "stream/operator.h"

namespace sabot {

class ProcessTimers {
 public:
  struct Timer {
    std::string key;
    uint64_t hash = 0;
    int64_t time = 0;
  };

  ProcessTimers(const std::string& name, KeyTypes keys, StateTiers* tiers);

  KeyedTable& table() { return table_; }
  const KeyedTable& table() const { return table_; }
  // Keys that were fetched for this element.
  void Set(const KeyedTable::KeyRef& key, int64_t time);
  void Delete(const KeyedTable::KeyRef& key, int64_t time);
  // Removes timers up to `until`, oldest first, at most `num_max`; those of one key stay in order.
  arrow::Status TakeDue(int64_t until, size_t num_max, std::vector<Timer>* taken);
  // None is due before; INT64_MAX where there is none.
  int64_t least() const { return due_.least(); }
  int64_t size_bytes() const { return table_.size_bytes() + due_.memory_bytes(); }

  arrow::Status Snapshot(SnapshotWriter& to) { return table_.Snapshot(to); }
  arrow::Status Restore(const SnapshotReader& from, StateTiers* tiers);

  // The times of slots, kNoSlot none, as lists of `type`.
  arrow::Result<ArrayPtr> Gather(std::span<const Slot> slots,
                                 const std::shared_ptr<arrow::DataType>& type) const;

 private:
  int64_t& next(Slot slot) { return table_.cells().at<int64_t>(0, slot); }

  KeyedTable table_;
  DueSlots due_;
};

}  // namespace sabot
