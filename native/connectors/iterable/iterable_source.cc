// iterable_source: rows that the job's owner hands over (any AsyncIterable or Iterable of
// JavaScript).
//
//   request "the rows from 5 on, at most 8192"   ->   reply: a batch, and whether more may come
//
// One request is under way while the last batch is worked off, so the owner is at most one batch
// ahead. State: how many rows were emitted. After a restore the owner is asked for what follows
// them.
#include "base/check.h"
#include "operators/row_call.h"
#include "state/snapshot.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class IterableSource final : public Operator {
 public:
  IterableSource(RowCall call, OperatorContext& context)
      : call_(std::move(call)), context_(context) {}

  arrow::Result<Progress> Produce(Collector& out) override {
    if (context_.subtask != 0) return Progress::kDone;
    if (!asked_) Ask(position_);
    ARROW_ASSIGN_OR_RAISE(const auto reply, call_.Take());
    if (!reply) return Progress::kBlocked;
    const int64_t num_rows = reply->rows == nullptr ? 0 : reply->rows->num_rows();
    if (reply->more) Ask(position_ + num_rows);
    if (num_rows > 0) {
      position_ += num_rows;
      Batch batch;
      batch.rows = reply->rows;
      ARROW_RETURN_NOT_OK(out.Emit(std::move(batch)));
    }
    return reply->more ? Progress::kMoreOutput : Progress::kDone;
  }

  arrow::Result<Progress> Process(int, const Batch&, Collector&) override {
    SABOT_CHECK(false);  // A source has no inputs.
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    if (context_.subtask == 0) to.PutInt64("position", position_);
    return arrow::Status::OK();
  }
  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_ASSIGN_OR_RAISE(position_, from.GetInt64("position"));
    return arrow::Status::OK();
  }

 private:
  void Ask(int64_t position) {
    ByteWriter request;
    request.I64(position);
    request.I64(context_.options.batch_max_rows);
    request.I64(context_.options.batch_max_delay_ms);
    call_.Begin(request.Take());
    asked_ = true;
  }

  RowCall call_;
  OperatorContext& context_;
  int64_t position_ = 0;
  bool asked_ = false;  // Rebuilt on restore.
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto call, RowCall::Open(node, context, ToArrow(node.schema)));
  return std::make_unique<IterableSource>(std::move(call), context);
}

}  // namespace

extern const OperatorSpec kIterableSource{
    .name = "iterable_source", .num_inputs = 0, .stateful = true, .make = &Make};

}  // namespace sabot
