// All aggregate calls of one operator; see aggregate_set.h.
#include "aggregates/aggregate_set.h"

#include <arrow/array/array_primitive.h>
#include <arrow/util/bit_util.h>

#include <algorithm>

#include "base/check.h"

namespace sabot {
namespace {

// Whether NULL never reaches the function: then DISTINCT need not remember it.
bool SkipsNull(const AggregateCall& call) {
  return call.args.size() == 1 && call.function != "array_agg" && call.function != "json_arrayagg";
}

// Whether the function's result depends on the order of its values: all but these, and sums of
// floating-point numbers do in their last digits.
bool OrderMatters(const AggregateCall& call) {
  const std::string& name = call.function;
  if (name == "count" || name == "min" || name == "max" || name == "collect") return false;
  return (name != "sum" && name != "sum0" && name != "avg") || call.arg_types[0].is_floating();
}

// FILTER as bytes; NULL is not TRUE.
void ExpandFilter(const arrow::Array& column, const uint8_t* wanted, std::vector<uint8_t>& bytes) {
  const auto& filter = static_cast<const arrow::BooleanArray&>(column);
  const int64_t length = filter.length();
  bytes.resize(static_cast<size_t>(length));
  const uint8_t* const bits = filter.values()->data();
  for (int64_t row = 0; row < length; ++row) {
    bytes[static_cast<size_t>(row)] = arrow::bit_util::GetBit(bits, filter.offset() + row) ? 1 : 0;
  }
  if (filter.null_count() != 0) {
    for (int64_t row = 0; row < length; ++row) {
      if (filter.IsNull(row)) bytes[static_cast<size_t>(row)] = 0;
    }
  }
  if (wanted != nullptr) {
    for (int64_t row = 0; row < length; ++row) bytes[static_cast<size_t>(row)] &= wanted[row];
  }
}

}  // namespace

arrow::Result<std::unique_ptr<AggregateSet>> AggregateSet::Make(std::vector<AggregateCall> calls,
                                                                bool input_retracts,
                                                                KeyedTableLayout& layout) {
  auto set = std::make_unique<AggregateSet>();
  for (AggregateCall& plan : calls) {
    Call call{plan, nullptr, plan.args, nullptr, 0, TrackedColumn(ToArrow(plan.type))};
    AggregateCall inner = plan;
    if (plan.distinct && !plan.args.empty()) {
      const bool skips_null = SkipsNull(plan);
      for (const auto& distinct : set->distinct_sets_) {
        if (distinct->args() == plan.args && distinct->skips_null() == skips_null)
          call.distinct = distinct.get();
      }
      if (call.distinct == nullptr) {
        set->distinct_sets_.push_back(
            std::make_unique<DistinctSet>(plan.args, plan.arg_types, skips_null, input_retracts));
        call.distinct = set->distinct_sets_.back().get();
      }
      call.place = call.distinct->AddCall(OrderMatters(plan));
      // The set has dropped NULLs already, so COUNT need not read its argument.
      if (skips_null && plan.function == "count") {
        inner.args.clear();
        inner.arg_types.clear();
        call.args.clear();
      }
    }
    ARROW_ASSIGN_OR_RAISE(call.aggregate, MakeAggregate(inner, input_retracts));
    call.aggregate->Place(layout);
    set->calls_.push_back(std::move(call));
  }
  for (const auto& distinct : set->distinct_sets_) distinct->Place(layout);
  for (size_t i = 0; i < set->calls_.size(); ++i) set->order_.push_back(i);
  const auto first_other =
      std::stable_partition(set->order_.begin(), set->order_.end(), [&](size_t i) {
        const Call& call = set->calls_[i];
        return call.plan.function == "count" && call.args.empty() && call.distinct == nullptr &&
               call.plan.filter < 0;
      });
  set->changes_with_every_row_ = first_other != set->order_.begin();
  return set;
}

arrow::Status AggregateSet::Prepare(KeyedTable& table, const Batch& batch,
                                    std::span<const Slot> slots, const uint8_t* wanted) {
  SABOT_CHECK(static_cast<int64_t>(slots.size()) == batch.num_rows());
  filters_.clear();
  for (const Call& call : calls_) {
    const int filter = call.plan.filter;
    if (filter < 0 || filters_.contains(filter)) continue;
    ExpandFilter(*batch.column(filter), wanted, filters_[filter]);
  }
  std::vector<const uint8_t*> filters;
  for (const auto& distinct : distinct_sets_) {
    filters.clear();
    for (const Call& call : calls_) {
      if (call.distinct != distinct.get()) continue;
      filters.push_back(call.plan.filter < 0 ? nullptr : filters_[call.plan.filter].data());
    }
    ARROW_RETURN_NOT_OK(distinct->Update(table, batch, slots, wanted, filters));
  }
  return arrow::Status::OK();
}

const uint8_t* AggregateSet::Mask(const Call& call, const uint8_t* wanted) const {
  if (call.distinct != nullptr) return call.distinct->mask(call.place);
  return call.plan.filter < 0 ? wanted : filters_.at(call.plan.filter).data();
}

AggregateRows AggregateSet::RowsOf(const Call& call, const Batch& batch,
                                   std::span<const Slot> slots, const uint8_t* wanted) {
  args_.clear();
  for (const int arg : call.args) args_.push_back(batch.column(arg));
  return {slots, args_, Mask(call, wanted), batch.raw_kinds()};
}

arrow::Status AggregateSet::Update(KeyedTable& table, const Batch& batch,
                                   std::span<const Slot> slots, const uint8_t* wanted) {
  ARROW_RETURN_NOT_OK(Prepare(table, batch, slots, wanted));
  for (const Call& call : calls_) {
    ARROW_RETURN_NOT_OK(call.aggregate->Update(table, RowsOf(call, batch, slots, wanted)));
  }
  return arrow::Status::OK();
}

arrow::Status AggregateSet::UpdateTracked(KeyedTable& table, const Batch& batch,
                                          std::span<const Slot> slots, Tracking& track) {
  ARROW_RETURN_NOT_OK(Prepare(table, batch, slots, nullptr));
  for (const size_t i : order_) {
    Call& call = calls_[i];
    ARROW_RETURN_NOT_OK(call.aggregate->UpdateTracked(table, RowsOf(call, batch, slots, nullptr),
                                                      track, call.tracked));
  }
  return arrow::Status::OK();
}

arrow::Status AggregateSet::Merge(KeyedTable& into, std::span<const Slot> to,
                                  const KeyedTable& other, std::span<const Slot> from) {
  SABOT_CHECK(to.size() == from.size());
  for (const Call& call : calls_) {
    if (call.distinct == nullptr) ARROW_RETURN_NOT_OK(call.aggregate->Merge(into, to, other, from));
  }
  for (const auto& distinct : distinct_sets_) {
    ARROW_RETURN_NOT_OK(MergeDistinct(*distinct, into, to, other, from));
  }
  return arrow::Status::OK();
}

// The elements that are new to a call are accumulated as if they were rows.
arrow::Status AggregateSet::MergeDistinct(DistinctSet& set, KeyedTable& into,
                                          std::span<const Slot> to, const KeyedTable& other,
                                          std::span<const Slot> from) {
  std::vector<std::shared_ptr<arrow::DataType>> types;
  bool reads_args = false;
  for (const Call& call : calls_) {
    if (call.distinct != &set) continue;
    types.clear();
    for (const Type& type : call.plan.arg_types) types.push_back(ToArrow(type));
    reads_args = reads_args || !call.args.empty();
  }
  set.BeginMerge(into, to, other, from);
  while (set.NextMerged()) {
    const DistinctSet::MergedRows& merged = set.merged();
    std::vector<ArrayPtr> args;
    if (reads_args) {
      ARROW_ASSIGN_OR_RAISE(args, DecodeKeys(merged.elements, types));
    }
    for (const Call& call : calls_) {
      if (call.distinct != &set) continue;
      const AggregateRows rows{merged.slots, call.args.empty() ? std::span<const ArrayPtr>() : args,
                               set.mask(call.place),
                               merged.kinds.empty() ? nullptr : merged.kinds.data()};
      ARROW_RETURN_NOT_OK(call.aggregate->Update(into, rows));
    }
  }
  return arrow::Status::OK();
}

arrow::Result<std::vector<ArrayPtr>> AggregateSet::Finish(const KeyedTable& table,
                                                          std::span<const Slot> slots) const {
  std::vector<ArrayPtr> columns;
  columns.reserve(calls_.size());
  for (const Call& call : calls_) {
    ARROW_ASSIGN_OR_RAISE(auto column, call.aggregate->Finish(table, slots));
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace sabot
