// Layouts, written and compared.
//
//   varint: parts (the table, then its children); each part:
//     varint: encoded values (of the key, of an element), each one's type as text
//     varint: cells, each one's kind and number
#include "state/layout_change.h"

#include <cstring>
#include <utility>

#include "state/cell_width.h"

namespace sabot {
namespace {

constexpr uint64_t kPartsMax = 1 << 16;

void WritePart(const std::vector<CellSpec>& cells, const KeyTypes& values, ByteWriter& to) {
  to.Varint(values.size());
  for (const auto& type : values) to.Short(EncodedTypeText(*type));
  to.Varint(cells.size());
  for (const CellSpec& cell : cells) {
    to.U8(static_cast<uint8_t>(cell.kind));
    to.U8(static_cast<uint8_t>(cell.number));
  }
}

bool Fits(const CellSpec& was, const CellSpec& now) {
  using Number = CellSpec::Number;
  if (was.number == now.number) return was.kind == now.kind;
  if (was.number == Number::kFloat) return now.number == Number::kDouble;
  const auto is_integer = [](Number number) {
    return number >= Number::kInt8 && number <= Number::kInt64;
  };
  return is_integer(was.number) && is_integer(now.number) && was.number < now.number;
}

int64_t IntegerAt(const char* cell, CellSpec::Number number) {
  const auto read = [cell]<typename T>(T value) {
    std::memcpy(&value, cell, sizeof(value));
    return static_cast<int64_t>(value);
  };
  switch (number) {
    case CellSpec::Number::kInt8:
      return read(int8_t{});
    case CellSpec::Number::kInt16:
      return read(int16_t{});
    default:
      return read(int32_t{});
  }
}

void PutInteger(int64_t value, CellSpec::Number number, char* cell) {
  const auto put = [cell, value]<typename T>(T) {
    const T narrow = static_cast<T>(value);
    std::memcpy(cell, &narrow, sizeof(narrow));
  };
  switch (number) {
    case CellSpec::Number::kInt16:
      return put(int16_t{});
    case CellSpec::Number::kInt32:
      return put(int32_t{});
    default:
      return put(int64_t{});
  }
}

}  // namespace

void WriteLayout(const KeyedTableLayout& layout, ByteWriter& to) {
  to.Varint(1 + layout.children.size());
  WritePart(layout.cells, layout.keys, to);
  for (const ChildSpec& child : layout.children) WritePart(child.cells, child.values, to);
}

arrow::Result<LayoutChange::Part> LayoutChange::ReadPart(ByteReader& from,
                                                         const std::vector<CellSpec>& cells,
                                                         const KeyTypes& values) {
  const auto misfit = [] { return arrow::Status::Invalid("another layout"); };
  Part part;
  std::vector<std::string> types;
  for (uint64_t left = from.Varint(); left > 0 && from.ok(); --left)
    types.emplace_back(from.Short());
  part.values = EncodedWidening::Make(types, values);
  if (!part.values) return misfit();
  const uint64_t num_cells = from.Varint();
  if (!from.ok() || num_cells != cells.size()) return misfit();
  for (const CellSpec& now : cells) {
    CellSpec was = now;
    const uint8_t kind = from.U8();
    const uint8_t number = from.U8();
    if (!from.ok() || kind > static_cast<uint8_t>(CellSpec::Kind::kBytes) ||
        number > static_cast<uint8_t>(CellSpec::Number::kDouble))
      return misfit();
    was.kind = static_cast<CellSpec::Kind>(kind);
    was.number = static_cast<CellSpec::Number>(number);
    if (!Fits(was, now)) return misfit();
    part.was.push_back(std::move(was));
  }
  part.now = cells;
  part.written = std::make_unique<CellColumns>(part.was);
  if (!part.was.empty()) part.written->Reserve(1);
  return part;
}

arrow::Result<std::unique_ptr<LayoutChange>> LayoutChange::Read(ByteReader& written,
                                                                const KeyedTableLayout& now) {
  const uint64_t num_parts = written.Varint();
  if (!written.ok() || num_parts > kPartsMax || num_parts != 1 + now.children.size())
    return arrow::Status::Invalid("another layout");
  auto change = std::make_unique<LayoutChange>();
  bool any = false;
  for (size_t i = 0; i < num_parts; ++i) {
    ARROW_ASSIGN_OR_RAISE(Part part, i == 0 ? change->ReadPart(written, now.cells, now.keys)
                                            : change->ReadPart(written, now.children[i - 1].cells,
                                                               now.children[i - 1].values));
    any = any || part.values->changes();
    for (size_t cell = 0; cell < part.was.size(); ++cell)
      any = any || part.was[cell].number != part.now[cell].number;
    change->parts_.push_back(std::move(part));
  }
  if (!any) change.reset();
  return change;
}

bool LayoutChange::Convert(Place place, std::string_view written, std::string* to) const {
  return parts_[place].values->Apply(written, to);
}

void LayoutChange::ReadCells(Place place, ByteReader& from, CellColumns& to, Slot slot) {
  Part& part = parts_[place];
  part.written->Read(0, from);
  for (size_t i = 0; i < part.was.size(); ++i) {
    const auto column = static_cast<int>(i);
    const CellSpec& was = part.was[i];
    const CellSpec& now = part.now[i];
    if (now.kind == CellSpec::Kind::kBytes) {
      if (part.written->has_bytes(column, 0)) {
        to.set_bytes(column, slot, part.written->bytes(column, 0));
      } else {
        to.clear_bytes(column, slot);
      }
      continue;
    }
    const char* const read = part.written->row(0) + part.written->offset(column);
    char* const cell = to.row(slot) + to.offset(column);
    if (was.number == now.number) {
      std::memcpy(cell, read, WidthOf(now.kind));
    } else if (was.number == CellSpec::Number::kFloat) {
      float narrow;
      std::memcpy(&narrow, read, sizeof(narrow));
      const auto wide = static_cast<double>(narrow);
      std::memcpy(cell, &wide, sizeof(wide));
    } else {
      PutInteger(IntegerAt(read, was.number), now.number, cell);
    }
  }
}

}  // namespace sabot
