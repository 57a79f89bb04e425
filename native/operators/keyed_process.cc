// keyed_process: rows and timers that a function of the job's owner (TypeScript in V8) processes
// with the state of their keys at hand.
//
//   function: every row adds to a sum and sets a timer, which emits it
//   in    [a, 5] at 1   [b, 7] at 2   [a, 1] at 3   W(20)
//   out                                                    [a, 6] [b, 7] W(20)
//
// Rows cross with the states of their keys and come back as what the function has emitted and
// changed; the operator is blocked meanwhile, so a barrier finds everything applied. Timers fire in
// order of their times: those of event time before the watermark that has passed them goes on.
//
// State: a table per state of the function, timers of event time and of processing time, the
// watermark.
#include "operators/keyed_process.h"

#include <arrow/type.h>

#include <utility>

#include "base/error.h"
#include "operators/keyed_process_call.h"
#include "operators/keyed_process_failures.h"
#include "operators/keyed_process_outputs.h"
#include "operators/keyed_process_piece.h"
#include "operators/keyed_process_spec.h"
#include "operators/keyed_process_tables.h"
#include "operators/row_call.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class KeyedProcess final : public Operator {
 public:
  KeyedProcess(KeyedProcessSpec spec, RowCall call, std::unique_ptr<ProcessFailures> failures,
               std::unique_ptr<MirroredMap> map, const PlanNode& node, OperatorContext& context)
      : spec_(std::move(spec)),
        call_(std::move(call)),
        failures_(std::move(failures)),
        map_(std::move(map)),
        num_inputs_(node.input_schemas.size()),
        outputs_(spec_.outputs, spec_.time >= 0, node.schema),
        tables_(spec_, context),
        clock_(context.clock),
        tiers_(context.tiers),
        metrics_(context.metrics),
        piece_(spec_, node.input_schemas[0], &tables_) {
    reply_schemas_ = outputs_.ReplySchemas();
    for (auto& edits : piece_.EditSchemas()) reply_schemas_.push_back(std::move(edits));
    if (failures_->wanted()) reply_schemas_.push_back(FailedRows::ReplySchema());
  }

  arrow::Result<Progress> Process(int input, const Batch& in, Collector& out) override {
    if (input == kBroadcastInput) {
      broadcast_ = in;
      BeginElement(ProcessEvents::kBroadcast, 0);
      return Resume(out);
    }
    if (!in.insert_only()) {
      return UserError("unsupported-process", "process",
                       "rows that a keyed process function takes must not be updated");
    }
    ARROW_RETURN_NOT_OK(piece_.BeginRows(in));
    BeginElement(ProcessEvents::kRows, 0);
    return Resume(out);
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    watermark_ = watermark.millis;
    BeginElement(ProcessEvents::kEventTimers, watermark.millis);
    return Resume(out);
  }

  arrow::Result<Progress> OnTimer(int64_t now_ms, Collector& out) override {
    BeginElement(ProcessEvents::kProcessingTimers, now_ms);
    return Resume(out);
  }

  // As in Flink the end of input does not wait for timers of processing time; they stay in the
  // state.
  arrow::Result<Progress> OnEndOfInput(int input, Collector& out) override {
    ended_ = ++num_ended_ == num_inputs_;
    return Operator::OnEndOfInput(input, out);
  }

  int64_t NextTimer() const override {
    return busy_ || ended_ ? INT64_MAX : tables_.processing_timers().least();
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (true) {
      if (!asked_) {
        if (!out.has_room()) return Progress::kMoreOutput;
        ARROW_ASSIGN_OR_RAISE(asked_, AskNext());
        if (!asked_) break;
      }
      ARROW_ASSIGN_OR_RAISE(const auto reply, call_.TakeBytes());
      if (reply == nullptr) return Progress::kBlocked;
      ARROW_RETURN_NOT_OK(Apply(reply, out));
      const int state = StateAskedFor(*reply);
      if (state >= 0) {
        ARROW_RETURN_NOT_OK(BeginKeys(state));
      } else if (RowCall::HasMore(*reply)) {
        call_.Continue();
        continue;
      }
      asked_ = false;
      piece_.End();
      // The slots of the piece are not needed any more.
      if (tiers_ != nullptr) ARROW_RETURN_NOT_OK(tiers_->MakeRoom());
    }
    ARROW_RETURN_NOT_OK(failures_->Flush(out));
    busy_ = false;
    piece_.Clear();
    SetStateBytes();
    if (element_ == ProcessEvents::kEventTimers)
      ARROW_RETURN_NOT_OK(out.Emit(Watermark{watermark_}));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    to.PutInt64("watermark", watermark_);
    if (map_ != nullptr) ARROW_RETURN_NOT_OK(map_->Snapshot(to));
    return tables_.Snapshot(to);
  }

  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_ASSIGN_OR_RAISE(watermark_, from.GetInt64("watermark"));
    if (map_ != nullptr) ARROW_RETURN_NOT_OK(map_->Restore(from));
    ARROW_RETURN_NOT_OK(tables_.Restore(from));
    SetStateBytes();
    return arrow::Status::OK();
  }

  StateCursor ReadState(std::optional<StateKey> only) override {
    return tables_.Read(std::move(only));
  }

 private:
  void BeginElement(ProcessEvents what, int64_t until_ms) {
    busy_ = true;
    element_ = what;
    until_ = until_ms;
    tables_.BeginElement();
  }

  void SetStateBytes() {
    metrics_->state_bytes.Set(tables_.size_bytes() + (map_ == nullptr ? 0 : map_->size_bytes()));
  }

  // False: the element is worked off.
  arrow::Result<bool> AskNext() {
    if (map_ != nullptr && !map_->mirrored()) {
      ARROW_ASSIGN_OR_RAISE(MirroredMap::Piece piece, map_->NextPiece());
      const auto what = piece.first ? ProcessEvents::kWholeMap : ProcessEvents::kMapPiece;
      return AskBroadcast(what, std::move(piece.rows));
    }
    if (element_ == ProcessEvents::kBroadcast) return AskNextOfBroadcast();
    int64_t until = until_;
    RecordBatchPtr events;
    if (element_ == ProcessEvents::kRows) {
      ARROW_ASSIGN_OR_RAISE(events, piece_.NextRows());
    } else {
      ProcessTimers& timers = element_ == ProcessEvents::kEventTimers ? tables_.event_timers()
                                                                      : tables_.processing_timers();
      ARROW_ASSIGN_OR_RAISE(events, piece_.NextTimers(timers, &until));
    }
    if (events == nullptr) return false;
    return Ask(element_, std::move(events), until);
  }

  // The rows; while they are worked off, the keys that the function asks for.
  arrow::Result<bool> AskNextOfBroadcast() {
    if (keys_of_ >= 0) {
      RecordBatchPtr keys;
      if (!keys_end_) {
        ARROW_ASSIGN_OR_RAISE(keys,
                              piece_.NextKeys(static_cast<size_t>(keys_of_), keys_at_, &keys_end_));
      }
      if (keys != nullptr) return Ask(ProcessEvents::kKeys, std::move(keys), 0);
      keys_of_ = -1;
      piece_.BeginNone();
      call_.Continue();
      return true;
    }
    if (broadcast_.rows == nullptr) return false;
    ARROW_ASSIGN_OR_RAISE(auto changes, map_->Apply(std::exchange(broadcast_, {})));
    return AskBroadcast(ProcessEvents::kBroadcast, std::move(changes));
  }

  arrow::Status BeginKeys(int state) {
    const bool in_time = element_ == ProcessEvents::kBroadcast && keys_of_ < 0;
    if (!in_time || state >= std::ssize(tables_.states())) return WrongReply();
    keys_of_ = state;
    keys_end_ = false;
    keys_at_ = SlotCursor(std::nullopt);
    return arrow::Status::OK();
  }

  arrow::Result<bool> AskBroadcast(ProcessEvents what, RecordBatchPtr changes) {
    piece_.BeginNone();
    return Ask(what, std::move(changes), 0);
  }

  arrow::Result<bool> Ask(ProcessEvents what, RecordBatchPtr events, int64_t until_ms) {
    ProcessRequest request;
    request.what = what;
    request.watermark_ms = watermark_;
    request.now_ms = clock_->NowMillis();
    request.until_ms = until_ms;
    request.events = std::move(events);
    ARROW_ASSIGN_OR_RAISE(request.keys, piece_.GatherKeys());
    ARROW_ASSIGN_OR_RAISE(auto bytes, EncodeRequest(request));
    call_.Begin(std::move(bytes));
    return true;
  }

  arrow::Status Apply(const std::shared_ptr<arrow::Buffer>& reply, Collector& out) {
    ARROW_ASSIGN_OR_RAISE(const auto messages, DecodeReply(reply, reply_schemas_));
    auto next = messages.begin();
    for (size_t i = 0; i < outputs_.count(); ++i) {
      const RecordBatchPtr& rows = *next++;
      if (rows == nullptr) continue;
      ARROW_ASSIGN_OR_RAISE(Batch batch, outputs_.ToBatch(i, *rows));
      ARROW_RETURN_NOT_OK(out.Emit(std::move(batch)));
    }
    ARROW_RETURN_NOT_OK(piece_.Apply({next, piece_.num_edits()}));
    next += static_cast<ptrdiff_t>(piece_.num_edits());
    if (!failures_->wanted() || *next == nullptr) return arrow::Status::OK();
    const Batch rows = element_ == ProcessEvents::kRows ? piece_.rows() : Batch();
    return failures_->Add(element_, rows, piece_.keys(), **next);
  }

  const KeyedProcessSpec spec_;
  RowCall call_;
  const std::unique_ptr<ProcessFailures> failures_;
  const std::unique_ptr<MirroredMap> map_;  // nullptr: it has no broadcast input.
  const size_t num_inputs_;
  const ProcessOutputs outputs_;
  ProcessTables tables_;
  int64_t watermark_ = kWatermarkMin;
  std::vector<std::shared_ptr<arrow::Schema>> reply_schemas_;
  Clock* clock_;
  StateTiers* tiers_;
  OperatorMetrics* metrics_;
  // While an element is worked off: no barrier comes then.
  ProcessEvents element_ = ProcessEvents::kRows;
  bool busy_ = false;
  size_t num_ended_ = 0;  // Rebuilt on restore: inputs come to their ends again.
  bool ended_ = false;
  bool asked_ = false;
  int64_t until_ = 0;
  ProcessPiece piece_;  // Of the element, that is asked.
  Batch broadcast_;     // To be asked.
  // The state whose keys are gone through, and how far.
  int keys_of_ = -1;
  bool keys_end_ = false;
  SlotCursor keys_at_{std::nullopt};
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  return MakeKeyedProcess(node, context, nullptr);
}

}  // namespace

arrow::Result<std::unique_ptr<Operator>> MakeKeyedProcess(const PlanNode& node,
                                                          OperatorContext& context,
                                                          std::unique_ptr<MirroredMap> map) {
  ARROW_ASSIGN_OR_RAISE(auto spec, KeyedProcessSpec::Read(node, context));
  ARROW_ASSIGN_OR_RAISE(auto call, RowCall::Open(node, context, nullptr));
  ARROW_ASSIGN_OR_RAISE(auto failures, ProcessFailures::Make(node, spec, context));
  return std::make_unique<KeyedProcess>(std::move(spec), std::move(call), std::move(failures),
                                        std::move(map), node, context);
}

extern const OperatorSpec kKeyedProcess{
    .name = "keyed_process", .num_inputs = 1, .stateful = true, .own_task = true, .make = &Make};

}  // namespace sabot
