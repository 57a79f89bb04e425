// broadcast_process: rows that a function of the job's owner (TypeScript in V8) processes with
// broadcast state at hand. All subtasks are sent all broadcast rows.
//
//   broadcast rows   [rule 1, > 5]                 [rule 1, > 7]
//   rows                            [6]  [8]                       [6]  [8]
//   out                             [6]  [8]                            [8]
//
// State: the broadcast rows by key, in a map that is the same in every subtask. The owner mirrors
// it: it is sent the whole map once, then every change before the rows that come after it. The
// order between the two inputs is as they come. The function only reads, so nothing is emitted for
// broadcast rows, and event time is that of the rows.
#include <arrow/array/array_primitive.h>
#include <arrow/type.h>

#include <utility>

#include "base/error.h"
#include "operators/failed_rows.h"
#include "operators/row_call.h"
#include "operators/state_rows.h"
#include "state/broadcast_state.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr int kRows = 0;
constexpr int kBroadcast = 1;
// What a request is.
constexpr uint8_t kToProcess = 0;
constexpr uint8_t kChanges = 1;   // Of the map.
constexpr uint8_t kWholeMap = 2;  // The first of its rows: what was there before is void.
constexpr size_t kMapPieceRows = 4096;

struct BroadcastProcessSpec {
  std::vector<int> columns;         // Of the rows, that go on.
  std::vector<int> reads;           // Of the rows, that the function sees.
  std::vector<int> broadcast_keys;  // Of the broadcast rows.
  int removes = -1;                 // Of the broadcast rows: those for which it is true remove.
};

class BroadcastProcess final : public Operator {
 public:
  BroadcastProcess(BroadcastProcessSpec spec, RowCall call, std::unique_ptr<FailedRows> failed,
                   const PlanNode& node, std::shared_ptr<arrow::Schema> read_schema,
                   OperatorContext& context)
      : spec_(std::move(spec)),
        call_(std::move(call)),
        failed_(std::move(failed)),
        state_("broadcast", node.input_schemas[kBroadcast], spec_.broadcast_keys, context.subtask,
               context.tiers),
        read_schema_(std::move(read_schema)),
        change_schema_(ChangeSchema(node.input_schemas[kBroadcast])),
        schema_(ToArrow(node.schema)),
        metrics_(context.metrics) {}

  arrow::Result<Progress> Process(int input, const Batch& in, Collector& out) override {
    if (input == kRows) {
      if (!in.insert_only()) {
        return UserError("unsupported-broadcast", "process",
                         "rows that are processed with broadcast state must not be updated");
      }
      in_ = in;
    } else {
      const std::vector<uint8_t> removed = Removed(in);
      ARROW_RETURN_NOT_OK(state_.Apply(in, removed));
      metrics_->state_bytes.Set(state_.rows().size_bytes());
      if (mirrored_) ARROW_RETURN_NOT_OK(MakeChanges(*in.rows, removed));
    }
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (asked_ || HasNext()) {
      if (!asked_) {
        ARROW_RETURN_NOT_OK(AskNext());
        asked_ = true;
      }
      ARROW_ASSIGN_OR_RAISE(const auto reply, call_.Take());
      if (!reply) return Progress::kBlocked;
      if (reply->failed != nullptr) ARROW_RETURN_NOT_OK(failed_->Add(in_asked_, *reply->failed));
      if (reply->rows != nullptr) {
        if (in_asked_.rows == nullptr) return WrongReply();
        ARROW_ASSIGN_OR_RAISE(Batch given,
                              FlattenReply(in_asked_, spec_.columns, *reply->rows, schema_));
        given.split = kNoSplit;
        ARROW_RETURN_NOT_OK(out.Emit(std::move(given)));
      }
      asked_ = reply->more;
      if (reply->more) call_.Continue();
    }
    ARROW_RETURN_NOT_OK(failed_->letters().Flush(out));
    in_asked_ = {};
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override { return state_.Snapshot(to); }
  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_RETURN_NOT_OK(state_.Restore(from));
    metrics_->state_bytes.Set(state_.rows().size_bytes());
    return arrow::Status::OK();
  }
  StateCursor ReadState(std::optional<StateKey> only) override {
    if (state_.is_first()) return ReadRows(state_.rows(), std::move(only));
    return [](size_t) -> arrow::Result<StatePiece> { return StatePiece{{}, true}; };
  }

 private:
  static std::shared_ptr<arrow::Schema> ChangeSchema(const Schema& broadcast) {
    arrow::FieldVector fields = ToArrow(broadcast)->fields();
    fields.insert(fields.begin(), arrow::field("removed", arrow::int8(), false));
    return arrow::schema(std::move(fields));
  }

  std::vector<uint8_t> Removed(const Batch& in) const {
    std::vector<uint8_t> removed(static_cast<size_t>(in.num_rows()), 0);
    const ArrayPtr column = spec_.removes < 0 ? nullptr : in.column(spec_.removes);
    const auto* const removes = static_cast<const arrow::BooleanArray*>(column.get());
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      const bool asked = removes != nullptr && removes->IsValid(row) && removes->Value(row);
      if (asked || IsRetract(in.kind(row))) removed[static_cast<size_t>(row)] = 1;
    }
    return removed;
  }

  arrow::Status MakeChanges(const arrow::RecordBatch& rows, std::vector<uint8_t> removed) {
    std::vector<ArrayPtr> columns = rows.columns();
    columns.insert(columns.begin(),
                   std::make_shared<arrow::Int8Array>(
                       rows.num_rows(), arrow::Buffer::FromVector(std::move(removed))));
    changes_ = arrow::RecordBatch::Make(change_schema_, rows.num_rows(), std::move(columns));
    return arrow::Status::OK();
  }

  bool HasNext() const { return !mirrored_ || changes_ != nullptr || in_.rows != nullptr; }

  // The map comes before its changes, these before the rows.
  arrow::Status AskNext() {
    if (!mirrored_) return AskMapPiece();
    if (changes_ != nullptr) {
      const auto changes = std::exchange(changes_, nullptr);
      return call_.Begin(kChanges, *changes);
    }
    in_asked_ = std::exchange(in_, {});
    std::vector<ArrayPtr> read;
    read.reserve(spec_.reads.size());
    for (const int column : spec_.reads) read.push_back(in_asked_.column(column));
    return call_.Begin(
        kToProcess, *arrow::RecordBatch::Make(read_schema_, in_asked_.num_rows(), std::move(read)));
  }

  arrow::Status AskMapPiece() {
    const RowStore& store = state_.rows().store();
    const uint8_t what = next_mirrored_ == 0 ? kWholeMap : kChanges;
    const std::vector<RowId> ids =
        store.LiveRows(&next_mirrored_, store.next_sequence(), kMapPieceRows);
    mirrored_ = next_mirrored_ >= store.next_sequence();
    ARROW_ASSIGN_OR_RAISE(const auto rows, store.Gather(ids));
    ARROW_RETURN_NOT_OK(MakeChanges(*rows, std::vector<uint8_t>(ids.size(), 0)));
    return call_.Begin(what, *std::exchange(changes_, nullptr));
  }

  const BroadcastProcessSpec spec_;
  RowCall call_;
  const std::unique_ptr<FailedRows> failed_;
  BroadcastState state_;
  const std::shared_ptr<arrow::Schema> read_schema_;
  const std::shared_ptr<arrow::Schema> change_schema_;
  const std::shared_ptr<arrow::Schema> schema_;
  OperatorMetrics* metrics_;
  // Rebuilt on restore: whether the owner has the map, and up to which row.
  bool mirrored_ = false;
  uint64_t next_mirrored_ = 0;
  // While an element is worked off: no barrier comes then.
  RecordBatchPtr changes_;  // To be sent.
  Batch in_;                // To be processed.
  Batch in_asked_;          // What the open call is about.
  bool asked_ = false;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  BroadcastProcessSpec spec;
  ARROW_ASSIGN_OR_RAISE(spec.columns, node.Columns("columns", kRows));
  ARROW_ASSIGN_OR_RAISE(spec.reads, node.Columns("reads", kRows));
  ARROW_ASSIGN_OR_RAISE(spec.broadcast_keys, node.Columns("broadcastKeys", kBroadcast));
  const Schema& broadcast = node.input_schemas[kBroadcast];
  if (node.Has("removes")) {
    ARROW_ASSIGN_OR_RAISE(spec.removes, node.Column("removes", kBroadcast));
    if (broadcast[static_cast<size_t>(spec.removes)].type.kind != TypeKind::kBoolean)
      return node.Error("config 'removes' must be a BOOLEAN column");
  }
  if (spec.broadcast_keys.empty()) return node.Error("needs a key of its broadcast rows");
  if (spec.columns.size() >= node.schema.size()) return node.Error("has no results in its schema");
  Schema read;
  for (const int column : spec.reads)
    read.push_back(node.input_schemas[kRows][static_cast<size_t>(column)]);
  const Schema results(node.schema.begin() + static_cast<ptrdiff_t>(spec.columns.size()),
                       node.schema.end());
  ARROW_ASSIGN_OR_RAISE(auto reply,
                        ToArrow(results)->AddField(0, arrow::field("row", arrow::int32(), false)));
  ARROW_ASSIGN_OR_RAISE(auto call, RowCall::Open(node, context, std::move(reply)));
  ARROW_ASSIGN_OR_RAISE(auto failed, FailedRows::Make(node, context, kRows));
  return std::make_unique<BroadcastProcess>(std::move(spec), std::move(call), std::move(failed),
                                            node, ToArrow(read), context);
}

}  // namespace

extern const OperatorSpec kBroadcastProcess{.name = "broadcast_process",
                                            .num_inputs = 2,
                                            .stateful = true,
                                            .own_task = true,
                                            .untimed_input = kBroadcast,
                                            .make = &Make};

}  // namespace sabot
