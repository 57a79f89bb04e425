// What a start goes on from: manifests and state files, read and checked.
#include <arrow/buffer.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/hash.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/checkpoint_names.h"

namespace sabot {

std::string CheckpointName(int64_t epoch, int64_t attempt) {
  return "chk-" + std::to_string(epoch) + "-" + std::to_string(attempt);
}

arrow::Result<Manifest> ReadManifest(ObjectStore& store, const std::string& checkpoint,
                                     uint64_t checksum) {
  ARROW_ASSIGN_OR_RAISE(const std::string bytes, store.Get(checkpoint + "/" + kManifestName));
  if (HashBytes(bytes) != checksum)
    return arrow::Status::Invalid("the manifest is not the one that was committed");
  return DecodeManifest(bytes);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ReadStateFile(ObjectStore& store,
                                                            const StateFile& file) {
  if (file.name.empty()) return arrow::Buffer::FromString(file.bytes);
  ARROW_ASSIGN_OR_RAISE(auto bytes, store.Map(file.name));
  if (bytes->size() != file.size) {
    return UserError("checkpoint", store.PathOf(file.name),
                     store.PathOf(file.name) + " has " + std::to_string(bytes->size()) +
                         " bytes; the manifest says " + std::to_string(file.size));
  }
  if (HashBytes(std::string_view(*bytes)) != file.checksum) {
    return UserError("checkpoint", store.PathOf(file.name),
                     store.PathOf(file.name) + " is damaged: its checksum does not fit");
  }
  return bytes;
}

arrow::Result<StateFiles> ReadStateFiles(ObjectStore& store, const Manifest& manifest) {
  StateFiles files;
  for (const OperatorState& op : manifest.operators) {
    for (const SubtaskState& subtask : op.subtasks) {
      for (const StateFile& file : subtask.files) {
        if (file.name.empty()) continue;
        ARROW_ASSIGN_OR_RAISE(files[file.name], ReadStateFile(store, file));
      }
    }
  }
  return files;
}

std::shared_ptr<ObjectStore> CheckpointFolder::StoreOf(const Manifest& manifest) const {
  if (manifest.files_at.empty()) return store_;
  return MakeFolderStore(files_, manifest.files_at, "reader");
}

arrow::Result<std::optional<RestoredCheckpoint>> CheckpointFolder::Find(
    const std::vector<LogEntry>& log, const RestoreRequest& request, const Warn& warn) {
  if (request.since_attempt > 0) {
    ARROW_ASSIGN_OR_RAISE(auto found,
                          FindLatest(log, request.since_attempt, request.accept_duplicates, warn));
    if (found) return found;
  }
  switch (request.from) {
    case PlanCheckpoint::Restore::kNothing:
      return std::nullopt;
    case PlanCheckpoint::Restore::kLatest:
      ARROW_RETURN_NOT_OK(MissesNothing(log));
      return FindLatest(log, 0, request.accept_duplicates, warn);
    case PlanCheckpoint::Restore::kPath:
      break;
  }
  ARROW_ASSIGN_OR_RAISE(auto found, ReadPath(files_, request.path));
  ARROW_ASSIGN_OR_RAISE(found.files, ReadStateFiles(*found.store, found.manifest));
  return found;
}

// A process that was taken for dead, and fails before it learns that it was replaced, may not take
// the job back when it starts the job again. Claims of others may be gone from the log's front, not
// what they committed behind them.
arrow::Status CheckpointFolder::StillOurs(const std::vector<LogEntry>& log,
                                          int64_t since_attempt) const {
  if (options_.process.empty()) return arrow::Status::OK();
  for (const LogEntry& entry : log) {
    if (entry.attempt > since_attempt && !entry.owner.starts_with(options_.process))
      return FencedBy(entry.owner);
  }
  return arrow::Status::OK();
}

// Without its log entry a checkpoint looks as if it had never counted: where its output is visible,
// going on from an older one would write it twice.
arrow::Status CheckpointFolder::MissesNothing(const std::vector<LogEntry>& log) {
  int64_t newest = 0;
  for (const LogEntry& entry : log) {
    if (entry.kind == LogEntry::Kind::kCommit) newest = std::max(newest, entry.epoch);
  }
  ARROW_ASSIGN_OR_RAISE(const auto names, store_->List(""));
  for (const std::string& name : names) {
    if (!name.starts_with(kCheckpointPrefix) || !store_->Exists(name + kCommittedName)) continue;
    int64_t epoch = 0;
    std::from_chars(name.data() + kCheckpointPrefix.size(), name.data() + name.size(), epoch);
    if (epoch <= newest) continue;
    return UserError("checkpoint", store_->PathOf("log"),
                     "the commit log " + store_->PathOf("log") + " misses the entry of " +
                         store_->PathOf(name) +
                         ", whose output is visible. Restore the log from a copy, or go on from "
                         "that checkpoint: --restore " +
                         store_->PathOf(name));
  }
  return arrow::Status::OK();
}

// The newest commit behind an entry whose manifest and files are whole.
arrow::Result<std::optional<RestoredCheckpoint>> CheckpointFolder::FindLatest(
    const std::vector<LogEntry>& log, int64_t above_entry, bool accept_duplicates,
    const Warn& warn) {
  bool later_is_visible = false;
  std::string later;
  for (auto entry = log.rbegin(); entry != log.rend(); ++entry) {
    if (entry->kind != LogEntry::Kind::kCommit || entry->number <= above_entry) continue;
    const std::string name = CheckpointName(entry->epoch, entry->checkpoint_attempt);
    auto manifest = ReadManifest(*store_, name, entry->manifest_checksum);
    const std::shared_ptr<ObjectStore> store = manifest.ok() ? StoreOf(*manifest) : store_;
    arrow::Result<StateFiles> files =
        manifest.ok() ? ReadStateFiles(*store, *manifest) : manifest.status();
    const arrow::Status& status = files.status();
    if (status.ok()) {
      if (!later.empty() && later_is_visible && !accept_duplicates) {
        return UserError(
            "checkpoint", store_->PathOf(later),
            "checkpoint " + store_->PathOf(later) +
                " is damaged, and its output is visible already: going on from " +
                store_->PathOf(name) +
                " would write those rows a second time. Restore the damaged files from a copy, or "
                "accept the duplicates with --accept-duplicates.");
      }
      return RestoredCheckpoint{std::move(*manifest), store, std::move(*files), store == store_,
                                true};
    }
    if (manifest.ok() && store != store_) {
      return UserError("checkpoint", manifest->files_at,
                       "the job was stopped with the savepoint " + manifest->files_at +
                           ", which cannot be used: " + status.message() +
                           ". If it was moved, go on with --restore PATH.");
    }
    warn("checkpoint " + store_->PathOf(name) + " cannot be used: " + status.message());
    later = name;
    // What a manifest that cannot be read made visible is not known: taken for visible.
    later_is_visible = later_is_visible || !manifest.ok() || manifest->output_visible;
  }
  if (!later.empty()) {
    return UserError("checkpoint", store_->PathOf(later),
                     "no checkpoint in " + options_.folder +
                         " can be used: all are damaged (see the warnings). Restore the files from "
                         "a copy, or start anew without --restore.");
  }
  return std::nullopt;
}

arrow::Result<std::optional<RestoredCheckpoint>> CheckpointFolder::Newest(
    FileSystem& files, const std::string& folder) {
  std::shared_ptr<ObjectStore> store = MakeFolderStore(files, folder, "reader");
  CommitLog log(*store);
  for (int64_t unread = 0;;) {
    ARROW_ASSIGN_OR_RAISE(const auto entries, log.Read());
    const auto entry = std::find_if(entries.rbegin(), entries.rend(), [](const LogEntry& each) {
      return each.kind == LogEntry::Kind::kCommit;
    });
    if (entry == entries.rend()) return std::nullopt;
    auto manifest = ReadManifest(*store, CheckpointName(entry->epoch, entry->checkpoint_attempt),
                                 entry->manifest_checksum);
    if (manifest.ok()) {
      const bool own_files = manifest->files_at.empty();
      if (!own_files) store = MakeFolderStore(files, manifest->files_at, "reader");
      return RestoredCheckpoint{std::move(*manifest), std::move(store), {}, own_files, true};
    }
    // The job may have gone on and removed it: then there is a newer one.
    if (entry->number == unread) return manifest.status();
    unread = entry->number;
  }
}

arrow::Result<RestoredCheckpoint> CheckpointFolder::ReadPath(FileSystem& files,
                                                             const std::string& path) {
  const std::string whole = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
  if (!files.Exists(whole + "/" + kManifestName)) {
    return UserError("checkpoint", path,
                     "there is no checkpoint or savepoint at " + path +
                         ": a folder with a manifest.json is expected (chk-... in a checkpoint "
                         "folder, or what 'sabot savepoint' printed)");
  }
  const size_t slash = whole.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : whole.substr(0, slash);
  const std::string name = slash == std::string::npos ? whole : whole.substr(slash + 1);
  std::shared_ptr<ObjectStore> outer = MakeFolderStore(files, parent, "reader");
  ARROW_ASSIGN_OR_RAISE(const std::string bytes, outer->Get(name + "/" + kManifestName));
  auto manifest = DecodeManifest(bytes);
  if (!manifest.ok())
    return UserError("checkpoint", path, path + ": " + manifest.status().message());
  // A savepoint holds its files itself; those of a checkpoint are the checkpoint folder's.
  std::shared_ptr<ObjectStore> store = outer;
  if (!manifest->files_at.empty()) {
    store = MakeFolderStore(files, manifest->files_at, "reader");
  } else if (manifest->kind == CheckpointKind::kSavepoint) {
    store = MakeFolderStore(files, whole, "reader");
  }
  return RestoredCheckpoint{std::move(*manifest), std::move(store), {}, false, false};
}

}  // namespace sabot
