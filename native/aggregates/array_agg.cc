// array_agg: all values in order of arrival, NULLs too; NULL for no row.
//
//   ARRAY_AGG(x) over 3, NULL  ->  [3, NULL]
//
// State: the values in order of arrival.
#include <arrow/array/builder_nested.h>

#include "aggregates/arrival_list.h"
#include "aggregates/families.h"
#include "aggregates/row_aggregate.h"

namespace sabot {
namespace {

class ArrayAgg final : public RowAggregate {
 public:
  ArrayAgg(const Type& type, bool retracts) : RowAggregate(type, 0), list_(retracts) {}

  void Place(KeyedTableLayout& layout) override { list_.Place(layout); }

 protected:
  arrow::Status Bind(const AggregateRows& rows) override {
    return values_.Encode(rows.args.first(1), rows.length());
  }
  arrow::Status Change(KeyedTable& table, Slot slot, int64_t row, bool retract) override {
    if (retract) {
      list_.Remove(table, slot, values_.key(row));
    } else {
      list_.Append(table, slot, values_.key(row));
    }
    return arrow::Status::OK();
  }
  arrow::Status MergeSlot(KeyedTable& into, Slot to, const KeyedTable& other, Slot from) override {
    list_.Merge(into, to, other, from);
    return arrow::Status::OK();
  }
  arrow::Status Append(const KeyedTable& table, Slot slot,
                       arrow::ArrayBuilder& builder) const override {
    auto& lists = static_cast<arrow::ListBuilder&>(builder);
    if (list_.size(table, slot) == 0) return lists.AppendNull();
    ARROW_RETURN_NOT_OK(lists.Append());
    arrow::Status status;
    list_.ForEach(table, slot, [&](std::string_view value) {
      if (status.ok()) status = DecodeValue(value, *lists.value_builder());
    });
    return status;
  }

 private:
  ArrivalList list_;
  EncodedKeys values_;
};

arrow::Result<std::unique_ptr<Aggregate>> Make(const AggregateCall& call, bool input_retracts) {
  if (call.args.size() != 1 || call.type.kind != TypeKind::kArray) return UnsupportedArgument(call);
  return std::make_unique<ArrayAgg>(call.type, input_retracts);
}

}  // namespace

extern const AggregateSpec kArrayAgg{"array_agg", &Make};

}  // namespace sabot
