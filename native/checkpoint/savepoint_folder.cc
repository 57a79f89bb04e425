// Savepoints' files.
#include "checkpoint/savepoint_folder.h"

#include <arrow/buffer.h>

#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "checkpoint/checkpoint_folder.h"

namespace sabot {

SavepointFolder::SavepointFolder(FileSystem& files, std::string path, const std::string& writer)
    : files_(files),
      path_(std::move(path)),
      writer_(writer),
      store_(MakeFolderStore(files, path_, writer)) {}

arrow::Result<std::shared_ptr<SavepointFolder>> SavepointFolder::Create(FileSystem& files,
                                                                        const std::string& path,
                                                                        const std::string& writer) {
  if (files.Exists(path)) {
    ARROW_ASSIGN_OR_RAISE(const auto found, files.List(path));
    if (!found.empty()) {
      return UserError("savepoint", path,
                       "the folder " + path +
                           " is not empty: a savepoint needs a folder of its own. Name one that "
                           "does not exist yet.");
    }
  }
  ARROW_RETURN_NOT_OK(files.CreateFolder(path));
  return std::shared_ptr<SavepointFolder>(new SavepointFolder(files, path, writer));
}

arrow::Status SavepointFolder::CopyFrom(ObjectStore& store, SubtaskState* state) {
  for (StateFile& file : state->files) {
    if (file.name.empty()) continue;
    ARROW_ASSIGN_OR_RAISE(const auto bytes, ReadStateFile(store, file));
    file.name = NewStateName();
    ARROW_RETURN_NOT_OK(store_->Put(file.name, std::string_view(*bytes)));
  }
  return arrow::Status::OK();
}

arrow::Status SavepointFolder::Commit(const Manifest& manifest) {
  SABOT_CHECK(manifest.kind == CheckpointKind::kSavepoint && manifest.files_at.empty());
  return store_->Put(kManifestName, EncodeManifest(manifest));
}

arrow::Status SavepointFolder::Remove() {
  ARROW_RETURN_NOT_OK(store_->Remove(kManifestName));
  ARROW_ASSIGN_OR_RAISE(const auto names, store_->List(""));
  for (const std::string& name : names) ARROW_RETURN_NOT_OK(store_->Remove(name));
  ARROW_RETURN_NOT_OK(RemoveUnfinished(files_, path_, writer_));
  return files_.Remove(path_);
}

}  // namespace sabot
