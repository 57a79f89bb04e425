// Net changes of a batch of keys: what mini-batch and two-phase aggregation emit, one change per
// key.
//
//   key   before   after       out
//   a     -        3           +I[a, 3]
//   b     5        6           -U[b, 5] +U[b, 6]      (only +U where nobody needs -U)
//   c     7        7           nothing
//   d     9        gone        -D[d, 9]
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "aggregates/aggregate_set.h"
#include "batch/batch.h"
#include "state/keyed_table.h"

namespace sabot {

class NetChanges {
 public:
  // `always_changes`: every touched key has another result afterwards, and none goes; then, without
  // -U, values before are not needed. `emit_unchanged`: also where the result is as it was.
  NetChanges(std::shared_ptr<arrow::Schema> schema, size_t num_keys, bool emit_update_before,
             bool always_changes, bool emit_unchanged);

  // Before the update: the keys that will be touched, each once, and whether each was there already
  // (bytes 0/1).
  arrow::Status Begin(const KeyedTable& table, const AggregateSet& aggregates,
                      std::span<const Slot> slots, std::span<const uint8_t> existed);
  // After it, before keys are erased: `gone` says which keys are no longer there (bytes 0/1).
  arrow::Result<Batch> Finish(const KeyedTable& table, const AggregateSet& aggregates,
                              std::span<const uint8_t> gone);

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::shared_ptr<arrow::DataType>> key_types_;
  const bool emit_update_before_;
  const bool always_changes_;
  const bool emit_unchanged_;
  // Of the batch under way.
  std::vector<Slot> slots_;
  std::vector<uint8_t> existed_;
  std::vector<ArrayPtr> before_;  // Of the keys that existed; empty if not needed.
};

}  // namespace sabot
