// Files in memory.
#include <arrow/buffer.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/file_system.h"

namespace sabot {
namespace {

arrow::Status Missing(const std::string& path) {
  return UserError("io", path, "cannot find '" + path + "': No such file or directory");
}

std::string FolderPrefix(const std::string& folder) {
  return folder.ends_with('/') ? folder : folder + "/";
}

}  // namespace

class MemoryFileSystem::Reader final : public ReadableFile {
 public:
  Reader(MemoryFileSystem* files, std::string path, std::shared_ptr<Content> content)
      : files_(files), path_(std::move(path)), content_(std::move(content)) {}

  arrow::Result<int64_t> ReadAt(int64_t offset, char* to, int64_t size) override {
    ARROW_RETURN_NOT_OK(files_->Ask("read", path_));
    const std::lock_guard lock(files_->mutex_);
    const int64_t left =
        std::max<int64_t>(0, static_cast<int64_t>(content_->bytes.size()) - offset);
    const int64_t count = std::min(size, left);
    if (count > 0) std::memcpy(to, content_->bytes.data() + offset, static_cast<size_t>(count));
    return count;
  }

  arrow::Result<int64_t> ReadNow(int64_t offset, char* to, int64_t size) override {
    {
      const std::lock_guard lock(files_->mutex_);
      if (files_->on_disk_) return kWouldWait;
    }
    return ReadAt(offset, to, size);
  }

 private:
  MemoryFileSystem* files_;
  const std::string path_;
  const std::shared_ptr<Content> content_;
};

class MemoryFileSystem::Writer final : public WritableFile {
 public:
  Writer(MemoryFileSystem* files, std::string path, std::shared_ptr<Content> content)
      : files_(files), path_(std::move(path)), content_(std::move(content)) {}

  arrow::Status Append(std::string_view bytes) override {
    ARROW_RETURN_NOT_OK(files_->Ask("append", path_));
    const std::lock_guard lock(files_->mutex_);
    content_->bytes.append(bytes);
    return arrow::Status::OK();
  }
  arrow::Status Sync() override {
    ARROW_RETURN_NOT_OK(files_->Ask("sync", path_));
    const std::lock_guard lock(files_->mutex_);
    content_->synced = content_->bytes.size();
    return arrow::Status::OK();
  }
  arrow::Status Close() override { return arrow::Status::OK(); }

 private:
  MemoryFileSystem* files_;
  const std::string path_;
  const std::shared_ptr<Content> content_;
};

void MemoryFileSystem::Write(const std::string& path, std::string bytes, int64_t modified_ms) {
  const std::lock_guard lock(mutex_);
  auto content = std::make_shared<Content>();
  content->synced = bytes.size();
  content->bytes = std::move(bytes);
  content->modified_ms = modified_ms;
  files_[path] = std::move(content);
}

arrow::Result<std::string> MemoryFileSystem::Read(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  if (found == files_.end()) return Missing(path);
  return found->second->bytes;
}

std::vector<std::string> MemoryFileSystem::Paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  paths.reserve(files_.size());
  for (const auto& [path, content] : files_) paths.push_back(path);
  return paths;
}

void MemoryFileSystem::SetFault(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

void MemoryFileSystem::SetOnDisk(bool on_disk) {
  const std::lock_guard lock(mutex_);
  on_disk_ = on_disk;
}

void MemoryFileSystem::Crash() {
  const std::lock_guard lock(mutex_);
  for (auto& [path, content] : files_) content->bytes.resize(content->synced);
}

arrow::Status MemoryFileSystem::Ask(std::string_view operation, const std::string& path) {
  Fault fault;
  {
    const std::lock_guard lock(mutex_);
    fault = fault_;
  }
  return fault ? fault(operation, path) : arrow::Status::OK();
}

arrow::Result<FileInfo> MemoryFileSystem::Stat(const std::string& path) {
  ARROW_RETURN_NOT_OK(Ask("stat", path));
  const std::lock_guard lock(mutex_);
  FileInfo info;
  info.path = path;
  const auto found = files_.find(path);
  if (found != files_.end()) {
    info.size = static_cast<int64_t>(found->second->bytes.size());
    info.modified_ms = found->second->modified_ms;
    return info;
  }
  info.is_folder = true;
  const std::string prefix = FolderPrefix(path);
  const auto below = files_.lower_bound(prefix);
  if (folders_.contains(path) || (below != files_.end() && below->first.starts_with(prefix)))
    return info;
  return Missing(path);
}

bool MemoryFileSystem::Exists(const std::string& path) { return Stat(path).ok(); }

arrow::Result<std::vector<FileInfo>> MemoryFileSystem::List(const std::string& folder) {
  ARROW_RETURN_NOT_OK(Ask("list", folder));
  ARROW_ASSIGN_OR_RAISE(const FileInfo info, Stat(folder));
  if (!info.is_folder)
    return UserError("io", folder, "cannot list '" + folder + "': Not a directory");
  const std::string prefix = FolderPrefix(folder);
  std::vector<std::string> paths;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = files_.lower_bound(prefix); at != files_.end() && at->first.starts_with(prefix);
         ++at) {
      std::string child = at->first.substr(0, at->first.find('/', prefix.size()));
      if (paths.empty() || paths.back() != child) paths.push_back(std::move(child));
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<FileInfo> infos;
  infos.reserve(paths.size());
  for (const std::string& path : paths) {
    auto child = Stat(path);
    const std::lock_guard lock(mutex_);
    const bool gone = !files_.contains(path) && !folders_.contains(path);
    if (!child.ok() && gone) continue;
    ARROW_RETURN_NOT_OK(child.status());
    infos.push_back(std::move(*child));
  }
  return infos;
}

arrow::Result<std::unique_ptr<ReadableFile>> MemoryFileSystem::OpenToRead(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  if (found == files_.end()) return Missing(path);
  return std::make_unique<Reader>(this, path, found->second);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> MemoryFileSystem::Map(const std::string& path) {
  ARROW_RETURN_NOT_OK(Ask("read", path));
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  if (found == files_.end()) return Missing(path);
  return arrow::Buffer::FromString(found->second->bytes);
}

arrow::Result<std::unique_ptr<WritableFile>> MemoryFileSystem::Create(const std::string& path) {
  ARROW_RETURN_NOT_OK(Ask("create", path));
  const std::lock_guard lock(mutex_);
  auto& content = files_[path];
  content = std::make_shared<Content>();
  return std::make_unique<Writer>(this, path, content);
}

arrow::Status MemoryFileSystem::CreateFolder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  folders_[path] = true;
  return arrow::Status::OK();
}

arrow::Status MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  ARROW_RETURN_NOT_OK(Ask("rename", from));
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(from);
  if (found == files_.end()) return Missing(from);
  files_[to] = found->second;
  files_.erase(found);
  return arrow::Status::OK();
}

arrow::Result<bool> MemoryFileSystem::Link(const std::string& from, const std::string& to) {
  ARROW_RETURN_NOT_OK(Ask("link", from));
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(from);
  if (found == files_.end()) return Missing(from);
  return files_.emplace(to, found->second).second;
}

arrow::Status MemoryFileSystem::Remove(const std::string& path) {
  ARROW_RETURN_NOT_OK(Ask("remove", path));
  const std::lock_guard lock(mutex_);
  files_.erase(path);
  folders_.erase(path);
  return arrow::Status::OK();
}

}  // namespace sabot
