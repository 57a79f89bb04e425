// The machine's files, written in large pieces past the system's cache and in the usual way.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace sabot {
namespace {

class LocalFilesTest : public testing::TestWithParam<const char*> {
 protected:
  LocalFilesTest() : folder_(std::string(GetParam()) + "/sabot-files-" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~LocalFilesTest() override { std::filesystem::remove_all(folder_); }

  static std::string Bytes(size_t size) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 4096);
    return bytes;
  }

  std::string Content(const std::string& path) const {
    const int64_t size = files_.Stat(path).ValueOrDie().size;
    std::string bytes(static_cast<size_t>(size), '\0');
    const auto file = files_.OpenToRead(path).ValueOrDie();
    EXPECT_EQ(*file->ReadAt(0, bytes.data(), size), size);
    return bytes;
  }

  FileSystem& files_ = LocalFileSystem();
  const std::string folder_;
};

TEST_P(LocalFilesTest, BypassingTheCacheChangesNoByte) {
  constexpr size_t kBlock = size_t{1} << 20;
  for (const size_t size : {size_t{0}, size_t{10}, kBlock - 1, kBlock, 3 * kBlock + 77}) {
    for (const size_t piece : {size_t{1000}, size_t{150'001}, 2 * kBlock + 5}) {
      const std::string bytes = Bytes(size);
      const auto file = files_.Create(folder_ + "/file").ValueOrDie();
      file->BypassCache();
      for (size_t at = 0; at < size; at += piece) {
        const std::string_view next = std::string_view(bytes).substr(at, piece);
        ASSERT_TRUE(file->Append(next).ok());
      }
      ASSERT_TRUE(file->Sync().ok());
      ASSERT_TRUE(file->Close().ok());
      EXPECT_EQ(Content(folder_ + "/file"), bytes) << size << " bytes in pieces of " << piece;
    }
  }
}

TEST_P(LocalFilesTest, AlignedBytesNeedNoCopy) {
  constexpr size_t kRoom = size_t{2} << 20;
  const std::unique_ptr<char, decltype(&std::free)> aligned(
      static_cast<char*>(std::aligned_alloc(4096, kRoom)), &std::free);
  for (const size_t last : {size_t{4096}, kRoom, size_t{300'001}, size_t{100}}) {
    const std::string bytes = Bytes(kRoom + 10 + last);
    const auto file = files_.Create(folder_ + "/file").ValueOrDie();
    file->BypassCache();
    std::memcpy(aligned.get(), bytes.data(), kRoom);
    ASSERT_TRUE(file->Append({aligned.get(), kRoom}).ok());
    // Behind these nothing lies where a disk wants it.
    ASSERT_TRUE(file->Append(std::string_view(bytes).substr(kRoom, 10)).ok());
    std::memcpy(aligned.get(), bytes.data() + kRoom + 10, last);
    ASSERT_TRUE(file->Append({aligned.get(), last}).ok());
    ASSERT_TRUE(file->Close().ok());
    EXPECT_EQ(Content(folder_ + "/file"), bytes) << last;
  }
}

TEST_P(LocalFilesTest, WhatComesAfterASyncIsWrittenToo) {
  const std::string bytes = Bytes((size_t{2} << 20) + 300);
  const auto file = files_.Create(folder_ + "/file").ValueOrDie();
  file->BypassCache();
  ASSERT_TRUE(file->Append(bytes).ok());
  ASSERT_TRUE(file->Sync().ok());
  EXPECT_EQ(Content(folder_ + "/file"), bytes);
  ASSERT_TRUE(file->Append(bytes).ok());
  ASSERT_TRUE(file->Close().ok());
  EXPECT_EQ(Content(folder_ + "/file"), bytes + bytes);
}

// /dev/shm cannot do without the cache.
INSTANTIATE_TEST_SUITE_P(Folders, LocalFilesTest, testing::Values("/tmp", "/dev/shm"),
                         [](const auto& at) { return at.index == 0 ? "disk" : "memory"; });

}  // namespace
}  // namespace sabot
