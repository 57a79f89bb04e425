// What file systems do alike.
#include "base/file_system.h"

namespace sabot {

arrow::Result<std::shared_ptr<arrow::Buffer>> FileSystem::MapAndRead(const std::string& path) {
  constexpr int64_t kReadBytes = 1 << 20;
  ARROW_ASSIGN_OR_RAISE(const auto file, OpenToRead(path));
  std::string bytes(kReadBytes, '\0');
  for (int64_t offset = 0, count = kReadBytes; count == kReadBytes; offset += count) {
    ARROW_ASSIGN_OR_RAISE(count, file->ReadAt(offset, bytes.data(), kReadBytes));
  }
  return Map(path);
}

}  // namespace sabot
