// The state of a checkpoint, read back: by operator and subtask, its snapshots oldest first.
#pragma once

#include <arrow/result.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/checkpoint_folder.h"
#include "state/snapshot.h"

namespace sabot {

class RestoredState {
 public:
  struct Operator {
    std::string name;
    std::vector<StateField> fields;
    std::vector<std::vector<SnapshotSections>> subtasks;  // Each one's snapshots, oldest first.
    std::vector<std::vector<StateFile>> files;            // The same, as files.
  };

  // Reads and checks every file that the manifest names, unless that was done already.
  static arrow::Result<RestoredState> Read(const RestoredCheckpoint& checkpoint);
  // Only those of one operator, and of one of its subtasks if that is not -1: for OwnReader.
  static arrow::Result<RestoredState> ReadOne(const RestoredCheckpoint& checkpoint,
                                              const std::string& uid, int subtask);

  RestoredState(RestoredState&&) noexcept = default;
  RestoredState& operator=(RestoredState&&) noexcept = default;

  const std::map<std::string, Operator>& operators() const { return operators_; }
  // What a subtask of the operator restores from, at whatever parallelism.
  SnapshotReader ReaderFor(const Operator& op, int subtask, int parallelism) const;
  // The same where keys may be encoded in another way now: every old subtask may have some of this
  // one's. Nothing builds on what is read.
  SnapshotReader MigratingReaderFor(const Operator& op, int subtask, int parallelism) const;
  // What an old subtask itself has left.
  SnapshotReader OwnReader(const Operator& op, int subtask) const;
  // The files that the next snapshot of that subtask may build on: none after rescaling.
  std::vector<StateFile> FilesOf(const Operator& op, int subtask, int parallelism) const;

 private:
  RestoredState() = default;
  static std::vector<SnapshotChain> ChainsOf(const Operator& op);
  arrow::Status ReadSubtask(const RestoredCheckpoint& checkpoint, const SubtaskState& subtask,
                            Operator* to);

  bool own_files_ = false;
  std::vector<std::shared_ptr<arrow::Buffer>> bytes_;  // What the sections refer to.
  std::map<std::string, Operator> operators_;
};

}  // namespace sabot
