// Restoring a KeyedTable: the records of its snapshots, applied in order.
#include <utility>

#include "base/hash.h"
#include "state/keyed_table_cold.h"
#include "state/keyed_table_records.h"

namespace sabot {

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
        while (bytes.ok() && !bytes.done()) ARROW_RETURN_NOT_OK(ReadRecord(bytes));
        if (!bytes.ok()) return Damaged();
        if (table_->tiers_ != nullptr) ARROW_RETURN_NOT_OK(table_->tiers_->MakeRoom());
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
    if (version != kTableVersion) {
      return arrow::Status::Invalid("State '", table_->name_, "' has version ", version,
                                    "; this build reads version ", kTableVersion, ".");
    }
    timed_ = written.ends_with(kTimedLayout);
    if (timed_) written.remove_suffix(1);
    const std::string layout = LayoutText(table_->layout_);
    if (written != layout) {
      return arrow::Status::Invalid("State '", table_->name_, "' was written with another layout (",
                                    written, ", now ", layout,
                                    "): the operator's definition has changed since.");
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadRecord(ByteReader& bytes) {
    const auto record = static_cast<TableRecord>(bytes.U8());
    if (record == TableRecord::kForget) return ReadKey(bytes) ? Forget() : Damaged();
    if (record == TableRecord::kPut) return ReadKey(bytes) ? Put(bytes) : Damaged();
    if (record < TableRecord::kForgetElement || record > TableRecord::kPutSibling) return Damaged();
    const uint8_t place = bytes.U8();
    if (!bytes.ok() || place >= table_->children_.size()) return Damaged();
    if (record == TableRecord::kPutSibling ? !known_ : !ReadKey(bytes)) return Damaged();
    const std::string_view element = bytes.Short();
    if (!bytes.ok() || element.size() > ChildTable::kSizeMask) return Damaged();
    ChildTable& child = *table_->children_[place];
    if (!own_) {
      if (record != TableRecord::kForgetElement)
        child.cells_.Skip(bytes, child.cells_.num_columns());
      return arrow::Status::OK();
    }
    if (record == TableRecord::kForgetElement) {
      ARROW_ASSIGN_OR_RAISE(const Slot parent, table_->Fetch(key_, hash_));
      if (parent != kNoSlot) child.Erase(parent, element, HashBytes(element));
      return arrow::Status::OK();
    }
    if (slot_ == kNoSlot) ARROW_RETURN_NOT_OK(FetchOrInsert());
    bool inserted;
    const Slot slot = child.FindOrInsert(slot_, element, HashBytes(element), &inserted);
    child.Touch(slot);
    child.cells_.Read(slot, bytes);
    return arrow::Status::OK();
  }

  arrow::Status FetchOrInsert() {
    ARROW_ASSIGN_OR_RAISE(slot_, table_->Fetch(key_, hash_));
    if (slot_ == kNoSlot) {
      slot_ = table_->Insert(key_, hash_);
    } else {
      table_->Touch(slot_);
    }
    return arrow::Status::OK();
  }

  bool ReadKey(ByteReader& bytes) {
    key_ = bytes.Short();
    const size_t unhashed = table_->layout_.unhashed_bytes;
    if (!bytes.ok() || key_.size() < unhashed) return false;
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

  arrow::Status Put(ByteReader& bytes) {
    const size_t num_cells = table_->layout_.cells.size();
    if (!own_) {
      table_->cells_.Skip(bytes, num_cells);
      if (timed_) bytes.I64();
      return arrow::Status::OK();
    }
    ARROW_RETURN_NOT_OK(FetchOrInsert());
    table_->cells_.Read(slot_, bytes, num_cells);
    // A key without a time was touched just now.
    const int64_t touched_ms = timed_ ? bytes.I64() : now_ms_;
    if (table_->layout_.ttl_ms > 0) table_->touched_ms(slot_) = touched_ms;
    return arrow::Status::OK();
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
