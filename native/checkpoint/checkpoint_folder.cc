// Claiming, committing, retaining.
#include "checkpoint/checkpoint_folder.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/planted_bug.h"
#include "checkpoint/checkpoint_names.h"

namespace sabot {
namespace {

constexpr char kStateFolder[] = "state";
constexpr int kClaimsMax = 100;  // Others may claim at the same time, but not for ever.

std::string WriterName(const std::string& owner) { return ChecksumText(HashBytes(owner)); }

// The attempt that made it: of state/2-17 and chk-7-2 it is 2.
int64_t AttemptOf(std::string_view name, char before) {
  const size_t begin = before == 0 ? 0 : name.rfind(before) + 1;
  int64_t attempt = INT64_MAX;  // Nobody's we know: not ours to remove.
  std::from_chars(name.data() + begin, name.data() + name.size(), attempt);
  return attempt;
}

}  // namespace

CheckpointFolder::CheckpointFolder(FileSystem& files, FolderOptions options)
    : files_(files),
      options_(std::move(options)),
      store_(MakeFolderStore(files, options_.folder, WriterName(options_.owner))),
      log_(*store_),
      restored_(files, *store_) {}

arrow::Result<std::unique_ptr<CheckpointFolder>> CheckpointFolder::Open(FileSystem& files,
                                                                        FolderOptions options) {
  SABOT_CHECK(options.num_retained >= 1);
  ARROW_RETURN_NOT_OK(files.CreateFolder(options.folder));
  return std::unique_ptr<CheckpointFolder>(new CheckpointFolder(files, std::move(options)));
}

arrow::Result<std::optional<RestoredCheckpoint>> CheckpointFolder::Begin(
    const RestoreRequest& request, const Warn& warn, CommitAuthority* authority) {
  warn_ = warn;
  authority_ = authority;
  ARROW_RETURN_NOT_OK(ReadId());
  const bool goes_on =
      request.from == PlanCheckpoint::Restore::kLatest || request.since_attempt > 0;
  if (request.since_attempt > 0 && authority != nullptr)
    ARROW_RETURN_NOT_OK(authority->StillOurs(id_));
  std::optional<CommitPoint> point;
  std::optional<RestoredCheckpoint> restored;
  for (int tries = 0; claim_.attempt == 0; ++tries) {
    if (tries == kClaimsMax) {
      return UserError("checkpoint", options_.folder,
                       "the checkpoint folder " + options_.folder +
                           " could not be claimed: other processes keep claiming it");
    }
    ARROW_ASSIGN_OR_RAISE(const auto log, log_.Read());
    if (request.since_attempt > 0) ARROW_RETURN_NOT_OK(StillOurs(log, request.since_attempt));
    ARROW_RETURN_NOT_OK(Claim(log, request, &restored, warn));
    if (claim_.attempt == 0 || authority == nullptr) continue;
    // Behind the claim: a process that comes later settles it again.
    ARROW_ASSIGN_OR_RAISE(point, authority->Resolve());
    if (!goes_on) continue;
    ARROW_RETURN_NOT_OK(authority->Verify());
    ARROW_ASSIGN_OR_RAISE(const bool entered, EnterMissing(point, log));
    if (entered) claim_ = {};
  }
  for (const char* folder : {"", "/log", "/state"})
    ARROW_RETURN_NOT_OK(
        RemoveUnfinished(files_, options_.folder + folder, WriterName(options_.owner)));
  // A dead process may have been about to mark one that is kept.
  for (const Kept& kept : kept_)
    ARROW_RETURN_NOT_OK(
        RemoveUnfinished(files_, store_->PathOf(kept.manifest_folder), WriterName(options_.owner)));
  ARROW_RETURN_NOT_OK(restored_.Read());
  if (restored.has_value() && !restored->own_lineage)
    ARROW_RETURN_NOT_OK(restored_.Note(request.path, request.claim, claim_.number));
  ARROW_RETURN_NOT_OK(CleanUp({}));
  if (authority != nullptr) ARROW_RETURN_NOT_OK(ClaimOutput(point));
  return restored;
}

// What the authority has committed and the log does not know is entered there, so that it is
// restored. True if something was.
arrow::Result<bool> CheckpointFolder::EnterMissing(const std::optional<CommitPoint>& point,
                                                   const std::vector<LogEntry>& log) {
  const auto newest = std::find_if(log.rbegin(), log.rend(), [](const LogEntry& entry) {
    return entry.kind == LogEntry::Kind::kCommit;
  });
  const int64_t newest_epoch = newest == log.rend() ? 0 : newest->epoch;
  if (point && point->folder_id != id_ && point->epoch > 0) {
    return UserError("checkpoint", options_.folder,
                     "the job's output was committed last with checkpoint " +
                         CheckpointName(point->epoch, point->attempt) +
                         " of another checkpoint folder than " + options_.folder +
                         ": going on from here would write rows a second time, or leave rows out. "
                         "Name that folder, or start anew without --restore.");
  }
  if (point && point->folder_id == id_ && point->epoch > newest_epoch) {
    const std::string name = CheckpointName(point->epoch, point->attempt);
    const auto manifest = ReadManifest(*store_, name, point->manifest_checksum);
    if (!manifest.ok()) {
      return UserError("checkpoint", store_->PathOf(name),
                       "the job's output was committed with checkpoint " + store_->PathOf(name) +
                           ", which cannot be used: " + manifest.status().message() +
                           ". Restore the folder from a copy, or start anew without --restore.");
    }
    LogEntry entry;
    entry.number = next_entry_;
    entry.kind = LogEntry::Kind::kCommit;
    entry.attempt = claim_.attempt;
    entry.lineage = point->lineage;
    entry.epoch = point->epoch;
    entry.checkpoint_attempt = point->attempt;
    entry.manifest_checksum = point->manifest_checksum;
    entry.owner = options_.owner;
    ARROW_ASSIGN_OR_RAISE(const bool entered, log_.Append(entry));
    if (!entered) return Fenced(entry.number);
    return true;
  }
  if (newest == log.rend() ||
      (point && point->folder_id == id_ &&
       (point->epoch == newest_epoch || point->attempt > newest->checkpoint_attempt))) {
    return false;
  }
  const std::string name = CheckpointName(newest->epoch, newest->checkpoint_attempt);
  const auto manifest = ReadManifest(*store_, name, newest->manifest_checksum);
  if (!manifest.ok() || !manifest->transactional) return false;
  return UserError("checkpoint", store_->PathOf(name),
                   "the output of checkpoint " + store_->PathOf(name) +
                       " was committed where there is no record of it any more: what was written "
                       "behind it is not known. Start anew without --restore, or with --restore " +
                       store_->PathOf(name));
}

// Rows of this attempt follow from the point that it went on from: where the authority knows
// another one, it is told before the first row.
arrow::Status CheckpointFolder::ClaimOutput(const std::optional<CommitPoint>& point) {
  if (point && point->folder_id == id_ && point->lineage == claim_.lineage &&
      point->epoch == claim_.epoch) {
    return arrow::Status::OK();
  }
  CommitPoint own;
  own.folder_id = id_;
  own.lineage = claim_.lineage;
  own.attempt = claim_.attempt;
  own.epoch = claim_.epoch;
  own.owner = options_.owner;
  return authority_->Claim(own);
}

arrow::Status CheckpointFolder::ReadId() {
  // The owner's text holds process and time; the first attempt of all decides.
  char id[17];
  std::snprintf(id, sizeof(id), "%016llx",
                static_cast<unsigned long long>(HashBytes(options_.owner)));
  ARROW_RETURN_NOT_OK(store_->PutIfAbsent("id", id).status());
  return store_->Get("id").Value(&id_);
}

// Leaves claim_.attempt 0 if another process was faster.
arrow::Status CheckpointFolder::Claim(const std::vector<LogEntry>& log,
                                      const RestoreRequest& request,
                                      std::optional<RestoredCheckpoint>* restored,
                                      const Warn& warn) {
  ARROW_ASSIGN_OR_RAISE(*restored, Find(log, request, warn));
  LogEntry claim;
  claim.number = log.empty() ? 1 : log.back().number + 1;
  claim.attempt = claim.number;
  claim.owner = options_.owner;
  const bool goes_on = restored->has_value() && (*restored)->own_lineage;
  claim.lineage = goes_on ? (*restored)->manifest.lineage : claim.attempt;
  if (goes_on) {
    claim.epoch = (*restored)->manifest.epoch;
    claim.checkpoint_attempt = (*restored)->manifest.attempt;
  }
  int64_t last_epoch = restored->has_value() ? (*restored)->manifest.epoch : 0;
  for (const LogEntry& entry : log) last_epoch = std::max(last_epoch, entry.epoch);
  ARROW_ASSIGN_OR_RAISE(const bool claimed, log_.Append(claim));
  if (!claimed) return arrow::Status::OK();
  claim_ = claim;
  next_entry_ = claim.number + 1;
  first_epoch_ = last_epoch + 1;
  kept_.clear();
  for (const LogEntry& entry : log) {
    if (entry.kind != LogEntry::Kind::kCommit) continue;
    const std::string name = CheckpointName(entry.epoch, entry.checkpoint_attempt);
    const auto manifest = ReadManifest(*store_, name, entry.manifest_checksum);
    // One that cannot be read keeps its files no longer than its place in the log.
    kept_.push_back(
        {entry.number, name, manifest.ok() ? StateFilesOf(*manifest) : std::set<std::string>()});
  }
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<SavepointFolder>> CheckpointFolder::NewSavepoint(
    const std::string& path) {
  return SavepointFolder::Create(files_, path, WriterName(options_.owner));
}

std::string CheckpointFolder::NewStateName() {
  const std::lock_guard lock(mutex_);
  std::string name = std::string(kStateFolder) + "/" + std::to_string(claim_.attempt) + "-" +
                     std::to_string(next_state_++);
  unsettled_.insert(name);
  return name;
}

void CheckpointFolder::Settle(const std::string& name) {
  const std::lock_guard lock(mutex_);
  unsettled_.erase(name);
}

arrow::Status CheckpointFolder::Fenced(int64_t number) {
  const auto taken = log_.Find(number);
  std::string by = "another process";
  if (taken.ok() && taken->has_value()) by = (*taken)->owner;
  return FencedBy(by);
}

arrow::Status CheckpointFolder::FencedBy(const std::string& owner) const {
  return UserError("fenced", options_.folder,
                   "this process no longer owns the job: " + owner + " has taken over " +
                       options_.folder +
                       ". Nothing of what it did since its last checkpoint counts.");
}

arrow::Status CheckpointFolder::CheckOwned() {
  ARROW_ASSIGN_OR_RAISE(const auto log, log_.Read());
  if (log.empty() || log.back().number < next_entry_) return arrow::Status::OK();
  return Fenced(log.back().number);
}

// The entry may be ours, but whether it outlives a crash of the machine is not certain.
arrow::Status CheckpointFolder::CommitUnknown(const arrow::Status& cause) {
  return UserError("commit-unknown", options_.folder,
                   "whether the last checkpoint counts is not certain (" + cause.message() +
                       "): the job stops, and the next start reads it from the log");
}

arrow::Status CheckpointFolder::Commit(Manifest manifest) {
  manifest.transactional = authority_ != nullptr;
  SABOT_CHECK(manifest.attempt == claim_.attempt && manifest.epoch >= first_epoch_);
  const std::string bytes = EncodeManifest(manifest);
  SABOT_CHECK(DecodeManifest(bytes).ok());
  const std::string name = CheckpointName(manifest.epoch, manifest.attempt);
  const auto put_manifest = [&] { return store_->Put(name + "/" + kManifestName, bytes); };
  const bool manifest_last = IsPlanted(PlantedBug::kCommitBeforeManifest);
  if (!manifest_last) ARROW_RETURN_NOT_OK(put_manifest());
  LogEntry entry;
  entry.number = next_entry_;
  entry.kind = LogEntry::Kind::kCommit;
  entry.attempt = claim_.attempt;
  entry.lineage = claim_.lineage;
  entry.epoch = manifest.epoch;
  entry.checkpoint_attempt = manifest.attempt;
  entry.manifest_checksum = HashBytes(bytes);
  entry.owner = options_.owner;
  if (authority_ != nullptr) {
    const arrow::Status committed =
        authority_->Commit({id_, manifest.lineage, manifest.attempt, manifest.epoch,
                            entry.manifest_checksum, options_.owner});
    const ErrorDetail* const detail = DetailOf(committed);
    const std::string kind = detail == nullptr ? "" : detail->kind();
    // After any other failure this attempt does not know what its next rows would belong to.
    if (kind == "fenced" || kind == "transaction-aborted") return committed;
    if (!committed.ok()) return CommitUnknown(committed);
  }
  const arrow::Result<bool> appended = log_.Append(entry);
  if (!appended.ok()) {
    if (authority_ != nullptr) return CommitUnknown(appended.status());
    const auto found = log_.Find(entry.number);
    if (!found.ok()) return CommitUnknown(found.status());
    if (!found->has_value()) return appended.status();
    if ((*found)->attempt != claim_.attempt) return Fenced(entry.number);
    return CommitUnknown(appended.status());
  } else if (!*appended) {
    return Fenced(entry.number);
  }
  if (manifest_last) ARROW_RETURN_NOT_OK(put_manifest());
  ++next_entry_;
  kept_.push_back({entry.number, name, StateFilesOf(manifest)});
  if (!manifest.output_visible) return arrow::Status::OK();
  const arrow::Status marked = store_->Put(name + kCommittedName, "");
  // It counts all the same.
  if (!marked.ok()) warn_("checkpoint " + name + " could not be marked: " + marked.message());
  return arrow::Status::OK();
}

arrow::Status CheckpointFolder::CleanUp(const std::set<std::string>& in_use) {
  const auto num_retained = static_cast<size_t>(options_.num_retained);
  if (kept_.size() > num_retained) {
    kept_.erase(kept_.begin(), kept_.end() - static_cast<ptrdiff_t>(num_retained));
  }
  std::set<std::string> kept_manifests;
  std::vector<int64_t> commits;
  std::set<std::string> kept_files = in_use;
  for (const Kept& kept : kept_) {
    kept_manifests.insert(kept.manifest_folder);
    kept_files.insert(kept.files.begin(), kept.files.end());
    commits.push_back(kept.entry);
  }
  kept_files.insert(restored_.files().begin(), restored_.files().end());
  // A process that was fenced without knowing it yet may come by here: what its successor has made
  // is not its to remove.
  ARROW_ASSIGN_OR_RAISE(const auto names, store_->List(""));
  for (const std::string& name : names) {
    if (!name.starts_with(kCheckpointPrefix) || kept_manifests.contains(name)) continue;
    if (AttemptOf(name, '-') > claim_.attempt || restored_.IsSomebodys(name)) continue;
    ARROW_RETURN_NOT_OK(RemoveCheckpoint(name));
  }
  if (!kept_.empty()) ARROW_RETURN_NOT_OK(log_.RemoveBelow(kept_.front().entry));
  ARROW_ASSIGN_OR_RAISE(const auto states, store_->List(kStateFolder));
  for (const std::string& state : states) {
    const std::string name = std::string(kStateFolder) + "/" + state;
    if (kept_files.contains(name) || AttemptOf(state, 0) > claim_.attempt) continue;
    {
      const std::lock_guard lock(mutex_);
      if (unsettled_.contains(name)) continue;
    }
    ARROW_RETURN_NOT_OK(store_->Remove(name));
  }
  return restored_.RemoveSubsumed(commits, num_retained);
}

// The manifest first: without it the checkpoint does not exist. Then what a dead process left of
// one.
arrow::Status CheckpointFolder::RemoveCheckpoint(const std::string& name) {
  ARROW_RETURN_NOT_OK(store_->Remove(name + "/" + kManifestName));
  ARROW_RETURN_NOT_OK(store_->Remove(name + kCommittedName));
  ARROW_RETURN_NOT_OK(RemoveUnfinished(files_, store_->PathOf(name), WriterName(options_.owner)));
  return store_->Remove(name);
}

}  // namespace sabot
