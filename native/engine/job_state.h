// Where a job's state lies: one budget of memory, one cold backend, one folder on disk.
//
//   JobState --TiersFor(operator, subtask)--> StateTiers     a limit and a store for each
//
// The folder holds what does not fit into memory while the job runs; it is no checkpoint. It goes
// with the job. The job holds a lock on it: a folder that nobody has locked was left by a process
// that was killed, and goes when the next job starts.
#pragma once

#include <arrow/result.h>

#include <functional>
#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/memory_budget.h"
#include "plan/plan.h"
#include "state/cold_store.h"
#include "state/state_tiers.h"

namespace sabot {

// Held until it is destroyed, or its process ends.
class FolderLock {
 public:
  // nullptr: another one holds it, or the folder has gone.
  static arrow::Result<std::unique_ptr<FolderLock>> Take(const std::string& folder, bool create);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int file) : file_(file) {}
  int file_;
};

class JobState {
 public:
  // On the machine's memory and disk.
  static std::unique_ptr<JobState> Make(const PlanOptions& options);
  // In simulation: a backend without files, and memory that does not depend on what else runs.
  static std::unique_ptr<JobState> Simulated(const PlanOptions& options);
  ~JobState();  // After all tiers.
  JobState(const JobState&) = delete;
  JobState& operator=(const JobState&) = delete;

  // Makes the folder, and removes those that were left. Before any element is processed; blocks.
  arrow::Status Open();
  std::unique_ptr<StateTiers> TiersFor(int node, int subtask);
  // nullptr: there is no limit.
  const MemoryBudget* limited_budget() const { return budget_.limited() ? &budget_ : nullptr; }

 private:
  JobState(const PlanOptions& options, std::function<int64_t()> pool_bytes);

  MemoryBudget budget_;
  std::unique_ptr<ColdBackend> backend_;   // nullptr: state stays in memory.
  std::unique_ptr<FileSystem> own_files_;  // In simulation.
  const std::string root_;
  std::string folder_;  // In root_; empty: needs none.
  std::unique_ptr<FolderLock> lock_;
};

}  // namespace sabot
