// One job's budget, backend and folder.
#include "engine/job_state.h"

#include <arrow/memory_pool.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/clock.h"
#include "base/error.h"
#include "base/file_system.h"
#include "state/cold_backends.h"

namespace sabot {
namespace {

constexpr std::string_view kFolderName = "sabot-state-";  // Then the process and the time.
constexpr std::string_view kLockName = "/lock";

// The cold stores' part of the limit, for blocks that they cache and rows that wait to be written.
int64_t ColdBytes(const PlanOptions& options) {
  return options.state_backend == StateBackend::kRocksdb ? options.memory_limit_bytes / 5 : 0;
}

arrow::Status FolderError(const std::string& folder, const std::string& why) {
  return UserError(
      "io", folder,
      "cannot keep state in '" + folder + "': " + why + " (see 'state.backend.rocksdb.localdir')");
}

// What cannot be removed, or goes at the same time, is left to the next job.
void RemoveAbandoned(const std::string& folder) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (!at->path().filename().string().starts_with(kFolderName)) continue;
    const auto lock = FolderLock::Take(at->path().string(), /*create=*/false);
    if (!lock.ok() || *lock == nullptr) continue;
    std::error_code removing;
    std::filesystem::remove_all(at->path(), removing);
  }
}

}  // namespace

arrow::Result<std::unique_ptr<FolderLock>> FolderLock::Take(const std::string& folder,
                                                            bool create) {
  const std::string path = folder + std::string(kLockName);
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
  if (file < 0 && errno == ENOENT) return nullptr;
  if (file < 0) return FolderError(folder, std::strerror(errno));
  std::unique_ptr<FolderLock> lock(new FolderLock(file));
  struct stat held, there;
  const bool ours = flock(file, LOCK_EX | LOCK_NB) == 0 && fstat(file, &held) == 0 &&
                    stat(path.c_str(), &there) == 0 && held.st_ino == there.st_ino;
  if (!ours) return nullptr;  // Whoever had it may have removed the folder since.
  return lock;
}

FolderLock::~FolderLock() { close(file_); }

JobState::JobState(const PlanOptions& options, std::function<int64_t()> pool_bytes)
    : budget_({.limit_bytes = options.memory_limit_bytes == 0 ? MemoryBudget::kUnlimited
                                                              : options.memory_limit_bytes,
               .cold_bytes = ColdBytes(options)},
              std::move(pool_bytes)),
      root_(options.state_folder) {}

std::unique_ptr<JobState> JobState::Simulated(const PlanOptions& options) {
  std::unique_ptr<JobState> state(new JobState(options, [] { return int64_t{0}; }));
  if (options.state_backend == StateBackend::kRocksdb) state->backend_ = MakeModelBackend();
  state->own_files_ = std::make_unique<MemoryFileSystem>();
  return state;
}

std::unique_ptr<JobState> JobState::Make(const PlanOptions& options) {
  std::unique_ptr<JobState> state(
      new JobState(options, [] { return arrow::default_memory_pool()->bytes_allocated(); }));
  if (options.state_backend != StateBackend::kRocksdb) return state;
  state->backend_ = MakeRocksdbBackend({.memory_bytes = ColdBytes(options)});
  state->folder_ = state->root_ + "/" + std::string(kFolderName) + std::to_string(getpid()) + "-" +
                   std::to_string(SystemClock().MonotonicNanos());
  return state;
}

arrow::Status JobState::Open() {
  if (folder_.empty()) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(LocalFileSystem().CreateFolder(root_));
  RemoveAbandoned(root_);
  if (mkdir(folder_.c_str(), 0700) != 0) return FolderError(root_, std::strerror(errno));
  ARROW_ASSIGN_OR_RAISE(lock_, FolderLock::Take(folder_, /*create=*/true));
  if (lock_ == nullptr)
    return FolderError(root_, "another process removes folders that are in use");
  return arrow::Status::OK();
}

JobState::~JobState() {
  // What cannot be removed now goes when the next job starts.
  std::error_code error;
  if (lock_ != nullptr) std::filesystem::remove_all(folder_, error);
}

std::unique_ptr<StateTiers> JobState::TiersFor(int node, int subtask) {
  return std::make_unique<StateTiers>(
      TiersOptions{.budget = &budget_,
                   .backend = backend_.get(),
                   .files = own_files_ != nullptr ? own_files_.get() : &LocalFileSystem(),
                   .folder = folder_ + "/" + std::to_string(node) + "-" + std::to_string(subtask)});
}

}  // namespace sabot
