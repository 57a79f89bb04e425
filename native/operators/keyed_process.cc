// keyed_process: rows and timers that a function of the job's owner (TypeScript in V8) processes
// with the state of their keys at hand.
//
//   function: every row adds to a sum and sets a timer, which emits it
//   in    [a, 5] at 1   [b, 7] at 2   [a, 1] at 3   W(20)
//   out                                                    [a, 6] [b, 7] W(20)
//
// Rows cross with the states of their keys and come back as what the function has emitted and
// changed; the operator is blocked meanwhile, so a barrier finds everything applied. A batch is cut
// where the states of its keys would be too large. Timers fire in order of their times: those of
// event time before the watermark that has passed them goes on.
//
// State: a table per state of the function, timers of event time and of processing time, the
// watermark.
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "operators/keyed_process_call.h"
#include "operators/keyed_process_failures.h"
#include "operators/keyed_process_kept.h"
#include "operators/keyed_process_keys.h"
#include "operators/keyed_process_outputs.h"
#include "operators/keyed_process_spec.h"
#include "operators/keyed_process_state.h"
#include "operators/keyed_process_timers.h"
#include "operators/row_call.h"
#include "operators/state_rows.h"
#include "stream/operator.h"

namespace sabot {
namespace {

// What crosses at once.
constexpr size_t kPieceTimers = 4096;
constexpr size_t kTimersTogether = 64;  // Between two looks at what their states take.
constexpr int64_t kPieceStateBytes = int64_t{4} << 20;

// As readers see timers.
std::shared_ptr<arrow::DataType> TimesType(TypeKind kind) {
  Type time;
  time.kind = kind;
  time.precision = 3;
  time.nullable = false;
  Type times;
  times.kind = TypeKind::kArray;
  times.children = {std::move(time)};
  return ToArrow(times);
}

class KeyedProcess final : public Operator {
 public:
  KeyedProcess(KeyedProcessSpec spec, RowCall call, std::unique_ptr<ProcessFailures> failures,
               const PlanNode& node, OperatorContext& context)
      : spec_(std::move(spec)),
        call_(std::move(call)),
        failures_(std::move(failures)),
        outputs_(spec_.outputs, spec_.time >= 0, node.schema),
        event_timers_("timers.event", spec_.key_types, context.tiers),
        processing_timers_("timers.processing", spec_.key_types, context.tiers),
        clock_(context.clock),
        tiers_(context.tiers),
        metrics_(context.metrics),
        kept_(std::none_of(spec_.states.begin(), spec_.states.end(),
                           [](const ProcessState::Spec& each) { return each.ttl_ms > 0; })) {
    for (const ProcessState::Spec& each : spec_.states) {
      states_.push_back(std::make_unique<ProcessState>(each, spec_.key_types, tiers_));
    }
    reply_schemas_ = outputs_.ReplySchemas();
    for (const auto& state : states_) reply_schemas_.push_back(state->EditSchema());
    const auto timer_edits = arrow::schema({arrow::field("key", arrow::int32(), false),
                                            arrow::field("kind", arrow::int8(), false),
                                            arrow::field("time", arrow::int64(), false)});
    reply_schemas_.insert(reply_schemas_.end(), 2, timer_edits);
    if (failures_->wanted()) reply_schemas_.push_back(FailedRows::ReplySchema());
    arrow::FieldVector keys;
    for (const auto& type : spec_.key_types) keys.push_back(arrow::field("", type));
    for (const auto& state : states_)
      keys.push_back(arrow::field("", state->GatheredType(ProcessState::For::kFunction)));
    keys.push_back(arrow::field("kept", arrow::int32(), false));
    key_schema_ = arrow::schema(std::move(keys));
    arrow::FieldVector events;
    for (const int column : spec_.reads)
      events.push_back(ToArrow(node.input_schemas[0])->field(column));
    events.push_back(arrow::field("key", arrow::int32(), false));
    if (spec_.time >= 0) events.push_back(arrow::field("time", arrow::int64()));
    row_schema_ = arrow::schema(std::move(events));
  }

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    if (!in.insert_only()) {
      return UserError("unsupported-process", "process",
                       "rows that a keyed process function takes must not be updated");
    }
    BeginElement();
    std::vector<ArrayPtr> keys;
    for (const int key : spec_.keys) keys.push_back(in.column(key));
    ARROW_RETURN_NOT_OK(encoded_.Encode(keys, in.num_rows()));
    in_ = in;
    next_row_ = 0;
    element_ = ProcessEvents::kRows;
    return Resume(out);
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    BeginElement();
    watermark_ = watermark.millis;
    element_ = ProcessEvents::kEventTimers;
    until_ = watermark.millis;
    return Resume(out);
  }

  arrow::Result<Progress> OnTimer(int64_t now_ms, Collector& out) override {
    BeginElement();
    element_ = ProcessEvents::kProcessingTimers;
    until_ = now_ms;
    return Resume(out);
  }

  // As in Flink the end of input does not wait for timers of processing time; they stay in the
  // state.
  arrow::Result<Progress> OnEndOfInput(int input, Collector& out) override {
    ended_ = true;
    return Operator::OnEndOfInput(input, out);
  }

  int64_t NextTimer() const override {
    return busy_ || ended_ ? INT64_MAX : processing_timers_.least();
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
      if (RowCall::HasMore(*reply)) {
        call_.Continue();
        continue;
      }
      asked_ = false;
      ResizeKept();
      // The slots of the piece are not needed any more.
      if (tiers_ != nullptr) ARROW_RETURN_NOT_OK(tiers_->MakeRoom());
    }
    ARROW_RETURN_NOT_OK(failures_->Flush(out));
    busy_ = false;
    in_ = {};
    SetStateBytes();
    if (element_ == ProcessEvents::kEventTimers)
      ARROW_RETURN_NOT_OK(out.Emit(Watermark{watermark_}));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    to.PutInt64("watermark", watermark_);
    for (const auto& state : states_) ARROW_RETURN_NOT_OK(state->table().Snapshot(to));
    ARROW_RETURN_NOT_OK(event_timers_.Snapshot(to));
    return processing_timers_.Snapshot(to);
  }

  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_ASSIGN_OR_RAISE(watermark_, from.GetInt64("watermark"));
    for (const auto& state : states_) {
      state->BeginBatch(clock_->NowMillis());
      ARROW_RETURN_NOT_OK(state->table().Restore(from));
    }
    ARROW_RETURN_NOT_OK(event_timers_.Restore(from, tiers_));
    ARROW_RETURN_NOT_OK(processing_timers_.Restore(from, tiers_));
    SetStateBytes();
    return arrow::Status::OK();
  }

  StateCursor ReadState(std::optional<StateKey> only) override {
    std::vector<KeyedTable*> tables;
    for (const auto& state : states_) tables.push_back(&state->table());
    tables.push_back(&event_timers_.table());
    tables.push_back(&processing_timers_.table());
    return ReadTables(
        std::move(tables), spec_.key_types,
        [this](size_t table, std::span<const Slot> slots) { return ReadColumn(table, slots); },
        std::move(only));
  }

 private:
  void BeginElement() {
    busy_ = true;
    const int64_t now = clock_->NowMillis();
    for (const auto& state : states_) state->BeginBatch(now);
  }

  void SetStateBytes() {
    int64_t bytes = event_timers_.size_bytes() + processing_timers_.size_bytes();
    for (const auto& state : states_) bytes += state->table().size_bytes();
    metrics_->state_bytes.Set(bytes);
  }

  // False: the element is worked off.
  arrow::Result<bool> AskNext() {
    ProcessRequest request;
    request.what = element_;
    request.watermark_ms = watermark_;
    request.now_ms = clock_->NowMillis();
    request.until_ms = until_;
    kept_.BeginRequest();
    if (element_ == ProcessEvents::kRows) {
      if (next_row_ == in_.num_rows()) return false;
      ARROW_ASSIGN_OR_RAISE(request.events, NextRows());
    } else {
      ARROW_ASSIGN_OR_RAISE(request.events, NextTimers(&request.until_ms));
      if (request.events == nullptr) return false;
    }
    ARROW_ASSIGN_OR_RAISE(request.keys, GatherKeys());
    ARROW_ASSIGN_OR_RAISE(auto bytes, EncodeRequest(request));
    call_.Begin(std::move(bytes));
    return true;
  }

  // The rows from next_row_ on whose keys' states fit into a piece; at least those of one key.
  arrow::Result<RecordBatchPtr> NextRows() {
    keys_.Begin(encoded_, next_row_);
    ARROW_RETURN_NOT_OK(FetchStates(0));
    int64_t bytes = 0;
    size_t num_keys = 0;
    int64_t end = next_row_;
    for (; end < keys_.end_row(); ++end) {
      if (static_cast<size_t>(keys_.key_of(end)) < num_keys) continue;
      const int64_t more = kept_.Knows(keys_.keys()[num_keys]) ? 0 : BytesOf(num_keys);
      if (num_keys > 0 && bytes + more > kPieceStateBytes) break;
      bytes += more;
      ++num_keys;
    }
    keys_.Cut(num_keys);
    for (auto& slots : slots_) slots.resize(num_keys);
    const int64_t length = end - next_row_;
    const Batch piece = in_.Slice(next_row_, length);
    first_row_ = next_row_;
    std::vector<ArrayPtr> columns;
    for (const int column : spec_.reads) columns.push_back(piece.column(column));
    std::vector<int32_t> of(static_cast<size_t>(length));
    for (int64_t i = 0; i < length; ++i) of[static_cast<size_t>(i)] = keys_.key_of(next_row_ + i);
    columns.push_back(
        std::make_shared<arrow::Int32Array>(length, arrow::Buffer::FromVector(std::move(of))));
    if (spec_.time >= 0) {
      ARROW_ASSIGN_OR_RAISE(auto times, piece.column(spec_.time)->View(arrow::int64()));
      columns.push_back(std::move(times));
    }
    next_row_ = end;
    return arrow::RecordBatch::Make(row_schema_, length, std::move(columns));
  }

  // The timers that are due next; nullptr: none is. *until: what is set up to there meanwhile fires
  // with them.
  arrow::Result<RecordBatchPtr> NextTimers(int64_t* until) {
    ProcessTimers& timers =
        element_ == ProcessEvents::kEventTimers ? event_timers_ : processing_timers_;
    std::vector<int32_t> of;
    std::vector<int64_t> times;
    due_.clear();
    due_.reserve(kPieceTimers);  // keys_ refers to them.
    keys_.Clear();
    for (auto& slots : slots_) slots.clear();
    int64_t bytes = 0;
    while (true) {
      const size_t begin = due_.size();
      // Others of the last time may be left.
      if (begin == kPieceTimers || bytes > kPieceStateBytes) {
        *until = due_.back().time - 1;
        break;
      }
      ARROW_RETURN_NOT_OK(timers.TakeDue(until_, begin + kTimersTogether, &due_));
      const size_t num_keys = keys_.keys().size();
      for (size_t i = begin; i < due_.size(); ++i) {
        of.push_back(keys_.Add({due_[i].key, due_[i].hash}));
        times.push_back(due_[i].time);
      }
      ARROW_RETURN_NOT_OK(FetchStates(num_keys));
      for (size_t at = num_keys; at < keys_.keys().size(); ++at)
        bytes += kept_.Knows(keys_.keys()[at]) ? 0 : BytesOf(at);
      if (due_.size() < begin + kTimersTogether) break;
    }
    if (due_.empty()) return nullptr;
    const auto length = std::ssize(due_);
    static const auto kSchema = arrow::schema(
        {arrow::field("key", arrow::int32(), false), arrow::field("time", arrow::int64(), false)});
    return arrow::RecordBatch::Make(
        kSchema, length,
        {std::make_shared<arrow::Int32Array>(length, arrow::Buffer::FromVector(std::move(of))),
         std::make_shared<arrow::Int64Array>(length, arrow::Buffer::FromVector(std::move(times)))});
  }

  // Of the keys from `begin` on.
  arrow::Status FetchStates(size_t begin) {
    slots_.resize(states_.size());
    for (size_t i = 0; i < states_.size(); ++i) {
      slots_[i].resize(keys_.keys().size());
      ARROW_RETURN_NOT_OK(states_[i]->table().Fetch(keys_.keys().subspan(begin),
                                                    std::span<Slot>(slots_[i]).subspan(begin)));
    }
    return arrow::Status::OK();
  }

  // Of what V8 keeps after its edits.
  void ResizeKept() {
    for (const size_t at : kept_at_) {
      const KeyedTable::KeyRef& key = keys_.keys()[at];
      int64_t bytes = 0;
      for (const auto& state : states_)
        bytes += state->BytesOf(state->table().Lookup(key.key, key.hash));
      kept_.Resize(key, bytes);
    }
  }

  int64_t BytesOf(size_t key) const {
    int64_t bytes = 0;
    for (size_t i = 0; i < states_.size(); ++i) bytes += states_[i]->BytesOf(slots_[i][key]);
    return bytes;
  }

  // With the states of those that V8 has not kept.
  arrow::Result<RecordBatchPtr> GatherKeys() {
    std::vector<std::string_view> keys;
    std::vector<int32_t> kept;
    kept_at_.clear();
    for (size_t at = 0; at < keys_.keys().size(); ++at) {
      const KeyedTable::KeyRef& key = keys_.keys()[at];
      keys.push_back(key.key);
      const KeptKeys::Place place = kept_.Use(key, BytesOf(at));
      kept.push_back(place.number < 0 ? -1 : 2 * place.number + (place.known ? 1 : 0));
      if (place.number >= 0) kept_at_.push_back(at);
      if (!place.known) continue;
      for (auto& slots : slots_) slots[at] = kNoSlot;
    }
    ARROW_ASSIGN_OR_RAISE(std::vector<ArrayPtr> columns, DecodeKeys(keys, spec_.key_types));
    for (size_t i = 0; i < states_.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto column,
                            states_[i]->Gather(slots_[i], ProcessState::For::kFunction));
      columns.push_back(std::move(column));
    }
    columns.push_back(std::make_shared<arrow::Int32Array>(
        std::ssize(keys), arrow::Buffer::FromVector(std::move(kept))));
    return arrow::RecordBatch::Make(key_schema_, std::ssize(keys), std::move(columns));
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
    for (const auto& state : states_) {
      const RecordBatchPtr& edits = *next++;
      if (edits != nullptr) ARROW_RETURN_NOT_OK(state->Apply(*edits, keys_.keys()));
    }
    for (ProcessTimers* timers : {&event_timers_, &processing_timers_}) {
      const RecordBatchPtr& edits = *next++;
      if (edits != nullptr) ARROW_RETURN_NOT_OK(ApplyTimers(*edits, *timers));
    }
    if (!failures_->wanted() || *next == nullptr) return arrow::Status::OK();
    const Batch rows = element_ == ProcessEvents::kRows
                           ? in_.Slice(first_row_, in_.num_rows() - first_row_)
                           : Batch();
    return failures_->Add(element_, rows, keys_.keys(), **next);
  }

  arrow::Status ApplyTimers(const arrow::RecordBatch& edits, ProcessTimers& timers) {
    const auto& of = static_cast<const arrow::Int32Array&>(*edits.column(0));
    const auto& kinds = static_cast<const arrow::Int8Array&>(*edits.column(1));
    const auto& times = static_cast<const arrow::Int64Array&>(*edits.column(2));
    timer_slots_.resize(keys_.keys().size());
    ARROW_RETURN_NOT_OK(timers.table().Fetch(keys_.keys(), timer_slots_));
    for (int64_t row = 0; row < edits.num_rows(); ++row) {
      const int32_t at = of.Value(row);
      const int8_t kind = kinds.Value(row);
      if (at < 0 || at >= std::ssize(keys_.keys()) || kind < 0 || kind > 1) return WrongReply();
      const KeyedTable::KeyRef& key = keys_.keys()[static_cast<size_t>(at)];
      if (kind == 0) {
        timers.Set(key, times.Value(row));
      } else {
        timers.Delete(key, times.Value(row));
      }
    }
    return arrow::Status::OK();
  }

  arrow::Result<ArrayPtr> ReadColumn(size_t table, std::span<const Slot> slots) const {
    if (table < states_.size()) return states_[table]->Gather(slots, ProcessState::For::kReaders);
    const bool event = table == states_.size();
    return (event ? event_timers_ : processing_timers_)
        .Gather(slots, TimesType(event ? TypeKind::kTimestamp : TypeKind::kTimestampLtz));
  }

  const KeyedProcessSpec spec_;
  RowCall call_;
  const std::unique_ptr<ProcessFailures> failures_;
  const ProcessOutputs outputs_;
  std::vector<std::unique_ptr<ProcessState>> states_;
  ProcessTimers event_timers_;
  ProcessTimers processing_timers_;
  int64_t watermark_ = kWatermarkMin;
  std::vector<std::shared_ptr<arrow::Schema>> reply_schemas_;
  std::shared_ptr<arrow::Schema> key_schema_;
  std::shared_ptr<arrow::Schema> row_schema_;
  Clock* clock_;
  StateTiers* tiers_;
  OperatorMetrics* metrics_;
  // While an element is worked off: no barrier comes then.
  ProcessEvents element_ = ProcessEvents::kRows;
  bool busy_ = false;
  bool ended_ = false;  // Rebuilt on restore: input comes to its end again.
  bool asked_ = false;
  Batch in_;
  int64_t next_row_ = 0;
  int64_t first_row_ = 0;  // Of what is asked.
  int64_t until_ = 0;
  EncodedKeys encoded_;
  std::vector<ProcessTimers::Timer> due_;
  KeptKeys kept_;
  std::vector<size_t> kept_at_;           // Among keys_.
  PieceKeys keys_;                        // Of what is asked.
  std::vector<std::vector<Slot>> slots_;  // Of these, in every state.
  std::vector<Slot> timer_slots_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto spec, KeyedProcessSpec::Read(node, context));
  ARROW_ASSIGN_OR_RAISE(auto call, RowCall::Open(node, context, nullptr));
  ARROW_ASSIGN_OR_RAISE(auto failures, ProcessFailures::Make(node, spec, context));
  return std::make_unique<KeyedProcess>(std::move(spec), std::move(call), std::move(failures), node,
                                        context);
}

}  // namespace

extern const OperatorSpec kKeyedProcess{
    .name = "keyed_process", .num_inputs = 1, .stateful = true, .own_task = true, .make = &Make};

}  // namespace sabot
