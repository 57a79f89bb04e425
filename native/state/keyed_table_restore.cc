// Restoring a KeyedTable: the records of its snapshots, applied in order. Puts are applied some at
// a time, so that the index is fetched into the cache meanwhile.
#include <deque>
#include <utility>

#include "base/hash.h"
#include "state/keyed_table_cold.h"
#include "state/keyed_table_records.h"
#include "state/layout_change.h"

namespace sabot {
namespace {

constexpr size_t kPutsTogether = 32;

}  // namespace

// Applies the records of chains to a table that is being restored.
class KeyedTable::Replay {
 public:
  Replay(KeyedTable* table, const SnapshotReader& from, int64_t now_ms)
      : table_(table), from_(from), now_ms_(now_ms) {}

  // Puts that were read.
  int64_t num_entries() const { return num_entries_; }
  // Whether all was written as the table writes it.
  bool as_written() const { return as_written_; }

  arrow::Status Run(const SnapshotReader::SectionChain& chain) {
    for (const SnapshotSection* section : chain) {
      if (section->pieces.empty()) return Damaged();
      bool first = true;
      int64_t bytes_left = 0;
      for (const std::string_view piece : section->pieces) bytes_left += std::ssize(piece);
      for (const std::string_view piece : section->pieces) {
        const int64_t num_keys = table_->num_keys_;
        ByteReader bytes(piece);
        if (first) ARROW_RETURN_NOT_OK(ReadHeader(section->kind, bytes));
        first = false;
        known_ = false;
        while (bytes.ok() && !bytes.done()) ARROW_RETURN_NOT_OK(ReadRecord(bytes));
        if (!bytes.ok()) return Damaged();
        ARROW_RETURN_NOT_OK(ApplyPuts());
        bytes_left -= std::ssize(piece);
        if (section->kind == SectionKind::kBase)
          ReserveFor(table_->num_keys_ - num_keys, std::ssize(piece), bytes_left);
        if (table_->tiers_ != nullptr) ARROW_RETURN_NOT_OK(table_->tiers_->MakeRoom());
      }
    }
    return arrow::Status::OK();
  }

 private:
  struct Put {
    std::string_view key;
    uint64_t hash;
    std::string_view cells;
    int64_t touched_ms;
  };

  // A piece of so many bytes had so many new keys: what is left will have about as many each.
  void ReserveFor(int64_t num_keys, int64_t piece_bytes, int64_t bytes_left) {
    const bool grows = table_->tiers_ == nullptr || !table_->tiers_->limited();
    if (!grows || num_keys <= 0) return;
    table_->index_.Reserve(
        static_cast<uint64_t>(static_cast<double>(num_keys) * static_cast<double>(bytes_left) /
                              static_cast<double>(piece_bytes)));
  }

  arrow::Status Damaged() const {
    return arrow::Status::Invalid("State '", table_->name_, "' is cut short or damaged.");
  }

  arrow::Status ReadHeader(SectionKind kind, ByteReader& bytes) {
    const uint32_t version = bytes.U32();
    std::string_view written = bytes.Bytes();
    if (!bytes.ok()) return Damaged();
    if (version != kTableVersion && version != kUntypedVersion) {
      return arrow::Status::Invalid("State '", table_->name_, "' has version ", version,
                                    "; this build reads version ", kTableVersion, ".");
    }
    timed_ = written.ends_with(kTimedLayout);
    if (timed_) written.remove_suffix(1);
    const std::string layout = LayoutText(table_->layout_);
    const auto other_layout = [&] {
      return arrow::Status::Invalid("State '", table_->name_, "' was written with another layout (",
                                    written, ", now ", layout,
                                    "): the operator's definition has changed since.");
    };
    if (version == kUntypedVersion) {
      change_.reset();
      as_written_ = false;
      return written == layout ? arrow::Status::OK() : other_layout();
    }
    if (kind != SectionKind::kBase) return arrow::Status::OK();  // As its base.
    auto change = LayoutChange::Read(bytes, table_->layout_);
    if (!change.ok()) return other_layout();
    change_ = std::move(*change);
    as_written_ = as_written_ && change_ == nullptr;
    return arrow::Status::OK();
  }

  arrow::Status ReadRecord(ByteReader& bytes) {
    const auto record = static_cast<TableRecord>(bytes.U8());
    if (record >= TableRecord::kPut) ++num_entries_;
    if (record == TableRecord::kPut) return ReadKey(bytes) ? ReadPut(bytes) : Damaged();
    ARROW_RETURN_NOT_OK(ApplyPuts());
    if (record == TableRecord::kForget) return ReadKey(bytes) ? Forget() : Damaged();
    if (record < TableRecord::kForgetElement || record > TableRecord::kPutSibling) return Damaged();
    const uint8_t place = bytes.U8();
    if (!bytes.ok() || place >= table_->children_.size()) return Damaged();
    if (record == TableRecord::kPutSibling ? !known_ : !ReadKey(bytes)) return Damaged();
    std::string_view element = bytes.Short();
    if (!bytes.ok() || element.size() > ChildTable::kSizeMask) return Damaged();
    ChildTable& child = *table_->children_[place];
    if (!own_) {
      if (record != TableRecord::kForgetElement) SkipCells(1 + place, child.cells_, bytes);
      return arrow::Status::OK();
    }
    if (change_ != nullptr) {
      if (!change_->ConvertElement(1 + place, element, &element_)) return Damaged();
      element = element_;
    }
    if (record == TableRecord::kForgetElement) {
      ARROW_ASSIGN_OR_RAISE(const Slot parent, table_->Fetch(key_, hash_));
      if (parent != kNoSlot) child.Erase(parent, element, HashBytes(element));
      return arrow::Status::OK();
    }
    if (slot_ == kNoSlot) {
      ARROW_ASSIGN_OR_RAISE(slot_, FetchOrInsert(key_, hash_));
    }
    bool inserted;
    const Slot slot = child.FindOrInsert(slot_, element, HashBytes(element), &inserted);
    child.Touch(slot);
    ReadCells(1 + place, child.cells_, slot, bytes);
    return arrow::Status::OK();
  }

  void SkipCells(size_t place, const CellColumns& cells, ByteReader& bytes) const {
    change_ == nullptr ? cells.Skip(bytes) : change_->SkipCells(place, bytes);
  }

  void ReadCells(size_t place, CellColumns& cells, Slot slot, ByteReader& bytes) {
    change_ == nullptr ? cells.Read(slot, bytes) : change_->ReadCells(place, bytes, cells, slot);
  }

  arrow::Result<Slot> FetchOrInsert(std::string_view key, uint64_t hash) {
    ARROW_ASSIGN_OR_RAISE(const Slot slot, table_->Fetch(key, hash));
    if (slot == kNoSlot) return table_->Insert(key, hash);
    const int64_t touched_ms = table_->layout_.ttl_ms > 0 ? table_->touched_ms(slot) : 0;
    table_->Touch(slot);
    if (table_->layout_.ttl_ms > 0) table_->touched_ms(slot) = touched_ms;
    return slot;
  }

  bool ReadKey(ByteReader& bytes) {
    key_ = bytes.Short();
    const size_t unhashed = table_->layout_.unhashed_bytes;
    if (!bytes.ok() || key_.size() < unhashed) return false;
    if (change_ != nullptr) {
      if (!change_->ConvertKey(key_, &converted_key_)) return false;
      key_ = converted_key_;
    }
    hash_ = table_->HashOf(key_);
    own_ = from_.Owns(hash_);
    slot_ = kNoSlot;
    known_ = true;
    return true;
  }

  arrow::Status Forget() {
    if (!own_) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(const Slot slot, table_->Fetch(key_, hash_));
    if (slot != kNoSlot) table_->Erase(slot);
    return arrow::Status::OK();
  }

  arrow::Status ReadPut(ByteReader& bytes) {
    ByteReader cells = bytes;
    SkipCells(0, table_->cells_, bytes);
    const std::string_view read = cells.Take(cells.size() - bytes.size());
    // A key without a time was touched just now.
    const int64_t touched_ms = timed_ ? bytes.I64() : now_ms_;
    if (!bytes.ok()) return Damaged();
    if (!own_) return arrow::Status::OK();
    const std::string_view key = change_ == nullptr ? key_ : converted_keys_.emplace_back(key_);
    puts_.push_back({key, hash_, read, touched_ms});
    table_->index_.Prefetch(KeyIndex::TagOf(hash_));
    return puts_.size() < kPutsTogether ? arrow::Status::OK() : ApplyPuts();
  }

  arrow::Status ApplyPuts() {
    for (const Put& put : puts_) {
      ARROW_ASSIGN_OR_RAISE(const Slot slot, FetchOrInsert(put.key, put.hash));
      ByteReader cells(put.cells);
      ReadCells(0, table_->cells_, slot, cells);
      if (table_->layout_.ttl_ms > 0) table_->touched_ms(slot) = put.touched_ms;
    }
    puts_.clear();
    converted_keys_.clear();
    return arrow::Status::OK();
  }

  KeyedTable* table_;
  const SnapshotReader& from_;
  int64_t now_ms_;
  std::unique_ptr<LayoutChange> change_;  // Of the chain at hand; nullptr: none.
  bool as_written_ = true;
  std::string converted_key_;               // Of the record at hand, or of the one before.
  std::deque<std::string> converted_keys_;  // Of puts_.
  std::string element_;
  bool timed_ = false;
  int64_t num_entries_ = 0;
  std::vector<Put> puts_;  // To be applied before any other record.
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
  if (!from.continues() || chains.size() != 1 || !replay.as_written()) return arrow::Status::OK();
  tracker_.Continue(WordOf(), num_slots_);
  for (const auto& child : children_) child->tracker_.Continue(child->WordOf(), child->num_slots_);
  chain_.Continue(chains[0], replay.num_entries());
  return arrow::Status::OK();
}

}  // namespace sabot
