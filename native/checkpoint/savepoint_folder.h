// A savepoint being written: a folder that holds all it needs, and may be moved.
//
//   PATH/manifest.json     written last
//   PATH/state-0 ...       the files that it names
#pragma once

#include <arrow/result.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/object_store.h"
#include "checkpoint/manifest.h"

namespace sabot {

class SavepointFolder {
 public:
  // `path` must be absent or empty. `writer`: of the object store's unfinished files.
  static arrow::Result<std::shared_ptr<SavepointFolder>> Create(FileSystem& files,
                                                                const std::string& path,
                                                                const std::string& writer);

  const std::string& path() const { return path_; }
  ObjectStore& store() { return *store_; }
  // Any thread.
  std::string NewStateName() { return "state-" + std::to_string(next_state_++); }
  // Copies files of a checkpoint folder into this one, under names of this one.
  arrow::Status CopyFrom(ObjectStore& store, SubtaskState* state);
  // From here on it exists.
  arrow::Status Commit(const Manifest& manifest);
  // What was written so far; the files of snapshots that are still under way stay behind.
  arrow::Status Remove();

 private:
  SavepointFolder(FileSystem& files, std::string path, const std::string& writer);

  FileSystem& files_;
  const std::string path_;
  const std::string writer_;
  const std::unique_ptr<ObjectStore> store_;
  std::atomic<int64_t> next_state_{0};
};

}  // namespace sabot
