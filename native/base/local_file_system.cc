// The machine's files.
#include <arrow/buffer.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "base/error.h"
#include "base/file_system.h"
#include "base/mapped_file.h"

namespace sabot {
namespace {

arrow::Status IoError(const std::string& path, const std::string& doing,
                      const std::string& reason) {
  return UserError("io", path, "cannot " + doing + " '" + path + "': " + reason);
}

arrow::Status SystemError(const std::string& path, const std::string& doing) {
  return IoError(path, doing, std::generic_category().message(errno));
}

class LocalReadableFile final : public ReadableFile {
 public:
  LocalReadableFile(std::string path, int file) : path_(std::move(path)), file_(file) {}
  ~LocalReadableFile() override { close(file_); }

  arrow::Result<int64_t> ReadAt(int64_t offset, char* to, int64_t size) override {
    int64_t done = 0;
    while (done < size) {
      const ssize_t got = pread(file_, to + done, static_cast<size_t>(size - done), offset + done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return SystemError(path_, "read");
      if (got == 0) break;
      done += got;
    }
    return done;
  }

  arrow::Result<int64_t> ReadNow(int64_t offset, char* to, int64_t size) override {
    const iovec into{to, static_cast<size_t>(size)};
    const ssize_t got = preadv2(file_, &into, 1, offset, RWF_NOWAIT);
    if (got >= 0) return got;
    // Also where the file system cannot say: then an I/O thread waits.
    if (errno == EAGAIN || errno == EINTR || errno == EOPNOTSUPP || errno == EINVAL ||
        errno == ENOSYS) {
      return kWouldWait;
    }
    return SystemError(path_, "read");
  }

 private:
  const std::string path_;
  const int file_;
};

// Bypassing the cache, whole blocks go from memory to the disk, which costs a fraction of the
// processor's time; what is left at the end is written as usual.
class LocalWritableFile final : public WritableFile {
 public:
  LocalWritableFile(std::string path, int file) : path_(std::move(path)), file_(file) {}
  ~LocalWritableFile() override {
    if (file_ >= 0) close(file_);
  }

  void BypassCache() override {
    block_.reset(static_cast<char*>(std::aligned_alloc(kBlockAlignment, kBlockBytes)));
  }

  arrow::Status Append(std::string_view bytes) override {
    while (block_ != nullptr && !bytes.empty()) {
      if (block_size_ == 0 && IsAligned(bytes)) {
        const size_t size = bytes.size() / kBlockAlignment * kBlockAlignment;
        ARROW_ASSIGN_OR_RAISE(const bool is_direct, WriteAligned(bytes.substr(0, size)));
        if (!is_direct) block_.reset();
        bytes.remove_prefix(size);
        continue;
      }
      const size_t size = std::min(bytes.size(), kBlockBytes - block_size_);
      std::memcpy(block_.get() + block_size_, bytes.data(), size);
      block_size_ += size;
      bytes.remove_prefix(size);
      if (block_size_ == kBlockBytes) ARROW_RETURN_NOT_OK(WriteBlock());
    }
    return Write(bytes);
  }
  arrow::Status Sync() override {
    ARROW_RETURN_NOT_OK(WriteRest());
    return fdatasync(file_) == 0 ? arrow::Status::OK() : SystemError(path_, "sync");
  }
  arrow::Status Close() override {
    ARROW_RETURN_NOT_OK(WriteRest());
    const int file = std::exchange(file_, -1);
    return close(file) == 0 ? arrow::Status::OK() : SystemError(path_, "close");
  }

 private:
  static constexpr size_t kBlockBytes = size_t{1} << 20;
  static constexpr size_t kBlockAlignment = 4096;  // Of memory and file; no disk asks for more.
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };

  // What needs no copy to be written as a block.
  static bool IsAligned(std::string_view bytes) {
    return bytes.size() >= kBlockAlignment &&
           reinterpret_cast<uintptr_t>(bytes.data()) % kBlockAlignment == 0;
  }

  arrow::Status WriteBlock() {
    std::unique_ptr<char, Free> block = std::move(block_);
    const size_t size = std::exchange(block_size_, 0);
    ARROW_ASSIGN_OR_RAISE(const bool is_direct, WriteAligned({block.get(), size}));
    if (is_direct) block_ = std::move(block);
    return arrow::Status::OK();
  }

  // False: it is written, but this file takes no blocks directly any more.
  arrow::Result<bool> WriteAligned(std::string_view left) {
    // Not every file system can do so.
    direct_ = direct_ || SetDirect(true);
    while (direct_ && !left.empty()) {
      const ssize_t done = write(file_, left.data(), left.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0 && errno != EINVAL) return SystemError(path_, "write");
      left.remove_prefix(done < 0 ? 0 : static_cast<size_t>(done));
      // It takes no part of a block, or not where the rest begins.
      if (done < 0 || left.size() % kBlockAlignment != 0) break;
    }
    if (direct_ && left.empty()) return true;
    ARROW_RETURN_NOT_OK(LeaveDirect());
    ARROW_RETURN_NOT_OK(Write(left));
    return false;
  }

  // From here on the file is written as usual.
  arrow::Status WriteRest() {
    const std::unique_ptr<char, Free> block = std::move(block_);
    const size_t size = std::exchange(block_size_, 0);
    ARROW_RETURN_NOT_OK(LeaveDirect());
    return Write({block.get(), size});
  }

  arrow::Status LeaveDirect() {
    if (!std::exchange(direct_, false) || SetDirect(false)) return arrow::Status::OK();
    return SystemError(path_, "write");
  }

  bool SetDirect(bool direct) const {
    const int flags = fcntl(file_, F_GETFL);
    return flags >= 0 && fcntl(file_, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
  }

  arrow::Status Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t done = write(file_, bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return SystemError(path_, "write");
      bytes.remove_prefix(static_cast<size_t>(done));
    }
    return arrow::Status::OK();
  }

  const std::string path_;
  int file_;
  bool direct_ = false;
  std::unique_ptr<char, Free> block_;  // What has come of the next block; none: no bypass.
  size_t block_size_ = 0;
};

class MappedFile final : public arrow::Buffer {
 public:
  MappedFile(void* data, int64_t size) : Buffer(static_cast<const uint8_t*>(data), size) {}
  ~MappedFile() override {
    if (size() > 0) munmap(memory(), static_cast<size_t>(size()));
  }
  void Expect() const { Advise(MADV_WILLNEED); }
  void LetPagesGo() const { Advise(MADV_DONTNEED); }
  // Gives errno.
  int Read() const {
#ifdef MADV_POPULATE_READ
    constexpr int kRead = MADV_POPULATE_READ;
#else
    constexpr int kRead = 22;  // Since Linux 5.14; the C library's headers may be older.
#endif
    const int failure = size() == 0 ? 0 : Advise(kRead);
    return failure == EFAULT ? EIO : failure;
  }

 private:
  int Advise(int advice) const {
    return madvise(memory(), static_cast<size_t>(size()), advice) == 0 ? 0 : errno;
  }
  void* memory() const { return const_cast<uint8_t*>(data()); }
};

class LocalFiles final : public FileSystem {
 public:
  arrow::Result<FileInfo> Stat(const std::string& path) override {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) return SystemError(path, "find");
    FileInfo info;
    info.path = path;
    info.size = status.st_size;
    info.modified_ms = status.st_mtim.tv_sec * 1'000 + status.st_mtim.tv_nsec / 1'000'000;
    info.is_folder = S_ISDIR(status.st_mode);
    return info;
  }

  bool Exists(const std::string& path) override { return access(path.c_str(), F_OK) == 0; }

  arrow::Result<std::vector<FileInfo>> List(const std::string& folder) override {
    std::error_code error;
    std::vector<std::string> paths;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
      paths.push_back(at->path().string());
    }
    if (error) return IoError(folder, "list", error.message());
    std::sort(paths.begin(), paths.end());
    std::vector<FileInfo> infos;
    infos.reserve(paths.size());
    for (const std::string& path : paths) {
      auto info = Stat(path);
      struct stat status{};
      // It has gone since the listing: nothing is amiss. A dangling link is still there.
      if (!info.ok() && lstat(path.c_str(), &status) != 0 && errno == ENOENT) continue;
      ARROW_RETURN_NOT_OK(info.status());
      infos.push_back(std::move(*info));
    }
    return infos;
  }

  arrow::Result<std::unique_ptr<ReadableFile>> OpenToRead(const std::string& path) override {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return SystemError(path, "read");
    posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
    return std::make_unique<LocalReadableFile>(path, file);
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> Map(const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(auto file, MapFile(path));
    file->Expect();
    return file;
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> MapAndRead(const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(auto file, MapFile(path));
    const int failure = file->Read();
    if (failure == 0) return file;
    // A kernel that does not know how.
    if (failure == EINVAL) return FileSystem::MapAndRead(path);
    return IoError(path, "read", std::generic_category().message(failure));
  }

  arrow::Result<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) return SystemError(path, "create");
    return std::make_unique<LocalWritableFile>(path, file);
  }

  arrow::Status CreateFolder(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    return error ? IoError(path, "create the folder", error.message()) : arrow::Status::OK();
  }

  arrow::Status Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) return SystemError(from, "rename");
    return SyncFolderOf(to);
  }

  arrow::Result<bool> Link(const std::string& from, const std::string& to) override {
    if (link(from.c_str(), to.c_str()) != 0) {
      if (errno == EEXIST) return false;
      return SystemError(to, "create");
    }
    ARROW_RETURN_NOT_OK(SyncFolderOf(to));
    return true;
  }

  arrow::Status Remove(const std::string& path) override {
    if (remove(path.c_str()) != 0 && errno != ENOENT) return SystemError(path, "remove");
    return arrow::Status::OK();
  }

 private:
  static arrow::Result<std::shared_ptr<MappedFile>> MapFile(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return SystemError(path, "read");
    struct stat status{};
    const bool known = fstat(file, &status) == 0;
    const auto size = known ? static_cast<size_t>(status.st_size) : 0;
    void* const data = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    const int failure = errno;
    close(file);
    errno = failure;
    if (!known || data == MAP_FAILED) return SystemError(path, "read");
    return std::make_shared<MappedFile>(data, status.st_size);
  }

  static arrow::Status SyncFolderOf(const std::string& path) {
    const std::string folder =
        path.find('/') == std::string::npos ? "." : path.substr(0, path.rfind('/') + 1);
    const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return SystemError(folder, "sync");
    const int result = fsync(file);
    const arrow::Status status = result == 0 ? arrow::Status::OK() : SystemError(folder, "sync");
    close(file);
    return status;
  }
};

}  // namespace

void LetPagesGo(const arrow::Buffer& mapped) {
  if (const auto* file = dynamic_cast<const MappedFile*>(&mapped)) file->LetPagesGo();
}

FileSystem& LocalFileSystem() {
  static LocalFiles files;
  return files;
}

}  // namespace sabot
