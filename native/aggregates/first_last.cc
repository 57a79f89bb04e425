// first_value, last_value: in order of arrival, NULLs skipped.
//
//   LAST_VALUE over 3, NULL, 5  ->  3, 3, 5
//
// State: the value; if values can be taken back, all of them in order of arrival.
#include "aggregates/arrival_list.h"
#include "aggregates/cell_handle.h"
#include "aggregates/encoded_value.h"
#include "aggregates/families.h"
#include "aggregates/value_aggregate.h"

namespace sabot {
namespace {

template <typename T, bool kLast>
struct FirstLast {
  using Out = T;
  static constexpr bool kTellsChange = false;
  static constexpr size_t kNumArgs = 1;

  void Place(KeyedTableLayout& layout) { value_.Place(layout, kLast ? "last" : "first"); }
  void Locate(const CellColumns& cells) { value_.Locate(cells); }
  arrow::Status Bind(const AggregateRows& rows) {
    arg_.Bind(*rows.args[0]);
    return arrow::Status::OK();
  }
  bool Add(KeyedTable& table, Slot slot, char* cells, int64_t row) {
    if (kLast || !value_.Has(table, slot, cells)) value_.Set(table, slot, cells, arg_[row]);
    return true;
  }
  bool Remove(KeyedTable&, Slot, char*, int64_t) {
    SABOT_CHECK(false);  // FirstLastOfMany is for inputs that take back.
  }
  bool Get(const KeyedTable& table, Slot slot, const char* cells, Out* out) const {
    if (!value_.Has(table, slot, cells)) return false;
    *out = value_.Get(table, slot, cells);
    return true;
  }
  void Merge(KeyedTable& into, Slot to, char* to_cells, const KeyedTable& other, Slot from,
             const char* from_cells) {
    if (!value_.Has(other, from, from_cells)) return;
    if (!kLast && value_.Has(into, to, to_cells)) return;
    value_.Set(into, to, to_cells, value_.Get(other, from, from_cells));
  }

 private:
  OptionalCell<T> value_;
  Argument<T> arg_;
};

template <typename T, bool kLast>
struct FirstLastOfMany {
  using Out = T;
  static constexpr bool kTellsChange = false;
  static constexpr size_t kNumArgs = 1;

  void Place(KeyedTableLayout& layout) { list_.Place(layout); }
  void Locate(const CellColumns&) {}
  arrow::Status Bind(const AggregateRows& rows) {
    return values_.Encode(rows.args.first(1), rows.length());
  }
  bool Add(KeyedTable& table, Slot slot, char*, int64_t row) {
    list_.Append(table, slot, values_.key(row));
    return true;
  }
  bool Remove(KeyedTable& table, Slot slot, char*, int64_t row) {
    return list_.Remove(table, slot, values_.key(row));
  }
  bool Get(const KeyedTable& table, Slot slot, const char*, Out* out) const {
    if (list_.size(table, slot) == 0) return false;
    *out = DecodeFlat<T>(kLast ? list_.Last(table, slot) : list_.First(table, slot), scratch_);
    return true;
  }
  void Merge(KeyedTable& into, Slot to, char*, const KeyedTable& other, Slot from, const char*) {
    list_.Merge(into, to, other, from);
  }

 private:
  ArrivalList list_{true};
  EncodedKeys values_;
  mutable std::string scratch_;
};

template <bool kLast>
arrow::Result<std::unique_ptr<Aggregate>> Make(const AggregateCall& call, bool input_retracts) {
  if (call.args.size() != 1 || ToArrow(call.arg_types[0])->id() != ToArrow(call.type)->id()) {
    return UnsupportedArgument(call);
  }
  std::unique_ptr<Aggregate> made;
  VisitPhysical(call.type, [&]<typename T>(T) {
    made = input_retracts ? MakeValueAggregate(FirstLastOfMany<T, kLast>(), call.type)
                          : MakeValueAggregate(FirstLast<T, kLast>(), call.type);
  });
  if (made == nullptr) return UnsupportedArgument(call);
  return made;
}

}  // namespace

extern const AggregateSpec kFirstValue{"first_value", &Make<false>};
extern const AggregateSpec kLastValue{"last_value", &Make<true>};

}  // namespace sabot
