// LayoutChange: from the layout that a KeyedTable was written with to the one that it has now.
//
//   written  key INT, cells [sum: int32] [has: 1 byte]     now  key BIGINT, cells [sum: int64]
//   [has: 1 byte]
//     ->     keys are encoded anew, sums read as int32 and kept as int64
//
// A layout is written at the head of every snapshot.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/byte_framing.h"
#include "state/keyed_table.h"
#include "state/widening.h"

namespace sabot {

void WriteLayout(const KeyedTableLayout& layout, ByteWriter& to);

class LayoutChange {
 public:
  // nullptr: the layouts agree. Invalid: what was written does not fit.
  static arrow::Result<std::unique_ptr<LayoutChange>> Read(ByteReader& written,
                                                           const KeyedTableLayout& now);

  // Of a table 0, of its children 1, 2, ...
  using Place = size_t;
  // False: the bytes are damaged.
  bool ConvertKey(std::string_view written, std::string* to) const {
    return Convert(0, written, to);
  }
  bool ConvertElement(Place child, std::string_view written, std::string* to) const {
    return Convert(child, written, to);
  }
  void SkipCells(Place place, ByteReader& from) const { parts_[place].written->Skip(from); }
  void ReadCells(Place place, ByteReader& from, CellColumns& to, Slot slot);

 private:
  struct Part {
    std::unique_ptr<CellColumns> written;  // One slot of them.
    std::vector<CellSpec> was;
    std::vector<CellSpec> now;
    std::optional<EncodedWidening> values;  // Keys or elements; absent: they stay.
  };
  arrow::Result<Part> ReadPart(ByteReader& from, const std::vector<CellSpec>& cells,
                               const KeyTypes& values);
  bool Convert(Place place, std::string_view written, std::string* to) const;

  std::vector<Part> parts_;
};

}  // namespace sabot
