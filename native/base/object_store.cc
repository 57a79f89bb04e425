// Objects as files of a folder.
//
//   Put: .tmp-WRITER-1 written, synced, renamed to NAME      PutIfAbsent: linked instead of renamed
#include "base/object_store.h"

#include <atomic>
#include <utility>

#include "base/planted_bug.h"

namespace sabot {
namespace {

constexpr std::string_view kUnfinished = ".tmp-";
constexpr int64_t kReadBytes = 1 << 20;

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

class FileObjectWriter final : public ObjectWriter {
 public:
  FileObjectWriter(FileSystem& files, std::unique_ptr<WritableFile> file, std::string temporary,
                   std::string path)
      : files_(files),
        file_(std::move(file)),
        temporary_(std::move(temporary)),
        path_(std::move(path)) {}

  ~FileObjectWriter() override {
    if (finished_) return;
    file_.reset();
    // What cannot be removed now is removed at the next start.
    if (!files_.Remove(temporary_).ok()) return;
  }

  arrow::Status Append(std::string_view bytes) override { return file_->Append(bytes); }

  arrow::Status Finish() override {
    if (!IsPlanted(PlantedBug::kNoSync)) ARROW_RETURN_NOT_OK(file_->Sync());
    ARROW_RETURN_NOT_OK(file_->Close());
    ARROW_RETURN_NOT_OK(files_.Rename(temporary_, path_));
    finished_ = true;
    return arrow::Status::OK();
  }

 private:
  FileSystem& files_;
  std::unique_ptr<WritableFile> file_;
  const std::string temporary_;
  const std::string path_;
  bool finished_ = false;
};

class FolderStore final : public ObjectStore {
 public:
  FolderStore(FileSystem& files, std::string folder, std::string writer)
      : files_(files), folder_(std::move(folder)), writer_(std::move(writer)) {}

  arrow::Result<std::string> Get(const std::string& name) override {
    ARROW_ASSIGN_OR_RAISE(const auto file, files_.OpenToRead(PathOf(name)));
    std::string bytes;
    while (true) {
      const size_t begin = bytes.size();
      bytes.resize(begin + kReadBytes);
      ARROW_ASSIGN_OR_RAISE(const int64_t count, file->ReadAt(static_cast<int64_t>(begin),
                                                              bytes.data() + begin, kReadBytes));
      bytes.resize(begin + static_cast<size_t>(count));
      if (count < kReadBytes) return bytes;
    }
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> Map(const std::string& name) override {
    return files_.MapAndRead(PathOf(name));
  }

  bool Exists(const std::string& name) override { return files_.Exists(PathOf(name)); }

  arrow::Status Put(const std::string& name, std::string_view bytes) override {
    ARROW_ASSIGN_OR_RAISE(const auto writer, Create(name));
    ARROW_RETURN_NOT_OK(writer->Append(bytes));
    return writer->Finish();
  }

  arrow::Result<bool> PutIfAbsent(const std::string& name, std::string_view bytes) override {
    const std::string path = PathOf(name);
    ARROW_RETURN_NOT_OK(MakeFolder(FolderOf(path)));
    const std::string temporary = TemporaryPath(path);
    ARROW_ASSIGN_OR_RAISE(const auto file, files_.Create(temporary));
    ARROW_RETURN_NOT_OK(file->Append(bytes));
    if (!IsPlanted(PlantedBug::kNoSync)) ARROW_RETURN_NOT_OK(file->Sync());
    ARROW_RETURN_NOT_OK(file->Close());
    ARROW_ASSIGN_OR_RAISE(const bool created, files_.Link(temporary, path));
    // The object is there whether or not its second name can be removed; the next start does it.
    if (!files_.Remove(temporary).ok()) return created;
    return created;
  }

  arrow::Result<std::unique_ptr<ObjectWriter>> Create(const std::string& name) override {
    const std::string path = PathOf(name);
    ARROW_RETURN_NOT_OK(MakeFolder(FolderOf(path)));
    const std::string temporary = TemporaryPath(path);
    ARROW_ASSIGN_OR_RAISE(auto file, files_.Create(temporary));
    file->BypassCache();
    return std::make_unique<FileObjectWriter>(files_, std::move(file), temporary, path);
  }

  arrow::Result<std::vector<std::string>> List(const std::string& folder) override {
    const std::string path = PathOf(folder);
    std::vector<std::string> names;
    if (!files_.Exists(path)) return names;
    ARROW_ASSIGN_OR_RAISE(const auto found, files_.List(path));
    for (const FileInfo& file : found) {
      if (!file.name().starts_with('.')) names.emplace_back(file.name());
    }
    return names;
  }

  arrow::Status Remove(const std::string& name) override { return files_.Remove(PathOf(name)); }

  std::string PathOf(const std::string& name) const override {
    return name.empty() ? folder_ : folder_ + "/" + name;
  }

 private:
  arrow::Status MakeFolder(const std::string& path) {
    if (files_.Exists(path)) return arrow::Status::OK();
    return files_.CreateFolder(path);
  }

  std::string TemporaryPath(const std::string& path) {
    return FolderOf(path) + "/" + std::string(kUnfinished) + writer_ + "-" +
           std::to_string(next_temporary_++);
  }

  FileSystem& files_;
  const std::string folder_;
  const std::string writer_;
  std::atomic<int64_t> next_temporary_{0};
};

}  // namespace

std::unique_ptr<ObjectStore> MakeFolderStore(FileSystem& files, std::string folder,
                                             std::string writer) {
  return std::make_unique<FolderStore>(files, std::move(folder), std::move(writer));
}

arrow::Status RemoveUnfinished(FileSystem& files, const std::string& folder,
                               const std::string& writer) {
  if (!files.Exists(folder)) return arrow::Status::OK();
  const std::string own = std::string(kUnfinished) + writer + "-";
  ARROW_ASSIGN_OR_RAISE(const auto found, files.List(folder));
  for (const FileInfo& file : found) {
    if (!file.name().starts_with(kUnfinished) || file.name().starts_with(own)) continue;
    ARROW_RETURN_NOT_OK(files.Remove(file.path));
  }
  return arrow::Status::OK();
}

}  // namespace sabot
