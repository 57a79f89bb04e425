// Files as the engine sees them: the machine's, and a model in memory that can fail on demand
// (simulation and tests). Every failure is a UserError of kind "io" whose identifier is the path.
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sabot {

struct FileInfo {
  std::string path;
  int64_t size = 0;
  int64_t modified_ms = 0;
  bool is_folder = false;

  std::string_view name() const { return std::string_view(path).substr(path.rfind('/') + 1); }
};

// What ReadNow says instead of waiting.
inline constexpr int64_t kWouldWait = -1;

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  // Reads at most `size` bytes; fewer only at the end of the file, 0 behind it.
  virtual arrow::Result<int64_t> ReadAt(int64_t offset, char* to, int64_t size) = 0;
  // As ReadAt, but only what is in memory already: fewer bytes, or kWouldWait, where a disk would
  // have to be waited for. 0 only behind the end.
  virtual arrow::Result<int64_t> ReadNow(int64_t offset, char* to, int64_t size) = 0;
};

class WritableFile {
 public:
  virtual ~WritableFile() = default;  // Closes without an answer.
  // Before anything is appended: the file will be large and nobody reads it soon, so that it may
  // bypass the system's cache. What is appended need not be in the file before Sync or Close.
  virtual void BypassCache() {}
  virtual arrow::Status Append(std::string_view bytes) = 0;
  // What was appended survives a crash of the machine afterwards.
  virtual arrow::Status Sync() = 0;
  virtual arrow::Status Close() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual arrow::Result<FileInfo> Stat(const std::string& path) = 0;
  virtual bool Exists(const std::string& path) = 0;
  // What lies in a folder, by name ascending.
  virtual arrow::Result<std::vector<FileInfo>> List(const std::string& folder) = 0;
  virtual arrow::Result<std::unique_ptr<ReadableFile>> OpenToRead(const std::string& path) = 0;
  // The whole file without a copy: memory that the system may take back and read again. The file
  // must not change as long as it is held.
  virtual arrow::Result<std::shared_ptr<arrow::Buffer>> Map(const std::string& path) = 0;
  // The same after all of it was read: what the disk cannot give is an error now, and no signal
  // later.
  virtual arrow::Result<std::shared_ptr<arrow::Buffer>> MapAndRead(const std::string& path);
  // Creates or empties the file; its folder must exist.
  virtual arrow::Result<std::unique_ptr<WritableFile>> Create(const std::string& path) = 0;
  // With its parents; an existing folder is no error.
  virtual arrow::Status CreateFolder(const std::string& path) = 0;
  // Atomic, replaces `to`, and durable on return.
  virtual arrow::Status Rename(const std::string& from, const std::string& to) = 0;
  // Gives the file a second name, unless something has that name already: then false. Atomic, and
  // durable on return.
  virtual arrow::Result<bool> Link(const std::string& from, const std::string& to) = 0;
  // A missing file is no error; a folder must be empty.
  virtual arrow::Status Remove(const std::string& path) = 0;
};

// The machine's files; one object serves all threads.
FileSystem& LocalFileSystem();

// Files in memory. Deterministic: times come from SetModified, names are ordered.
class MemoryFileSystem final : public FileSystem {
 public:
  void Write(const std::string& path, std::string bytes, int64_t modified_ms = 0);
  arrow::Result<std::string> Read(const std::string& path) const;
  std::vector<std::string> Paths() const;
  // Asked before every operation ("read", "append", "sync", "create", "rename", "link", "remove",
  // "list", "stat"); a failure that it returns is the operation's. Appends before a failing one
  // have happened.
  using Fault = std::function<arrow::Status(std::string_view operation, const std::string& path)>;
  void SetFault(Fault fault);
  // From now on ReadNow says that it would have to wait, as of a file that is on the disk only.
  void SetOnDisk(bool on_disk);
  // As after a crash of the machine: what was not synced is gone.
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
  struct Content {
    std::string bytes;
    size_t synced = 0;
    int64_t modified_ms = 0;
  };
  class Reader;
  class Writer;
  arrow::Status Ask(std::string_view operation, const std::string& path);

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Content>> files_;
  std::map<std::string, bool> folders_;
  Fault fault_;
  bool on_disk_ = false;
};

}  // namespace sabot
