// When checkpoints are taken, what happens when they fail, how many are kept: the coordinator,
// stepped with a virtual clock.
//
//   0 ms ... 10 ms: barrier 1 ... 15 ms: written, committed ... 45 ms (a pause of 30): barrier 2
#include "checkpoint/coordinator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/error.h"
#include "base/file_system.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// One operator with one subtask, whose state is a few bytes.
class CoordinatorTest : public testing::Test {
 protected:
  void Start(const CheckpointOptions& options, int num_retained = 3) {
    folder_ = CheckpointFolder::Open(files_, {"/chk", "test", num_retained}).ValueOrDie();
    ASSERT_TRUE(folder_->Begin({}, [](const std::string&) {}).ok());
    CheckpointCoordinator::Hooks hooks;
    hooks.inject = [this](const Barrier& barrier, std::shared_ptr<SavepointFolder>, AtBarrier) {
      barriers_.push_back(clock_.NowMillis());
      epoch_ = barrier.id;
    };
    hooks.committed = [this](int64_t epoch, const std::set<SubtaskKey>&) {
      committed_.push_back(epoch);
    };
    hooks.flush = [this] { return flushed_; };
    hooks.settled = [this](int64_t epoch) { settled_.push_back(epoch); };
    hooks.fail = [this](const arrow::Status& status) { failure_ = status; };
    hooks.log = [this](const std::string& message) { log_.push_back(message); };
    coordinator_ =
        std::make_unique<CheckpointCoordinator>(*folder_, options, "job", clock_, std::move(hooks));
    coordinator_->Add({"sum", "group_aggregate", 0}, {});
  }

  // Millisecond by millisecond, as the thread would at the latest.
  void AdvanceTo(int64_t now_ms) {
    while (clock_.NowMillis() < now_ms) {
      clock_.AdvanceMillis(1);
      due_ms_ = coordinator_->Step();
    }
  }

  void Acknowledge(const arrow::Status& status = arrow::Status::OK()) {
    SnapshotAcknowledgement done;
    done.uid = "sum";
    done.epoch = epoch_;
    done.status = status;
    if (status.ok()) {
      done.written.emplace();
      done.written->file.bytes = "state";
      done.written->file.size = 5;
    }
    coordinator_->Acknowledge(std::move(done));
    due_ms_ = coordinator_->Step();
  }

  void AcknowledgeFailure() { Acknowledge(IoError("/chk/state", "no space left on device")); }
  static arrow::Status IoError(const std::string& path, const std::string& message) {
    return UserError("io", path, message);
  }

  MemoryFileSystem files_;
  VirtualClock clock_;
  std::unique_ptr<CheckpointFolder> folder_;
  std::unique_ptr<CheckpointCoordinator> coordinator_;
  int64_t epoch_ = 0;   // Of the barrier under way.
  int64_t due_ms_ = 0;  // When the coordinator wants its next step.
  std::vector<int64_t> barriers_;
  std::vector<int64_t> committed_;
  std::vector<int64_t> settled_;
  arrow::Status flushed_;  // What becomes of the rows before a barrier.
  arrow::Status failure_;
  std::vector<std::string> log_;
};

TEST_F(CoordinatorTest, WithoutAPauseTheNextBarrierComesWhenTheIntervalIsOver) {
  Start({.interval_ms = 10});
  AdvanceTo(15);
  Acknowledge();
  EXPECT_EQ(due_ms_, 20);
  AdvanceTo(28);  // Longer than the interval.
  EXPECT_THAT(barriers_, ElementsAre(10, 20));
  Acknowledge();
  AdvanceTo(30);
  EXPECT_THAT(barriers_, ElementsAre(10, 20, 30));
}

TEST_F(CoordinatorTest, OneThatTakesLongerThanTheIntervalIsFollowedAtOnce) {
  Start({.interval_ms = 10});
  AdvanceTo(47);
  EXPECT_THAT(barriers_, ElementsAre(10));  // One at a time.
  Acknowledge();
  EXPECT_THAT(barriers_, ElementsAre(10, 47));
}

TEST_F(CoordinatorTest, ThePauseIsKeptBehindTheEnd) {
  Start({.interval_ms = 10, .min_pause_ms = 30});
  AdvanceTo(15);
  Acknowledge();
  EXPECT_EQ(due_ms_, 45);
  AdvanceTo(44);
  EXPECT_THAT(barriers_, ElementsAre(10));
  AdvanceTo(45);
  EXPECT_THAT(barriers_, ElementsAre(10, 45));
}

TEST_F(CoordinatorTest, ThePauseIsKeptBehindAFailureAsWell) {
  Start({.interval_ms = 10, .min_pause_ms = 30, .tolerable_failures = 5});
  AdvanceTo(15);
  AcknowledgeFailure();
  AdvanceTo(44);
  EXPECT_THAT(barriers_, ElementsAre(10));
  AdvanceTo(45);
  EXPECT_THAT(barriers_, ElementsAre(10, 45));
}

TEST_F(CoordinatorTest, AShorterPauseThanTheIntervalChangesNothing) {
  Start({.interval_ms = 10, .min_pause_ms = 3});
  AdvanceTo(12);
  Acknowledge();
  AdvanceTo(20);
  EXPECT_THAT(barriers_, ElementsAre(10, 20));
}

TEST_F(CoordinatorTest, FailuresInARowAreToleratedUpToTheirNumber) {
  Start({.interval_ms = 10, .tolerable_failures = 2});
  for (int64_t now_ms : {10, 20}) {
    AdvanceTo(now_ms);
    AcknowledgeFailure();
    EXPECT_TRUE(failure_.ok()) << failure_.ToString();
  }
  EXPECT_THAT(log_, ElementsAre(HasSubstr("checkpoint 1 failed: no space left"),
                                HasSubstr("checkpoint 2 failed: no space left")));
  AdvanceTo(30);
  AcknowledgeFailure();
  EXPECT_THAT(failure_.message(), HasSubstr("no space left"));
  EXPECT_EQ(due_ms_, INT64_MAX);
  EXPECT_THAT(committed_, IsEmpty());
  const CheckpointStatistics statistics = coordinator_->Statistics();
  EXPECT_EQ(statistics.num_failed, 3);
  EXPECT_EQ(statistics.failures_by_cause.at("io"), 3);
}

TEST_F(CoordinatorTest, ASuccessBeginsTheCountAnew) {
  Start({.interval_ms = 10, .tolerable_failures = 2});
  for (int64_t now_ms : {10, 20}) {
    AdvanceTo(now_ms);
    AcknowledgeFailure();
  }
  AdvanceTo(30);
  Acknowledge();
  for (int64_t now_ms : {40, 50}) {
    AdvanceTo(now_ms);
    AcknowledgeFailure();
  }
  EXPECT_TRUE(failure_.ok()) << failure_.ToString();
  EXPECT_THAT(committed_, ElementsAre(3));
  AdvanceTo(60);
  AcknowledgeFailure();
  EXPECT_FALSE(failure_.ok());
}

TEST_F(CoordinatorTest, WithoutToleranceTheFirstFailureIsTheJobs) {
  Start({.interval_ms = 10});
  AdvanceTo(10);
  AcknowledgeFailure();
  EXPECT_FALSE(failure_.ok());
}

TEST_F(CoordinatorTest, OneThatTakesTooLongHasFailedAndItsStateCountsInTheNext) {
  Start({.interval_ms = 10, .timeout_ms = 25, .tolerable_failures = 1});
  AdvanceTo(34);
  EXPECT_EQ(coordinator_->Statistics().oldest_barrier_ms, 10);
  EXPECT_EQ(coordinator_->Statistics().num_failed, 0);
  AdvanceTo(35);
  EXPECT_EQ(coordinator_->Statistics().failures_by_cause.at("checkpoint-timeout"), 1);
  EXPECT_THAT(barriers_, ElementsAre(10, 35));
  // What comes late is no answer to the barrier under way.
  epoch_ = 1;
  Acknowledge();
  EXPECT_THAT(committed_, IsEmpty());
  epoch_ = 2;
  Acknowledge();
  EXPECT_THAT(committed_, ElementsAre(2));
  EXPECT_TRUE(failure_.ok());
}

class RetentionTest : public CoordinatorTest, public testing::WithParamInterface<int> {};

TEST_P(RetentionTest, SoManyCheckpointsAreKept) {
  const int num_retained = GetParam();
  Start({.interval_ms = 10}, num_retained);
  for (int epoch = 1; epoch <= 7; ++epoch) {
    AdvanceTo(epoch * 10);
    Acknowledge();
    std::vector<std::string> kept;
    for (const std::string& name : folder_->store().List("").ValueOrDie()) {
      if (name.starts_with("chk-")) kept.push_back(name);
    }
    std::vector<std::string> expected;
    for (int each = std::max(1, epoch - num_retained + 1); each <= epoch; ++each)
      expected.push_back("chk-" + std::to_string(each) + "-1");
    ASSERT_EQ(kept, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Numbers, RetentionTest, testing::Values(1, 2, 5));

TEST_F(CoordinatorTest, SinksGoOnWhenACheckpointCountsAndWhenItIsGivenUp) {
  Start({.interval_ms = 10, .tolerable_failures = 5});
  AdvanceTo(10);
  EXPECT_THAT(settled_, IsEmpty());
  Acknowledge();
  EXPECT_THAT(settled_, ElementsAre(1));
  AdvanceTo(20);
  AcknowledgeFailure();
  EXPECT_THAT(settled_, ElementsAre(1, 2));
}

// Whatever is tolerated: only a restore brings the rows back.
TEST_F(CoordinatorTest, RowsThatDidNotArriveFailTheJob) {
  Start({.interval_ms = 10, .tolerable_failures = 5});
  flushed_ = UserError("delivery", "topic-3", "message too large");
  AdvanceTo(10);
  Acknowledge();
  EXPECT_THAT(committed_, IsEmpty());
  EXPECT_THAT(failure_.message(), HasSubstr("message too large"));
}

}  // namespace
}  // namespace sabot
