// Cells by (column, slot): the values that belong to a key or an element. A slot's cells lie side
// by side, so that all aggregates of a key share its cache lines.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/large_memory.h"
#include "state/byte_arena.h"
#include "state/byte_framing.h"

namespace sabot {

using Slot = uint32_t;
inline constexpr Slot kNoSlot = UINT32_MAX;

// What one cell holds. Fixed cells start as zero bytes, byte cells as absent.
struct CellSpec {
  enum class Kind : uint8_t { kFixed1, kFixed4, kFixed8, kFixed16, kBytes };
  // Of a number that may be restored as a wider one.
  enum class Number : uint8_t { kNone, kInt8, kInt16, kInt32, kInt64, kFloat, kDouble };
  std::string name;
  Kind kind = Kind::kFixed8;
  Number number = Number::kNone;
};

class CellColumns {
 public:
  // `header_bytes` (a multiple of 16) precede the cells of every slot; they belong to the table
  // around, as do the last `num_apart` cells, which are fixed ones of 8 bytes and not written.
  explicit CellColumns(const std::vector<CellSpec>& specs, size_t header_bytes = 0,
                       size_t num_apart = 0);
  ~CellColumns();
  CellColumns(CellColumns&& from) noexcept { *this = std::move(from); }
  CellColumns& operator=(CellColumns&& from) noexcept;

  // Slots 0..slots exist afterwards, new ones zeroed. Existing cells never move.
  void Reserve(Slot slots);
  void Clear(Slot slot);  // Cells back to zero; byte cells are freed. The header stays.
  void ClearAll();        // As new: no slot exists.

  // A slot's header and cells. In loops: row(slot) + offset(column), the offset hoisted.
  char* row(Slot slot) {
    const uint32_t place = slot + kFirstChunk;
    const auto chunk = static_cast<unsigned>(std::bit_width(place)) - 1;
    return reinterpret_cast<char*>(bases_[chunk] + place * stride_);
  }
  const char* row(Slot slot) const { return const_cast<CellColumns*>(this)->row(slot); }
  // Fetches a slot into the processor's cache: the row first, for Write then the bytes that it
  // leads to.
  void PrefetchRow(const char* at) const {
    for (size_t i = 0; i < stride_; i += kCacheLine) __builtin_prefetch(at + i);
    __builtin_prefetch(at + stride_ - 1);  // A row may begin anywhere in a line.
  }
  void PrefetchBytes(const char* row) const {
    for (const int column : byte_columns_) __builtin_prefetch(byte_cell(row, column).data);
  }
  size_t offset(int column) const { return columns_[static_cast<size_t>(column)].offset; }
  size_t stride() const { return stride_; }

  // T must have the cell's size.
  template <typename T>
  T& at(int column, Slot slot) {
    return *reinterpret_cast<T*>(row(slot) + offset(column));
  }
  template <typename T>
  const T& at(int column, Slot slot) const {
    return const_cast<CellColumns*>(this)->at<T>(column, slot);
  }
  // Byte cells: absent (nullptr data) until set.
  std::string_view bytes(int column, Slot slot) const {
    const ByteCell& cell = at<ByteCell>(column, slot);
    return {cell.data, cell.size};
  }
  bool has_bytes(int column, Slot slot) const { return at<ByteCell>(column, slot).data != nullptr; }
  void set_bytes(int column, Slot slot, std::string_view value);
  void append_bytes(int column, Slot slot, std::string_view value);  // Sets where absent.
  void clear_bytes(int column, Slot slot);

  // A slot's cells as bytes: the fixed ones as they lie, then for each byte cell its size and one
  // (0 where absent) and its bytes.
  void Write(Slot slot, ByteWriter& to) const {
    const char* const from = row(slot);
    to.EndAt(Write(from, to.Extend(WrittenBytesMax(from))));
  }
  size_t WrittenBytesMax(const char* row) const;
  char* Write(const char* row, char* to) const;  // Gives the end.
  void Read(Slot slot, ByteReader& from);
  void Skip(ByteReader& from) const;  // Over one slot's cells.
  int64_t size_bytes() const {
    return static_cast<int64_t>(slots_) * static_cast<int64_t>(stride_) + arena_.size_bytes();
  }
  ByteArena& arena() { return arena_; }
  const ByteArena& arena() const { return arena_; }

 private:
  // Chunk c holds the places 2^c .. 2^(c+1) of a numbering that begins at 64, so the first chunk
  // has 64 slots and each further one as many as all before it.
  static constexpr uint32_t kFirstChunk = 64;
  static constexpr size_t kCacheLine = 64;

  struct ByteCell {
    char* data;
    uint32_t size;
    uint32_t capacity;
  };
  struct Column {
    CellSpec::Kind kind;
    size_t offset;
  };
  const ByteCell& byte_cell(const char* row, int column) const {
    return *reinterpret_cast<const ByteCell*>(row + offset(column));
  }
  std::vector<Column> columns_;
  std::vector<int> byte_columns_;
  size_t header_bytes_ = 0;
  size_t fixed_begin_ = 0;  // The fixed cells, side by side.
  size_t fixed_bytes_ = 0;
  size_t stride_ = 0;
  uint64_t slots_ = 0;     // That exist.
  uint64_t capacity_ = 0;  // Of the chunks allocated.
  // Where place 0 would be, were it in the chunk: only arithmetic, so kept as integers.
  std::array<uintptr_t, 32> bases_{};
  std::array<LargeMemory, 32> chunks_;
  ByteArena arena_;
};

}  // namespace sabot
