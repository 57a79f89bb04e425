// Checkpoints that count by a transaction: what the folder does when a process dies between the
// transaction and its log, when another one comes, when the authority has forgotten.
//
//   manifest 7 -> transaction 7 -> (dies) | next start: the transaction says 7 -> log: 7, restore 7
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "checkpoint/checkpoint_folder.h"

namespace sabot {
namespace {

using Restore = PlanCheckpoint::Restore;
using ::testing::HasSubstr;

// Where the transactions lie: outlives processes.
struct Ledger {
  std::optional<CommitPoint> last;
  int owner = 0;  // The last one that resolved.
};

class LedgerAuthority final : public CommitAuthority {
 public:
  explicit LedgerAuthority(Ledger& ledger) : ledger_(ledger) {}

  arrow::Status Flush() override { return arrow::Status::OK(); }
  arrow::Result<std::optional<CommitPoint>> Resolve() override {
    self_ = ++ledger_.owner;
    return ledger_.last;
  }
  arrow::Status Claim(const CommitPoint& point) override {
    ++num_claims;
    return Commit(point);
  }
  arrow::Status Commit(const CommitPoint& point) override {
    if (self_ != ledger_.owner) return UserError("fenced", "", "another process has taken over");
    if (fails) return UserError("transaction-aborted", "", "the rows are gone");
    ledger_.last = point;
    if (answer_is_lost) return UserError("commit-unknown", "", "no answer");
    if (next_cannot_begin) return UserError("kafka", "", "the next transaction cannot begin");
    return arrow::Status::OK();
  }

  bool fails = false;
  bool answer_is_lost = false;
  bool next_cannot_begin = false;
  int num_claims = 0;

 private:
  Ledger& ledger_;
  int self_ = 0;
};

class CommitAuthorityTest : public testing::Test {
 protected:
  struct Process {
    std::unique_ptr<CheckpointFolder> folder;
    std::unique_ptr<LedgerAuthority> authority;
    std::optional<RestoredCheckpoint> restored;
    arrow::Status begun;

    int64_t restored_epoch() const { return restored ? restored->manifest.epoch : 0; }
    arrow::Status Commit(int64_t epoch) {
      Manifest manifest;
      manifest.job = "job";
      manifest.attempt = folder->attempt();
      manifest.lineage = folder->lineage();
      manifest.epoch = epoch;
      manifest.output_visible = true;
      ARROW_RETURN_NOT_OK(folder->Commit(manifest));
      return folder->CleanUp({});
    }
  };

  Process Start(Restore from, const std::string& at = "/chk", const std::string& path = "") {
    Process process;
    process.folder =
        CheckpointFolder::Open(files_, {at, "process " + std::to_string(++num_starts_), 3})
            .ValueOrDie();
    process.authority = std::make_unique<LedgerAuthority>(ledger_);
    auto begun =
        process.folder->Begin({from, path}, [](const std::string&) {}, process.authority.get());
    process.begun = begun.status();
    if (begun.ok()) process.restored = std::move(*begun);
    return process;
  }

  // The log cannot be written from here on: the process dies behind the transaction.
  void LogFails(bool fails) {
    files_.SetFault([fails](std::string_view operation, const std::string& path) {
      return fails && operation != "read" && path.starts_with("/chk/log/")
                 ? UserError("io", path, "the process is gone")
                 : arrow::Status::OK();
    });
  }
  static std::string KindOf(const arrow::Status& status) {
    return DetailOf(status) == nullptr ? "" : DetailOf(status)->kind();
  }

  MemoryFileSystem files_;
  Ledger ledger_;
  int num_starts_ = 0;
};

TEST_F(CommitAuthorityTest, AStartFromNothingIsClaimedBeforeAnyRow) {
  const Process process = Start(Restore::kNothing);
  ASSERT_TRUE(process.begun.ok()) << process.begun.ToString();
  EXPECT_EQ(process.authority->num_claims, 1);
  EXPECT_EQ(ledger_.last->lineage, process.folder->lineage());
  EXPECT_EQ(ledger_.last->epoch, 0);
}

TEST_F(CommitAuthorityTest, AnAttemptThatGoesOnClaimsNothing) {
  Process first = Start(Restore::kLatest);
  ASSERT_TRUE(first.Commit(1).ok());
  ASSERT_TRUE(first.Commit(2).ok());
  const Process second = Start(Restore::kLatest);
  EXPECT_EQ(second.restored_epoch(), 2);
  EXPECT_EQ(second.authority->num_claims, 0);
}

TEST_F(CommitAuthorityTest, WhatTheLogHasMissedIsRestored) {
  Process first = Start(Restore::kLatest);
  ASSERT_TRUE(first.Commit(1).ok());
  LogFails(true);
  EXPECT_EQ(KindOf(first.Commit(2)), "commit-unknown");
  LogFails(false);
  Process second = Start(Restore::kLatest);
  ASSERT_TRUE(second.begun.ok()) << second.begun.ToString();
  EXPECT_EQ(second.restored_epoch(), 2);
  EXPECT_EQ(second.folder->lineage(), first.folder->lineage());
  EXPECT_EQ(second.folder->first_epoch(), 3);
  ASSERT_TRUE(second.Commit(3).ok());
  EXPECT_EQ(Start(Restore::kLatest).restored_epoch(), 3);
}

TEST_F(CommitAuthorityTest, WithoutTheTransactionWhatIsPreparedDoesNotCount) {
  Process first = Start(Restore::kLatest);
  ASSERT_TRUE(first.Commit(1).ok());
  first.authority->fails = true;
  EXPECT_EQ(KindOf(first.Commit(2)), "transaction-aborted");
  EXPECT_EQ(Start(Restore::kLatest).restored_epoch(), 1);
}

TEST_F(CommitAuthorityTest, AnAnswerThatWasLostIsReadAtTheNextStart) {
  Process first = Start(Restore::kLatest);
  first.authority->answer_is_lost = true;
  EXPECT_EQ(KindOf(first.Commit(1)), "commit-unknown");
  EXPECT_EQ(Start(Restore::kLatest).restored_epoch(), 1);
}

// It counts; going on as if the checkpoint had merely failed would write rows into no transaction.
TEST_F(CommitAuthorityTest, AFailureOfAnyOtherKindIsReadAtTheNextStartToo) {
  Process first = Start(Restore::kLatest);
  first.authority->next_cannot_begin = true;
  EXPECT_EQ(KindOf(first.Commit(1)), "commit-unknown");
  EXPECT_EQ(Start(Restore::kLatest).restored_epoch(), 1);
}

TEST_F(CommitAuthorityTest, AProcessThatWasReplacedCommitsNothing) {
  Process zombie = Start(Restore::kLatest);
  ASSERT_TRUE(zombie.Commit(1).ok());
  Process other = Start(Restore::kLatest);
  EXPECT_EQ(KindOf(zombie.Commit(2)), "fenced");
  EXPECT_EQ(ledger_.last->epoch, 1);
  EXPECT_TRUE(other.Commit(2).ok());
}

TEST_F(CommitAuthorityTest, ACheckpointThatIsMissingStopsTheStart) {
  Process first = Start(Restore::kLatest);
  ASSERT_TRUE(first.Commit(1).ok());
  LogFails(true);
  EXPECT_FALSE(first.Commit(2).ok());
  LogFails(false);
  ASSERT_TRUE(files_.Remove("/chk/chk-2-1/manifest.json").ok());
  const Process second = Start(Restore::kLatest);
  EXPECT_EQ(KindOf(second.begun), "checkpoint");
  EXPECT_THAT(second.begun.message(), HasSubstr("/chk/chk-2-1"));
}

TEST_F(CommitAuthorityTest, AnotherFolderThanTheOutputsStopsTheStart) {
  Process first = Start(Restore::kLatest);
  ASSERT_TRUE(first.Commit(1).ok());
  const Process second = Start(Restore::kLatest, "/elsewhere");
  EXPECT_EQ(KindOf(second.begun), "checkpoint");
  EXPECT_THAT(second.begun.message(), HasSubstr("another checkpoint folder than /elsewhere"));
  // Whoever begins anew, may.
  EXPECT_TRUE(Start(Restore::kNothing, "/elsewhere").begun.ok());
}

TEST_F(CommitAuthorityTest, RecordsThatAreGoneStopTheStart) {
  Process first = Start(Restore::kLatest);
  ASSERT_TRUE(first.Commit(1).ok());
  ASSERT_TRUE(first.Commit(2).ok());
  ledger_ = {};
  const Process second = Start(Restore::kLatest);
  EXPECT_EQ(KindOf(second.begun), "checkpoint");
  EXPECT_THAT(second.begun.message(), HasSubstr("/chk/chk-2-1"));
  // The user says so: a new lineage from that checkpoint.
  const Process third = Start(Restore::kPath, "/chk", "/chk/chk-2-1");
  ASSERT_TRUE(third.begun.ok()) << third.begun.ToString();
  EXPECT_EQ(third.restored_epoch(), 2);
  EXPECT_EQ(ledger_.last->lineage, third.folder->lineage());
}

// It died before its first checkpoint: nothing of it was seen.
TEST_F(CommitAuthorityTest, BehindANewBeginningThatCameToNothingTheOldOneGoesOn) {
  Process first = Start(Restore::kLatest);
  ASSERT_TRUE(first.Commit(1).ok());
  ASSERT_TRUE(Start(Restore::kNothing).begun.ok());
  Process third = Start(Restore::kLatest);
  ASSERT_TRUE(third.begun.ok()) << third.begun.ToString();
  EXPECT_EQ(third.restored_epoch(), 1);
  EXPECT_EQ(third.folder->lineage(), first.folder->lineage());
  EXPECT_EQ(third.authority->num_claims, 1);
  ASSERT_TRUE(third.Commit(2).ok());
  EXPECT_EQ(Start(Restore::kLatest).restored_epoch(), 2);
}

// Before there was an exactly-once sink in the job.
TEST_F(CommitAuthorityTest, CheckpointsFromBeforeTheTransactionsAreGoneOnFrom) {
  const auto folder = CheckpointFolder::Open(files_, {"/chk", "before", 3}).ValueOrDie();
  ASSERT_TRUE(folder->Begin({Restore::kLatest, ""}, [](const std::string&) {}).ok());
  Manifest manifest;
  manifest.job = "job";
  manifest.attempt = folder->attempt();
  manifest.lineage = folder->lineage();
  manifest.epoch = 1;
  ASSERT_TRUE(folder->Commit(manifest).ok());
  const Process process = Start(Restore::kLatest);
  ASSERT_TRUE(process.begun.ok()) << process.begun.ToString();
  EXPECT_EQ(process.restored_epoch(), 1);
  EXPECT_EQ(process.authority->num_claims, 1);
}

}  // namespace
}  // namespace sabot
