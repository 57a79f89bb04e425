// Reading a checkpoint's files.
#include "checkpoint/restored_state.h"

#include <arrow/buffer.h>

#include <utility>

#include "base/error.h"
#include "batch/key_encoding.h"
#include "checkpoint/state_file.h"

namespace sabot {

arrow::Result<RestoredState> RestoredState::Read(const RestoredCheckpoint& checkpoint) {
  RestoredState state;
  state.own_files_ = checkpoint.own_files;
  for (const OperatorState& from : checkpoint.manifest.operators) {
    Operator& to = state.operators_[from.uid];
    to.name = from.name;
    to.fields = from.fields;
    for (const SubtaskState& subtask : from.subtasks)
      ARROW_RETURN_NOT_OK(state.ReadSubtask(checkpoint, subtask, &to));
  }
  return state;
}

arrow::Result<RestoredState> RestoredState::ReadOne(const RestoredCheckpoint& checkpoint,
                                                    const std::string& uid, int subtask) {
  RestoredState state;
  for (const OperatorState& from : checkpoint.manifest.operators) {
    if (from.uid != uid) continue;
    Operator& to = state.operators_[from.uid];
    to.name = from.name;
    to.fields = from.fields;
    for (size_t i = 0; i < from.subtasks.size(); ++i) {
      const bool wanted = subtask < 0 || static_cast<size_t>(subtask) == i;
      ARROW_RETURN_NOT_OK(
          state.ReadSubtask(checkpoint, wanted ? from.subtasks[i] : SubtaskState(), &to));
    }
  }
  return state;
}

arrow::Status RestoredState::ReadSubtask(const RestoredCheckpoint& checkpoint,
                                         const SubtaskState& subtask, Operator* to) {
  std::vector<SnapshotSections>& snapshots = to->subtasks.emplace_back();
  for (const StateFile& file : subtask.files) {
    const auto known = checkpoint.files.find(file.name);
    if (known != checkpoint.files.end()) {
      bytes_.push_back(known->second);
    } else {
      ARROW_ASSIGN_OR_RAISE(auto bytes, ReadStateFile(*checkpoint.store, file));
      bytes_.push_back(std::move(bytes));
    }
    auto sections = ParseStateFile(std::string_view(*bytes_.back()));
    if (!sections.ok()) {
      const std::string path = checkpoint.store->PathOf(file.name);
      return UserError("checkpoint", path, path + ": " + sections.status().message());
    }
    snapshots.push_back(std::move(*sections));
  }
  to->files.push_back(subtask.files);
  return arrow::Status::OK();
}

SnapshotReader RestoredState::OwnReader(const Operator& op, int subtask) const {
  const KeyGroups own = KeyGroupsOf(subtask, static_cast<int>(op.subtasks.size()));
  SnapshotChain chain;
  for (const SnapshotSections& sections : op.subtasks[static_cast<size_t>(subtask)])
    chain.snapshots.push_back(&sections);
  chain.key_groups = own;
  return SnapshotReader({std::move(chain)}, own);
}

std::vector<SnapshotChain> RestoredState::ChainsOf(const Operator& op) {
  std::vector<SnapshotChain> chains;
  const auto old_parallelism = static_cast<int>(op.subtasks.size());
  for (int old = 0; old < old_parallelism; ++old) {
    SnapshotChain chain;
    for (const SnapshotSections& sections : op.subtasks[static_cast<size_t>(old)])
      chain.snapshots.push_back(&sections);
    chain.key_groups = KeyGroupsOf(old, old_parallelism);
    chains.push_back(std::move(chain));
  }
  return chains;
}

SnapshotReader RestoredState::ReaderFor(const Operator& op, int subtask, int parallelism) const {
  return SnapshotReader(ChainsOf(op), KeyGroupsOf(subtask, parallelism),
                        own_files_ && static_cast<int>(op.subtasks.size()) == parallelism);
}

SnapshotReader RestoredState::MigratingReaderFor(const Operator& op, int subtask,
                                                 int parallelism) const {
  std::vector<SnapshotChain> chains = ChainsOf(op);
  for (SnapshotChain& chain : chains) chain.key_groups = {};
  return SnapshotReader(std::move(chains), KeyGroupsOf(subtask, parallelism));
}

std::vector<StateFile> RestoredState::FilesOf(const Operator& op, int subtask,
                                              int parallelism) const {
  if (!own_files_ || static_cast<int>(op.subtasks.size()) != parallelism) return {};
  return op.files[static_cast<size_t>(subtask)];
}

}  // namespace sabot
