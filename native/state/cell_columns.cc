// Cells in chunks of doubling size; see cell_columns.h.
#include "state/cell_columns.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "state/cell_width.h"
#include "state/short_copy.h"

namespace sabot {
namespace {

size_t RoundUp(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

CellColumns::CellColumns(const std::vector<CellSpec>& specs, size_t header_bytes, size_t num_apart)
    : header_bytes_(header_bytes) {
  size_t at = header_bytes;
  size_t alignment = 8;
  columns_.resize(specs.size());
  const auto place = [&](size_t i) {
    columns_[i] = {specs[i].kind, at};
    at += WidthOf(specs[i].kind);
  };
  const size_t num_written = specs.size() - num_apart;
  for (size_t i = 0; i < num_written; ++i) {
    if (specs[i].kind != CellSpec::Kind::kBytes) continue;
    place(i);
    byte_columns_.push_back(static_cast<int>(i));
  }
  // Wide cells first, so that none needs padding.
  fixed_begin_ = at;
  for (const size_t width : {size_t{16}, size_t{8}, size_t{4}, size_t{1}}) {
    for (size_t i = 0; i < num_written; ++i) {
      if (specs[i].kind == CellSpec::Kind::kBytes || WidthOf(specs[i].kind) != width) continue;
      if (width == 16) alignment = 16;
      place(i);
    }
  }
  fixed_bytes_ = at - fixed_begin_;
  at = RoundUp(at, 8);
  for (size_t i = num_written; i < specs.size(); ++i) place(i);
  stride_ = std::max<size_t>(RoundUp(at, alignment), 8);
}

CellColumns::~CellColumns() { ClearAll(); }

CellColumns& CellColumns::operator=(CellColumns&& from) noexcept {
  ClearAll();
  columns_ = std::move(from.columns_);
  byte_columns_ = std::move(from.byte_columns_);
  header_bytes_ = from.header_bytes_;
  fixed_begin_ = from.fixed_begin_;
  fixed_bytes_ = from.fixed_bytes_;
  stride_ = from.stride_;
  slots_ = std::exchange(from.slots_, 0);
  capacity_ = std::exchange(from.capacity_, 0);
  bases_ = std::exchange(from.bases_, {});
  chunks_ = std::move(from.chunks_);
  arena_ = std::move(from.arena_);
  return *this;
}

void CellColumns::ClearAll() {
  arena_.Clear();
  chunks_ = {};
  bases_ = {};
  slots_ = 0;
  capacity_ = 0;
}

void CellColumns::Reserve(Slot slots) {
  SABOT_CHECK(slots < (Slot{1} << 31));
  while (capacity_ < slots) {
    const auto chunk = static_cast<unsigned>(std::bit_width(capacity_ + kFirstChunk)) - 1;
    const size_t chunk_slots = size_t{1} << chunk;
    chunks_[chunk] = LargeMemory(chunk_slots * stride_);
    bases_[chunk] = reinterpret_cast<uintptr_t>(chunks_[chunk].data()) - chunk_slots * stride_;
    capacity_ += chunk_slots;
  }
  slots_ = std::max<uint64_t>(slots_, slots);
}

void CellColumns::Clear(Slot slot) {
  for (const int column : byte_columns_) {
    const auto& cell = at<ByteCell>(column, slot);
    if (cell.data != nullptr) arena_.Free(cell.data, cell.capacity);
  }
  std::memset(row(slot) + header_bytes_, 0, stride_ - header_bytes_);
}

void CellColumns::set_bytes(int column, Slot slot, std::string_view value) {
  auto& cell = at<ByteCell>(column, slot);
  if (cell.data == nullptr || cell.capacity < value.size()) {
    if (cell.data != nullptr) arena_.Free(cell.data, cell.capacity);
    cell.capacity = static_cast<uint32_t>(ByteArena::Capacity(value.size()));
    cell.data = arena_.Allocate(value.size());
  }
  if (!value.empty()) std::memcpy(cell.data, value.data(), value.size());
  cell.size = static_cast<uint32_t>(value.size());
}

void CellColumns::append_bytes(int column, Slot slot, std::string_view value) {
  auto& cell = at<ByteCell>(column, slot);
  if (cell.data == nullptr) return set_bytes(column, slot, value);
  const size_t size = cell.size + value.size();
  if (cell.capacity < size) {
    char* const grown = arena_.Allocate(2 * size);
    std::memcpy(grown, cell.data, cell.size);
    arena_.Free(cell.data, cell.capacity);
    cell.data = grown;
    cell.capacity = static_cast<uint32_t>(ByteArena::Capacity(2 * size));
  }
  if (!value.empty()) std::memcpy(cell.data + cell.size, value.data(), value.size());
  cell.size = static_cast<uint32_t>(size);
}

void CellColumns::clear_bytes(int column, Slot slot) {
  auto& cell = at<ByteCell>(column, slot);
  if (cell.data != nullptr) arena_.Free(cell.data, cell.capacity);
  cell = {};
}

size_t CellColumns::WrittenBytesMax(const char* row) const {
  size_t bytes = fixed_bytes_ + byte_columns_.size() * kVarintBytesMax;
  for (const int column : byte_columns_) bytes += byte_cell(row, column).size;
  return bytes;
}

char* CellColumns::Write(const char* row, char* to) const {
  CopyShort(row + fixed_begin_, fixed_bytes_, to);
  to += fixed_bytes_;
  for (const int column : byte_columns_) {
    const ByteCell& cell = byte_cell(row, column);
    const bool present = cell.data != nullptr;
    to = PutVarint(present ? uint64_t{cell.size} + 1 : 0, to);
    if (!present || cell.size == 0) continue;
    CopyShort(cell.data, cell.size, to);
    to += cell.size;
  }
  return to;
}

void CellColumns::Read(Slot slot, ByteReader& from) {
  const std::string_view fixed = from.Take(fixed_bytes_);
  if (!from.ok()) return;
  if (fixed_bytes_ > 0) std::memcpy(row(slot) + fixed_begin_, fixed.data(), fixed_bytes_);
  for (const int column : byte_columns_) {
    const uint64_t size = from.Varint();
    if (size > 0) {
      set_bytes(column, slot, from.Take(size - 1));
    } else {
      clear_bytes(column, slot);
    }
  }
}

void CellColumns::Skip(ByteReader& from) const {
  from.Take(fixed_bytes_);
  for (size_t i = 0; i < byte_columns_.size(); ++i) {
    const uint64_t size = from.Varint();
    if (size > 0) from.Take(size - 1);
  }
}

}  // namespace sabot
