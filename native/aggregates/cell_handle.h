// A cell of an aggregate: placed once in the layout, then found by offset in a slot's row of cells.
#pragma once

#include <string>
#include <utility>

#include "aggregates/argument.h"

namespace sabot {

template <typename T>
class CellHandle {
 public:
  void Place(KeyedTableLayout& layout, std::string name) {
    column_ = static_cast<int>(layout.cells.size());
    layout.cells.push_back({std::move(name), CellKindOf<T>(), CellNumberOf<T>()});
  }
  void Locate(const CellColumns& cells) { offset_ = cells.offset(column_); }
  T& operator()(char* cells) const { return Cell<T>(cells, offset_); }
  const T& operator()(const char* cells) const { return Cell<T>(cells, offset_); }
  int column() const { return column_; }

 private:
  int column_ = -1;
  size_t offset_ = 0;
};

// A value that may be absent: fixed-width, or text in a byte cell.
template <typename T>
class OptionalCell {
 public:
  void Place(KeyedTableLayout& layout, const std::string& name) {
    value_.Place(layout, name);
    has_.Place(layout, "has_" + name);
  }
  void Locate(const CellColumns& cells) {
    value_.Locate(cells);
    has_.Locate(cells);
  }
  bool Has(const KeyedTable&, Slot, const char* cells) const { return has_(cells) != 0; }
  T Get(const KeyedTable&, Slot, const char* cells) const { return value_(cells); }
  void Set(KeyedTable&, Slot, char* cells, T value) const {
    value_(cells) = value;
    has_(cells) = 1;
  }

 private:
  CellHandle<T> value_;
  CellHandle<uint8_t> has_;
};

template <>
class OptionalCell<std::string_view> {
 public:
  void Place(KeyedTableLayout& layout, const std::string& name) {
    column_ = static_cast<int>(layout.cells.size());
    layout.cells.push_back({name, CellSpec::Kind::kBytes});
  }
  void Locate(const CellColumns&) {}
  bool Has(const KeyedTable& table, Slot slot, const char*) const {
    return table.cells().has_bytes(column_, slot);
  }
  std::string_view Get(const KeyedTable& table, Slot slot, const char*) const {
    return table.cells().bytes(column_, slot);
  }
  void Set(KeyedTable& table, Slot slot, char*, std::string_view value) const {
    table.cells().set_bytes(column_, slot, value);
  }
  void Append(KeyedTable& table, Slot slot, std::string_view value) const {
    table.cells().append_bytes(column_, slot, value);
  }

 private:
  int column_ = -1;
};

}  // namespace sabot
