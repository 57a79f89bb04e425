// Values seen under DISTINCT; see distinct_set.h.
#include "aggregates/distinct_set.h"

#include <arrow/util/bit_util.h>

#include <algorithm>

#include "base/hash.h"

namespace sabot {
namespace {

constexpr size_t kMergedRowsMax = 4096;

}  // namespace

void DistinctSet::Place(KeyedTableLayout& layout) {
  child_ = static_cast<int>(layout.children.size());
  ChildSpec child;
  child.values = types_;
  const size_t cells = bits() ? 1 : num_calls_;
  for (size_t i = 0; i < cells; ++i)
    child.cells.push_back({bits() ? "calls" : "count", CellSpec::Kind::kFixed8});
  if (by_arrival_) {
    next_ = static_cast<int>(layout.cells.size());
    layout.cells.push_back({"next", CellSpec::Kind::kFixed8});
    arrival_ = static_cast<int>(cells);
    child.cells.push_back({"arrival", CellSpec::Kind::kFixed8});
  }
  layout.children.push_back(std::move(child));
  masks_.resize(num_calls_);
}

// The rows whose element matters to some call. nullptr: all.
const uint8_t* DistinctSet::WantedRows(const Batch& batch, const uint8_t* wanted,
                                       std::span<const uint8_t* const> filters) {
  const auto length = static_cast<size_t>(batch.num_rows());
  const bool filtered = std::all_of(filters.begin(), filters.end(),
                                    [](const uint8_t* filter) { return filter != nullptr; });
  const ArrayPtr first = batch.column(args_[0]);
  const bool nulls = skips_null_ && first->null_count() != 0;
  if (!filtered && !nulls) return wanted;
  if (filtered) {
    wanted_.assign(length, 0);
    for (const uint8_t* filter : filters) {
      for (size_t row = 0; row < length; ++row) wanted_[row] |= filter[row];
    }
    if (wanted != nullptr) {
      for (size_t row = 0; row < length; ++row) wanted_[row] &= wanted[row];
    }
  } else if (wanted != nullptr) {
    wanted_.assign(wanted, wanted + length);
  } else {
    wanted_.assign(length, 1);
  }
  if (nulls) {
    for (size_t row = 0; row < length; ++row) {
      if (first->IsNull(static_cast<int64_t>(row))) wanted_[row] = 0;
    }
  }
  return wanted_.data();
}

arrow::Status DistinctSet::Update(KeyedTable& table, const Batch& batch,
                                  std::span<const Slot> slots, const uint8_t* wanted,
                                  std::span<const uint8_t* const> filters) {
  const auto length = static_cast<size_t>(batch.num_rows());
  std::vector<ArrayPtr> columns;
  for (const int arg : args_) columns.push_back(batch.column(arg));
  ARROW_RETURN_NOT_OK(elements_.Encode(columns, batch.num_rows()));
  element_slots_.resize(length);
  table.child(child_).FindOrInsert(slots, elements_, WantedRows(batch, wanted, filters),
                                   element_slots_);
  for (std::vector<uint8_t>& mask : masks_) mask.resize(length);
  if (bits()) {
    MarkBits(table, slots, filters);
  } else {
    MarkCounts(table, slots, batch.raw_kinds(), filters);
  }
  return arrow::Status::OK();
}

// Numbers count from 1: an element that has none is new.
void DistinctSet::NoteArrival(KeyedTable& table, Slot parent, Slot element) {
  if (!by_arrival_) return;
  auto& arrival = table.child(child_).cells().at<int64_t>(arrival_, element);
  if (arrival == 0) arrival = ++table.cells().at<int64_t>(next_, parent);
}

std::vector<Slot> DistinctSet::InOrder(const KeyedTable& table, Slot parent) const {
  const ChildTable& child = table.child(child_);
  std::vector<Slot> elements = child.Elements(parent);
  if (by_arrival_) {
    std::sort(elements.begin(), elements.end(), [&](Slot a, Slot b) {
      return child.cells().at<int64_t>(arrival_, a) < child.cells().at<int64_t>(arrival_, b);
    });
  }
  return elements;
}

void DistinctSet::MarkBits(KeyedTable& table, std::span<const Slot> slots,
                           std::span<const uint8_t* const> filters) {
  const size_t length = element_slots_.size();
  uint64_t always = 0;
  for (size_t call = 0; call < num_calls_; ++call) {
    if (filters[call] == nullptr) always |= uint64_t{1} << call;
  }
  fresh_.assign(length, always);
  for (size_t call = 0; call < num_calls_; ++call) {
    if (filters[call] == nullptr) continue;
    const uint8_t* const filter = filters[call];
    for (size_t row = 0; row < length; ++row) fresh_[row] |= uint64_t{filter[row]} << call;
  }
  ChildTable& child = table.child(child_);
  CellColumns& cells = child.cells();
  const size_t offset = cells.offset(0);
  for (size_t row = 0; row < length; ++row) {
    const Slot element = element_slots_[row];
    if (element == kNoSlot) {
      fresh_[row] = 0;
      continue;
    }
    auto& seen = *reinterpret_cast<uint64_t*>(cells.row(element) + offset);
    fresh_[row] &= ~seen;
    if (fresh_[row] == 0) continue;
    child.Touch(element);
    seen |= fresh_[row];
    NoteArrival(table, slots[row], element);
  }
  for (size_t call = 0; call < num_calls_; ++call) {
    uint8_t* const mask = masks_[call].data();
    for (size_t row = 0; row < length; ++row)
      mask[row] = static_cast<uint8_t>((fresh_[row] >> call) & 1);
  }
}

void DistinctSet::MarkCounts(KeyedTable& table, std::span<const Slot> slots, const int8_t* kinds,
                             std::span<const uint8_t* const> filters) {
  const size_t length = element_slots_.size();
  ChildTable& child = table.child(child_);
  std::vector<Slot> unused;
  for (size_t row = 0; row < length; ++row) {
    const Slot element = element_slots_[row];
    const bool retract = kinds != nullptr && IsRetract(static_cast<RowKind>(kinds[row]));
    bool zero = false;
    if (element != kNoSlot) {
      child.Touch(element);
      NoteArrival(table, slots[row], element);
    }
    for (size_t call = 0; call < num_calls_; ++call) {
      uint8_t& mask = masks_[call][row];
      mask = 0;
      if (element == kNoSlot || (filters[call] != nullptr && filters[call][row] == 0)) continue;
      int64_t& count = child.cells().at<int64_t>(static_cast<int>(call), element);
      mask = retract ? count == 1 : count == 0;
      count += retract ? -1 : 1;
      zero = zero || count == 0;
    }
    if (zero) unused.push_back(element);
  }
  // Only now: further rows of the batch may have referred to them.
  std::sort(unused.begin(), unused.end());
  unused.erase(std::unique(unused.begin(), unused.end()), unused.end());
  for (const Slot element : unused) EraseIfUnused(child, element);
}

void DistinctSet::EraseIfUnused(ChildTable& child, Slot element) {
  for (size_t call = 0; call < num_calls_; ++call) {
    if (child.cells().at<int64_t>(static_cast<int>(call), element) != 0) return;
  }
  child.Erase(element);
}

void DistinctSet::BeginMerge(KeyedTable& into, std::span<const Slot> to, const KeyedTable& other,
                             std::span<const Slot> from) {
  into_ = &into;
  other_ = &other;
  to_ = to;
  from_ = from;
  next_pair_ = 0;
  pending_.clear();
}

bool DistinctSet::NextMerged() {
  merged_.slots.clear();
  merged_.elements.clear();
  merged_.kinds.clear();
  for (std::vector<uint8_t>& mask : masks_) mask.clear();
  ChildTable& child = into_->child(child_);
  const ChildTable& others = other_->child(child_);
  while (merged_.slots.size() < kMergedRowsMax) {
    if (pending_.empty()) {
      if (next_pair_ == from_.size()) break;
      pending_ = InOrder(*other_, from_[next_pair_++]);
      std::reverse(pending_.begin(), pending_.end());
      continue;
    }
    const Slot parent = to_[next_pair_ - 1];
    const Slot from = pending_.back();
    pending_.pop_back();
    const std::string_view element = others.element(from);
    bool inserted;
    const Slot to = child.FindOrInsert(parent, element, HashBytes(element), &inserted);
    child.Touch(to);
    NoteArrival(*into_, parent, to);
    merged_.slots.push_back(parent);
    merged_.elements.push_back(element);
    if (bits()) {
      auto& seen = child.cells().at<uint64_t>(0, to);
      const uint64_t fresh = others.cells().at<uint64_t>(0, from) & ~seen;
      seen |= fresh;
      for (size_t call = 0; call < num_calls_; ++call) masks_[call].push_back((fresh >> call) & 1);
      continue;
    }
    // A row cannot be an insert for one call and a delete for another: such an element takes two
    // rows.
    for (const bool deletes : {false, true}) {
      if (deletes) {
        merged_.slots.push_back(parent);
        merged_.elements.push_back(element);
      }
      merged_.kinds.push_back(static_cast<int8_t>(deletes ? RowKind::kDelete : RowKind::kInsert));
      for (size_t call = 0; call < num_calls_; ++call) {
        const int64_t before = child.cells().at<int64_t>(static_cast<int>(call), to);
        const int64_t after = before + others.cells().at<int64_t>(static_cast<int>(call), from);
        masks_[call].push_back(deletes ? before > 0 && after <= 0 : before <= 0 && after > 0);
      }
    }
    for (size_t call = 0; call < num_calls_; ++call) {
      child.cells().at<int64_t>(static_cast<int>(call), to) +=
          others.cells().at<int64_t>(static_cast<int>(call), from);
    }
    EraseIfUnused(child, to);
  }
  return !merged_.slots.empty();
}

}  // namespace sabot
