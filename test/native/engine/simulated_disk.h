// A disk in memory that fails as disks do, when a seed says so: in front of a MemoryFileSystem,
// which holds what would be found after a crash.
//
//   SimulatedDisk disk(files, seed, {.failures = 20, .torn = true});
//   ... disk is used ... disk.Crash()   ->   files: what was synced, and any part of what was not
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"

namespace sabot::test {

struct DiskFaults {
  // Of a thousand operations that write: so many fail (no space, input/output error), some of them
  // after they have been done.
  uint64_t failures = 0;
  // Of a thousand syncs of checkpoint files: so many say that they are done, and are not.
  uint64_t lost_syncs = 0;
  bool torn = false;               // A crash leaves a part of what was not synced.
  int64_t latency_ms_max = 0;      // An operation takes a while, now and then that long.
  uint64_t crash_at = UINT64_MAX;  // The process is gone behind that operation.
};

class SimulatedDisk final : public FileSystem {
 public:
  SimulatedDisk(MemoryFileSystem& files, uint64_t seed, DiskFaults faults)
      : files_(files), random_(seed), faults_(faults) {}

  bool has_crashed() const { return num_operations_ >= faults_.crash_at; }
  uint64_t num_failures() const { return num_failures_; }
  uint64_t num_lost_syncs() const { return num_lost_syncs_; }
  uint64_t num_operations() const { return num_operations_; }
  // How long the next one takes.
  int64_t LatencyMillis();
  // The machine is gone.
  void Crash();

  arrow::Result<FileInfo> Stat(const std::string& path) override;
  bool Exists(const std::string& path) override;
  arrow::Result<std::vector<FileInfo>> List(const std::string& folder) override;
  arrow::Result<std::unique_ptr<ReadableFile>> OpenToRead(const std::string& path) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Map(const std::string& path) override;
  arrow::Result<std::unique_ptr<WritableFile>> Create(const std::string& path) override;
  arrow::Status CreateFolder(const std::string& path) override;
  arrow::Status Rename(const std::string& from, const std::string& to) override;
  arrow::Result<bool> Link(const std::string& from, const std::string& to) override;
  arrow::Status Remove(const std::string& path) override;

 private:
  class Writer;
  using Tail = std::shared_ptr<std::string>;  // What was appended since the last sync.

  // Whether an operation fails, and if so whether it is done all the same.
  struct Verdict {
    arrow::Status status;
    bool is_done = true;
  };
  Verdict Judge(const std::string& path);

  MemoryFileSystem& files_;
  std::mt19937_64 random_;
  const DiskFaults faults_;
  std::map<std::string, Tail> tails_;  // By path.
  uint64_t num_operations_ = 0;
  uint64_t num_failures_ = 0;
  uint64_t num_lost_syncs_ = 0;
};

}  // namespace sabot::test
