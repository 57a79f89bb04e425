// Reading files that are on the disk: nothing waits, bytes come when the I/O thread has them, and
// only so many ahead.
#include "connectors/file/read_ahead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace sabot {
namespace {

using ::testing::HasSubstr;

std::string Bytes(size_t count) {
  std::string bytes(count, '\0');
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>('a' + (i * 7 + i / 1000) % 26);
  return bytes;
}

class ReadAheadTest : public ::testing::Test {
 protected:
  ReadAheadTest() { files_.Write("/in", bytes_); }

  ReadAhead Open() {
    return ReadAhead(files_, "/in", {&executor_, [this] { ++woken_; }});
  }

  // Reads on until `size` bytes have come, letting the I/O thread work only when they have not.
  std::string Read(ReadAhead& from, size_t size) {
    std::string text;
    std::vector<char> buffer(100'000);
    while (text.size() < size) {
      const size_t wanted = std::min(buffer.size(), size - text.size());
      const int64_t got = from.Read(buffer.data(), static_cast<int64_t>(wanted)).ValueOrDie();
      if (got == 0) break;
      if (got == kNotYet) {
        const int before = woken_;
        while (woken_ == before) {
          if (!executor_.RunOne(0)) {
            ADD_FAILURE() << "Nothing is under way, so nobody will be woken";
            return text;
          }
        }
        continue;
      }
      text.append(buffer.data(), static_cast<size_t>(got));
    }
    return text;
  }

  const std::string bytes_ = Bytes(5'000'000);
  MemoryFileSystem files_;
  SimulatedExecutor executor_;
  int woken_ = 0;
};

TEST_F(ReadAheadTest, WhatIsInMemoryIsReadAtOnce) {
  ReadAhead file = Open();
  EXPECT_EQ(Read(file, SIZE_MAX), bytes_);
  EXPECT_EQ(woken_, 1);  // To open it.
}

TEST_F(ReadAheadTest, WhatIsOnTheDiskComesInOrder) {
  files_.SetOnDisk(true);
  ReadAhead file = Open();
  EXPECT_EQ(Read(file, SIZE_MAX), bytes_);
  EXPECT_GT(woken_, 1);
  char more = 0;
  EXPECT_EQ(file.Read(&more, 1).ValueOrDie(), 0);
}

TEST_F(ReadAheadTest, ReadsOnlySoFarAhead) {
  files_.SetOnDisk(true);
  ReadAhead file = Open();
  EXPECT_EQ(Read(file, 10), bytes_.substr(0, 10));
  int num_blocks = 1;
  while (executor_.RunOne(0)) ++num_blocks;
  EXPECT_EQ(num_blocks, 4);
}

TEST_F(ReadAheadTest, NothingBehindTheEndOfTheStripeIsReadUnasked) {
  files_.SetOnDisk(true);
  ReadAhead file = Open();
  file.Seek(1'000'000, 1'000'100);
  EXPECT_EQ(Read(file, 50), bytes_.substr(1'000'000, 50));
  EXPECT_TRUE(executor_.idle());
  EXPECT_EQ(Read(file, 1'000'000), bytes_.substr(1'000'050, 1'000'000));
}

TEST_F(ReadAheadTest, ASeekForgetsWhatIsUnderWay) {
  files_.SetOnDisk(true);
  ReadAhead file = Open();
  EXPECT_EQ(Read(file, 100), bytes_.substr(0, 100));
  char byte = 0;
  while (*file.Read(&byte, 1) != kNotYet) {
  }
  for (const size_t offset : {size_t{3'000'000}, size_t{7}, size_t{4'999'000}}) {
    file.Seek(static_cast<int64_t>(offset));
    const size_t size = std::min<size_t>(600'000, bytes_.size() - offset);
    EXPECT_EQ(Read(file, size), bytes_.substr(offset, size));
  }
}

TEST_F(ReadAheadTest, AReadThatFailsIsTold) {
  files_.SetOnDisk(true);
  int num_reads = 0;
  files_.SetFault([&](std::string_view operation, const std::string& path) {
    if (operation != "read" || ++num_reads < 3) return arrow::Status::OK();
    return UserError("io", path, "the disk has gone");
  });
  ReadAhead file = Open();
  std::vector<char> buffer(1'000'000);
  arrow::Status status;
  while (status.ok()) {
    const auto got = file.Read(buffer.data(), 1'000'000);
    status = got.status();
    if (got.ok() && *got == kNotYet) {
      ASSERT_TRUE(executor_.RunOne(0));
    }
  }
  EXPECT_THAT(status.message(), HasSubstr("the disk has gone"));
}

TEST_F(ReadAheadTest, AMissingFileIsTold) {
  ReadAhead file(files_, "/nowhere", {&executor_, [] {}});
  char byte = 0;
  EXPECT_EQ(file.Read(&byte, 1).ValueOrDie(), kNotYet);
  while (executor_.RunOne(0)) {
  }
  EXPECT_FALSE(file.Read(&byte, 1).ok());
}

TEST_F(ReadAheadTest, WorkThatOutlivesTheReaderHarmsNobody) {
  files_.SetOnDisk(true);
  {
    ReadAhead file = Open();
    char byte = 0;
    EXPECT_EQ(file.Read(&byte, 1).ValueOrDie(), kNotYet);
    ASSERT_TRUE(executor_.RunOne(0));
    EXPECT_EQ(file.Read(&byte, 1).ValueOrDie(), kNotYet);
  }
  while (executor_.RunOne(0)) {
  }
}

}  // namespace
}  // namespace sabot
