// KeyedTable's snapshots.
//
//   version, layout ("8,16,b|8;o" and "t" where keys have a time), then records:
//                                                  forget key
//                                                  forget element: child, key, element
//                                                  put: key, cells, time
//                                                  put element: child, key, element, cells
//
// A base has every key and element. A delta has first what has gone since the snapshot before, then
// what has changed or come. Cells that change before they were written are saved first; puts come
// in any order. An element's key is left out where it is that of the element before.
#include <array>
#include <utility>

#include "base/hash.h"
#include "state/keyed_table.h"

namespace sabot {
namespace {

constexpr uint32_t kVersion = 2;
constexpr const char* kTimed = "t";

enum Record : uint8_t {
  kForget = 1,
  kForgetElement = 2,
  kPut = 3,
  kPutElement = 4,
  kPutSibling = 5,  // An element of the same key.
};

// What one piece may cost: records written, and slots looked at.
constexpr int kPieceRecords = 4096;
constexpr int64_t kPieceSlots = 65'536;

void AppendCells(const std::vector<CellSpec>& cells, std::string& text) {
  for (const CellSpec& cell : cells) {
    static constexpr std::array<const char*, 5> kNames{"1,", "4,", "8,", "16,", "b,"};
    text += kNames[static_cast<size_t>(cell.kind)];
  }
}

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

void WriteHeader(const KeyedTableLayout& layout, ByteWriter& to) {
  to.U32(kVersion);
  to.Bytes(LayoutText(layout) + (layout.ttl_ms > 0 ? kTimed : ""));
}

}  // namespace

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
  Frozen(KeyedTable* table, SectionKind kind, bool aside, ByteWriter first)
      : table_(table),
        kind_(kind),
        aside_(aside),
        num_earlier_(kind == SectionKind::kBase ? 0 : table->chain_.num_earlier()),
        first_(std::move(first)) {}

  ~Frozen() override {
    if (adopted_ != nullptr) {
      adopted_->frozen_ = nullptr;
    } else if (table_ != nullptr) {
      End(false);
    }
  }

  SectionKind kind() const override { return kind_; }
  int num_earlier() const override { return num_earlier_; }

  arrow::Result<std::string> NextPiece(size_t bytes_max, bool* last) override {
    ByteWriter piece = std::exchange(first_, {});
    if (piece.size() == 0) piece = std::exchange(saved_, {});
    records_left_ = kPieceRecords;
    slots_left_ = kPieceSlots;
    sibling_of_ = kNoSlot;
    while (piece.size() < bytes_max && records_left_ > 0 && slots_left_ > 0 && !written()) {
      at_ == 0 ? WriteNext(piece) : WriteNextElement(*table_->children_[at_ - 1], piece);
    }
    *last = written() && saved_.size() == 0;
    bytes_ += static_cast<int64_t>(piece.size());
    return piece.Take();
  }

  void Confirm() override {
    if (adopted_ == nullptr) End(true);
  }

  void Adopt(std::unique_ptr<KeyedTable> table) {
    adopted_ = std::move(table);
    table_ = adopted_.get();
  }

  void WritePut(Slot slot, ByteWriter& to) const {
    to.U8(kPut);
    to.Short(table_->key(slot));
    table_->cells_.Write(slot, to);
  }

  void WriteElement(const ChildTable& child, Slot element, bool sibling, ByteWriter& to) const {
    to.U8(sibling ? kPutSibling : kPutElement);
    to.U8(table_->PlaceOf(child));
    if (!sibling) to.Short(table_->key(child.header(element).parent));
    to.Short(child.element(element));
    child.cells_.Write(element, to);
  }

  ByteWriter& saved() { return saved_; }

 private:
  bool written() const { return at_ > table_->children_.size(); }

  void WriteNext(ByteWriter& piece) {
    const Slot slot = table_->tracker_.Next(table_->WordOf(), &slots_left_);
    if (slot != kNoSlot) {
      --records_left_;
      WritePut(slot, piece);
    } else if (table_->tracker_.finished()) {
      ++at_;
    }
  }

  void WriteNextElement(ChildTable& child, ByteWriter& piece) {
    const Slot element = child.tracker_.Next(child.WordOf(), &slots_left_);
    if (element != kNoSlot) {
      --records_left_;
      const Slot parent = child.header(element).parent;
      WriteElement(child, element, parent == sibling_of_, piece);
      sibling_of_ = parent;
    } else if (child.tracker_.finished()) {
      ++at_;
      sibling_of_ = kNoSlot;
    }
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
    if (!table.tracker_.active()) table.forgotten_ = {};
    if (aside_) return;
    confirmed ? table.chain_.Add(kind_, bytes_) : table.chain_.Break();
  }

  KeyedTable* table_;
  std::unique_ptr<KeyedTable> adopted_;
  SectionKind kind_;
  bool aside_;
  int num_earlier_;
  ByteWriter first_;  // The header, and what has gone.
  ByteWriter saved_;  // Records of what changed before it was written.
  size_t at_ = 0;     // The table, then its children.
  int records_left_ = 0;
  int64_t slots_left_ = 0;
  Slot sibling_of_ = kNoSlot;  // The key of the element before, in this piece.
  int64_t bytes_ = 0;
};

arrow::Status KeyedTable::Snapshot(SnapshotWriter& to) {
  SABOT_CHECK(frozen_ == nullptr);  // The snapshot before was written or given up.
  const bool aside = to.mode() == SnapshotMode::kSavepoint;
  const bool whole = aside || to.mode() == SnapshotMode::kFull || !chain_.CanGrow();
  tracker_.Freeze(whole, aside, num_slots_);
  for (const auto& child : children_) child->tracker_.Freeze(whole, aside, child->num_slots_);
  ByteWriter first;
  WriteHeader(layout_, first);
  if (!aside) {
    const std::string forgotten = std::exchange(forgotten_, {}).Take();
    if (!whole) first.Append(forgotten.data(), forgotten.size());
  }
  const SectionKind kind = whole ? SectionKind::kBase : SectionKind::kDelta;
  auto frozen = std::make_unique<Frozen>(this, kind, aside, std::move(first));
  frozen_ = frozen.get();
  to.Freeze(name_, std::move(frozen));
  return arrow::Status::OK();
}

void KeyedTable::LeaveToSnapshot() {
  std::unique_ptr<KeyedTable> left(new KeyedTable(std::move(*this)));
  *this = KeyedTable(left->name_, left->layout_);
  for (const auto& child : children_) child->owner_ = this;
  for (const auto& child : left->children_) child->owner_ = left.get();
  Frozen* const frozen = left->frozen_;
  frozen->Adopt(std::move(left));
}

uint8_t KeyedTable::PlaceOf(const ChildTable& child) const {
  size_t place = 0;
  while (children_[place].get() != &child) ++place;
  return static_cast<uint8_t>(place);
}

void KeyedTable::Save(Slot slot) {
  frozen_->WritePut(slot, frozen_->saved());
  tracker_.MarkSaved(header(slot).word);
}

void KeyedTable::SaveElement(ChildTable& child, Slot element) {
  frozen_->WriteElement(child, element, false, frozen_->saved());
  child.tracker_.MarkSaved(child.header(element).word);
}

void KeyedTable::SaveWithChildren(Slot slot) {
  if (tracker_.MustSave(slot, header(slot).word)) Save(slot);
  for (const auto& child : children_) child->SaveAll(slot);
}

void KeyedTable::Forget(Slot slot) {
  if (!tracker_.MustForget(header(slot).word)) return;
  forgotten_.U8(kForget);
  forgotten_.Short(key(slot));
}

void KeyedTable::ForgetElement(const ChildTable& child, Slot element) {
  const Slot parent = child.header(element).parent;
  if (!live(parent)) return;  // Renewed: the key itself is forgotten already.
  forgotten_.U8(kForgetElement);
  forgotten_.U8(PlaceOf(child));
  forgotten_.Short(key(parent));
  forgotten_.Short(child.element(element));
}

// --- reading ---

// Applies the records of chains to a table that is being restored.
class KeyedTable::Replay {
 public:
  Replay(KeyedTable* table, const SnapshotReader& from, int64_t now_ms)
      : table_(table), from_(from), now_ms_(now_ms) {}

  arrow::Status Run(const SnapshotReader::SectionChain& chain) {
    for (const SnapshotSection* section : chain) {
      if (section->pieces.empty()) return Damaged();
      bool first = true;
      for (const std::string_view piece : section->pieces) {
        ByteReader bytes(piece);
        if (first) ARROW_RETURN_NOT_OK(ReadHeader(bytes));
        first = false;
        known_ = false;
        while (bytes.ok() && !bytes.done()) {
          if (!ReadRecord(bytes)) return Damaged();
        }
        if (!bytes.ok()) return Damaged();
      }
    }
    return arrow::Status::OK();
  }

 private:
  arrow::Status Damaged() const {
    return arrow::Status::Invalid("State '", table_->name_, "' is cut short or damaged.");
  }

  arrow::Status ReadHeader(ByteReader& bytes) {
    const uint32_t version = bytes.U32();
    std::string_view written = bytes.Bytes();
    if (!bytes.ok()) return Damaged();
    if (version != kVersion) {
      return arrow::Status::Invalid("State '", table_->name_, "' has version ", version,
                                    "; this build reads version ", kVersion, ".");
    }
    timed_ = written.ends_with(kTimed);
    if (timed_) written.remove_suffix(1);
    const std::string layout = LayoutText(table_->layout_);
    if (written != layout) {
      return arrow::Status::Invalid("State '", table_->name_, "' was written with another layout (",
                                    written, ", now ", layout,
                                    "): the operator's definition has changed since.");
    }
    return arrow::Status::OK();
  }

  // False: damaged, or the reader is no longer ok.
  bool ReadRecord(ByteReader& bytes) {
    const uint8_t record = bytes.U8();
    if (record == kForget) return ReadKey(bytes) && Forget();
    if (record == kPut) return ReadKey(bytes) && Put(bytes);
    if (record < kForgetElement || record > kPutSibling) return false;
    const uint8_t place = bytes.U8();
    if (!bytes.ok() || place >= table_->children_.size()) return false;
    if (record == kPutSibling ? !known_ : !ReadKey(bytes)) return false;
    const std::string_view element = bytes.Short();
    if (!bytes.ok() || element.size() > SlotTracker::kNoMarks) return false;
    ChildTable& child = *table_->children_[place];
    if (record == kForgetElement) {
      const Slot parent = own_ ? table_->Lookup(key_, hash_) : kNoSlot;
      if (parent != kNoSlot) child.Erase(parent, element, HashBytes(element));
      return true;
    }
    if (!own_) {
      child.cells_.Skip(bytes, child.cells_.num_columns());
      return bytes.ok();
    }
    bool inserted;
    if (slot_ == kNoSlot) slot_ = table_->LookupOrInsert(key_, hash_, &inserted);
    child.cells_.Read(child.FindOrInsert(slot_, element, HashBytes(element), &inserted), bytes);
    return bytes.ok();
  }

  bool ReadKey(ByteReader& bytes) {
    key_ = bytes.Short();
    const size_t unhashed = table_->layout_.unhashed_bytes;
    if (!bytes.ok() || key_.size() < unhashed) return false;
    hash_ = HashBytes(key_.substr(0, key_.size() - unhashed));
    own_ = from_.Owns(hash_);
    slot_ = kNoSlot;
    known_ = true;
    return true;
  }

  bool Forget() {
    const Slot slot = own_ ? table_->Lookup(key_, hash_) : kNoSlot;
    if (slot != kNoSlot) table_->Erase(slot);
    return true;
  }

  bool Put(ByteReader& bytes) {
    const size_t num_cells = table_->layout_.cells.size();
    if (!own_) {
      table_->cells_.Skip(bytes, num_cells);
      if (timed_) bytes.I64();
      return bytes.ok();
    }
    bool inserted;
    slot_ = table_->LookupOrInsert(key_, hash_, &inserted);
    table_->cells_.Read(slot_, bytes, num_cells);
    // A key without a time was touched just now.
    const int64_t touched_ms = timed_ ? bytes.I64() : now_ms_;
    if (table_->layout_.ttl_ms > 0) table_->touched_ms(slot_) = touched_ms;
    return bytes.ok();
  }

  KeyedTable* table_;
  const SnapshotReader& from_;
  int64_t now_ms_;
  bool timed_ = false;
  // The key of the record at hand, or of the one before.
  bool known_ = false;
  bool own_ = false;
  std::string_view key_;
  uint64_t hash_ = 0;
  Slot slot_ = kNoSlot;  // Once it was needed.
};

arrow::Status KeyedTable::Restore(const SnapshotReader& from) {
  SABOT_CHECK(num_keys_ == 0 && !tracker_.active());
  ARROW_ASSIGN_OR_RAISE(const auto chains, from.Chains(name_));
  // While records are applied no key is too old.
  const int64_t now_ms = std::exchange(now_ms_, 0);
  Replay replay(this, from, now_ms);
  for (const SnapshotReader::SectionChain& chain : chains) ARROW_RETURN_NOT_OK(replay.Run(chain));
  now_ms_ = now_ms;
  if (!from.continues() || chains.size() != 1) return arrow::Status::OK();
  tracker_.Continue(WordOf(), num_slots_);
  for (const auto& child : children_) child->tracker_.Continue(child->WordOf(), child->num_slots_);
  chain_.Continue(chains[0]);
  return arrow::Status::OK();
}

}  // namespace sabot
