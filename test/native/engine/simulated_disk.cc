// Faults of disks.
#include "engine/simulated_disk.h"

#include <utility>

#include "base/error.h"

namespace sabot::test {

class SimulatedDisk::Writer final : public WritableFile {
 public:
  Writer(SimulatedDisk& disk, std::string path, std::unique_ptr<WritableFile> file, Tail tail)
      : disk_(disk), path_(std::move(path)), file_(std::move(file)), tail_(std::move(tail)) {}

  arrow::Status Append(std::string_view bytes) override {
    const Verdict verdict = disk_.Judge(path_);
    if (!verdict.is_done) return verdict.status;
    ARROW_RETURN_NOT_OK(file_->Append(bytes));
    tail_->append(bytes);
    return verdict.status;
  }

  arrow::Status Sync() override {
    const Verdict verdict = disk_.Judge(path_);
    if (!verdict.is_done) return verdict.status;
    // What output files lose, nobody can know.
    if (path_.starts_with("/chk/") && disk_.random_() % 1000 < disk_.faults_.lost_syncs) {
      ++disk_.num_lost_syncs_;
      return verdict.status;
    }
    ARROW_RETURN_NOT_OK(file_->Sync());
    tail_->clear();
    return verdict.status;
  }

  arrow::Status Close() override { return file_->Close(); }

 private:
  SimulatedDisk& disk_;
  const std::string path_;
  const std::unique_ptr<WritableFile> file_;
  const Tail tail_;
};

SimulatedDisk::Verdict SimulatedDisk::Judge(const std::string& path) {
  if (has_crashed()) return {arrow::Status::Cancelled("the process is gone"), false};
  ++num_operations_;
  if (random_() % 1000 >= faults_.failures) return {arrow::Status::OK(), true};
  ++num_failures_;
  const char* const why = random_() % 2 == 0 ? "No space left on device" : "Input/output error";
  return {UserError("io", path, "cannot write '" + path + "': " + why), random_() % 4 == 0};
}

int64_t SimulatedDisk::LatencyMillis() {
  if (faults_.latency_ms_max == 0) return 0;
  const auto most = static_cast<uint64_t>(faults_.latency_ms_max);
  return static_cast<int64_t>(random_() % (random_() % 8 == 0 ? most + 1 : most / 10 + 1));
}

void SimulatedDisk::Crash() {
  std::map<std::string, std::string> kept;
  for (const auto& [path, tail] : tails_) {
    if (faults_.torn && !tail->empty())
      kept[path] = tail->substr(0, random_() % (tail->size() + 1));
  }
  files_.Crash();
  for (const auto& [path, bytes] : kept) {
    const auto synced = files_.Read(path);
    if (synced.ok()) files_.Write(path, *synced + bytes);
  }
  tails_.clear();
}

arrow::Result<FileInfo> SimulatedDisk::Stat(const std::string& path) { return files_.Stat(path); }

bool SimulatedDisk::Exists(const std::string& path) { return files_.Exists(path); }

arrow::Result<std::vector<FileInfo>> SimulatedDisk::List(const std::string& folder) {
  return files_.List(folder);
}

arrow::Result<std::unique_ptr<ReadableFile>> SimulatedDisk::OpenToRead(const std::string& path) {
  return files_.OpenToRead(path);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> SimulatedDisk::Map(const std::string& path) {
  return files_.Map(path);
}

arrow::Result<std::unique_ptr<WritableFile>> SimulatedDisk::Create(const std::string& path) {
  const Verdict verdict = Judge(path);
  if (!verdict.is_done) return verdict.status;
  ARROW_ASSIGN_OR_RAISE(auto file, files_.Create(path));
  const Tail tail = std::make_shared<std::string>();
  tails_[path] = tail;
  if (!verdict.status.ok()) return verdict.status;
  return std::make_unique<Writer>(*this, path, std::move(file), tail);
}

arrow::Status SimulatedDisk::CreateFolder(const std::string& path) {
  const Verdict verdict = Judge(path);
  if (verdict.is_done) ARROW_RETURN_NOT_OK(files_.CreateFolder(path));
  return verdict.status;
}

arrow::Status SimulatedDisk::Rename(const std::string& from, const std::string& to) {
  const Verdict verdict = Judge(from);
  if (!verdict.is_done) return verdict.status;
  ARROW_RETURN_NOT_OK(files_.Rename(from, to));
  const auto found = tails_.find(from);
  if (found != tails_.end()) {
    tails_[to] = found->second;
    tails_.erase(from);
  }
  return verdict.status;
}

arrow::Result<bool> SimulatedDisk::Link(const std::string& from, const std::string& to) {
  const Verdict verdict = Judge(from);
  if (!verdict.is_done) return verdict.status;
  ARROW_ASSIGN_OR_RAISE(const bool linked, files_.Link(from, to));
  const auto found = tails_.find(from);
  if (linked && found != tails_.end()) tails_[to] = found->second;
  if (!verdict.status.ok()) return verdict.status;
  return linked;
}

arrow::Status SimulatedDisk::Remove(const std::string& path) {
  const Verdict verdict = Judge(path);
  if (!verdict.is_done) return verdict.status;
  tails_.erase(path);
  ARROW_RETURN_NOT_OK(files_.Remove(path));
  return verdict.status;
}

}  // namespace sabot::test
