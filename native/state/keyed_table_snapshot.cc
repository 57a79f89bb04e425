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

#include "state/keyed_table_cold.h"
#include "state/keyed_table_records.h"
#include "state/layout_change.h"
#include "state/short_copy.h"

namespace sabot {
namespace {

void Begin(TableRecord record, ByteWriter& to) { to.U8(static_cast<uint8_t>(record)); }

// What one piece may cost: records written, and slots looked at.
constexpr int kPieceRecords = 4096;
constexpr int64_t kPieceSlots = 65'536;

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

// What a barrier found in a table. Belongs to the snapshot's writer; the table knows it until all
// is written, or leaves it everything when it goes before.
class KeyedTable::Frozen final : public FrozenState {
 public:
  // `cold_rows`: of a base, all rows of the store.
  Frozen(KeyedTable* table, SectionKind kind, bool aside, ByteWriter first,
         std::deque<std::string> gone, int64_t num_gone, std::unique_ptr<ColdScan> cold_rows,
         std::unique_ptr<ColdLogRows> log_rows)
      : table_(table),
        kind_(kind),
        aside_(aside),
        over_cold_(cold_rows != nullptr || log_rows != nullptr),
        num_earlier_(kind == SectionKind::kBase ? 0 : table->chain_.num_earlier()),
        first_(std::move(first)),
        gone_(std::move(gone)),
        num_entries_(num_gone),
        cold_rows_(std::move(cold_rows)),
        log_rows_(std::move(log_rows)) {
    if (cold_rows_ != nullptr) cold_prefix_size_ = table->cold_->place.prefix.size() + 1;
  }

  ~Frozen() override {
    if (adopted_ != nullptr) {
      adopted_->frozen_ = nullptr;
    } else if (table_ != nullptr) {
      End(false);
    }
  }

  SectionKind kind() const override { return kind_; }
  int num_earlier() const override { return num_earlier_; }

  arrow::Status NextPiece(size_t bytes_max, ByteWriter& piece, bool* last) override {
    piece.Reserve(bytes_max + bytes_max / 8);
    Move(first_, piece);
    *last = false;
    if (!gone_.empty()) return NextGone(piece);
    records_left_ = kPieceRecords;
    while (!cold_is_copied() && piece.size() < bytes_max && records_left_ > 0) {
      ARROW_RETURN_NOT_OK(cold_rows_ != nullptr ? CopyCold(piece) : CopyLog(piece));
    }
    // Before all that the cursor finds: a key that is forgotten and put comes before its elements.
    if (cold_is_copied()) Move(saved_, piece);
    slots_left_ = kPieceSlots;
    sibling_of_ = kNoSlot;
    while (cold_is_copied() && piece.size() < bytes_max && records_left_ > 0 && slots_left_ > 0 &&
           !written()) {
      at_ == 0 ? WriteNext(piece) : WriteNextElement(*table_->children_[at_ - 1], piece);
    }
    *last = written() && cold_is_copied();
    return arrow::Status::OK();
  }

  void Confirm() override {
    if (adopted_ == nullptr) End(true);
  }

  void Adopt(std::unique_ptr<KeyedTable> table) {
    adopted_ = std::move(table);
    table_ = adopted_.get();
  }

  // Whether the chain has this slot's key and elements as they are: since they came from the store
  // they have not changed.
  bool IsCold(Slot slot) const {
    const uint32_t word = table_->header(slot).word;
    return (word & (kInCold | kInLog)) != 0 && (word & kStale) == 0;
  }

  void WriteKey(Slot slot, ByteWriter& to) {
    ++num_entries_;
    if (over_cold_ && (table_->header(slot).word & kInCold) != 0 && !table_->children_.empty()) {
      Begin(TableRecord::kForget, to);
      to.Short(table_->key(slot));
    }
    WritePut(*table_, slot, to);
  }

  static void WritePut(const KeyedTable& table, Slot slot, ByteWriter& to) {
    const std::string_view key = table.key(slot);
    char* at = to.Extend(1 + kVarintBytesMax + key.size() + table.cells_.WrittenBytesMax(slot));
    *at++ = static_cast<char>(TableRecord::kPut);
    at = PutVarint(key.size(), at);
    CopyShort(key.data(), key.size(), at);
    at += key.size();
    to.EndAt(table.cells_.Write(slot, at));
    if (table.layout_.ttl_ms > 0) to.I64(table.touched_ms(slot));
  }

  static void WriteElement(const KeyedTable& table, const ChildTable& child, Slot element,
                           bool sibling, ByteWriter& to) {
    Begin(sibling ? TableRecord::kPutSibling : TableRecord::kPutElement, to);
    to.U8(table.PlaceOf(child));
    if (!sibling) to.Short(table.key(child.header(element).parent));
    to.Short(child.element(element));
    child.cells_.Write(element, to);
  }

  ByteWriter& saved() { return saved_; }
  ByteWriter& SavedElement() {
    ++num_entries_;
    return saved_;
  }

 private:
  bool cold_is_copied() const { return cold_rows_ == nullptr && log_rows_ == nullptr; }
  bool written() const { return at_ > table_->children_.size(); }

  static void Move(ByteWriter& from, ByteWriter& to) {
    to.Append(from.view().data(), from.size());
    from.Clear();
  }

  arrow::Status NextGone(ByteWriter& piece) {
    piece.Append(gone_.front().data(), gone_.front().size());
    gone_.pop_front();
    return arrow::Status::OK();
  }

  // Changed slots lie anywhere: what comes soon is fetched in time.
  void FetchAhead() const {
    const Slot far = table_->tracker_.Ahead(2 * SlotTracker::kAhead);
    if (far != kNoSlot) table_->cells_.PrefetchRow(far);
    const Slot near = table_->tracker_.Ahead(SlotTracker::kAhead);
    if (near == kNoSlot) return;
    const Header& header = table_->header(near);
    if (header.size > kInline) __builtin_prefetch(header.data);
    table_->cells_.PrefetchBytes(near);
  }

  void WriteNext(ByteWriter& piece) {
    FetchAhead();
    const Slot slot = table_->tracker_.Next(table_->WordOf(), &slots_left_);
    if (slot != kNoSlot) {
      if (IsCold(slot)) return;
      --records_left_;
      WriteKey(slot, piece);
    } else if (table_->tracker_.finished()) {
      ++at_;
    }
  }

  void WriteNextElement(ChildTable& child, ByteWriter& piece) {
    const Slot element = child.tracker_.Next(child.WordOf(), &slots_left_);
    if (element != kNoSlot) {
      const Slot parent = child.header(element).parent;
      if (IsCold(parent)) return;
      --records_left_;
      ++num_entries_;
      WriteElement(*table_, child, element, parent == sibling_of_, piece);
      sibling_of_ = parent;
    } else if (child.tracker_.finished()) {
      ++at_;
      sibling_of_ = kNoSlot;
    }
  }

  // One row of the store as a record.
  arrow::Status CopyCold(ByteWriter& piece) {
    if (!cold_rows_->valid()) {
      cold_rows_.reset();
      return arrow::Status::OK();
    }
    --records_left_;
    ++num_entries_;
    const std::string_view key = cold_rows_->key().substr(cold_prefix_size_);
    // No key is the beginning of another: this is an element of the key before.
    if (has_cold_key_ && key.size() > cold_key_.size() && key.starts_with(cold_key_)) {
      const auto place = static_cast<uint8_t>(key[cold_key_.size()]);
      if (place >= table_->children_.size()) return RowDamaged(table_->name_);
      ByteReader value(cold_rows_->value());
      if (table_->layout_.ttl_ms > 0) value.I64();
      Begin(TableRecord::kPutElement, piece);
      piece.U8(place);
      piece.Short(cold_key_);
      piece.Short(key.substr(cold_key_.size() + 1));
      CopyCells(table_->children_[place]->cells_, value, piece);
    } else {
      cold_key_ = key;
      has_cold_key_ = true;
      CopyRow(key, cold_rows_->value(), piece);
    }
    return cold_rows_->Next();
  }

  // Behind what the store has: the log's rows are newer.
  arrow::Status CopyLog(ByteWriter& piece) {
    ARROW_ASSIGN_OR_RAISE(const bool any_left, log_rows_->Next());
    if (!any_left) {
      log_rows_.reset();
      return arrow::Status::OK();
    }
    --records_left_;
    ++num_entries_;
    CopyRow(log_rows_->key(), log_rows_->value(), piece);
    return arrow::Status::OK();
  }

  void CopyRow(std::string_view key, std::string_view bytes, ByteWriter& piece) const {
    ByteReader value(bytes);
    const int64_t ttl_ms = table_->layout_.ttl_ms;
    const int64_t until_ms = ttl_ms > 0 ? value.I64() : 0;
    Begin(TableRecord::kPut, piece);
    piece.Short(key);
    CopyCells(table_->cells_, value, piece);
    if (ttl_ms > 0) piece.I64(until_ms - ttl_ms);
  }

  static void CopyCells(const CellColumns& cells, ByteReader& value, ByteWriter& piece) {
    ByteReader end = value;
    cells.Skip(end);
    const std::string_view bytes = value.Take(value.size() - end.size());
    piece.Append(bytes.data(), bytes.size());
  }

  void End(bool confirmed) {
    KeyedTable& table = *std::exchange(table_, nullptr);
    if (confirmed) {
      table.tracker_.Confirm(table.WordOf());
      for (const auto& child : table.children_) child->tracker_.Confirm(child->WordOf());
    } else {
      table.tracker_.Abandon(table.WordOf(), table.num_slots_);
      for (const auto& child : table.children_)
        child->tracker_.Abandon(child->WordOf(), child->num_slots_);
    }
    table.frozen_ = nullptr;
    if (!table.tracker_.active()) table.gone_.Take();
    if (aside_) return;
    confirmed ? table.chain_.Add(kind_, num_entries_) : table.chain_.Break();
  }

  KeyedTable* table_;
  std::unique_ptr<KeyedTable> adopted_;
  SectionKind kind_;
  bool aside_;
  const bool over_cold_;  // The snapshot has the store's rows.
  int num_earlier_;
  ByteWriter first_;              // The header.
  std::deque<std::string> gone_;  // Records that come before all others.
  ByteWriter saved_;              // Records of what changed before it was written.
  size_t at_ = 0;                 // The table, then its children.
  int records_left_ = 0;
  int64_t slots_left_ = 0;
  Slot sibling_of_ = kNoSlot;  // The key of the element before, in this piece.
  int64_t num_entries_;        // Written so far, and of gone_.

  // Until they are copied.
  std::unique_ptr<ColdScan> cold_rows_;
  size_t cold_prefix_size_ = 0;
  bool has_cold_key_ = false;
  std::string cold_key_;
  std::unique_ptr<ColdLogRows> log_rows_;
};

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
  const SectionKind kind = whole ? SectionKind::kBase : SectionKind::kDelta;
  auto frozen = std::make_unique<Frozen>(this, kind, aside, std::move(first), std::move(gone),
                                         num_gone, std::move(cold_rows), std::move(log_rows));
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
  if (!frozen_->IsCold(slot)) frozen_->WriteKey(slot, frozen_->saved());
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
  if (!frozen_->IsCold(parent))
    Frozen::WriteElement(*this, child, element, false, frozen_->SavedElement());
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
  Begin(TableRecord::kForget, record);
  record.Short(key(slot));
}

void KeyedTable::ForgetElement(const ChildTable& child, Slot element) {
  const Slot parent = child.header(element).parent;
  if (!live(parent)) return;  // Renewed: the key itself is forgotten already.
  if (!LogsGone()) return;
  ByteWriter& record = gone_.Next();
  Begin(TableRecord::kForgetElement, record);
  record.U8(PlaceOf(child));
  record.Short(key(parent));
  record.Short(child.element(element));
}

// What the chain has not got yet of a key that leaves memory.
void KeyedTable::NoteEvicted(Slot slot) {
  // Not stale: it was noted when it left memory before.
  if (!tracker_.active() || (header(slot).word & kStale) == 0 || !LogsGone()) return;
  if (tracker_.IsDirty(slot, header(slot).word)) Frozen::WritePut(*this, slot, gone_.Next());
  for (const auto& child : children_) {
    if (child->count(slot) == 0) continue;
    for (const Slot element : child->Elements(slot)) {
      if (!child->tracker_.IsDirty(element, child->header(element).word)) continue;
      Frozen::WriteElement(*this, *child, element, false, gone_.Next());
    }
  }
}

}  // namespace sabot
