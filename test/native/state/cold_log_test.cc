// Rows in a log: found by key, as they are now or as they were; what is dead makes room; what the
// disk damages, refuses or loses is an error.
#include "state/cold_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>

#include "base/error.h"
#include "base/hash.h"

namespace sabot {
namespace {

using testing::IsEmpty;
using Rows = std::map<std::string, std::string>;

constexpr int64_t kSegmentBytes = 1 << 10;

ColdLog::Key KeyOf(ColdLog::Structure structure, std::string_view key) {
  return {structure, HashBytes(key), key};
}

arrow::Status TryPut(ColdLog& log, ColdLog::Structure structure, const std::string& key,
                     const std::string& value) {
  ARROW_ASSIGN_OR_RAISE(char* const at, log.Begin(KeyOf(structure, key), value.size() + 10));
  std::memcpy(at, value.data(), value.size());
  log.End(at + value.size());
  return arrow::Status::OK();
}

void Put(ColdLog& log, ColdLog::Structure structure, const std::string& key,
         const std::string& value) {
  const arrow::Status status = TryPut(log, structure, key, value);
  ASSERT_TRUE(status.ok()) << status;
}

void Remove(ColdLog& log, ColdLog::Structure structure, const std::string& key) {
  const ColdLog::Key row = KeyOf(structure, key);
  const auto found = log.Find(row).ValueOrDie();
  ASSERT_TRUE(found);
  log.Remove(row, found);
}

std::string Get(ColdLog& log, ColdLog::Structure structure, const std::string& key) {
  const ColdLog::Key row = KeyOf(structure, key);
  log.PrefetchIndex(row);
  const auto found = log.Find(row).ValueOrDie();
  return found ? "=" + std::string(found.value) : "absent";
}

arrow::Result<Rows> TryRead(ColdLogRows& from) {
  Rows rows;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const bool any_left, from.Next());
    if (!any_left) return rows;
    EXPECT_EQ(from.hash(), HashBytes(from.key()));
    EXPECT_TRUE(rows.emplace(from.key(), from.value()).second) << "twice: " << from.key();
  }
}

Rows Read(ColdLogRows from) { return TryRead(from).ValueOrDie(); }

std::string Until(int64_t ms, const std::string& value) {
  return std::string(reinterpret_cast<const char*>(&ms), sizeof(ms)) + value;
}

TEST(ColdLogTest, FindsRowsOfEachStructureUntilTheyAreRemoved) {
  MemoryFileSystem files;
  ColdLog log(files, "/log", {.segment_bytes = kSegmentBytes});
  const auto left = log.Open(nullptr, false);
  const auto right = log.Open(nullptr, false);
  Put(log, left, "a", "1");
  Put(log, right, "a", "2");
  Put(log, left, "", "");
  EXPECT_EQ(Get(log, left, "a"), "=1");
  EXPECT_EQ(Get(log, right, "a"), "=2");
  EXPECT_EQ(Get(log, left, ""), "=");
  EXPECT_EQ(Get(log, right, ""), "absent");
  Remove(log, left, "a");
  EXPECT_EQ(Get(log, left, "a"), "absent");
  Put(log, left, "a", "3");
  EXPECT_EQ(Read(log.All(left)), (Rows{{"", ""}, {"a", "3"}}));
  log.Drop(left);
  EXPECT_THAT(Read(log.All(left)), testing::SizeIs(2));  // Nobody asks for them any more.
  EXPECT_EQ(Get(log, right, "a"), "=2");
}

TEST(ColdLogTest, ARowTakesAQuarterOfASegmentAtMost) {
  MemoryFileSystem files;
  const ColdLog log(files, "/log", {.segment_bytes = kSegmentBytes});
  EXPECT_TRUE(log.Fits(100, kSegmentBytes / 4 - 100 - 24));
  EXPECT_FALSE(log.Fits(100, kSegmentBytes / 4 - 100 - 23));
}

// The same changes in the log and in maps; rows are read as they were while they change.
class ColdLogStory : public ColdLog::Owner {
 public:
  explicit ColdLogStory(uint64_t seed) : random_(seed) { NewStructure(); }

  void Run() {
    for (int step = 0; step < 3'000; ++step) {
      Step();
      if (testing::Test::HasFatalFailure()) return;
    }
    for (auto& [number, rows] : model_) ASSERT_EQ(Read(log_.All(number)), Live(number));
    // What is not needed goes, but for some air.
    for (auto& [number, rows] : model_) {
      while (!rows.empty()) RemoveKey(number, rows.begin()->first);
    }
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(log_.Reclaim().ok());
    EXPECT_LE(log_.disk_bytes(), 3 * kSegmentBytes);
    EXPECT_THAT(files_.Paths(), IsEmpty());
  }
  int64_t num_seen() const { return num_seen_; }
  int64_t num_taken_over() const { return num_taken_over_; }
  arrow::Status TakeOver(std::span<const ColdLog::Row> rows) override {
    for (const ColdLog::Row& row : rows)
      EXPECT_TRUE(taken_over_.emplace(row.key, row.value).second);
    num_taken_over_ += std::ssize(rows);
    return arrow::Status::OK();
  }

 private:
  bool Expires(ColdLog::Structure number) const { return number % 2 == 0; }
  // Expired rows may be there or not.
  Rows Live(ColdLog::Structure number) {
    Rows rows = model_[number];
    if (!Expires(number)) return rows;
    std::erase_if(rows, [&](const auto& row) { return IsExpired(row.second); });
    for (const auto& row : Read(log_.All(number))) {
      if (IsExpired(row.second)) rows.insert(row);
    }
    return rows;
  }
  bool IsExpired(const std::string& value) const {
    int64_t until_ms;
    std::memcpy(&until_ms, value.data(), sizeof(until_ms));
    return until_ms <= now_ms_;
  }

  void NewStructure() {
    ColdLog::Structure number = log_.Open(this, Expires(next_));
    ASSERT_EQ(number, next_++);
    if (Expires(number)) log_.SetTime(number, now_ms_);
    model_[number];
  }

  void RemoveKey(ColdLog::Structure number, const std::string& key) {
    const auto row = model_[number].find(key);
    const ColdLog::Key wanted = KeyOf(number, key);
    const auto found = log_.Find(wanted).ValueOrDie();
    if (found) {
      ASSERT_EQ(found.value, row->second);
      log_.Remove(wanted, found);
    } else {
      ASSERT_TRUE(Expires(number) && IsExpired(row->second)) << key;
    }
    model_[number].erase(row);
  }

  ColdLog::Structure Any() {
    return std::next(model_.begin(), static_cast<ptrdiff_t>(random_() % model_.size()))->first;
  }

  void Step() {
    const ColdLog::Structure number = Any();
    Rows& rows = model_[number];
    const std::string key = std::to_string(random_() % 100);
    switch (random_() % 64) {
      case 0:
        if (model_.size() < 4) NewStructure();
        return;
      case 1:
        if (model_.size() == 1 || reading_ == number) return;
        log_.Drop(number);
        model_.erase(number);
        return;
      case 2: {
        now_ms_ += static_cast<int64_t>(random_() % 20);
        for (const auto& [each, unused] : model_) {
          if (Expires(each)) log_.SetTime(each, now_ms_);
        }
        return;
      }
      case 3:
        if (view_ != nullptr) return;
        reading_ = number;
        as_it_was_ = Read(log_.All(number));
        view_ = std::make_unique<ColdLogRows>(log_.All(number));
        for (int group = 0; group < kMaxParallelism; ++group) {
          const auto more = log_.PlacesOf(group);
          places_.insert(places_.end(), more.begin(), more.end());
        }
        return;
      case 4: {
        if (view_ == nullptr) return;
        if (random_() % 2 == 0) {
          ASSERT_EQ(Read(std::move(*view_)), as_it_was_);
        } else {
          Rows found;
          for (const auto place : places_) {
            if (view_->Seek(place).ValueOrDie()) found.emplace(view_->key(), view_->value());
          }
          ASSERT_EQ(found, as_it_was_);
        }
        num_seen_ += std::ssize(as_it_was_);
        view_.reset();
        places_.clear();
        reading_ = 0;
        return;
      }
      case 5: {
        if (model_.size() != 1) return;
        taken_over_.clear();
        // A part of a segment, or what is left of it.
        ASSERT_TRUE(log_.HandOver(static_cast<int64_t>(random_() % kSegmentBytes)).ok());
        for (const auto& [taken, value] : taken_over_) {
          ASSERT_EQ(model_[number].at(taken), value);
          ASSERT_EQ(Get(log_, number, taken), "absent");
          model_[number].erase(taken);
        }
        return;
      }
      case 6:
      case 7:
        ASSERT_TRUE(log_.Reclaim().ok());
        ASSERT_LE(log_.disk_bytes(), 120 * kSegmentBytes);
        return;
      default:
        break;
    }
    if (rows.contains(key)) RemoveKey(number, key);
    if (random_() % 4 == 0) return;
    std::string value(random_() % 60, static_cast<char>('a' + random_() % 26));
    if (Expires(number)) value = Until(now_ms_ + static_cast<int64_t>(random_() % 100), value);
    Put(log_, number, key, value);
    rows[key] = value;
  }

  std::mt19937_64 random_;
  MemoryFileSystem files_;
  ColdLog log_{files_, "/log", {.segment_bytes = kSegmentBytes}};
  ColdLog::Structure next_ = 1;
  std::map<ColdLog::Structure, Rows> model_;
  Rows taken_over_;
  int64_t num_taken_over_ = 0;
  int64_t now_ms_ = 0;
  // Of rows that are read while they change.
  ColdLog::Structure reading_ = 0;
  std::unique_ptr<ColdLogRows> view_;
  std::vector<ColdLog::Place> places_;
  Rows as_it_was_;
  int64_t num_seen_ = 0;
};

TEST(ColdLogTest, AgreesWithMapsUnderRandomChanges) {
  int64_t num_seen = 0;
  int64_t num_taken_over = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ColdLogStory story(seed);
    story.Run();
    if (HasFatalFailure()) return;
    num_seen += story.num_seen();
    num_taken_over += story.num_taken_over();
  }
  EXPECT_GT(num_seen, 5'000);
  EXPECT_GT(num_taken_over, 200);
}

TEST(ColdLogTest, WhatCannotBeReadIsAnError) {
  MemoryFileSystem files;
  ColdLog log(files, "/log", {.segment_bytes = kSegmentBytes});
  const auto number = log.Open(nullptr, false);
  for (int i = 0; i < 200; ++i) Put(log, number, std::to_string(i), "value");
  files.SetFault([&](std::string_view, const std::string& path) {
    return UserError("io", path, "Input/output error");
  });
  const auto found = log.Find(KeyOf(number, "7"));
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(DetailOf(found.status())->kind(), "io");
  auto all = log.All(number);
  EXPECT_FALSE(TryRead(all).ok());
  files.SetFault(nullptr);
  for (int i = 0; i < 200; ++i) {
    if (i % 3 != 0) Remove(log, number, std::to_string(i));
  }
  files.SetFault([&](std::string_view, const std::string& path) {
    return UserError("io", path, "Input/output error");
  });
  EXPECT_FALSE(log.Reclaim().ok());
  EXPECT_FALSE(log.HandOver(kSegmentBytes).ok());
}

// Segments whose rows have all expired go, though nobody asks for their rows.
TEST(ColdLogTest, ExpiredRowsMakeRoomByThemselves) {
  MemoryFileSystem files;
  ColdLog log(files, "/log", {.segment_bytes = kSegmentBytes});
  const auto number = log.Open(nullptr, true);
  for (int i = 0; i < 5'000; ++i) {
    log.SetTime(number, i);
    Put(log, number, std::to_string(i), Until(i + 100, "value"));
    ASSERT_TRUE(log.Reclaim().ok());
    ASSERT_LE(log.num_rows(), 150);
    ASSERT_LE(log.disk_bytes(), 12 * kSegmentBytes);
  }
  EXPECT_EQ(Get(log, number, "4999"), "=" + Until(5'099, "value"));
}

TEST(ColdLogTest, AFullDiskIsAnErrorAndLosesNothing) {
  for (const char* operation : {"create", "append", "remove"}) {
    SCOPED_TRACE(operation);
    MemoryFileSystem files;
    ColdLog log(files, "/log", {.segment_bytes = kSegmentBytes});
    const auto number = log.Open(nullptr, false);
    for (int i = 0; i < 100; ++i) Put(log, number, std::to_string(i), "value");
    files.SetFault([&](std::string_view asked, const std::string& path) {
      return asked == operation ? UserError("io", path, "No space left on device")
                                : arrow::Status::OK();
    });
    arrow::Status status;
    int i = 100;
    for (; status.ok() && i < 200; ++i) status = TryPut(log, number, std::to_string(i), "value");
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(DetailOf(status)->kind(), "io");
    files.SetFault(nullptr);
    for (int before = 0; before < i - 1; ++before)
      ASSERT_EQ(Get(log, number, std::to_string(before)), "=value");
  }
}

// --- on the machine's files ---

// Spoils a file before it is used.
class SpoilingFiles final : public FileSystem {
 public:
  explicit SpoilingFiles(std::function<void(const std::string& path)> spoil)
      : spoil_(std::move(spoil)) {}
  arrow::Result<FileInfo> Stat(const std::string& path) override { return on_.Stat(path); }
  bool Exists(const std::string& path) override { return on_.Exists(path); }
  arrow::Result<std::vector<FileInfo>> List(const std::string& folder) override {
    return on_.List(folder);
  }
  arrow::Result<std::unique_ptr<ReadableFile>> OpenToRead(const std::string& path) override {
    return on_.OpenToRead(path);
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Map(const std::string& path) override {
    return on_.Map(path);
  }
  arrow::Result<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    return on_.Create(path);
  }
  arrow::Status CreateFolder(const std::string& path) override { return on_.CreateFolder(path); }
  arrow::Status Rename(const std::string& from, const std::string& to) override {
    return on_.Rename(from, to);
  }
  arrow::Result<bool> Link(const std::string& from, const std::string& to) override {
    return on_.Link(from, to);
  }
  // It is mapped by now.
  arrow::Status Remove(const std::string& path) override {
    spoil_(path);
    return on_.Remove(path);
  }

 private:
  FileSystem& on_ = LocalFileSystem();
  const std::function<void(const std::string& path)> spoil_;
};

class ColdLogOnDisk : public testing::Test {
 protected:
  ColdLogOnDisk() { std::filesystem::remove_all(root_); }
  ~ColdLogOnDisk() override { std::filesystem::remove_all(root_); }
  const std::string root_ = testing::TempDir() + "sabot-cold-log-" + std::to_string(getpid());
};

TEST_F(ColdLogOnDisk, IsReadFromFilesWithoutNames) {
  ColdLog log(LocalFileSystem(), root_, {.segment_bytes = 16 << 10});
  const auto number = log.Open(nullptr, false);
  for (int i = 0; i < 2'000; ++i)
    Put(log, number, std::to_string(i), "value of " + std::to_string(i));
  EXPECT_GT(log.disk_bytes(), 80'000);
  EXPECT_TRUE(std::filesystem::is_empty(root_));
  for (int i = 0; i < 2'000; ++i)
    ASSERT_EQ(Get(log, number, std::to_string(i)), "=value of " + std::to_string(i));
  EXPECT_EQ(Read(log.All(number)).size(), 2'000);
}

// Each way in which a file may be spoiled; whatever is asked, it is an error or the right row.
void ExpectErrorsOf(ColdLog& log) {
  const auto number = log.Open(nullptr, false);
  for (int i = 0; i < 2'000; ++i) Put(log, number, std::to_string(i), "value");
  int64_t num_errors = 0;
  for (int i = 0; i < 2'000; ++i) {
    const auto found = log.Find(KeyOf(number, std::to_string(i)));
    if (found.ok()) {
      ASSERT_TRUE(*found);
      ASSERT_EQ(found->value, "value");
    } else {
      ASSERT_EQ(DetailOf(found.status())->kind(), "state-damaged");
      ++num_errors;
    }
  }
  EXPECT_GT(num_errors, 0);
  auto all = log.All(number);
  EXPECT_FALSE(TryRead(all).ok());
}

TEST_F(ColdLogOnDisk, DamageIsAnErrorAndNeverAnotherRow) {
  SpoilingFiles files([](const std::string& path) {
    const auto size = std::filesystem::file_size(path);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    for (uint64_t at = 33; at + 1 < size; at += 997) {
      file.seekp(static_cast<std::streamoff>(at));
      file.put('~');
    }
  });
  ColdLog log(files, root_, {.segment_bytes = 16 << 10});
  ExpectErrorsOf(log);
}

TEST_F(ColdLogOnDisk, AFileThatIsCutShortIsAnError) {
  SpoilingFiles files([](const std::string& path) { std::filesystem::resize_file(path, 4'096); });
  ColdLog log(files, root_, {.segment_bytes = 16 << 10});
  ExpectErrorsOf(log);
}

}  // namespace
}  // namespace sabot
