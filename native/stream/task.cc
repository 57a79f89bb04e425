// Running a chain of operators: inboxes, suspension, control elements, timers.
#include "stream/task.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"

namespace sabot {
namespace {

// How many elements may wait between two chained operators before has_room says no.
constexpr size_t kInboxElementsMax = 4;

// Of what an operator could not take not each was told when it came.
void TellRefused(const TaskOperator& of) {
  const int64_t dropped = of.metrics->dropped_records.value();
  const int64_t letters = of.metrics->dead_letters.value();
  if (dropped + letters == 0) return;
  of.context->warn("in all " + std::to_string(dropped + letters) +
                   " could not be taken: " + std::to_string(dropped) + " dropped, " +
                   std::to_string(letters) + " dead letters");
}

}  // namespace

// Puts what an operator emits before the next one.
class Task::StageCollector final : public Collector {
 public:
  StageCollector(Task* task, size_t stage) : task_(task), stage_(stage) {}

  arrow::Status Emit(Batch batch) override {
    if (batch.num_rows() == 0) return arrow::Status::OK();
    task_->operators_[stage_].metrics->rows_out.Add(batch.num_rows());
    return task_->Deliver(stage_ + 1, std::move(batch));
  }
  arrow::Status Emit(Watermark watermark) override {
    task_->operators_[stage_].metrics->watermark_ms.Set(watermark.millis);
    return task_->Deliver(stage_ + 1, watermark);
  }
  arrow::Status Emit(StreamStatus status) override {
    return task_->Deliver(stage_ + 1, std::move(status));
  }
  arrow::Status EmitLate(int input, const Batch& batch, std::span<const int32_t> rows) override {
    return task_->SendLate(stage_, input, batch, rows);
  }
  arrow::Status EmitDeadLetters(Batch letters) override {
    return task_->SendDeadLetters(stage_, letters);
  }
  bool has_room() const override {
    if (stage_ + 1 < task_->stages_.size()) {
      return task_->stages_[stage_ + 1].inbox.size() < kInboxElementsMax;
    }
    return task_->outputs_have_room();
  }

 private:
  Task* task_;
  size_t stage_;
};

void Task::Append(TaskOperator op) {
  Stage stage;
  stage.open_inputs = op.num_inputs;
  stages_.push_back(std::move(stage));
  operators_.push_back(std::move(op));
}

void Task::AddOutput(std::unique_ptr<Exchange> exchange) {
  all_outputs_.push_back(exchange.get());
  outputs_.push_back(std::move(exchange));
}

void Task::AddLateOutput(size_t stage, int input, std::unique_ptr<Exchange> exchange) {
  auto& late_outputs = operators_[stage].late_outputs;
  late_outputs.resize(static_cast<size_t>(operators_[stage].num_inputs));
  all_outputs_.push_back(exchange.get());
  late_outputs[static_cast<size_t>(input)].push_back(std::move(exchange));
}

void Task::AddDeadLetterOutput(size_t stage, std::unique_ptr<Exchange> exchange) {
  all_outputs_.push_back(exchange.get());
  operators_[stage].dead_letter_outputs.push_back(std::move(exchange));
}

arrow::Status Task::Open() {
  times_.Start(clock_->MonotonicNanos());
  for (TaskOperator& each : operators_) ARROW_RETURN_NOT_OK(each.op->Open());
  return arrow::Status::OK();
}

int64_t Task::NextTimer() const {
  int64_t next = INT64_MAX;
  for (const TaskOperator& each : operators_) next = std::min(next, each.op->NextTimer());
  if (rate_limit_ && !ended_)
    next = std::min(next, rate_limit_->NextMillis(operators_[0].metrics->rows_out.value()));
  return next;
}

arrow::Result<StepResult> Task::Step(int quantum) {
  times_.Enter(TaskTimes::State::kBusy, clock_->MonotonicNanos());
  StepResult why = StepResult::kReady;
  for (int i = 0; i < quantum; ++i) {
    ARROW_ASSIGN_OR_RAISE(const bool worked, WorkOnce(&why));
    const bool wrote = snapshots_.WritePiece();
    bool read = false;
    if (state_reads_.any()) {
      ARROW_ASSIGN_OR_RAISE(read, ReadStatePiece());
    }
    if (!worked && !wrote && !read) break;
    if (!worked) why = StepResult::kReady;
  }
  if (why != StepResult::kReady) ARROW_RETURN_NOT_OK(FlushOutputs());
  times_.Enter(StateAfter(why), clock_->MonotonicNanos());
  return why;
}

TaskTimes::State Task::StateAfter(StepResult why) const {
  switch (why) {
    case StepResult::kReady:
      return TaskTimes::State::kBusy;
    case StepResult::kWaitInput:
      return TaskTimes::State::kIdle;
    case StepResult::kWaitOutput:
      return TaskTimes::State::kBackpressured;
    case StepResult::kWaitWake:
      return source_waits_ ? TaskTimes::State::kIdle : TaskTimes::State::kBackpressured;
    case StepResult::kFinished:
      return TaskTimes::State::kEnded;
  }
  SABOT_CHECK(false);
}

// One piece of work, or why there is none.
arrow::Result<bool> Task::WorkOnce(StepResult* why_not) {
  ARROW_RETURN_NOT_OK(commits_.Tell(operators_));
  if (ended_) {
    // What a barrier before the end has frozen is written first: its checkpoint needs it.
    if (!snapshots_.pending() && !is_frozen_for_good_) {
      is_frozen_for_good_ = true;
      for (const TaskOperator& each : operators_)
        snapshots_.Freeze(kFinalBarrier, each, *each.op, 0, *clock_);
      return true;
    }
    if (!snapshots_.pending() && !finished_) ARROW_RETURN_NOT_OK(FinishTask());
    *why_not = finished_ ? StepResult::kFinished : StepResult::kWaitWake;
    return false;
  }
  if (!outputs_have_room()) {
    *why_not = StepResult::kWaitOutput;
    return false;
  }
  for (size_t stage = stages_.size(); stage-- > 0;) {
    Stage& at = stages_[stage];
    if (at.suspension == Suspension::kNone && at.inbox.empty()) continue;
    ARROW_RETURN_NOT_OK(RunStage(stage));
    if (stages_[stage].suspension != Suspension::kBlocked) return true;
    *why_not = StepResult::kWaitWake;
    return false;
  }
  ARROW_RETURN_NOT_OK(FireTimers());
  if (std::any_of(stages_.begin(), stages_.end(), [](const Stage& stage) {
        return stage.suspension != Suspension::kNone || !stage.inbox.empty();
      })) {
    return true;
  }
  if (is_source()) {
    TakeRate();
    source_waits_ = !barriers_.any() && !MayRead();
    if (!source_waits_) ARROW_RETURN_NOT_OK(ProduceOnce());
    if (!source_waits_) return true;
    *why_not = StepResult::kWaitWake;
    return false;
  }
  std::optional<GateEvent> event = gate_.Next();
  if (!event) {
    *why_not = StepResult::kWaitInput;
    return false;
  }
  stages_[0].inbox.push_back(std::move(*event));
  return true;
}

arrow::Status Task::RunStage(size_t stage) {
  Stage& at = stages_[stage];
  if (at.suspension != Suspension::kNone) {
    StageCollector out(this, stage);
    ARROW_ASSIGN_OR_RAISE(const Progress progress, operators_[stage].op->Resume(out));
    at.suspension = Suspension::kNone;
    std::optional<Element> after = std::move(at.after);
    at.after.reset();
    return Finish(stage, progress, std::move(after));
  }
  GateEvent event = std::move(at.inbox.front());
  at.inbox.pop_front();
  return Handle(stage, std::move(event));
}

arrow::Status Task::Handle(size_t stage, GateEvent event) {
  TaskOperator& self = operators_[stage];
  StageCollector out(this, stage);
  if (auto* batch = std::get_if<Batch>(&event.element)) {
    self.metrics->rows_in.Add(batch->num_rows());
    if (stage == 0) self.metrics->bytes_in.Add(SizeBytes(*batch));
    ARROW_ASSIGN_OR_RAISE(const Progress progress, self.op->Process(event.input, *batch, out));
    return Finish(stage, progress, std::nullopt);
  }
  if (const auto* watermark = std::get_if<Watermark>(&event.element)) {
    ARROW_ASSIGN_OR_RAISE(const Progress progress, self.op->OnWatermark(*watermark, out));
    return Finish(stage, progress, std::nullopt);
  }
  if (const auto* status = std::get_if<StreamStatus>(&event.element)) {
    ARROW_ASSIGN_OR_RAISE(const Progress progress, self.op->OnStatus(*status, out));
    return Finish(stage, progress, std::nullopt);
  }
  if (const auto* barrier = std::get_if<Barrier>(&event.element)) {
    snapshots_.Freeze(*barrier, self, *self.op, gate_.last_align_ns(), *clock_);
    return Deliver(stage + 1, *barrier);
  }
  SABOT_CHECK(std::holds_alternative<EndOfInput>(event.element));
  SABOT_CHECK(stages_[stage].open_inputs > 0);
  const bool last = --stages_[stage].open_inputs == 0;
  ARROW_ASSIGN_OR_RAISE(const Progress progress, self.op->OnEndOfInput(event.input, out));
  return Finish(stage, progress, last ? std::optional<Element>(EndOfInput{}) : std::nullopt);
}

arrow::Status Task::Finish(size_t stage, Progress progress, std::optional<Element> after) {
  if (progress == Progress::kDone) {
    ARROW_RETURN_NOT_OK(MakeRoom(stage));
    return after ? Deliver(stage + 1, std::move(*after)) : arrow::Status::OK();
  }
  stages_[stage].suspension =
      progress == Progress::kBlocked ? Suspension::kBlocked : Suspension::kMoreOutput;
  stages_[stage].after = std::move(after);
  return arrow::Status::OK();
}

arrow::Status Task::Deliver(size_t stage, Element element) {
  TaskOperator& from = operators_[stage - 1];
  if (std::holds_alternative<EndOfInput>(element)) {
    from.late_row_log.Finish(*from.context);
    TellRefused(from);
  }
  // Splits are this task's own: beyond it there are only channels.
  const auto* status = std::get_if<StreamStatus>(&element);
  const bool of_split = status != nullptr && status->split != kNoSplit;
  if (!std::holds_alternative<Batch>(element) && !of_split) {
    for (const auto& late_outputs : from.late_outputs) {
      for (const auto& exchange : late_outputs) ARROW_RETURN_NOT_OK(exchange->Broadcast(element));
    }
    for (const auto& exchange : from.dead_letter_outputs)
      ARROW_RETURN_NOT_OK(exchange->Broadcast(element));
  }
  if (stage < stages_.size()) {
    stages_[stage].inbox.push_back({0, std::move(element)});
    return arrow::Status::OK();
  }
  if (std::holds_alternative<EndOfInput>(element)) ended_ = true;
  if (of_split) return arrow::Status::OK();
  auto* batch = std::get_if<Batch>(&element);
  if (batch != nullptr) {
    batch->split = kNoSplit;
    operators_.back().metrics->bytes_out.Add(SizeBytes(*batch));
  }
  for (const auto& exchange : outputs_) {
    ARROW_RETURN_NOT_OK(batch != nullptr ? exchange->Send(*batch) : exchange->Broadcast(element));
  }
  outputs_pending_ = outputs_pending_ || batch != nullptr;
  return arrow::Status::OK();
}

arrow::Status Task::SendLate(size_t stage, int input, const Batch& batch,
                             std::span<const int32_t> rows) {
  if (rows.empty()) return arrow::Status::OK();
  TaskOperator& self = operators_[stage];
  self.metrics->late_rows.Add(static_cast<int64_t>(rows.size()));
  self.late_row_log.Add(*self.context, batch, rows);
  if (self.late_outputs.empty()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(Batch late, Take(batch, rows));
  late.split = kNoSplit;
  for (const auto& exchange : self.late_outputs[static_cast<size_t>(input)]) {
    ARROW_RETURN_NOT_OK(exchange->Send(late));
  }
  outputs_pending_ = true;
  return arrow::Status::OK();
}

arrow::Status Task::SendDeadLetters(size_t stage, const Batch& letters) {
  for (const auto& exchange : operators_[stage].dead_letter_outputs)
    ARROW_RETURN_NOT_OK(exchange->Send(letters));
  outputs_pending_ = true;
  return arrow::Status::OK();
}

int64_t Task::RowsUntilPause() const {
  const int64_t rows = operators_[0].metrics->rows_out.value();
  const int64_t left = pause_after_rows_ - rows;
  return rate_limit_ ? std::min(left, rate_limit_->allowed() - rows) : left;
}

// What has become due of the source's rows since the last look.
void Task::TakeRate() {
  if (rate_limit_)
    rate_limit_->Advance(clock_->NowMillis(), operators_[0].metrics->rows_out.value());
}

bool Task::MayRead() const {
  return !barriers_.hold_source() && RowsUntilPause() > 0 &&
         std::all_of(operators_.begin(), operators_.end(),
                     [](const TaskOperator& each) { return each.op->wants_input(); });
}

arrow::Status Task::ProduceOnce() {
  if (const auto next = barriers_.Take(MayRead())) {
    if (next->at_barrier == AtBarrier::kDrain) {
      StageCollector out(this, 0);
      ARROW_RETURN_NOT_OK(out.Emit(Watermark{kWatermarkMax}));
    }
    return Handle(0, {0, next->barrier});
  }
  SABOT_CHECK(!source_ended_);
  int64_t& rows_max = operators_[0].context->options.batch_max_rows;
  if (batch_rows_max_ == 0) batch_rows_max_ = rows_max;
  rows_max = std::min(batch_rows_max_, RowsUntilPause());
  StageCollector out(this, 0);
  ARROW_ASSIGN_OR_RAISE(const Progress progress, operators_[0].op->Produce(out));
  if (progress == Progress::kBlocked) {
    source_waits_ = !barriers_.any();
  } else if (progress == Progress::kDone) {
    source_ended_ = true;
    // Bounded input has ended: every window may fire.
    ARROW_RETURN_NOT_OK(out.Emit(Watermark{kWatermarkMax}));
    return Deliver(1, EndOfInput{});
  }
  return arrow::Status::OK();
}

arrow::Status Task::FireTimers() {
  if (NextTimer() == INT64_MAX) return arrow::Status::OK();
  const int64_t now = clock_->NowMillis();
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    if (operators_[stage].op->NextTimer() > now) continue;
    StageCollector out(this, stage);
    ARROW_ASSIGN_OR_RAISE(const Progress progress, operators_[stage].op->OnTimer(now, out));
    ARROW_RETURN_NOT_OK(Finish(stage, progress, std::nullopt));
    // One at a time: what it emitted is worked off before the next fires.
    return arrow::Status::OK();
  }
  return arrow::Status::OK();
}

// Not while an operator is half-way through an element.
arrow::Result<bool> Task::ReadStatePiece() {
  const std::string uid = state_reads_.NextUid();
  for (size_t stage = 0; stage < operators_.size(); ++stage) {
    if (operators_[stage].uid != uid) continue;
    if (stages_[stage].suspension != Suspension::kNone) return false;
    const bool read = state_reads_.ReadPiece(*operators_[stage].op);
    ARROW_RETURN_NOT_OK(MakeRoom(stage));  // What was read may have come from disk.
    return read;
  }
  SABOT_CHECK(false);  // Whoever asks knows who runs here.
}

// Between two elements, when the operator holds no slots.
arrow::Status Task::MakeRoom(size_t stage) {
  StateTiers* const tiers = operators_[stage].tiers.get();
  return tiers == nullptr ? arrow::Status::OK() : tiers->MakeRoom();
}

arrow::Status Task::Commit(int64_t epoch) { return commits_.Commit(epoch, operators_); }

// From here on no step runs.
arrow::Status Task::FinishTask() {
  finished_ = true;
  return EndSteps();
}

arrow::Status Task::Stop() { return finished_ ? arrow::Status::OK() : EndSteps(); }

arrow::Status Task::EndSteps() {
  state_reads_.Close();
  return commits_.TellDirectly(operators_);
}

arrow::Status Task::FlushOutputs() {
  if (!outputs_pending_) return arrow::Status::OK();
  outputs_pending_ = false;
  for (Exchange* exchange : all_outputs_) ARROW_RETURN_NOT_OK(exchange->Flush());
  return arrow::Status::OK();
}

bool Task::outputs_have_room() const {
  return std::all_of(all_outputs_.begin(), all_outputs_.end(),
                     [](const Exchange* exchange) { return exchange->has_room(); });
}

}  // namespace sabot
