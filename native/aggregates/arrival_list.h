// Values of a key in order of arrival, any of which can be taken back: the earliest equal one goes.
// State of FIRST_VALUE, LAST_VALUE, LISTAGG, ARRAY_AGG and JSON_ARRAYAGG.
//
//   children   rows:     sequence -> encoded value                 (ordered)
//              places:   encoded value, sequence                   (ordered; only where values can
//              be taken back) missing:  encoded value -> times taken back without having come (only
//              there)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aggregates/aggregate.h"

namespace sabot {

class ArrivalList {
 public:
  explicit ArrivalList(bool retracts) : retracts_(retracts) {}

  void Place(KeyedTableLayout& layout);
  void Append(KeyedTable& table, Slot slot, std::string_view value);
  // False: no such value; remembered for a merge.
  bool Remove(KeyedTable& table, Slot slot, std::string_view value);

  int64_t size(const KeyedTable& table, Slot slot) const { return table.child(rows_).count(slot); }
  // Encoded values; the list must not be empty.
  std::string_view First(const KeyedTable& table, Slot slot) const;
  std::string_view Last(const KeyedTable& table, Slot slot) const;
  template <typename Visit>
  void ForEach(const KeyedTable& table, Slot slot, Visit&& visit) const {
    const ChildTable& rows = table.child(rows_);
    for (const Slot row : rows.Elements(slot)) visit(rows.cells().bytes(0, row));
  }
  void Merge(KeyedTable& into, Slot to, const KeyedTable& other, Slot from);

 private:
  bool retracts_;
  int next_ = -1;  // Cell: the next sequence number.
  int rows_ = -1;
  int places_ = -1;
  int missing_ = -1;
  std::string scratch_;
};

}  // namespace sabot
