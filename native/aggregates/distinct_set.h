// DistinctSet: the values seen under DISTINCT, shared by all calls with the same arguments. It
// tells which rows bring a value that is new to a call (or take its last one back); the calls
// themselves then see only those rows.
//
//   COUNT(DISTINCT x), COUNT(DISTINCT x) FILTER (WHERE f)     rows (1, f) (1, not f) (2, not f)
//   masks                                                     [1 0 1], [1 0 0]
//
// State: a child, encoded arguments -> one bit per call; where rows can be taken back, a count per
// call.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "aggregates/aggregate.h"

namespace sabot {

class DistinctSet {
 public:
  DistinctSet(std::vector<int> args, const std::vector<Type>& types, bool skips_null, bool retracts)
      : args_(std::move(args)), skips_null_(skips_null), retracts_(retracts) {
    for (const Type& type : types) types_.push_back(ToArrow(type));
  }

  const std::vector<int>& args() const { return args_; }
  bool skips_null() const { return skips_null_; }
  // The number of a further call; all calls are added before Place. `by_arrival`: merged elements
  // must come in their order of arrival.
  size_t AddCall(bool by_arrival) {
    by_arrival_ = by_arrival_ || by_arrival;
    return num_calls_++;
  }
  void Place(KeyedTableLayout& layout);

  // filters[k]: the rows of call k (nullptr: all); `wanted` bounds them all. Afterwards mask(k)
  // says which rows call k sees.
  arrow::Status Update(KeyedTable& table, const Batch& batch, std::span<const Slot> slots,
                       const uint8_t* wanted, std::span<const uint8_t* const> filters);
  const uint8_t* mask(size_t call) const { return masks_[call].data(); }

  // The elements of from[i] join those of to[i]. merged() then lists elements as rows: mask(k) has
  // those that are new to call k, or gone from it where the row's kind is a delete. In pieces: call
  // until it returns false.
  struct MergedRows {
    std::vector<Slot> slots;
    std::vector<std::string_view> elements;
    std::vector<int8_t> kinds;  // Empty: all inserts.
  };
  void BeginMerge(KeyedTable& into, std::span<const Slot> to, const KeyedTable& other,
                  std::span<const Slot> from);
  bool NextMerged();
  const MergedRows& merged() const { return merged_; }

 private:
  bool bits() const { return !retracts_ && num_calls_ <= 64; }
  void NoteArrival(KeyedTable& table, Slot parent, Slot element);
  std::vector<Slot> InOrder(const KeyedTable& table, Slot parent) const;
  void MarkBits(KeyedTable& table, std::span<const Slot> slots,
                std::span<const uint8_t* const> filters);
  void MarkCounts(KeyedTable& table, std::span<const Slot> slots, const int8_t* kinds,
                  std::span<const uint8_t* const> filters);
  const uint8_t* WantedRows(const Batch& batch, const uint8_t* wanted,
                            std::span<const uint8_t* const> filters);
  void EraseIfUnused(ChildTable& child, Slot element);

  std::vector<int> args_;
  KeyTypes types_;
  bool skips_null_;
  bool retracts_;
  bool by_arrival_ = false;
  size_t num_calls_ = 0;
  int next_ = -1;  // Cell: the next arrival number.
  int child_ = -1;
  int arrival_ = -1;  // The child's cell.

  // Of the call under way.
  EncodedKeys elements_;
  std::vector<Slot> element_slots_;
  std::vector<uint8_t> wanted_;
  std::vector<uint64_t> fresh_;
  std::vector<std::vector<uint8_t>> masks_;

  KeyedTable* into_ = nullptr;
  const KeyedTable* other_ = nullptr;
  std::span<const Slot> to_;
  std::span<const Slot> from_;
  size_t next_pair_ = 0;
  std::vector<Slot> pending_;  // Elements of the pair under way, from the back.
  MergedRows merged_;
};

}  // namespace sabot
