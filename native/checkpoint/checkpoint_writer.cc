// One state file per operator, subtask and barrier.
#include "checkpoint/checkpoint_writer.h"

#include "checkpoint/state_file.h"
#include "stream/task.h"

namespace sabot {

class CheckpointWriter::Snapshot final : public OperatorSnapshot {
 public:
  // `savepoint`: nullptr for a checkpoint.
  Snapshot(CheckpointWriter& owner, SubtaskKey key, int64_t epoch, SavepointFolder* savepoint,
           bool output_visible, Executor::Lane lane, std::function<void()> wake)
      : owner_(owner),
        begun_ns_(owner.clock_.MonotonicNanos()),
        name_(savepoint != nullptr ? savepoint->NewStateName() : owner.folder_.NewStateName()),
        lane_(lane),
        file_(savepoint != nullptr ? savepoint->store() : owner.folder_.store(), name_,
              owner.executor_, lane, owner.memory_, std::move(wake)) {
    acknowledgement_.uid = std::move(key.first);
    acknowledgement_.subtask = key.second;
    acknowledgement_.epoch = epoch;
    acknowledgement_.file_name = name_;
    acknowledgement_.of_savepoint = savepoint != nullptr;
    acknowledgement_.output_visible = output_visible;
  }

  arrow::Status Write(std::string_view section, SectionKind kind, std::string piece) override {
    return file_.Write(section, kind, std::move(piece));
  }
  std::string Memory() override { return file_.Memory(); }
  bool has_room() const override { return file_.has_room(); }

  void Finish(const arrow::Status& status, int num_earlier, const BarrierTimes& times) override {
    SnapshotAcknowledgement acknowledgement = std::move(acknowledgement_);
    acknowledgement.align_ns = times.align_ns;
    acknowledgement.sync_ns = times.sync_ns;
    if (!status.ok()) {
      acknowledgement.status = status;
      // In order with the snapshots before it, whose files may still be written.
      return owner_.executor_.Submit(
          lane_, [&owner = owner_, acknowledgement = std::move(acknowledgement)] {
            owner.Acknowledge(acknowledgement);
          });
    }
    file_.Finish([&owner = owner_, begun_ns = begun_ns_,
                  acknowledgement = std::move(acknowledgement),
                  num_earlier](arrow::Result<StateFile> file) mutable {
      acknowledgement.async_ns = owner.clock_.MonotonicNanos() - begun_ns;
      if (file.ok()) {
        acknowledgement.written = WrittenState{std::move(*file), num_earlier};
      } else {
        acknowledgement.status = file.status();
      }
      owner.Acknowledge(std::move(acknowledgement));
    });
  }

 private:
  CheckpointWriter& owner_;
  SnapshotAcknowledgement acknowledgement_;
  const int64_t begun_ns_;
  const std::string name_;
  const Executor::Lane lane_;
  StateFileWriter file_;
};

std::unique_ptr<OperatorSnapshot> CheckpointWriter::Begin(const Barrier& barrier,
                                                          const TaskOperator& op, int subtask) {
  SubtaskKey key(op.uid, subtask);
  Executor::Lane lane = 0;
  SavepointFolder* savepoint = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto found = lanes_.find(key);
    lane = found != lanes_.end() ? found->second
                                 : lanes_.emplace(key, executor_.NewLane()).first->second;
    if (barrier.kind != BarrierKind::kCheckpoint) savepoint = savepoints_.at(barrier.id).get();
  }
  return std::make_unique<Snapshot>(*this, std::move(key), barrier.id, savepoint,
                                    op.op->has_uncommitted_output(), lane, op.context->waker);
}

void CheckpointWriter::AddSavepoint(int64_t epoch, std::shared_ptr<SavepointFolder> savepoint) {
  const std::lock_guard lock(mutex_);
  savepoints_.emplace(epoch, std::move(savepoint));
}

SnapshotMode CheckpointWriter::ModeFor(const Barrier& barrier, const TaskOperator& op,
                                       int subtask) {
  if (barrier.kind != BarrierKind::kCheckpoint) return SnapshotMode::kSavepoint;
  const std::lock_guard lock(mutex_);
  return broken_.contains({op.uid, subtask}) ? SnapshotMode::kFull : SnapshotMode::kIncremental;
}

void CheckpointWriter::Acknowledge(SnapshotAcknowledgement acknowledgement) {
  if (!acknowledgement.of_savepoint) {
    const std::lock_guard lock(mutex_);
    const SubtaskKey key(acknowledgement.uid, acknowledgement.subtask);
    // Its barrier came before anybody knew that the file before it is lost.
    const auto lost = broken_.find(key);
    if (acknowledgement.written && acknowledgement.written->num_earlier > 0 &&
        lost != broken_.end()) {
      acknowledgement.status = lost->second.WithMessage(
          "it builds on a snapshot that could not be written: ", lost->second.message());
      acknowledgement.written.reset();
    }
    if (acknowledgement.written) {
      broken_.erase(key);
    } else {
      broken_.emplace(key, acknowledgement.status);
    }
  }
  coordinator_.Acknowledge(std::move(acknowledgement));
}

}  // namespace sabot
