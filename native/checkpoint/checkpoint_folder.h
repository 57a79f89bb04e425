// A job's checkpoint folder, as one process that owns the job sees it.
//
//   id                             tells it from a folder that was here before it
//   log/0000000007                 who owns the job, which checkpoints count (commit_log.h)
//   chk-EPOCH-ATTEMPT/manifest.json    what a checkpoint consists of (manifest.h)
//   chk-EPOCH-ATTEMPT/committed        beside it: the log had it, and its output became visible
//   state/ATTEMPT-N                the files that manifests name; several manifests may name one
//   claimed/, unclaimed/           what was restored by its path (restored_snapshots.h)
//
// Begin claims the folder for this process; a process that had it before is fenced by that. Files
// are written first, then the manifest, then the log entry: only that makes the checkpoint count.
// Where a transaction does (CommitAuthority), it comes between the two, and Begin enters what the
// log has missed of it.
// The last few checkpoints are kept; a file goes when no kept manifest names it, a manifest before
// its files.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/object_store.h"
#include "checkpoint/commit_log.h"
#include "checkpoint/manifest.h"
#include "checkpoint/restored_snapshots.h"
#include "checkpoint/savepoint_folder.h"
#include "plan/plan.h"
#include "stream/job_commit.h"

namespace sabot {

// Where to begin.
struct RestoreRequest {
  PlanCheckpoint::Restore from = PlanCheckpoint::Restore::kNothing;
  std::string path;  // kPath: a chk-... folder or a savepoint.
  // Not 0: the newest commit behind the claim of this attempt, this process's first, comes before
  // `from`. If another process has claimed the folder since, this one is fenced.
  int64_t since_attempt = 0;
  // An older checkpoint may be used though the rows behind it are visible already.
  bool accept_duplicates = false;
  // What lies at `path` is the job's from now on, and removed once enough checkpoints are newer.
  bool claim = false;
};

// State files by their names, whole and undamaged.
using StateFiles = std::map<std::string, std::shared_ptr<arrow::Buffer>>;

// A manifest and the store that its file names belong to.
struct RestoredCheckpoint {
  Manifest manifest;
  std::shared_ptr<ObjectStore> store;
  StateFiles files = {};     // That were read already: all of them, or none.
  bool own_files = false;    // In this folder: later checkpoints may name them too.
  bool own_lineage = false;  // Committed in this folder's log.
};

struct FolderOptions {
  std::string folder;
  std::string owner;  // Goes into the log, for people: host, process, time.
  int num_retained = 3;
  // What the owners of all attempts of this process begin with. Empty: not known.
  std::string process = {};
};

class CheckpointFolder {
 public:
  // What people should be told (a damaged checkpoint was passed over).
  using Warn = std::function<void(const std::string& message)>;

  static arrow::Result<std::unique_ptr<CheckpointFolder>> Open(FileSystem& files,
                                                               FolderOptions options);

  // Claims the folder, finds what to restore, removes what earlier attempts left. Nothing to
  // restore with kLatest means a start from the beginning. `authority`: makes checkpoints count.
  arrow::Result<std::optional<RestoredCheckpoint>> Begin(const RestoreRequest& request,
                                                         const Warn& warn,
                                                         CommitAuthority* authority = nullptr);

  int64_t attempt() const { return claim_.attempt; }
  // Differs from that of every other folder, also of one that was removed from the same place.
  const std::string& id() const { return id_; }
  int64_t lineage() const { return claim_.lineage; }
  // Epochs of this attempt begin here: all that were ever used are lower.
  int64_t first_epoch() const { return first_epoch_; }
  ObjectStore& store() { return *store_; }
  // A name for a state file. Clean-up leaves it alone until it is settled: then a manifest, or
  // CleanUp's `in_use`, must name it. Any thread.
  std::string NewStateName();
  void Settle(const std::string& name);
  arrow::Result<std::shared_ptr<SavepointFolder>> NewSavepoint(const std::string& path);

  // Makes the checkpoint count. `manifest.attempt` and `lineage` are this attempt's. Fails with
  // kind "fenced" when another process has taken the job over, with "commit-unknown" when the
  // machine does not say whether the log entry is there for good, or the authority does not; after
  // any other failure it does not count.
  arrow::Status Commit(Manifest manifest);
  // Fails with kind "fenced" if another process has taken the job over: a successor removes what
  // this one is writing, which is told as many things.
  arrow::Status CheckOwned();
  // Removes what no kept checkpoint needs. `in_use`: files of this attempt that a later checkpoint
  // will name.
  arrow::Status CleanUp(const std::set<std::string>& in_use);

  // The newest checkpoint that counts, without claiming anything (readers: state query, jobs).
  static arrow::Result<std::optional<RestoredCheckpoint>> Newest(FileSystem& files,
                                                                 const std::string& folder);
  // Reads a manifest from a chk-... or savepoint folder.
  static arrow::Result<RestoredCheckpoint> ReadPath(FileSystem& files, const std::string& path);

 private:
  CheckpointFolder(FileSystem& files, FolderOptions options);

  arrow::Status ReadId();
  arrow::Status Claim(const std::vector<LogEntry>& log, const RestoreRequest& request,
                      std::optional<RestoredCheckpoint>* restored, const Warn& warn);
  arrow::Result<std::optional<RestoredCheckpoint>> Find(const std::vector<LogEntry>& log,
                                                        const RestoreRequest& request,
                                                        const Warn& warn);
  arrow::Result<std::optional<RestoredCheckpoint>> FindLatest(const std::vector<LogEntry>& log,
                                                              int64_t above_entry,
                                                              bool accept_duplicates,
                                                              const Warn& warn);
  std::shared_ptr<ObjectStore> StoreOf(const Manifest& manifest) const;
  arrow::Status StillOurs(const std::vector<LogEntry>& log, int64_t since_attempt) const;
  arrow::Status MissesNothing(const std::vector<LogEntry>& log);
  arrow::Result<bool> EnterMissing(const std::optional<CommitPoint>& point,
                                   const std::vector<LogEntry>& log);
  arrow::Status ClaimOutput(const std::optional<CommitPoint>& point);
  arrow::Status RemoveCheckpoint(const std::string& name);
  arrow::Status Fenced(int64_t number);
  arrow::Status FencedBy(const std::string& owner) const;
  arrow::Status CommitUnknown(const arrow::Status& cause);

  FileSystem& files_;
  const FolderOptions options_;
  std::shared_ptr<ObjectStore> store_;
  CommitLog log_;
  RestoredSnapshots restored_;
  Warn warn_;
  CommitAuthority* authority_ = nullptr;
  LogEntry claim_;
  std::string id_;
  int64_t next_entry_ = 1;
  int64_t first_epoch_ = 1;
  std::mutex mutex_;
  int64_t next_state_ = 0;
  std::set<std::string> unsettled_;
  // Checkpoints that are kept, oldest first: epoch and attempt; and the log entry that commits
  // each.
  struct Kept {
    int64_t entry = 0;
    std::string manifest_folder;
    std::set<std::string> files;
  };
  std::vector<Kept> kept_;
};

// Every file that a manifest names, if all are whole and undamaged; else an error that says which
// is not.
arrow::Result<StateFiles> ReadStateFiles(ObjectStore& store, const Manifest& manifest);
// One file's bytes, checked.
arrow::Result<std::shared_ptr<arrow::Buffer>> ReadStateFile(ObjectStore& store,
                                                            const StateFile& file);

}  // namespace sabot
