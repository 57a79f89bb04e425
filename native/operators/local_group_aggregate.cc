// local_group_aggregate: the first of two phases: each batch is folded to one partial result per
// key, before the exchange.
//
//   COUNT(*) by k    in   a  b  a        out   [a, partial of 2 rows]  [b, partial of 1]
//
// Output: the keys, then one VARBINARY column: the group's cells and children as in a snapshot,
// which global_group_aggregate merges. Arguments and filters are read here. No state between
// batches.
#include <arrow/array/builder_binary.h>

#include "aggregates/aggregate_set.h"
#include "base/hash.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class LocalGroupAggregate final : public StatelessOperator {
 public:
  LocalGroupAggregate(std::vector<int> keys, bool input_retracts, KeyedTableLayout layout,
                      std::unique_ptr<AggregateSet> aggregates,
                      std::shared_ptr<arrow::Schema> schema)
      : keys_(std::move(keys)),
        input_retracts_(input_retracts),
        table_("partials", std::move(layout)),
        aggregates_(std::move(aggregates)),
        schema_(std::move(schema)) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    table_.Clear();
    std::vector<ArrayPtr> columns;
    for (const int key : keys_) columns.push_back(in.column(key));
    ARROW_RETURN_NOT_OK(encoded_.Encode(columns, in.num_rows()));
    slots_.resize(static_cast<size_t>(in.num_rows()));
    inserted_.clear();
    ARROW_RETURN_NOT_OK(table_.LookupOrInsert(encoded_, slots_, &inserted_));
    if (input_retracts_) {
      for (size_t row = 0; row < slots_.size(); ++row) {
        table_.cells().at<int64_t>(0, slots_[row]) +=
            IsRetract(in.kind(static_cast<int64_t>(row))) ? -1 : 1;
      }
    }
    ARROW_RETURN_NOT_OK(aggregates_->Update(table_, in, slots_));

    std::vector<int32_t> rows;  // The first of each key.
    arrow::BinaryBuilder partials;
    for (const int64_t row : inserted_) {
      rows.push_back(static_cast<int32_t>(row));
      ByteWriter bytes;
      table_.WriteSlot(slots_[static_cast<size_t>(row)], bytes);
      ARROW_RETURN_NOT_OK(partials.Append(bytes.Take()));
    }
    for (ArrayPtr& column : columns) {
      ARROW_ASSIGN_OR_RAISE(column, Take(column, rows));
    }
    ARROW_ASSIGN_OR_RAISE(ArrayPtr partial, partials.Finish());
    columns.push_back(std::move(partial));
    Batch batch;
    batch.rows =
        arrow::RecordBatch::Make(schema_, static_cast<int64_t>(rows.size()), std::move(columns));
    ARROW_RETURN_NOT_OK(out.Emit(std::move(batch)));
    return Progress::kDone;
  }

 private:
  const std::vector<int> keys_;
  const bool input_retracts_;
  KeyedTable table_;  // Of one batch.
  std::unique_ptr<AggregateSet> aggregates_;
  std::shared_ptr<arrow::Schema> schema_;
  EncodedKeys encoded_;
  std::vector<Slot> slots_;
  std::vector<int64_t> inserted_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext&) {
  ARROW_ASSIGN_OR_RAISE(std::vector<int> keys, node.Columns("keys"));
  ARROW_ASSIGN_OR_RAISE(const bool input_retracts, node.Bool("inputRetracts", false));
  ARROW_ASSIGN_OR_RAISE(std::vector<AggregateCall> calls, node.Aggregates("aggregates"));
  if (node.schema.size() != keys.size() + 1 || !node.schema.back().type.is_bytes()) {
    return node.Error("the schema must be the keys, then one VARBINARY column");
  }
  KeyedTableLayout layout;
  if (input_retracts) layout.cells.push_back({"records", CellSpec::Kind::kFixed8});
  ARROW_ASSIGN_OR_RAISE(auto aggregates,
                        AggregateSet::Make(std::move(calls), input_retracts, layout));
  return std::make_unique<LocalGroupAggregate>(std::move(keys), input_retracts, std::move(layout),
                                               std::move(aggregates), ToArrow(node.schema));
}

}  // namespace

extern const OperatorSpec kLocalGroupAggregate{
    .name = "local_group_aggregate", .num_inputs = 1, .make = &Make};

}  // namespace sabot
