// CheckpointWriter and coordinator: what a lost file takes with it.
#include "checkpoint/checkpoint_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stream/task.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class Nothing final : public Operator {
  arrow::Result<Progress> Process(int, const Batch&, Collector&) override {
    return Progress::kDone;
  }
  arrow::Status Snapshot(SnapshotWriter&) override { return arrow::Status::OK(); }
  arrow::Status Restore(const SnapshotReader&) override { return arrow::Status::OK(); }
};

class CheckpointWriterTest : public testing::Test {
 protected:
  CheckpointWriterTest() {
    op_.op = std::make_unique<Nothing>();
    op_.context = std::make_unique<OperatorContext>();
    op_.context->waker = [] {};
    op_.uid = "op";
    folder_ = CheckpointFolder::Open(files_, {"/chk", "test", 3}).ValueOrDie();
    EXPECT_TRUE(folder_->Begin({}, [](const std::string&) {}).ok());
    CheckpointCoordinator::Hooks hooks;
    hooks.inject = [this](const Barrier& barrier, const std::shared_ptr<SavepointFolder>&,
                          AtBarrier) { barriers_.push_back(barrier); };
    hooks.committed = [this](int64_t epoch, const std::set<SubtaskKey>&) {
      committed_.push_back(epoch);
    };
    hooks.fail = [](const arrow::Status& status) { ADD_FAILURE() << status.ToString(); };
    hooks.log = [](const std::string&) {};
    coordinator_ = std::make_unique<CheckpointCoordinator>(
        *folder_, CheckpointOptions{.interval_ms = 10, .timeout_ms = 100, .tolerable_failures = 9},
        "job", clock_, std::move(hooks));
    coordinator_->Add({"op", "nothing", 0}, {});
    writer_ = std::make_unique<CheckpointWriter>(*folder_, *coordinator_, executor_, clock_);
  }

  // The next barrier passes and the operator's snapshot is handed over; its file waits for Write.
  void Checkpoint(int num_earlier, size_t bytes = 10'000) {
    clock_.AdvanceMillis(10);
    coordinator_->Step();
    const auto snapshot = writer_->Begin(barriers_.back(), op_, 0);
    const SectionKind kind = num_earlier == 0 ? SectionKind::kBase : SectionKind::kDelta;
    ASSERT_TRUE(snapshot->Write("rows", kind, std::string(bytes, 'x')).ok());
    snapshot->Finish(arrow::Status::OK(), num_earlier, {});
  }
  void WriteOne() { ASSERT_TRUE(executor_.RunOne(0)); }
  void WriteAll() {
    while (executor_.RunOne(0)) {
    }
    coordinator_->Step();
  }
  SnapshotMode NextMode() { return writer_->ModeFor(barriers_.back(), op_, 0); }
  size_t NumFiles() {
    const auto newest = CheckpointFolder::Newest(files_, "/chk").ValueOrDie();
    return newest->manifest.operators.at(0).subtasks.at(0).files.size();
  }

  MemoryFileSystem files_;
  VirtualClock clock_;
  SimulatedExecutor executor_;
  TaskOperator op_;
  std::unique_ptr<CheckpointFolder> folder_;
  std::unique_ptr<CheckpointCoordinator> coordinator_;
  std::unique_ptr<CheckpointWriter> writer_;
  std::vector<Barrier> barriers_;
  std::vector<int64_t> committed_;
};

TEST_F(CheckpointWriterTest, ACheckpointNamesTheFilesThatItBuildsOn) {
  for (int num_earlier = 0; num_earlier < 3; ++num_earlier) {
    Checkpoint(num_earlier);
    WriteAll();
    EXPECT_EQ(NumFiles(), static_cast<size_t>(num_earlier) + 1);
  }
  Checkpoint(0);
  WriteAll();
  EXPECT_EQ(NumFiles(), 1u);
  EXPECT_THAT(committed_, ElementsAre(1, 2, 3, 4));
}

TEST_F(CheckpointWriterTest, WhatBuildsOnALostFileIsLostWithIt) {
  Checkpoint(0);
  WriteAll();
  // The disk is so slow that the next barrier comes before it is known that the file is lost.
  Checkpoint(1);
  clock_.AdvanceMillis(100);
  coordinator_->Step();
  EXPECT_EQ(NextMode(), SnapshotMode::kIncremental);
  Checkpoint(2);
  ASSERT_THAT(barriers_, SizeIs(3));
  files_.SetFault([](std::string_view operation, const std::string& path) {
    return operation == "append" ? arrow::Status::IOError("bad sector in ", path)
                                 : arrow::Status::OK();
  });
  WriteOne();
  files_.SetFault(nullptr);
  WriteAll();
  EXPECT_THAT(committed_, ElementsAre(1));
  EXPECT_EQ(NextMode(), SnapshotMode::kFull);
  Checkpoint(0);
  WriteAll();
  EXPECT_EQ(NumFiles(), 1u);
  EXPECT_EQ(NextMode(), SnapshotMode::kIncremental);
  Checkpoint(1);
  WriteAll();
  EXPECT_EQ(NumFiles(), 2u);
  EXPECT_THAT(committed_, ElementsAre(1, 4, 5));
}

// A small one stands in line and needs no disk.
TEST_F(CheckpointWriterTest, ASmallSnapshotComesAfterTheLargeOneBefore) {
  Checkpoint(0);
  WriteAll();
  Checkpoint(1);
  clock_.AdvanceMillis(100);
  coordinator_->Step();
  Checkpoint(2, 10);
  ASSERT_THAT(barriers_, SizeIs(3));
  WriteAll();
  EXPECT_THAT(committed_, ElementsAre(1, 3));
  EXPECT_EQ(NumFiles(), 3u);
}

}  // namespace
}  // namespace sabot
