// What a job was restored from by its path, as its checkpoint folder remembers it.
//
//   claimed/12           {"path": "/sp", "checksum": "9f…"}    the job's own from log entry 12 on:
//                                                               removed once enough checkpoints are
//                                                               newer
//   unclaimed/chk-7-2    a checkpoint of this folder that is somebody's: it stays, with its files
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/object_store.h"
#include "checkpoint/manifest.h"

namespace sabot {

class RestoredSnapshots {
 public:
  // `store`: of the checkpoint folder; outlives this object.
  RestoredSnapshots(FileSystem& files, ObjectStore& store) : files_(files), store_(store) {}

  // What earlier attempts have noted.
  arrow::Status Read();
  // The snapshot at `path` was restored by the attempt that claimed with log entry `entry`.
  arrow::Status Note(const std::string& path, bool claim, int64_t entry);
  // Removes what is claimed and has enough newer checkpoints: `commits` are the log entries of
  // those that are kept, ascending.
  arrow::Status RemoveSubsumed(const std::vector<int64_t>& commits, size_t num_retained);

  bool IsSomebodys(const std::string& checkpoint) const { return unclaimed_.contains(checkpoint); }
  // State files of this folder that those need.
  const std::set<std::string>& files() const { return unclaimed_files_; }

 private:
  struct Claimed {
    int64_t entry = 0;
    std::string path;
    uint64_t checksum = 0;  // Of its manifest: another one at that path is not ours.
  };

  arrow::Status ReadClaimed(const std::string& name);
  arrow::Status ReadUnclaimed(const std::string& name);
  arrow::Status Forget(const std::string& path);
  arrow::Status Remove(const Claimed& claimed);
  arrow::Status RemoveFilesOf(const Manifest& manifest, const std::string& path);

  FileSystem& files_;
  ObjectStore& store_;
  std::vector<Claimed> claimed_;
  std::set<std::string> unclaimed_;
  std::set<std::string> unclaimed_files_;
};

// The state files that a manifest names, but for those of another folder.
std::set<std::string> StateFilesOf(const Manifest& manifest);

}  // namespace sabot
