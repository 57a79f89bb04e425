// RowAggregate: the loops of aggregates whose result is a list, a map or a composed text. Row at a
// time, through an Arrow builder.
#pragma once

#include <memory>
#include <vector>

#include "aggregates/argument.h"

namespace sabot {

class RowAggregate : public Aggregate {
 public:
  arrow::Status Update(KeyedTable& table, const AggregateRows& rows) final;
  arrow::Status UpdateTracked(KeyedTable& table, const AggregateRows& rows, Tracking& track,
                              TrackedColumn& column) final;
  arrow::Status Merge(KeyedTable& into, std::span<const Slot> to, const KeyedTable& other,
                      std::span<const Slot> from) final;
  arrow::Result<ArrayPtr> Finish(const KeyedTable& table, std::span<const Slot> slots) const final;

 protected:
  // Rows with NULL in one of the first `num_args` arguments are skipped.
  RowAggregate(const Type& type, size_t num_args) : type_(ToArrow(type)), num_args_(num_args) {}

  virtual arrow::Status Bind(const AggregateRows& rows) = 0;
  virtual arrow::Status Change(KeyedTable& table, Slot slot, int64_t row, bool retract) = 0;
  virtual arrow::Status MergeSlot(KeyedTable& into, Slot to, const KeyedTable& other,
                                  Slot from) = 0;
  virtual arrow::Status Append(const KeyedTable& table, Slot slot,
                               arrow::ArrayBuilder& builder) const = 0;

 private:
  std::shared_ptr<arrow::DataType> type_;
  size_t num_args_;
  std::vector<uint8_t> scratch_;
};

}  // namespace sabot
