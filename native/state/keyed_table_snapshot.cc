// KeyedTable's snapshot.
//
//   version, layout ("8,16,b|8;o"), number of keys, then per key: key, cells, and per child table
//   its elements with their cells
#include <array>
#include <utility>

#include "base/hash.h"
#include "state/keyed_table.h"

namespace sabot {
namespace {

constexpr uint32_t kVersion = 2;

void AppendCells(const std::vector<CellSpec>& cells, std::string& text) {
  for (const CellSpec& cell : cells) {
    static constexpr std::array<const char*, 5> kNames{"1,", "4,", "8,", "16,", "b,"};
    text += kNames[static_cast<size_t>(cell.kind)];
  }
}

}  // namespace

std::string KeyedTable::LayoutText() const {
  std::string text;
  AppendCells(layout_.cells, text);
  for (const ChildSpec& child : layout_.children) {
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

arrow::Status KeyedTable::Snapshot(SnapshotWriter& to) const {
  ByteWriter bytes;
  bytes.U32(kVersion);
  bytes.Bytes(LayoutText());
  bytes.U64(static_cast<uint64_t>(num_keys_));
  for (Slot slot = 0; slot < num_slots_; ++slot) {
    if (!live(slot)) continue;
    ByteWriter cells;
    WriteSlot(slot, cells);
    bytes.Bytes(key(slot));
    bytes.Bytes(cells.Take());
  }
  to.Freeze(name_, std::make_unique<FrozenBytes>(bytes.Take()));
  return arrow::Status::OK();
}

arrow::Status KeyedTable::Restore(const SnapshotReader& from) {
  const std::string layout = LayoutText();
  ARROW_ASSIGN_OR_RAISE(const auto chains, from.Chains(name_));
  for (const SnapshotReader::SectionChain& chain : chains) {
    ByteReader bytes(chain.back()->pieces[0]);
    const uint32_t version = bytes.U32();
    if (version != kVersion) {
      return arrow::Status::Invalid("State '", name_, "' has version ", version,
                                    "; this build reads version ", kVersion, ".");
    }
    const std::string_view written = bytes.Bytes();
    if (written != layout) {
      return arrow::Status::Invalid("State '", name_, "' was written with another layout (",
                                    written, ", now ", layout,
                                    "): the operator's definition has changed since.");
    }
    const uint64_t keys = bytes.U64();
    for (uint64_t i = 0; i < keys && bytes.ok(); ++i) {
      const std::string_view key = bytes.Bytes();
      ByteReader cells(bytes.Bytes());
      if (key.size() < layout_.unhashed_bytes) break;  // Said below: damaged.
      const uint64_t hash = HashBytes(key.substr(0, key.size() - layout_.unhashed_bytes));
      if (!from.Owns(hash)) continue;
      bool inserted;
      const Slot slot = LookupOrInsert(key, hash, &inserted);
      if (!inserted && bytes.ok())
        return arrow::Status::Invalid("State '", name_, "' holds a key twice.");
      ReadSlot(slot, cells);
      if (!cells.ok() || !cells.done())
        return arrow::Status::Invalid("State '", name_, "' is cut short or damaged.");
    }
    if (!bytes.ok() || !bytes.done())
      return arrow::Status::Invalid("State '", name_, "' is cut short or damaged.");
  }
  return arrow::Status::OK();
}

}  // namespace sabot
