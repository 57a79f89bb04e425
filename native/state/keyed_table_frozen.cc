// Records of a frozen KeyedTable, piece by piece.
#include "state/keyed_table_frozen.h"

#include <algorithm>
#include <array>
#include <span>

#include "state/keyed_table_records.h"
#include "state/short_copy.h"

namespace sabot {
namespace {

// What one piece may cost: records written, and slots looked at.
constexpr int kPieceRecords = 4096;
constexpr int64_t kPieceSlots = 65'536;

void Move(ByteWriter& from, ByteWriter& to) {
  to.Append(from.view().data(), from.size());
  from.Clear();
}

void CopyCells(const CellColumns& cells, ByteReader& value, ByteWriter& piece) {
  ByteReader end = value;
  cells.Skip(end);
  const std::string_view bytes = value.Take(value.size() - end.size());
  piece.Append(bytes.data(), bytes.size());
}

}  // namespace

KeyedTable::Frozen::Frozen(KeyedTable* table, Start start)
    : table_(table),
      kind_(start.kind),
      aside_(start.aside),
      over_cold_(start.cold_rows != nullptr || start.log_rows != nullptr),
      num_earlier_(kind_ == SectionKind::kBase ? 0 : table->chain_.num_earlier()),
      header_(std::move(start.header)),
      gone_(std::move(start.gone)),
      num_entries_(start.num_gone),
      cold_rows_(std::move(start.cold_rows)),
      log_rows_(std::move(start.log_rows)) {
  if (cold_rows_ != nullptr) cold_prefix_size_ = table->cold_->place.prefix.size() + 1;
}

KeyedTable::Frozen::~Frozen() {
  if (adopted_ != nullptr) {
    adopted_->frozen_ = nullptr;
  } else if (table_ != nullptr) {
    End(false);
  }
}

arrow::Status KeyedTable::Frozen::NextPiece(size_t bytes_max, ByteWriter& piece, bool* last) {
  piece.Reserve(bytes_max + bytes_max / 8);
  Move(header_, piece);
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
    if (at_ > 0) {
      WriteNextElement(*table_->children_[at_ - 1], piece);
    } else {
      table_->tracker_.whole() ? WriteNext(piece) : WriteChanged(bytes_max, piece);
    }
  }
  *last = written() && cold_is_copied();
  return arrow::Status::OK();
}

void KeyedTable::Frozen::WriteKey(const char* row, ByteWriter& to) {
  ++num_entries_;
  const auto& header = *reinterpret_cast<const Header*>(row);
  if (over_cold_ && (header.word & kInCold) != 0 && !table_->children_.empty()) {
    BeginRecord(TableRecord::kForget, to);
    to.Short(table_->KeyOf(header));
  }
  WritePut(*table_, row, to);
}

void KeyedTable::Frozen::WritePut(const KeyedTable& table, const char* row, ByteWriter& to) {
  const std::string_view key = table.KeyOf(*reinterpret_cast<const Header*>(row));
  char* at = to.Extend(1 + kVarintBytesMax + key.size() + table.cells_.WrittenBytesMax(row));
  *at++ = static_cast<char>(TableRecord::kPut);
  at = PutVarint(key.size(), at);
  CopyShort(key.data(), key.size(), at);
  at += key.size();
  to.EndAt(table.cells_.Write(row, at));
  if (table.layout_.ttl_ms > 0) to.Append(row + table.cells_.offset(table.num_cells()), 8);
}

void KeyedTable::Frozen::WriteElement(const KeyedTable& table, const ChildTable& child,
                                      Slot element, bool sibling, ByteWriter& to) {
  BeginRecord(sibling ? TableRecord::kPutSibling : TableRecord::kPutElement, to);
  to.U8(table.PlaceOf(child));
  if (!sibling) to.Short(table.key(child.header(element).parent));
  to.Short(child.element(element));
  child.cells_.Write(element, to);
}

arrow::Status KeyedTable::Frozen::NextGone(ByteWriter& piece) {
  piece.Append(gone_.front().data(), gone_.front().size());
  gone_.pop_front();
  return arrow::Status::OK();
}

// Changed slots lie anywhere: what comes soon is fetched in time, the row first, then what it leads
// to.
void KeyedTable::Frozen::WriteChanged(size_t bytes_max, ByteWriter& piece) {
  constexpr size_t kNear = SlotTracker::kAhead;
  constexpr size_t kFar = 2 * kNear;
  SlotTracker& tracker = table_->tracker_;
  CellColumns& cells = table_->cells_;
  const std::span<const Slot> slots = tracker.Left();
  std::array<char*, 2 * kFar> rows;  // By place in `slots`, around.
  const auto row_at = [&](size_t i) -> char*& { return rows[i % rows.size()]; };
  const auto fetch = [&](size_t i) {
    if (i >= slots.size()) return;
    row_at(i) = cells.row(slots[i]);
    cells.PrefetchRow(row_at(i));
  };
  for (size_t i = 0; i < kFar; ++i) fetch(i);
  const size_t count = std::min(slots.size(), static_cast<size_t>(slots_left_));
  size_t i = 0;
  for (; i < count && piece.size() < bytes_max && records_left_ > 0; ++i) {
    fetch(i + kFar);
    if (i + kNear < slots.size()) {
      const char* const near = row_at(i + kNear);
      const auto& header = *reinterpret_cast<const Header*>(near);
      if (!table_->has_room(header.size)) __builtin_prefetch(header.data);
      cells.PrefetchBytes(near);
    }
    auto& header = *reinterpret_cast<Header*>(row_at(i));
    if (!tracker.TakeFrozen(header.word) || IsCold(header)) continue;
    --records_left_;
    WriteKey(row_at(i), piece);
  }
  tracker.Pass(i);
  slots_left_ -= static_cast<int64_t>(i);
  if (tracker.finished()) ++at_;
}

void KeyedTable::Frozen::WriteNext(ByteWriter& piece) {
  const Slot slot = table_->tracker_.Next(table_->WordOf(), &slots_left_);
  if (slot != kNoSlot) {
    if (IsCold(slot)) return;
    --records_left_;
    WriteKey(table_->cells_.row(slot), piece);
  } else if (table_->tracker_.finished()) {
    ++at_;
  }
}

void KeyedTable::Frozen::WriteNextElement(ChildTable& child, ByteWriter& piece) {
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
arrow::Status KeyedTable::Frozen::CopyCold(ByteWriter& piece) {
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
    BeginRecord(TableRecord::kPutElement, piece);
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
arrow::Status KeyedTable::Frozen::CopyLog(ByteWriter& piece) {
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

void KeyedTable::Frozen::CopyRow(std::string_view key, std::string_view bytes,
                                 ByteWriter& piece) const {
  ByteReader value(bytes);
  const int64_t ttl_ms = table_->layout_.ttl_ms;
  const int64_t until_ms = ttl_ms > 0 ? value.I64() : 0;
  BeginRecord(TableRecord::kPut, piece);
  piece.Short(key);
  CopyCells(table_->cells_, value, piece);
  if (ttl_ms > 0) piece.I64(until_ms - ttl_ms);
}

void KeyedTable::Frozen::End(bool confirmed) {
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

}  // namespace sabot
