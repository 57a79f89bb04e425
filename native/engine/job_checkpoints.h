// A job's checkpoints: folder, writer, coordinator and its thread, tied to the job's graph.
//
//   Begin (claims the folder, restores the graph) -> Start -> ... -> Finish (the last checkpoint)
#pragma once

#include <arrow/status.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/executor.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/checkpoint_writer.h"
#include "checkpoint/coordinator.h"
#include "checkpoint/restored_state.h"
#include "engine/graph.h"
#include "plan/plan.h"

namespace sabot {

class JobCheckpoints {
 public:
  struct Surroundings {
    Clock* clock = nullptr;
    FileSystem* files = nullptr;
    Executor* executor = nullptr;
    int num_threads = 1;                                   // That restore operators side by side.
    std::string owner;                                     // For the log: host and process.
    std::string process;                                   // FolderOptions::process
    std::function<void(size_t task)> wake;                 // By index in Graph::tasks.
    std::function<void(arrow::Status)> fail;               // Stops the job.
    std::function<void(const std::string& path)> stopped;  // With a savepoint: the job ends.
    std::function<void(const std::string& message)> log;   // For people.
  };

  // `graph` outlives this object.
  JobCheckpoints(const Plan& plan, Graph& graph, Surroundings surroundings);

  // Claims the folder and restores the graph's operators; before any task runs.
  arrow::Status Begin();
  // With a thread of its own for the coordinator, or for a simulation that calls Step.
  void StartThread();
  int64_t Step() { return coordinator_->Step(); }
  // All tasks have finished: takes and commits the last checkpoint, then calls `done`.
  void Finish(std::function<void(arrow::Status)> done) { coordinator_->Finish(std::move(done)); }
  // Any thread; one that comes before Begin has ended waits for it.
  void TakeSavepoint(SavepointRequest request);
  // Ends the coordinator's thread; nothing is called back afterwards.
  void Stop() {
    if (thread_ != nullptr) thread_->Stop();
  }

  nlohmann::json Statistics() const;

 private:
  arrow::Status Restore(const RestoredCheckpoint* checkpoint);
  // The files that the subtask's next snapshot may build on.
  arrow::Result<std::vector<StateFile>> RestoreOperator(
      const TaskOperator& op, const CheckpointCoordinator::Subtask& subtask,
      const RestoredState& state) const;
  arrow::Result<CheckpointCoordinator::Subtask> SubtaskOf(const TaskOperator& op, int number) const;
  void InjectBarrier(const Barrier& barrier, std::shared_ptr<SavepointFolder> savepoint,
                     AtBarrier at_barrier);
  void Release(int64_t epoch);
  void Committed(int64_t epoch, const std::set<SubtaskKey>& ended);

  const Plan& plan_;
  Graph& graph_;
  const Surroundings surroundings_;
  std::unique_ptr<CheckpointFolder> folder_;
  std::unique_ptr<CheckpointCoordinator> coordinator_;
  std::unique_ptr<CheckpointWriter> writer_;
  std::unique_ptr<CoordinatorThread> thread_;
  std::atomic<bool> begun_{false};  // All of the above is there.
  std::mutex mutex_;
  std::vector<SavepointRequest> early_savepoints_;
  int64_t restored_epoch_ = 0;
  int64_t restore_ns_ = 0;
};

}  // namespace sabot
