// Object stores: whole objects or none, and one creator each.
#include "base/object_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/error.h"

namespace sabot {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

// The same contract for the machine's files and for those in memory.
class ObjectStoreTest : public testing::TestWithParam<bool> {
 protected:
  ObjectStoreTest()
      : folder_(testing::TempDir() + "sabot_store_" + std::to_string(getpid())),
        files_(GetParam() ? static_cast<FileSystem&>(memory_) : LocalFileSystem()) {
    std::filesystem::remove_all(folder_);
  }
  ~ObjectStoreTest() override { std::filesystem::remove_all(folder_); }

  MemoryFileSystem memory_;
  const std::string folder_;
  FileSystem& files_;
};

TEST_P(ObjectStoreTest, PutReplacesAndGetReads) {
  const auto store = MakeFolderStore(files_, folder_, "a");
  EXPECT_FALSE(store->Exists("x/y"));
  ASSERT_TRUE(store->Put("x/y", "one").ok());
  ASSERT_TRUE(store->Put("x/y", "two").ok());
  EXPECT_EQ(store->Get("x/y").ValueOrDie(), "two");
  EXPECT_THAT(store->List("x").ValueOrDie(), ElementsAre("y"));
  EXPECT_THAT(store->List("nothing").ValueOrDie(), ElementsAre());
  ASSERT_TRUE(store->Remove("x/y").ok());
  ASSERT_TRUE(store->Remove("x/y").ok());
  EXPECT_FALSE(store->Get("x/y").ok());
}

TEST_P(ObjectStoreTest, OnlyOneCreates) {
  const auto first = MakeFolderStore(files_, folder_, "a");
  const auto second = MakeFolderStore(files_, folder_, "b");
  EXPECT_TRUE(first->PutIfAbsent("log/1", "a").ValueOrDie());
  EXPECT_FALSE(second->PutIfAbsent("log/1", "b").ValueOrDie());
  EXPECT_EQ(second->Get("log/1").ValueOrDie(), "a");
  EXPECT_THAT(first->List("log").ValueOrDie(), ElementsAre("1"));
}

// What goes while a folder is listed is not listed, and no error.
TEST_P(ObjectStoreTest, AFolderMayChangeWhileItIsListed) {
  constexpr int kNumFiles = 64;
  const auto store = MakeFolderStore(files_, folder_, "a");
  ASSERT_TRUE(store->Put("x/stays", "one").ok());
  std::atomic<bool> ended = false;
  std::thread other([&] {
    for (int round = 0; round < 5; ++round) {
      for (int i = 0; i < kNumFiles; ++i)
        EXPECT_TRUE(store->Put("x/" + std::to_string(i), "").ok());
      for (int i = 0; i < kNumFiles; ++i) EXPECT_TRUE(store->Remove("x/" + std::to_string(i)).ok());
    }
    ended = true;
  });
  while (!ended) {
    const auto names = store->List("x");
    EXPECT_TRUE(names.ok()) << names.status().ToString();
    if (names.ok()) {
      EXPECT_THAT(*names, Contains("stays"));
    }
  }
  other.join();
}

TEST_P(ObjectStoreTest, WhatIsNotFinishedDoesNotExist) {
  const auto store = MakeFolderStore(files_, folder_, "a");
  {
    auto writer = store->Create("x").ValueOrDie();
    ASSERT_TRUE(writer->Append("half").ok());
    EXPECT_FALSE(store->Exists("x"));
  }
  EXPECT_FALSE(store->Exists("x"));
  auto writer = store->Create("x").ValueOrDie();
  ASSERT_TRUE(writer->Append("wh").ok());
  ASSERT_TRUE(writer->Append("ole").ok());
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(store->Get("x").ValueOrDie(), "whole");
}

TEST_P(ObjectStoreTest, LeftoversOfTheDeadAreRemoved) {
  const auto dead = MakeFolderStore(files_, folder_, "dead");
  auto abandoned = dead->Create("x").ValueOrDie();
  const auto living = MakeFolderStore(files_, folder_, "living");
  auto own = living->Create("y").ValueOrDie();
  ASSERT_TRUE(RemoveUnfinished(files_, folder_, "living").ok());
  EXPECT_FALSE(abandoned->Finish().ok());
  ASSERT_TRUE(own->Finish().ok());
  EXPECT_THAT(living->List("").ValueOrDie(), ElementsAre("y"));
}

INSTANTIATE_TEST_SUITE_P(Files, ObjectStoreTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "Memory" : "Local"; });

}  // namespace
}  // namespace sabot
