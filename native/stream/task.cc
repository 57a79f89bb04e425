// Running a chain of operators: inboxes, suspension, control elements, timers.
#include "stream/task.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"

namespace sabot {
namespace {

// How many elements may wait between two chained operators before has_room says no.
constexpr size_t kInboxElementsMax = 4;

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
  arrow::Status Emit(StreamStatus status) override { return task_->Deliver(stage_ + 1, status); }
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

arrow::Status Task::Open() {
  for (TaskOperator& each : operators_) ARROW_RETURN_NOT_OK(each.op->Open());
  return arrow::Status::OK();
}

void Task::RequestBarrier(Barrier barrier) {
  const std::lock_guard lock(barrier_mutex_);
  requested_barriers_.push_back(barrier);
  has_requested_barrier_ = true;
}

int64_t Task::NextTimer() const {
  int64_t next = INT64_MAX;
  for (const TaskOperator& each : operators_) next = std::min(next, each.op->NextTimer());
  return next;
}

arrow::Result<StepResult> Task::Step(int quantum) {
  const int64_t started = clock_->MonotonicNanos();
  StepResult why = StepResult::kReady;
  for (int i = 0; i < quantum; ++i) {
    ARROW_ASSIGN_OR_RAISE(const bool worked, WorkOnce(&why));
    if (!worked) break;
  }
  if (why != StepResult::kReady) ARROW_RETURN_NOT_OK(FlushOutputs());
  operators_[0].metrics->busy_ns.Add(clock_->MonotonicNanos() - started);
  return why;
}

// One piece of work, or why there is none.
arrow::Result<bool> Task::WorkOnce(StepResult* why_not) {
  if (finished_) {
    *why_not = StepResult::kFinished;
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
    ARROW_RETURN_NOT_OK(ProduceOnce());
    if (!source_blocked_) return true;
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
    SnapshotWriter state(barrier->kind == BarrierKind::kSavepoint ? SnapshotMode::kSavepoint
                                                                  : SnapshotMode::kIncremental);
    ARROW_RETURN_NOT_OK(self.op->Snapshot(state));
    if (snapshot_sink_) ARROW_RETURN_NOT_OK(snapshot_sink_(*barrier, self, std::move(state)));
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
    return after ? Deliver(stage + 1, std::move(*after)) : arrow::Status::OK();
  }
  stages_[stage].suspension =
      progress == Progress::kBlocked ? Suspension::kBlocked : Suspension::kMoreOutput;
  stages_[stage].after = std::move(after);
  return arrow::Status::OK();
}

arrow::Status Task::Deliver(size_t stage, Element element) {
  if (stage < stages_.size()) {
    stages_[stage].inbox.push_back({0, std::move(element)});
    return arrow::Status::OK();
  }
  if (std::holds_alternative<EndOfInput>(element)) finished_ = true;
  // Splits are this task's own: beyond it there are only channels.
  if (const auto* status = std::get_if<StreamStatus>(&element);
      status != nullptr && status->split != kNoSplit) {
    return arrow::Status::OK();
  }
  auto* batch = std::get_if<Batch>(&element);
  if (batch != nullptr) batch->split = kNoSplit;
  for (const auto& exchange : outputs_) {
    ARROW_RETURN_NOT_OK(batch != nullptr ? exchange->Send(*batch) : exchange->Broadcast(element));
  }
  outputs_pending_ = batch != nullptr;
  return arrow::Status::OK();
}

arrow::Status Task::ProduceOnce() {
  source_blocked_ = false;
  if (has_requested_barrier_) {
    Barrier barrier;
    {
      const std::lock_guard lock(barrier_mutex_);
      barrier = requested_barriers_.front();
      requested_barriers_.pop_front();
      has_requested_barrier_ = !requested_barriers_.empty();
    }
    return Handle(0, {0, barrier});
  }
  SABOT_CHECK(!source_ended_);
  StageCollector out(this, 0);
  ARROW_ASSIGN_OR_RAISE(const Progress progress, operators_[0].op->Produce(out));
  if (progress == Progress::kBlocked) {
    source_blocked_ = true;
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

arrow::Status Task::FlushOutputs() {
  if (!outputs_pending_) return arrow::Status::OK();
  outputs_pending_ = false;
  for (const auto& exchange : outputs_) ARROW_RETURN_NOT_OK(exchange->Flush());
  return arrow::Status::OK();
}

bool Task::outputs_have_room() const {
  return std::all_of(outputs_.begin(), outputs_.end(),
                     [](const auto& exchange) { return exchange->has_room(); });
}

}  // namespace sabot
