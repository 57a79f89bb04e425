// collect: a MULTISET, value -> how often, in order of the values; NULLs skipped, empty (not NULL)
// for no value.
//
//   COLLECT(x) over 3, 5, 3  ->  {3=2, 5=1}
//
// State: an ordered child, value -> count. A count is negative while a value has been taken back
// before it came.
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>

#include "aggregates/families.h"
#include "aggregates/row_aggregate.h"
#include "base/hash.h"

namespace sabot {
namespace {

class Collect final : public RowAggregate {
 public:
  explicit Collect(const Type& type) : RowAggregate(type, 1) {}

  void Place(KeyedTableLayout& layout) override {
    child_ = static_cast<int>(layout.children.size());
    layout.children.push_back({{{"count", CellSpec::Kind::kFixed8}}, true});
  }

 protected:
  arrow::Status Bind(const AggregateRows& rows) override {
    return values_.Encode(rows.args.first(1), rows.length());
  }
  arrow::Status Change(KeyedTable& table, Slot slot, int64_t row, bool retract) override {
    Count(table, slot, values_.key(row), values_.hash(row), retract ? -1 : 1);
    return arrow::Status::OK();
  }
  arrow::Status MergeSlot(KeyedTable& into, Slot to, const KeyedTable& other, Slot from) override {
    const ChildTable& child = other.child(child_);
    for (const Slot element : child.Elements(from)) {
      const std::string_view value = child.element(element);
      Count(into, to, value, HashBytes(value), child.cells().at<int64_t>(0, element));
    }
    return arrow::Status::OK();
  }
  arrow::Status Append(const KeyedTable& table, Slot slot,
                       arrow::ArrayBuilder& builder) const override {
    auto& maps = static_cast<arrow::MapBuilder&>(builder);
    ARROW_RETURN_NOT_OK(maps.Append());
    const ChildTable& child = table.child(child_);
    for (const Slot element : child.Elements(slot)) {
      const int64_t count = child.cells().at<int64_t>(0, element);
      if (count <= 0) continue;
      std::string_view value = child.element(element);
      ARROW_RETURN_NOT_OK(DecodeValue(value, *maps.key_builder()));
      ARROW_RETURN_NOT_OK(static_cast<arrow::Int32Builder*>(maps.item_builder())
                              ->Append(static_cast<int32_t>(count)));
    }
    return arrow::Status::OK();
  }

 private:
  void Count(KeyedTable& table, Slot slot, std::string_view value, uint64_t hash,
             int64_t change) const {
    ChildTable& child = table.child(child_);
    bool inserted;
    const Slot element = child.FindOrInsert(slot, value, hash, &inserted);
    child.Touch(element);
    int64_t& count = child.cells().at<int64_t>(0, element);
    count += change;
    if (count == 0) child.Erase(element);
  }

  int child_ = -1;
  EncodedKeys values_;
};

arrow::Result<std::unique_ptr<Aggregate>> Make(const AggregateCall& call, bool) {
  if (call.args.size() != 1 || call.type.kind != TypeKind::kMultiset)
    return UnsupportedArgument(call);
  return std::make_unique<Collect>(call.type);
}

}  // namespace

extern const AggregateSpec kCollect{"collect", &Make};

}  // namespace sabot
