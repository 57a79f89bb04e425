// global_window: one window per key for all time, whose trigger counts rows: it fires at every
// count-th row of its key, and then begins anew, or goes on if it does not purge.
//
//   count 2, SUM(v)    in    +I[a, 1]  +I[b, 5]  +I[a, 2]  +I[a, 4]  +I[a, 8]
//                      out                       +I[a, 3]            +I[a, 12]    not purging: [a,
//                      15]
//
// Rows that are not enough for their window are never emitted, also not at the end of input; as
// Flink's countWindow. Event time plays no part: no row is late.
//
// State: a table of windows: rows since the last firing, aggregates.
#include <array>
#include <string>
#include <unordered_map>

#include "aggregates/aggregate_set.h"
#include "batch/key_encoding.h"
#include "operators/state_rows.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr int kRows = 0;  // The cell before the aggregates'.

class GlobalWindow final : public Operator {
 public:
  GlobalWindow(int64_t count, bool purges, std::vector<int> keys,
               std::vector<std::shared_ptr<arrow::DataType>> key_types,
               std::shared_ptr<arrow::Schema> schema, OperatorContext& context)
      : count_(count),
        purges_(purges),
        keys_(std::move(keys)),
        key_types_(std::move(key_types)),
        schema_(std::move(schema)),
        context_(context) {}

  arrow::Status Init(std::vector<AggregateCall> calls) {
    KeyedTableLayout layout;
    layout.cells = {{"rows", CellSpec::Kind::kFixed8}};
    layout.keys = key_types_;
    ARROW_ASSIGN_OR_RAISE(aggregates_, AggregateSet::Make(std::move(calls), false, layout));
    windows_ = std::make_unique<KeyedTable>("windows", layout, context_.tiers);
    return arrow::Status::OK();
  }

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    std::vector<ArrayPtr> key_columns;
    for (const int key : keys_) key_columns.push_back(in.column(key));
    ARROW_RETURN_NOT_OK(encoded_.Encode(key_columns, in.num_rows()));
    slots_.resize(static_cast<size_t>(in.num_rows()));
    ARROW_RETURN_NOT_OK(windows_->LookupOrInsert(encoded_, slots_, nullptr));
    moved_.clear();
    int64_t begin = 0;
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      ARROW_ASSIGN_OR_RAISE(Slot slot, At(row));
      if (rows(slot) == count_) {
        // The window is full, and its next row has come: it fires first, with all others that are.
        ARROW_RETURN_NOT_OK(Fire(in, begin, row, out));
        begin = row;
        ARROW_ASSIGN_OR_RAISE(slot, At(row));
      }
      if (++rows(slot) == count_) full_.push_back(row);
    }
    ARROW_RETURN_NOT_OK(Fire(in, begin, in.num_rows(), out));
    context_.metrics->state_bytes.Set(windows_->size_bytes());
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override { return windows_->Snapshot(to); }
  arrow::Status Restore(const SnapshotReader& from) override { return windows_->Restore(from); }
  StateCursor ReadState(std::optional<StateKey> only) override {
    return ReadGroups(*windows_, *aggregates_, key_types_, std::move(only));
  }

 private:
  int64_t& rows(Slot slot) { return windows_->cells().at<int64_t>(kRows, slot); }

  // The slot of a row's key now: a purged window's key has been given another since the batch was
  // looked up.
  arrow::Result<Slot> At(int64_t row) {
    Slot& slot = slots_[static_cast<size_t>(row)];
    if (moved_.empty()) return slot;
    const auto moved = moved_.find(encoded_.key(row));
    if (moved == moved_.end()) return slot;
    if (moved->second == kNoSlot) {
      const auto of = static_cast<int32_t>(row);
      ARROW_RETURN_NOT_OK(windows_->LookupOrInsert(encoded_, std::span(&of, 1),
                                                   std::span(&moved->second, 1), nullptr));
    }
    return slot = moved->second;
  }

  // Takes the rows [begin, end) into their windows, and emits those that are full in the order in
  // which they became so.
  arrow::Status Fire(const Batch& in, int64_t begin, int64_t end, Collector& out) {
    if (begin == end) return arrow::Status::OK();
    const std::span<const Slot> slots(slots_.data() + begin, static_cast<size_t>(end - begin));
    ARROW_RETURN_NOT_OK(aggregates_->Update(*windows_, in.Slice(begin, end - begin), slots));
    if (full_.empty()) return arrow::Status::OK();
    std::vector<Slot> fired;
    std::vector<std::string_view> keys;
    for (const int64_t row : full_) {
      fired.push_back(slots_[static_cast<size_t>(row)]);
      keys.push_back(encoded_.key(row));
    }
    ARROW_ASSIGN_OR_RAISE(std::vector<ArrayPtr> columns, DecodeKeys(keys, key_types_));
    ARROW_ASSIGN_OR_RAISE(auto results, aggregates_->Finish(*windows_, fired));
    columns.insert(columns.end(), results.begin(), results.end());
    for (size_t i = 0; i < fired.size(); ++i) {
      if (purges_) {
        windows_->Erase(fired[i]);
        moved_[keys[i]] = kNoSlot;
      } else {
        rows(fired[i]) = 0;
      }
    }
    full_.clear();
    return out.Emit(Batch{
        arrow::RecordBatch::Make(schema_, static_cast<int64_t>(fired.size()), std::move(columns)),
        nullptr, kNoSplit});
  }

  const int64_t count_;
  const bool purges_;
  const std::vector<int> keys_;
  const std::vector<std::shared_ptr<arrow::DataType>> key_types_;
  const std::shared_ptr<arrow::Schema> schema_;
  OperatorContext& context_;
  std::unique_ptr<AggregateSet> aggregates_;
  std::unique_ptr<KeyedTable> windows_;

  // Of the batch under way.
  EncodedKeys encoded_;
  std::vector<Slot> slots_;
  std::vector<int64_t> full_;  // The rows that filled their windows; those have not fired yet.
  // Keys whose windows were purged, and the slots they have now.
  std::unordered_map<std::string_view, Slot> moved_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const int64_t count, node.Int("count"));
  ARROW_ASSIGN_OR_RAISE(const bool purges, node.Bool("purges", true));
  ARROW_ASSIGN_OR_RAISE(auto keys, node.Columns("keys"));
  ARROW_ASSIGN_OR_RAISE(auto calls, node.Aggregates("aggregates"));
  if (count < 1) return node.Error("count must be at least 1");
  if (keys.size() + calls.size() != node.schema.size()) {
    return node.Error("keys and aggregates do not fit the schema");
  }
  std::vector<std::shared_ptr<arrow::DataType>> key_types;
  for (const int key : keys) {
    key_types.push_back(ToArrow(node.input_schemas[0][static_cast<size_t>(key)].type));
  }
  auto made = std::make_unique<GlobalWindow>(count, purges, std::move(keys), std::move(key_types),
                                             ToArrow(node.schema), context);
  ARROW_RETURN_NOT_OK(made->Init(std::move(calls)));
  return made;
}

}  // namespace

extern const OperatorSpec kGlobalWindow{
    .name = "global_window", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
