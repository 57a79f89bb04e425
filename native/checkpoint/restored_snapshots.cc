// Claiming, and leaving alone.
#include "checkpoint/restored_snapshots.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/hash.h"

namespace sabot {
namespace {

constexpr char kClaimed[] = "claimed";
constexpr char kUnclaimed[] = "unclaimed";

std::string Below(const char* folder, const std::string& name) {
  return std::string(folder) + "/" + name;
}

std::string WithoutSlash(const std::string& path) {
  return path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

// A path's folder and last name.
std::pair<std::string, std::string> Split(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

arrow::Status Damaged(const std::string& path) {
  return UserError("checkpoint", path,
                   path + " is damaged: remove it, and the job forgets what it has claimed");
}

}  // namespace

std::set<std::string> StateFilesOf(const Manifest& manifest) {
  std::set<std::string> files;
  if (!manifest.files_at.empty()) return files;
  for (const OperatorState& op : manifest.operators) {
    for (const SubtaskState& subtask : op.subtasks) {
      for (const StateFile& file : subtask.files) {
        if (!file.name.empty()) files.insert(file.name);
      }
    }
  }
  return files;
}

arrow::Status RestoredSnapshots::Read() {
  ARROW_ASSIGN_OR_RAISE(const auto claimed, store_.List(kClaimed));
  for (const std::string& name : claimed) ARROW_RETURN_NOT_OK(ReadClaimed(name));
  ARROW_ASSIGN_OR_RAISE(const auto unclaimed, store_.List(kUnclaimed));
  for (const std::string& name : unclaimed) ARROW_RETURN_NOT_OK(ReadUnclaimed(name));
  return arrow::Status::OK();
}

arrow::Status RestoredSnapshots::ReadClaimed(const std::string& name) {
  const std::string object = Below(kClaimed, name);
  ARROW_ASSIGN_OR_RAISE(const std::string bytes, store_.Get(object));
  const auto json = nlohmann::json::parse(bytes, nullptr, false);
  Claimed claimed;
  const auto entry = std::from_chars(name.data(), name.data() + name.size(), claimed.entry);
  if (entry.ec != std::errc() || !json.is_object() || !json.contains("path") ||
      !json["path"].is_string() || !json.contains("checksum") ||
      !json["checksum"].is_number_unsigned()) {
    return Damaged(store_.PathOf(object));
  }
  claimed.path = json["path"].get<std::string>();
  claimed.checksum = json["checksum"].get<uint64_t>();
  claimed_.push_back(std::move(claimed));
  return arrow::Status::OK();
}

// Somebody may have removed it: then there is nothing to leave alone.
arrow::Status RestoredSnapshots::ReadUnclaimed(const std::string& name) {
  unclaimed_.insert(name);
  const std::string path = name + "/" + kManifestName;
  if (!store_.Exists(path)) return store_.Remove(Below(kUnclaimed, name));
  ARROW_ASSIGN_OR_RAISE(const std::string bytes, store_.Get(path));
  // A damaged one is no reason to stop.
  const auto manifest = DecodeManifest(bytes);
  if (manifest.ok()) unclaimed_files_.merge(StateFilesOf(*manifest));
  return arrow::Status::OK();
}

arrow::Status RestoredSnapshots::Note(const std::string& path, bool claim, int64_t entry) {
  const auto [parent, name] = Split(WithoutSlash(path));
  const auto outer = MakeFolderStore(files_, parent, "reader");
  ARROW_ASSIGN_OR_RAISE(const std::string manifest, outer->Get(name + "/" + kManifestName));
  const std::string own = name + "/" + kManifestName;
  bool is_own = store_.Exists(own);
  if (is_own) {
    ARROW_ASSIGN_OR_RAISE(const std::string own_manifest, store_.Get(own));
    is_own = own_manifest == manifest;
  }
  // A checkpoint of this folder is the job's, and goes in its turn, unless it is to be left alone.
  if (is_own && claim) {
    unclaimed_.erase(name);
    return store_.Remove(Below(kUnclaimed, name));
  }
  if (is_own) {
    ARROW_RETURN_NOT_OK(store_.Put(Below(kUnclaimed, name), ""));
    return ReadUnclaimed(name);
  }
  ARROW_RETURN_NOT_OK(Forget(WithoutSlash(path)));
  if (!claim) return arrow::Status::OK();
  Claimed claimed{entry, WithoutSlash(path), HashBytes(manifest)};
  const nlohmann::json json = {{"path", claimed.path}, {"checksum", claimed.checksum}};
  ARROW_RETURN_NOT_OK(store_.Put(Below(kClaimed, std::to_string(entry)), json.dump()));
  claimed_.push_back(std::move(claimed));
  return arrow::Status::OK();
}

// That it was claimed before: checkpoints from then on are not newer than this restore.
arrow::Status RestoredSnapshots::Forget(const std::string& path) {
  for (const Claimed& each : claimed_) {
    if (each.path == path)
      ARROW_RETURN_NOT_OK(store_.Remove(Below(kClaimed, std::to_string(each.entry))));
  }
  std::erase_if(claimed_, [&](const Claimed& each) { return each.path == path; });
  return arrow::Status::OK();
}

arrow::Status RestoredSnapshots::RemoveSubsumed(const std::vector<int64_t>& commits,
                                                size_t num_retained) {
  for (auto at = claimed_.begin(); at != claimed_.end();) {
    const auto newer = std::upper_bound(commits.begin(), commits.end(), at->entry);
    if (static_cast<size_t>(commits.end() - newer) < num_retained) {
      ++at;
      continue;
    }
    ARROW_RETURN_NOT_OK(Remove(*at));
    ARROW_RETURN_NOT_OK(store_.Remove(Below(kClaimed, std::to_string(at->entry))));
    at = claimed_.erase(at);
  }
  return arrow::Status::OK();
}

// The manifest first: without it the snapshot does not exist.
arrow::Status RestoredSnapshots::Remove(const Claimed& claimed) {
  const auto [parent, name] = Split(claimed.path);
  const auto outer = MakeFolderStore(files_, parent, "reader");
  const std::string path = name + "/" + kManifestName;
  if (!outer->Exists(path)) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const std::string bytes, outer->Get(path));
  if (HashBytes(bytes) != claimed.checksum) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const Manifest manifest, DecodeManifest(bytes));
  ARROW_RETURN_NOT_OK(outer->Remove(path));
  ARROW_RETURN_NOT_OK(RemoveFilesOf(manifest, claimed.path));
  ARROW_ASSIGN_OR_RAISE(const auto left, files_.List(claimed.path));
  for (const FileInfo& file : left) {
    // What it consists of, and nothing that somebody else has put there.
    if (file.name() == "committed") ARROW_RETURN_NOT_OK(files_.Remove(file.path));
  }
  ARROW_ASSIGN_OR_RAISE(const auto others, files_.List(claimed.path));
  return others.empty() ? files_.Remove(claimed.path) : arrow::Status::OK();
}

// A savepoint's files are its own. Those of a checkpoint may belong to others beside it, too.
arrow::Status RestoredSnapshots::RemoveFilesOf(const Manifest& manifest, const std::string& path) {
  std::set<std::string> files = StateFilesOf(manifest);
  const bool alone = manifest.kind == CheckpointKind::kSavepoint;
  const auto store = MakeFolderStore(files_, alone ? path : Split(path).first, "reader");
  if (!alone) {
    ARROW_ASSIGN_OR_RAISE(const auto names, store->List(""));
    for (const std::string& name : names) {
      const std::string other = name + "/" + kManifestName;
      if (!store->Exists(other)) continue;
      ARROW_ASSIGN_OR_RAISE(const std::string bytes, store->Get(other));
      const auto decoded = DecodeManifest(bytes);
      // One that cannot be read may need any of them.
      if (!decoded.ok()) return arrow::Status::OK();
      for (const std::string& needed : StateFilesOf(*decoded)) files.erase(needed);
    }
  }
  for (const std::string& name : files) ARROW_RETURN_NOT_OK(store->Remove(name));
  return arrow::Status::OK();
}

}  // namespace sabot
