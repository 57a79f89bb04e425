// KeyedTable's snapshot: one section per key group that has keys.
//
//   version, layout ("8,16,b|8;o"), number of keys, then per key: key, cells, and per child table
//   its elements with their cells
#include <array>
#include <utility>

#include "base/hash.h"
#include "state/keyed_table.h"

namespace sabot {
namespace {

constexpr uint32_t kVersion = 1;

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
  std::array<std::vector<Slot>, kMaxParallelism> groups;
  for (Slot slot = 0; slot < num_slots_; ++slot) {
    if (live(slot)) groups[static_cast<size_t>(KeyGroupOf(hash(slot)))].push_back(slot);
  }
  const std::string layout = LayoutText();
  for (int group = 0; group < kMaxParallelism; ++group) {
    const std::vector<Slot>& slots = groups[static_cast<size_t>(group)];
    if (slots.empty()) continue;
    ByteWriter bytes;
    bytes.U32(kVersion);
    bytes.Bytes(layout);
    bytes.U64(slots.size());
    for (const Slot slot : slots) {
      bytes.Bytes(key(slot));
      WriteSlot(slot, bytes);
    }
    to.Put(name_, bytes.Take(), group);
  }
  return arrow::Status::OK();
}

arrow::Status KeyedTable::Restore(const SnapshotReader& from) {
  const std::string layout = LayoutText();
  for (const std::string_view section : from.KeyGroups(name_)) {
    ByteReader bytes(section);
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
      if (key.size() < layout_.unhashed_bytes) break;  // Said below: damaged.
      bool inserted;
      const Slot slot = LookupOrInsert(
          key, HashBytes(key.substr(0, key.size() - layout_.unhashed_bytes)), &inserted);
      if (!inserted && bytes.ok())
        return arrow::Status::Invalid("State '", name_, "' holds a key twice.");
      ReadSlot(slot, bytes);
    }
    if (!bytes.ok() || !bytes.done())
      return arrow::Status::Invalid("State '", name_, "' is cut short or damaged.");
  }
  return arrow::Status::OK();
}

}  // namespace sabot
