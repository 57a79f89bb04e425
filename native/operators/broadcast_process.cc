// broadcast_process: rows that a function of the job's owner (TypeScript in V8) processes with
// broadcast state at hand. All subtasks are sent all broadcast rows.
//
//   broadcast rows   [rule 1, > 5]                 [rule 1, > 7]
//   rows                            [6]  [8]                       [6]  [8]
//   out                             [6]  [8]                            [8]
//
// State: the broadcast rows by key, in a map that is the same in every subtask. The owner mirrors
// it: changes of the map are sent before the rows that come after them. The order between the two
// inputs is as they come. The function only reads, so nothing is emitted for broadcast rows, and
// event time is that of the rows.
#include <arrow/type.h>

#include <utility>

#include "base/error.h"
#include "operators/failed_rows.h"
#include "operators/mirrored_map.h"
#include "operators/row_call.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr int kRows = 0;
constexpr int kBroadcast = 1;
// What a request is.
constexpr uint8_t kToProcess = 0;
constexpr uint8_t kChanges = 1;   // Of the map.
constexpr uint8_t kWholeMap = 2;  // The first of its rows: what was there before is void.

struct BroadcastProcessSpec {
  std::vector<int> columns;  // Of the rows, that go on.
  std::vector<int> reads;    // Of the rows, that the function sees.
};

class BroadcastProcess final : public Operator {
 public:
  BroadcastProcess(BroadcastProcessSpec spec, RowCall call, std::unique_ptr<FailedRows> failed,
                   std::unique_ptr<MirroredMap> map, const PlanNode& node,
                   std::shared_ptr<arrow::Schema> read_schema, OperatorContext& context)
      : spec_(std::move(spec)),
        call_(std::move(call)),
        failed_(std::move(failed)),
        map_(std::move(map)),
        read_schema_(std::move(read_schema)),
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
      ARROW_ASSIGN_OR_RAISE(auto changes, map_->Apply(in));
      metrics_->state_bytes.Set(map_->size_bytes());
      if (map_->mirrored()) changes_ = std::move(changes);
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

  arrow::Status Snapshot(SnapshotWriter& to) override { return map_->Snapshot(to); }
  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_RETURN_NOT_OK(map_->Restore(from));
    metrics_->state_bytes.Set(map_->size_bytes());
    return arrow::Status::OK();
  }
  StateCursor ReadState(std::optional<StateKey> only) override {
    return map_->Read(std::move(only));
  }

 private:
  bool HasNext() const { return !map_->mirrored() || changes_ != nullptr || in_.rows != nullptr; }

  // The map comes before its changes, these before the rows.
  arrow::Status AskNext() {
    if (!map_->mirrored()) {
      ARROW_ASSIGN_OR_RAISE(const MirroredMap::Piece piece, map_->NextPiece());
      return call_.Begin(piece.first ? kWholeMap : kChanges, *piece.rows);
    }
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

  const BroadcastProcessSpec spec_;
  RowCall call_;
  const std::unique_ptr<FailedRows> failed_;
  const std::unique_ptr<MirroredMap> map_;
  const std::shared_ptr<arrow::Schema> read_schema_;
  const std::shared_ptr<arrow::Schema> schema_;
  OperatorMetrics* metrics_;
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
  ARROW_ASSIGN_OR_RAISE(auto map, MirroredMap::Make(node, kBroadcast, context));
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
                                            std::move(map), node, ToArrow(read), context);
}

}  // namespace

extern const OperatorSpec kBroadcastProcess{.name = "broadcast_process",
                                            .num_inputs = 2,
                                            .stateful = true,
                                            .own_task = true,
                                            .untimed_input = kBroadcast,
                                            .make = &Make};

}  // namespace sabot
