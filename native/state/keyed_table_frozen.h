// What a barrier found in a KeyedTable, and how it becomes records; see keyed_table_snapshot.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "state/keyed_table_cold.h"

namespace sabot {

// Belongs to the snapshot's writer; the table knows it until all is written, or leaves it
// everything when it goes before.
class KeyedTable::Frozen final : public FrozenState {
 public:
  // `gone`: records that come before all others, so many. Of a base, all rows of the store and the
  // log.
  struct Start {
    SectionKind kind;
    bool aside;
    ByteWriter header;
    std::deque<std::string> gone;
    int64_t num_gone;
    std::unique_ptr<ColdScan> cold_rows;
    std::unique_ptr<ColdLogRows> log_rows;
  };
  Frozen(KeyedTable* table, Start start);
  ~Frozen() override;

  SectionKind kind() const override { return kind_; }
  int num_earlier() const override { return num_earlier_; }
  arrow::Status NextPiece(size_t bytes_max, ByteWriter& piece, bool* last) override;
  void Confirm() override {
    if (adopted_ == nullptr) End(true);
  }
  // The table's own life ends.
  void Adopt(std::unique_ptr<KeyedTable> table) {
    adopted_ = std::move(table);
    table_ = adopted_.get();
  }

  // Whether the chain has this slot's key and elements as they are: since they came from the store
  // they have not changed.
  bool IsCold(Slot slot) const { return IsCold(table_->header(slot)); }
  static bool IsCold(const Header& header) {
    return (header.word & (kInCold | kInLog)) != 0 && (header.word & kStale) == 0;
  }
  // What changes before it was written.
  void SaveKey(Slot slot) { WriteKey(table_->cells_.row(slot), saved_); }
  void SaveElement(const ChildTable& child, Slot element) {
    ++num_entries_;
    WriteElement(*table_, child, element, /*sibling=*/false, saved_);
  }

  static void WritePut(const KeyedTable& table, const char* row, ByteWriter& to);
  static void WriteElement(const KeyedTable& table, const ChildTable& child, Slot element,
                           bool sibling, ByteWriter& to);

 private:
  bool cold_is_copied() const { return cold_rows_ == nullptr && log_rows_ == nullptr; }
  bool written() const { return at_ > table_->children_.size(); }
  void WriteKey(const char* row, ByteWriter& to);
  arrow::Status NextGone(ByteWriter& piece);
  void WriteNext(ByteWriter& piece);
  void WriteChanged(size_t bytes_max, ByteWriter& piece);
  void WriteNextElement(ChildTable& child, ByteWriter& piece);
  arrow::Status CopyCold(ByteWriter& piece);
  arrow::Status CopyLog(ByteWriter& piece);
  void CopyRow(std::string_view key, std::string_view bytes, ByteWriter& piece) const;
  void End(bool confirmed);

  KeyedTable* table_;
  std::unique_ptr<KeyedTable> adopted_;
  SectionKind kind_;
  bool aside_;
  const bool over_cold_;  // The snapshot has the store's rows.
  int num_earlier_;
  ByteWriter header_;
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

}  // namespace sabot
