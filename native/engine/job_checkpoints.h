// A job's checkpoints: folder, writer, coordinator and its thread, tied to the job's graph.
//
//   Begin (claims the folder, restores the graph) -> Start -> ... -> Finish (the last checkpoint)
#pragma once

#include <arrow/status.h>

#include <atomic>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/executor.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/checkpoint_writer.h"
#include "checkpoint/coordinator.h"
#include "engine/graph.h"
#include "plan/plan.h"

namespace sabot {

class JobCheckpoints {
 public:
  struct Surroundings {
    Clock* clock = nullptr;
    FileSystem* files = nullptr;
    Executor* executor = nullptr;
    std::string owner;                                    // For the log: host and process.
    std::function<void(size_t task)> wake;                // By index in Graph::tasks.
    std::function<void(arrow::Status)> fail;              // Stops the job.
    std::function<void(const std::string& message)> log;  // For people.
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
  // Ends the coordinator's thread; nothing is called back afterwards.
  void Stop() {
    if (thread_ != nullptr) thread_->Stop();
  }

  nlohmann::json Statistics() const;

 private:
  void InjectBarrier(const Barrier& barrier);
  void Committed(int64_t epoch, const std::set<SubtaskKey>& ended);

  const Plan& plan_;
  Graph& graph_;
  const Surroundings surroundings_;
  std::unique_ptr<CheckpointFolder> folder_;
  std::unique_ptr<CheckpointCoordinator> coordinator_;
  std::unique_ptr<CheckpointWriter> writer_;
  std::unique_ptr<CoordinatorThread> thread_;
  std::atomic<bool> begun_{false};  // All of the above is there.
  int64_t restored_epoch_ = 0;
  int64_t restore_ns_ = 0;
};

}  // namespace sabot
