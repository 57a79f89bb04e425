// global_group_aggregate: the second of two phases: merges the partial results of
// local_group_aggregate, one net change per key and batch.
//
//   in   [a, partial of 2 rows]  [a, partial of 1]        out   +I[a, 3]
//
// Input: the keys, then the partial. `aggregates` is the same list as the local operator's:
// positions are those of its input.
//
// State: as group_aggregate's.
#include <arrow/array/array_binary.h>

#include <numeric>

#include "aggregates/aggregate_set.h"
#include "base/hash.h"
#include "operators/net_changes.h"
#include "operators/state_rows.h"
#include "operators/state_ttl.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class GlobalGroupAggregate final : public Operator {
 public:
  GlobalGroupAggregate(size_t num_keys, bool input_retracts, bool emit_update_before,
                       const KeyedTableLayout& layout, std::unique_ptr<AggregateSet> aggregates,
                       std::shared_ptr<arrow::Schema> schema, OperatorContext& context)
      : num_keys_(num_keys),
        input_retracts_(input_retracts),
        table_("groups", layout, context.tiers),
        partials_("partials", PartialLayout(layout)),
        aggregates_(std::move(aggregates)),
        schema_(std::move(schema)),
        context_(context),
        net_(schema_, num_keys, emit_update_before,
             !input_retracts && aggregates_->changes_with_every_row(), layout.ttl_ms > 0) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    std::vector<ArrayPtr> columns;
    for (size_t i = 0; i < num_keys_; ++i) columns.push_back(in.column(static_cast<int>(i)));
    ARROW_RETURN_NOT_OK(keys_.Encode(columns, in.num_rows()));
    slots_.resize(static_cast<size_t>(in.num_rows()));
    inserted_.clear();
    table_.BeginBatch(context_.clock->NowMillis());
    ARROW_RETURN_NOT_OK(table_.LookupOrInsert(keys_, slots_, &inserted_));
    ARROW_RETURN_NOT_OK(ReadPartials(in));
    FindTouched();
    ARROW_RETURN_NOT_OK(net_.Begin(table_, *aggregates_, touched_, existed_));
    ARROW_RETURN_NOT_OK(aggregates_->Merge(table_, slots_, partials_, partial_slots_));
    gone_.assign(touched_.size(), 0);
    if (input_retracts_) {
      for (size_t row = 0; row < slots_.size(); ++row) {
        table_.cells().at<int64_t>(0, slots_[row]) +=
            partials_.cells().at<int64_t>(0, partial_slots_[row]);
      }
      for (size_t i = 0; i < touched_.size(); ++i)
        gone_[i] = table_.cells().at<int64_t>(0, touched_[i]) <= 0;
    }
    ARROW_ASSIGN_OR_RAISE(Batch changes, net_.Finish(table_, *aggregates_, gone_));
    for (size_t i = 0; i < touched_.size(); ++i) {
      if (gone_[i] != 0) table_.Erase(touched_[i]);
    }
    context_.metrics->state_bytes.Set(table_.size_bytes());
    if (changes.num_rows() > 0) ARROW_RETURN_NOT_OK(out.Emit(std::move(changes)));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override { return table_.Snapshot(to); }
  arrow::Status Restore(const SnapshotReader& from) override {
    table_.BeginBatch(context_.clock->NowMillis());
    return table_.Restore(from);
  }
  StateCursor ReadState(std::optional<StateKey> only) override {
    table_.BeginBatch(context_.clock->NowMillis());
    KeyTypes keys;
    for (size_t i = 0; i < num_keys_; ++i)
      keys.push_back(schema_->field(static_cast<int>(i))->type());
    return ReadGroups(table_, *aggregates_, std::move(keys), std::move(only));
  }

 private:
  static KeyedTableLayout PartialLayout(KeyedTableLayout layout) {
    layout.ttl_ms = 0;
    return layout;
  }

  // One slot of partials_ per row.
  arrow::Status ReadPartials(const Batch& in) {
    partials_.Clear();
    partial_slots_.clear();
    const ArrayPtr column = in.column(static_cast<int>(num_keys_));
    const auto& bytes = static_cast<const arrow::BinaryArray&>(*column);
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      const std::string_view number(reinterpret_cast<const char*>(&row), sizeof(row));
      bool inserted;
      const Slot slot = partials_.LookupOrInsert(number, HashBytes(number), &inserted);
      ByteReader reader(bytes.GetView(row));
      partials_.ReadSlot(slot, reader);
      if (!reader.ok() || !reader.done())
        return arrow::Status::Invalid("A partial aggregate does not fit this operator.");
      partial_slots_.push_back(slot);
    }
    return arrow::Status::OK();
  }

  // The keys of the batch, each once, in order of appearance.
  void FindTouched() {
    enum Mark : uint8_t { kNew = 1, kTouched = 2 };
    marks_.resize(table_.num_slots(), 0);
    for (const int64_t row : inserted_) marks_[slots_[static_cast<size_t>(row)]] = kNew;
    touched_.clear();
    existed_.clear();
    for (const Slot slot : slots_) {
      if (marks_[slot] == kTouched) continue;
      touched_.push_back(slot);
      existed_.push_back(marks_[slot] == kNew ? 0 : 1);
      marks_[slot] = kTouched;
    }
    for (const Slot slot : touched_) marks_[slot] = 0;
  }

  const size_t num_keys_;
  const bool input_retracts_;
  KeyedTable table_;
  KeyedTable partials_;  // Of one batch.
  std::unique_ptr<AggregateSet> aggregates_;
  std::shared_ptr<arrow::Schema> schema_;
  OperatorContext& context_;
  NetChanges net_;

  // Scratch of one batch.
  EncodedKeys keys_;
  std::vector<Slot> slots_;
  std::vector<Slot> partial_slots_;
  std::vector<int64_t> inserted_;
  std::vector<uint8_t> marks_;  // By slot.
  std::vector<Slot> touched_;
  std::vector<uint8_t> existed_;
  std::vector<uint8_t> gone_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const bool input_retracts, node.Bool("inputRetracts", false));
  ARROW_ASSIGN_OR_RAISE(const bool emit_update_before, node.Bool("emitUpdateBefore", true));
  ARROW_ASSIGN_OR_RAISE(std::vector<AggregateCall> calls,
                        node.Aggregates("aggregates", PlanNode::Positions::kElsewhere));
  const Schema& input = node.input_schemas[0];
  if (input.empty() || !input.back().type.is_bytes())
    return node.Error("the input must be keys, then one VARBINARY column");
  const size_t num_keys = input.size() - 1;
  if (node.schema.size() != num_keys + calls.size())
    return node.Error("the schema must be the keys, then the aggregates");
  KeyedTableLayout layout;
  ARROW_RETURN_NOT_OK(SetTtl(node, context, &layout));
  for (size_t i = 0; i < num_keys; ++i) layout.keys.push_back(ToArrow(input[i].type));
  if (input_retracts) layout.cells.push_back({"records", CellSpec::Kind::kFixed8});
  ARROW_ASSIGN_OR_RAISE(auto aggregates,
                        AggregateSet::Make(std::move(calls), input_retracts, layout));
  return std::make_unique<GlobalGroupAggregate>(num_keys, input_retracts, emit_update_before,
                                                layout, std::move(aggregates), ToArrow(node.schema),
                                                context);
}

}  // namespace

extern const OperatorSpec kGlobalGroupAggregate{
    .name = "global_group_aggregate", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
