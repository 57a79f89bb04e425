// Values in order of arrival; see arrival_list.h.
#include "aggregates/arrival_list.h"

#include <cstring>

#include "base/check.h"
#include "base/hash.h"

namespace sabot {
namespace {

constexpr size_t kSequenceBytes = 8;

void AppendSequence(uint64_t sequence, std::string& out) {
  const uint64_t swapped = __builtin_bswap64(sequence);
  out.append(reinterpret_cast<const char*>(&swapped), kSequenceBytes);
}

Slot Insert(ChildTable& child, Slot parent, std::string_view element) {
  bool inserted;
  return child.FindOrInsert(parent, element, HashBytes(element), &inserted);
}

}  // namespace

void ArrivalList::Place(KeyedTableLayout& layout) {
  next_ = static_cast<int>(layout.cells.size());
  layout.cells.push_back({"next", CellSpec::Kind::kFixed8});
  rows_ = static_cast<int>(layout.children.size());
  layout.children.push_back({{{"value", CellSpec::Kind::kBytes}}, true});
  if (!retracts_) return;
  places_ = static_cast<int>(layout.children.size());
  layout.children.push_back({{}, true});
  missing_ = static_cast<int>(layout.children.size());
  layout.children.push_back({{{"times", CellSpec::Kind::kFixed8}}, false});
}

void ArrivalList::Append(KeyedTable& table, Slot slot, std::string_view value) {
  const uint64_t sequence = table.cells().at<uint64_t>(next_, slot)++;
  scratch_.clear();
  AppendSequence(sequence, scratch_);
  ChildTable& rows = table.child(rows_);
  rows.cells().set_bytes(0, Insert(rows, slot, scratch_), value);
  if (!retracts_) return;
  scratch_.assign(value);
  AppendSequence(sequence, scratch_);
  Insert(table.child(places_), slot, scratch_);
}

bool ArrivalList::Remove(KeyedTable& table, Slot slot, std::string_view value) {
  SABOT_CHECK(retracts_);
  ChildTable& places = table.child(places_);
  const Slot place = places.LowerBound(slot, value);
  // Encodings are prefix-free: what begins with this value is this value.
  if (place == kNoSlot || !places.element(place).starts_with(value)) {
    ChildTable& missing = table.child(missing_);
    const Slot element = Insert(missing, slot, value);
    missing.Touch(element);
    ++missing.cells().at<int64_t>(0, element);
    return false;
  }
  const std::string sequence(places.element(place).substr(value.size()));
  SABOT_CHECK(sequence.size() == kSequenceBytes);
  places.Erase(place);
  table.child(rows_).Erase(slot, sequence, HashBytes(sequence));
  return true;
}

std::string_view ArrivalList::First(const KeyedTable& table, Slot slot) const {
  const ChildTable& rows = table.child(rows_);
  return rows.cells().bytes(0, rows.First(slot));
}

std::string_view ArrivalList::Last(const KeyedTable& table, Slot slot) const {
  const ChildTable& rows = table.child(rows_);
  return rows.cells().bytes(0, rows.Last(slot));
}

void ArrivalList::Merge(KeyedTable& into, Slot to, const KeyedTable& other, Slot from) {
  ForEach(other, from, [&](std::string_view value) { Append(into, to, value); });
  if (!retracts_) return;
  const ChildTable& missing = other.child(missing_);
  for (const Slot element : missing.Elements(from)) {
    for (int64_t times = missing.cells().at<int64_t>(0, element); times > 0; --times) {
      Remove(into, to, missing.element(element));
    }
  }
}

}  // namespace sabot
