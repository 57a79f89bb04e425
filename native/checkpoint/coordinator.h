// The checkpoint coordinator: triggers barriers, collects what tasks have written, commits.
//
//   interval over -> inject(barrier 8) -> Acknowledge(op, subtask, 8) x all -> commit 8 ->
//   committed(8)
//
// A state machine with an inbox: any thread may call the public functions below "any thread", they
// only leave a message; Step does the work. It runs on a thread of its own (CoordinatorThread) or
// between two steps of a simulation, so that a blocked event loop never delays a checkpoint. One
// checkpoint is under way at a time. One that fails stays open: its files remain part of the
// operators' chains, and the next one completes what it began.
//
// A subtask that has reached the end of its input acknowledges kFinalEpoch once; that state stands
// for it in every later checkpoint. When all have, a last checkpoint is committed.
//
// A savepoint is taken like a checkpoint, but its files lie in its own folder and no chain has
// them. It commits nothing; with `stop` it does: its epoch is entered in the log, and the job ends.
#pragma once

#include <arrow/status.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "checkpoint/checkpoint_folder.h"
#include "stream/element.h"

namespace sabot {

struct CheckpointOptions {
  int64_t interval_ms = 0;  // 0: none but savepoints and the last one.
  int64_t timeout_ms = 600'000;
  int64_t min_pause_ms = 0;
  int64_t tolerable_failures = 0;  // In a row; one more fails the job.
};

inline constexpr int64_t kFinalEpoch = INT64_MAX;

// A state file and how many of the files right before it, of the same subtask, it builds on.
struct WrittenState {
  StateFile file;
  int num_earlier = 0;
};

// One operator subtask has written its state, or could not.
struct SnapshotAcknowledgement {
  std::string uid;
  int subtask = 0;
  int64_t epoch = 0;  // Or kFinalEpoch.
  arrow::Status status;
  std::string file_name;  // That the folder (or savepoint) gave out for it, used or not.
  bool of_savepoint = false;
  std::optional<WrittenState> written;  // If status is OK.
  bool output_visible = false;          // Committing it makes output visible.
  int64_t sync_ns = 0;                  // The barrier's pause in this operator.
  int64_t align_ns = 0;                 // From the first to the last barrier of its inputs.
  int64_t async_ns = 0;                 // Writing it, behind the barrier.
};

// What is known of one checkpoint: for metrics and the history that users are shown.
struct CheckpointRecord {
  enum class State : uint8_t { kRunning, kCompleted, kFailed };
  int64_t epoch = 0;
  State state = State::kRunning;
  int64_t triggered_ms = 0;
  int64_t duration_ns = 0;  // Trigger to commit.
  int64_t sync_ns_max = 0;
  int64_t align_ns_max = 0;
  int64_t async_ns_max = 0;
  int64_t bytes_new = 0;    // Written for this one.
  int64_t bytes_total = 0;  // All files it consists of.
  std::string savepoint;    // Its folder, if it is one.
  std::string failure;
};

struct SavepointRequest {
  std::string path;   // A folder that is absent or empty.
  bool stop = false;  // Sources produce nothing behind it, and the job ends with it.
  std::function<void(const arrow::Status&)> done;  // Once; not if the job is cancelled before.
  // With `stop`: event time comes to its end before it. If it fails, so does the job.
  bool drain = false;
};

struct CheckpointStatistics {
  int64_t num_completed = 0;
  int64_t num_failed = 0;
  std::map<std::string, int64_t> failures_by_cause;  // By error kind.
  int64_t oldest_barrier_ms =
      0;  // Processing time at which the barrier under way was injected, or 0.
  std::optional<CheckpointRecord> last_completed;
  std::optional<CheckpointRecord> last_failed;
  std::optional<CheckpointRecord> last_savepoint;
};

using SubtaskKey = std::pair<std::string, int>;  // Operator uid, subtask.

class CheckpointCoordinator {
 public:
  // All are called from Step.
  struct Hooks {
    // Into every source that still runs; `savepoint` is nullptr for a checkpoint.
    std::function<void(const Barrier&, std::shared_ptr<SavepointFolder> savepoint, AtBarrier)>
        inject;
    // The savepoint that the sources stopped for has failed: they go on.
    std::function<void(int64_t epoch)> release;
    // The job has stopped with a savepoint: `committed` was called, nothing more will be.
    std::function<void(const std::string& path)> stopped;
    // Output up to this epoch may become visible; all of it where the subtask has ended.
    std::function<void(int64_t epoch, const std::set<SubtaskKey>& ended)> committed;
    // Everything that was written before the barrier must arrive; where it does not, the job fails.
    // May be empty.
    std::function<arrow::Status()> flush;
    // The checkpoint or savepoint of this epoch counts, or has been given up. May be empty.
    std::function<void(int64_t epoch)> settled;
    std::function<void(arrow::Status)> fail;  // The job must stop; called once.
    std::function<void(const std::string&)> log;
  };
  struct Subtask {
    std::string uid;
    std::string name;
    int subtask = 0;
    bool holds_state = true;
    std::vector<StateField> fields = {};
    std::string definition = {};  // See OperatorState.
  };

  CheckpointCoordinator(CheckpointFolder& folder, CheckpointOptions options, std::string job,
                        Clock& clock, Hooks hooks);

  // Before the first Step: every operator subtask, and the files that its next snapshot may build
  // on.
  void Add(const Subtask& subtask, std::vector<StateFile> inherited);

  // Any thread.
  void Acknowledge(SnapshotAcknowledgement acknowledgement);
  // All tasks have finished; `done` is called when the last checkpoint is committed or has failed.
  void Finish(std::function<void(arrow::Status)> done);
  void TakeSavepoint(SavepointRequest request);
  CheckpointStatistics Statistics() const;
  // Where messages wait for a Step; called after every message. Set before the first Step.
  void SetWaker(std::function<void()> waker) { waker_ = std::move(waker); }

  // Does what is due. Returns the processing time at which something is due next, INT64_MAX for
  // nothing but messages.
  int64_t Step();

 private:
  struct Member {
    Subtask subtask;
    std::vector<StateFile> chain;  // The files that hold its state together, oldest first.
    std::optional<SnapshotAcknowledgement> final;
    int64_t last_epoch = 0;
  };
  struct Running {
    Barrier barrier;
    int64_t started_ns = 0;
    int64_t deadline_ms = 0;
    std::set<SubtaskKey> missing;
    // What the others have acknowledged: a subtask that ends meanwhile leaves a later state.
    std::map<SubtaskKey, std::vector<StateFile>> chains;
    std::set<SubtaskKey> ended;  // Those whose last state this is.
    std::optional<SavepointRequest> request;
    std::shared_ptr<SavepointFolder> savepoint;
    bool output_visible = false;
    bool final = false;
    CheckpointRecord record;
  };

  void Take(SnapshotAcknowledgement acknowledgement);
  void Trigger(int64_t now_ms);
  void TriggerSavepoint(int64_t now_ms);
  Running NewRunning(int64_t now_ms, BarrierKind kind);
  void MaybeComplete();
  void Completed();
  void CompleteSavepoint();
  arrow::Status CommitSavepoint();
  arrow::Status Commit();
  Manifest MakeManifest();
  void Fail(const arrow::Status& status);
  void FailSavepoint(const arrow::Status& status);
  void BeginFinalIfDue();
  void EndWith(arrow::Status status);
  void Settled(int64_t epoch);
  void RefuseSavepoints();
  void PublishStatistics();

  CheckpointFolder& folder_;
  const CheckpointOptions options_;
  const std::string job_;
  Clock& clock_;
  const Hooks hooks_;
  std::function<void()> waker_;

  std::map<SubtaskKey, Member> members_;
  std::optional<Running> running_;
  int64_t next_epoch_;
  int64_t next_trigger_ms_;
  int64_t num_failures_in_row_ = 0;
  std::deque<SavepointRequest> savepoints_;
  bool ended_ = false;
  arrow::Status end_status_;
  std::function<void(arrow::Status)> done_;
  CheckpointStatistics statistics_;

  mutable std::mutex mutex_;  // The inbox, and the statistics that others read.
  std::deque<SnapshotAcknowledgement> inbox_;
  std::deque<SavepointRequest> savepoints_requested_;
  std::function<void(arrow::Status)> finish_requested_;
  CheckpointStatistics published_;
};

// Runs a coordinator's steps on a thread of its own.
class CoordinatorThread {
 public:
  CoordinatorThread(CheckpointCoordinator& coordinator, Clock& clock);
  ~CoordinatorThread() { Stop(); }
  // Ends and joins the thread. Messages may still be left until this object goes; nobody reads
  // them.
  void Stop();
  CoordinatorThread(const CoordinatorThread&) = delete;
  CoordinatorThread& operator=(const CoordinatorThread&) = delete;

 private:
  void Run();

  CheckpointCoordinator& coordinator_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sabot
