// KeyedTable's snapshots.
//
//   version, layout ("8,16,b|8;o" and "t" where keys have a time), of a base what it means
//   (layout_change.h), then records:
//                                                  forget key
//                                                  forget element: child, key, element
//                                                  put: key, cells, time
//                                                  put element: child, key, element, cells
//
// Cells are as CellColumns writes them.
//
// A base has every key and element. A delta has first what has gone since the snapshot before, then
// what has changed or come. Cells that change before they were written are saved first; puts come
// in any order. An element's key is left out where it is that of the element before.
//
// Of a table with rows in a ColdStore, a base copies those first, as the store had them at the
// barrier. Of the keys in memory it has those that differ from the store's; a key that the store
// has, too, is forgotten before it is put. Of keys without children the store may have older rows
// than its log (cold_log.h), whose rows come behind them.
#include <algorithm>
#include <array>
#include <utility>

#include "state/keyed_table_frozen.h"
#include "state/keyed_table_records.h"
#include "state/layout_change.h"

namespace sabot {
namespace {

void AppendCells(const std::vector<CellSpec>& cells, std::string& text) {
  for (const CellSpec& cell : cells) {
    static constexpr std::array<const char*, 5> kNames{"1,", "4,", "8,", "16,", "b,"};
    text += kNames[static_cast<size_t>(cell.kind)];
  }
}

void WriteHeader(const KeyedTableLayout& layout, bool whole, ByteWriter& to) {
  to.U32(kTableVersion);
  to.Bytes(LayoutText(layout) + (layout.ttl_ms > 0 ? kTimedLayout : ""));
  if (whole) WriteLayout(layout, to);
}

}  // namespace

std::string LayoutText(const KeyedTableLayout& layout) {
  std::string text;
  AppendCells(layout.cells, text);
  for (const ChildSpec& child : layout.children) {
    text += '|';
    AppendCells(child.cells, text);
    if (child.ordered) text += 'o';
  }
  return text;
}

void KeyedTable::WriteSlot(Slot slot, ByteWriter& to) const {
  cells_.Write(slot, to);
  for (const auto& child : children_) child->Write(slot, to);
}

void KeyedTable::ReadSlot(Slot slot, ByteReader& from) {
  cells_.Read(slot, from);
  for (const auto& child : children_) child->Read(slot, from);
}

// --- writing ---

arrow::Status KeyedTable::Snapshot(SnapshotWriter& to) {
  SABOT_CHECK(frozen_ == nullptr);  // The snapshot before was written or given up.
  const bool aside = to.mode() == SnapshotMode::kSavepoint;
  const bool whole = NextIsBase(to.mode());
  std::unique_ptr<ColdScan> cold_rows;
  std::unique_ptr<ColdLogRows> log_rows;
  if (whole && any_cold()) {
    ARROW_RETURN_NOT_OK(cold_->FlushErased());
    if (cold_->in_store) {
      ARROW_ASSIGN_OR_RAISE(cold_rows, ScanKeyGroups(cold_->place, {}));
    }
    if (cold_->in_log) log_rows = std::make_unique<ColdLogRows>(cold_->log->All(cold_->number));
  }
  tracker_.Freeze(whole, aside, num_slots_);
  for (const auto& child : children_) child->tracker_.Freeze(whole, aside, child->num_slots_);
  ByteWriter first;
  WriteHeader(layout_, whole, first);
  std::deque<std::string> gone;
  int64_t num_gone = 0;
  if (!aside) {
    if (!whole) num_gone = gone_.num_records();
    gone = gone_.Take();
    if (whole) gone.clear();
    gone_overflowed_ = false;
  }
  auto frozen = std::make_unique<Frozen>(
      this, Frozen::Start{.kind = whole ? SectionKind::kBase : SectionKind::kDelta,
                          .aside = aside,
                          .header = std::move(first),
                          .gone = std::move(gone),
                          .num_gone = num_gone,
                          .cold_rows = std::move(cold_rows),
                          .log_rows = std::move(log_rows)});
  frozen_ = frozen.get();
  to.Freeze(name_, std::move(frozen));
  return arrow::Status::OK();
}

void KeyedTable::LeaveToSnapshot() {
  std::unique_ptr<KeyedTable> left(new KeyedTable(std::move(*this)));
  left->cold_.reset();
  *this = KeyedTable(left->name_, left->layout_, left->tiers_);
  on_evict_ = std::exchange(left->on_evict_, nullptr);
  if (cold_ != nullptr) cold_->table = this;
  for (const auto& child : children_) child->owner_ = this;
  for (const auto& child : left->children_) child->owner_ = left.get();
  Frozen* const frozen = left->frozen_;
  frozen->Adopt(std::move(left));
}

int64_t KeyedTable::NumEntries() const {
  // How many there are on disk is not known; when the last base was written, there were so many.
  int64_t count = num_keys_;
  for (const auto& child : children_) count += child->num_elements();
  return any_cold() ? std::max(count, chain_.base_entries()) : count;
}

uint8_t KeyedTable::PlaceOf(const ChildTable& child) const {
  size_t place = 0;
  while (children_[place].get() != &child) ++place;
  return static_cast<uint8_t>(place);
}

void KeyedTable::Save(Slot slot) {
  if (!frozen_->IsCold(slot)) frozen_->SaveKey(slot);
  tracker_.MarkSaved(header(slot).word);
}

void KeyedTable::SaveElement(ChildTable& child, Slot element) {
  // The key first: its record may forget what the store has of its elements.
  const Slot parent = child.header(element).parent;
  uint32_t& word = header(parent).word;
  if (tracker_.MustSave(parent, word)) {
    const bool dirty = tracker_.IsDirty(parent, word);
    Save(parent);
    // It has not changed: what the chain has not got of it stays so.
    if (dirty && !tracker_.IsTouched(word)) tracker_.Touch(parent, word);
  }
  if (!frozen_->IsCold(parent)) frozen_->SaveElement(child, element);
  child.tracker_.MarkSaved(child.header(element).word);
}

void KeyedTable::SaveWithChildren(Slot slot) {
  if (tracker_.MustSave(slot, header(slot).word)) Save(slot);
  for (const auto& child : children_) child->SaveAll(slot);
}

void KeyedTable::Forget(Slot slot) {
  if (!tracker_.MustForget(header(slot).word)) return;
  if (!LogsGone()) return;
  ByteWriter& record = gone_.Next();
  BeginRecord(TableRecord::kForget, record);
  record.Short(key(slot));
}

void KeyedTable::ForgetElement(const ChildTable& child, Slot element) {
  const Slot parent = child.header(element).parent;
  if (!live(parent)) return;  // Renewed: the key itself is forgotten already.
  if (!LogsGone()) return;
  ByteWriter& record = gone_.Next();
  BeginRecord(TableRecord::kForgetElement, record);
  record.U8(PlaceOf(child));
  record.Short(key(parent));
  record.Short(child.element(element));
}

// What the chain has not got yet of a key that leaves memory.
void KeyedTable::NoteEvicted(Slot slot) {
  // Not stale: it was noted when it left memory before.
  if (!tracker_.active() || (header(slot).word & kStale) == 0 || !LogsGone()) return;
  if (tracker_.IsDirty(slot, header(slot).word))
    Frozen::WritePut(*this, cells_.row(slot), gone_.Next());
  for (const auto& child : children_) {
    if (child->count(slot) == 0) continue;
    for (const Slot element : child->Elements(slot)) {
      if (!child->tracker_.IsDirty(element, child->header(element).word)) continue;
      Frozen::WriteElement(*this, *child, element, false, gone_.Next());
    }
  }
}

}  // namespace sabot
