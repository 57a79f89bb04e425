// The checkpoint folder: who owns it, what counts, what is kept, what damage does.
#include "checkpoint/checkpoint_folder.h"

#include <arrow/buffer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/hash.h"

namespace sabot {
namespace {

using Restore = PlanCheckpoint::Restore;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CheckpointFolderTest : public testing::Test {
 protected:
  std::unique_ptr<CheckpointFolder> Open(const std::string& owner,
                                         const std::string& process = "") {
    return CheckpointFolder::Open(files_, {"/chk", owner, 3, process}).ValueOrDie();
  }
  arrow::Result<std::optional<RestoredCheckpoint>> Begin(CheckpointFolder& folder, Restore from,
                                                         const std::string& path = "",
                                                         bool accept_duplicates = false,
                                                         int64_t since_attempt = 0) {
    return folder.Begin({from, path, since_attempt, accept_duplicates},
                        [this](const std::string& message) { warnings_.push_back(message); });
  }
  // One operator with one file, named in the manifest.
  static Manifest Write(CheckpointFolder& folder, int64_t epoch, const std::string& state,
                        bool visible = false) {
    Manifest manifest;
    manifest.job = "job";
    manifest.attempt = folder.attempt();
    manifest.lineage = folder.lineage();
    manifest.epoch = epoch;
    manifest.output_visible = visible;
    const std::string name = folder.NewStateName();
    EXPECT_TRUE(folder.store().Put(name, state).ok());
    const StateFile file{name, static_cast<int64_t>(state.size()), HashBytes(state), ""};
    manifest.operators = {{"op", "window", {{{file}}}}};
    folder.Settle(name);
    return manifest;
  }
  static arrow::Status Commit(CheckpointFolder& folder, int64_t epoch, const std::string& state,
                              bool visible = false) {
    ARROW_RETURN_NOT_OK(folder.Commit(Write(folder, epoch, state, visible)));
    return folder.CleanUp({});
  }
  std::string StateOf(const RestoredCheckpoint& checkpoint) {
    return ReadStateFile(*checkpoint.store,
                         checkpoint.manifest.operators.at(0).subtasks.at(0).files.at(0))
        .ValueOrDie()
        ->ToString();
  }

  MemoryFileSystem files_;
  std::vector<std::string> warnings_;
};

// Somebody looks while the job goes on and removes what is older.
TEST_F(CheckpointFolderTest, TheNewestIsFoundWhileOlderOnesGo) {
  const auto folder = Open("a");
  ASSERT_TRUE(Begin(*folder, Restore::kNothing).ok());
  int64_t epoch = 0;
  const auto commit_some = [&] {
    for (int i = 0; i < 3; ++i) {
      ++epoch;
      ASSERT_TRUE(Commit(*folder, epoch, "state " + std::to_string(epoch)).ok());
    }
  };
  commit_some();
  commit_some();
  for (int hit = 1; hit <= 3; ++hit) {
    SCOPED_TRACE(hit);
    int num_reads = 0;
    files_.SetFault([&](std::string_view operation, const std::string& path) {
      if (operation == "read" && path.starts_with("/chk/log/") && ++num_reads == hit) commit_some();
      return arrow::Status::OK();
    });
    const auto found = CheckpointFolder::Newest(files_, "/chk");
    files_.SetFault({});
    ASSERT_TRUE(found.ok()) << found.status().ToString();
    EXPECT_EQ((*found)->manifest.epoch, epoch);
    EXPECT_EQ(StateOf(**found), "state " + std::to_string(epoch));
  }
}

TEST_F(CheckpointFolderTest, TheLatestCommitIsRestored) {
  auto first = Open("a");
  ASSERT_FALSE(Begin(*first, Restore::kLatest).ValueOrDie().has_value());
  EXPECT_EQ(first->first_epoch(), 1);
  for (int64_t epoch = 1; epoch <= 5; ++epoch)
    ASSERT_TRUE(Commit(*first, epoch, "state " + std::to_string(epoch)).ok());
  Write(*first, 6, "never committed");

  auto second = Open("b");
  const auto restored = Begin(*second, Restore::kLatest).ValueOrDie();
  EXPECT_EQ(StateOf(*restored), "state 5");
  EXPECT_EQ(second->lineage(), first->lineage());
  EXPECT_EQ(second->first_epoch(), 6);
  // Three are kept, and nothing of what was given up.
  EXPECT_THAT(first->store().List("state").ValueOrDie(), testing::SizeIs(3));
  EXPECT_THAT(first->store().List("").ValueOrDie(),
              ElementsAre("chk-3-1", "chk-4-1", "chk-5-1", "id", "log", "state"));
}

TEST_F(CheckpointFolderTest, AStartFromNothingIsANewLineageAndReusesNoEpoch) {
  auto first = Open("a");
  ASSERT_TRUE(Begin(*first, Restore::kNothing).ok());
  ASSERT_TRUE(Commit(*first, 1, "one").ok());
  auto second = Open("b");
  EXPECT_FALSE(Begin(*second, Restore::kNothing).ValueOrDie().has_value());
  EXPECT_NE(second->lineage(), first->lineage());
  EXPECT_EQ(second->first_epoch(), 2);
}

TEST_F(CheckpointFolderTest, AReplacedProcessCommitsNothing) {
  auto zombie = Open("zombie");
  ASSERT_TRUE(Begin(*zombie, Restore::kLatest).ok());
  ASSERT_TRUE(Commit(*zombie, 1, "one").ok());
  auto successor = Open("successor");
  ASSERT_TRUE(Begin(*successor, Restore::kLatest).ok());

  const arrow::Status status = Commit(*zombie, 2, "of the zombie");
  EXPECT_EQ(DetailOf(status)->kind(), "fenced");
  EXPECT_THAT(status.message(), HasSubstr("successor"));
  ASSERT_TRUE(Commit(*successor, 2, "of the successor").ok());
  auto third = Open("third");
  EXPECT_EQ(StateOf(*Begin(*third, Restore::kLatest).ValueOrDie()), "of the successor");
}

TEST_F(CheckpointFolderTest, AProcessThatSleptThroughManyCommitsIsFencedToo) {
  auto zombie = Open("zombie");
  ASSERT_TRUE(Begin(*zombie, Restore::kLatest).ok());
  ASSERT_TRUE(Commit(*zombie, 1, "one").ok());
  auto successor = Open("successor");
  ASSERT_TRUE(Begin(*successor, Restore::kLatest).ok());
  for (int64_t epoch = 2; epoch < 20; ++epoch) ASSERT_TRUE(Commit(*successor, epoch, "s").ok());
  // The place of its next entry is free again: that part of the log was removed.
  EXPECT_EQ(DetailOf(zombie->Commit(Write(*zombie, 2, "of the zombie")))->kind(), "fenced");
  auto third = Open("third");
  EXPECT_EQ(Begin(*third, Restore::kLatest).ValueOrDie()->manifest.epoch, 19);
}

TEST_F(CheckpointFolderTest, CleaningUpLeavesASuccessorsFilesAlone) {
  auto zombie = Open("zombie");
  ASSERT_TRUE(Begin(*zombie, Restore::kLatest).ok());
  ASSERT_TRUE(zombie->Commit(Write(*zombie, 1, "one")).ok());
  auto successor = Open("successor");
  ASSERT_TRUE(Begin(*successor, Restore::kLatest).ok());
  const Manifest manifest = Write(*successor, 2, "two");
  ASSERT_TRUE(zombie->CleanUp({}).ok());  // It has not noticed yet.
  ASSERT_TRUE(successor->Commit(manifest).ok());
  EXPECT_TRUE(ReadStateFiles(successor->store(), manifest).ok());
}

TEST_F(CheckpointFolderTest, WhatADeadProcessLeftHalfWrittenGoes) {
  auto dead = Open("dead");
  ASSERT_TRUE(Begin(*dead, Restore::kLatest).ok());
  ASSERT_TRUE(Commit(*dead, 1, "one").ok());
  auto manifest = dead->store().Create("chk-2-1/manifest.json").ValueOrDie();
  auto state = dead->store().Create("state/1-9").ValueOrDie();
  ASSERT_TRUE(manifest->Append("{").ok());
  auto next = Open("next");
  ASSERT_TRUE(Begin(*next, Restore::kLatest).ok());
  for (const std::string& path : files_.Paths())
    EXPECT_THAT(path, testing::Not(HasSubstr(".tmp-"))) << path;
}

TEST_F(CheckpointFolderTest, FilesThatLaterCheckpointsNameAreKept) {
  auto folder = Open("a");
  ASSERT_TRUE(Begin(*folder, Restore::kLatest).ok());
  Manifest base = Write(*folder, 1, "base");
  const StateFile shared = base.operators[0].subtasks[0].files[0];
  ASSERT_TRUE(folder->Commit(base).ok());
  for (int64_t epoch = 2; epoch < 9; ++epoch) {
    Manifest manifest = Write(*folder, epoch, "delta " + std::to_string(epoch));
    auto& files = manifest.operators[0].subtasks[0].files;
    files.insert(files.begin(), shared);
    ASSERT_TRUE(folder->Commit(manifest).ok());
    ASSERT_TRUE(folder->CleanUp({}).ok());
  }
  EXPECT_EQ(ReadStateFile(folder->store(), shared).ValueOrDie()->ToString(), "base");
  EXPECT_THAT(folder->store().List("state").ValueOrDie(), testing::SizeIs(4));
}

TEST_F(CheckpointFolderTest, ADamagedCheckpointIsPassedOverLoudly) {
  auto folder = Open("a");
  ASSERT_TRUE(Begin(*folder, Restore::kLatest).ok());
  ASSERT_TRUE(Commit(*folder, 1, "one").ok());
  const Manifest second = Write(*folder, 2, "two");
  ASSERT_TRUE(folder->Commit(second).ok());
  files_.Write("/chk/" + second.operators[0].subtasks[0].files[0].name, "twX");
  auto next = Open("b");
  EXPECT_EQ(StateOf(*Begin(*next, Restore::kLatest).ValueOrDie()), "one");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("checksum does not fit")));
}

TEST_F(CheckpointFolderTest, NotIfItsOutputIsVisibleAlready) {
  auto folder = Open("a");
  ASSERT_TRUE(Begin(*folder, Restore::kLatest).ok());
  ASSERT_TRUE(Commit(*folder, 1, "one").ok());
  ASSERT_TRUE(folder->Commit(Write(*folder, 2, "two", /*visible=*/true)).ok());
  files_.Write("/chk/chk-2-1/manifest.json", "{}");
  auto next = Open("b");
  const auto refused = Begin(*next, Restore::kLatest);
  EXPECT_THAT(refused.status().message(), HasSubstr("--accept-duplicates"));
  auto brave = Open("c");
  EXPECT_EQ(StateOf(*Begin(*brave, Restore::kLatest, "", true).ValueOrDie()), "one");
}

TEST_F(CheckpointFolderTest, WhenAllAreDamagedNothingStarts) {
  auto folder = Open("a");
  ASSERT_TRUE(Begin(*folder, Restore::kLatest).ok());
  ASSERT_TRUE(Commit(*folder, 1, "one").ok());
  files_.Write("/chk/chk-1-1/manifest.json", "");
  auto next = Open("b");
  EXPECT_THAT(Begin(*next, Restore::kLatest).status().message(), HasSubstr("all are damaged"));
}

TEST_F(CheckpointFolderTest, APathNamesACheckpoint) {
  auto folder = Open("a");
  ASSERT_TRUE(Begin(*folder, Restore::kLatest).ok());
  ASSERT_TRUE(Commit(*folder, 1, "one").ok());
  ASSERT_TRUE(Commit(*folder, 2, "two").ok());
  auto next = Open("b");
  const auto restored = Begin(*next, Restore::kPath, "/chk/chk-1-1/").ValueOrDie();
  EXPECT_EQ(StateOf(*restored), "one");
  EXPECT_FALSE(restored->own_files);
  EXPECT_NE(next->lineage(), folder->lineage());
  auto lost = Open("c");
  EXPECT_THAT(Begin(*lost, Restore::kPath, "/chk/chk-9-9").status().message(),
              HasSubstr("there is no checkpoint or savepoint"));
}

TEST_F(CheckpointFolderTest, AJobThatStartsAgainPrefersWhatItCommittedItself) {
  auto earlier = Open("an earlier run");
  ASSERT_TRUE(Begin(*earlier, Restore::kNothing).ok());
  ASSERT_TRUE(Commit(*earlier, 1, "of another run").ok());
  auto first = Open("a");
  ASSERT_TRUE(Begin(*first, Restore::kNothing).ok());
  const int64_t attempt = first->attempt();
  auto second = Open("b");  // The first failed before its first checkpoint.
  EXPECT_FALSE(Begin(*second, Restore::kNothing, "", false, attempt).ValueOrDie().has_value());
  ASSERT_TRUE(Commit(*second, second->first_epoch(), "own").ok());
  auto third = Open("c");
  EXPECT_EQ(StateOf(*Begin(*third, Restore::kNothing, "", false, attempt).ValueOrDie()), "own");
}

// It was stopped, another process took the job over, and it fails of something else before it
// learns of that.
TEST_F(CheckpointFolderTest, AProcessThatStartsItsJobAgainDoesNotTakeItBackFromASuccessor) {
  auto first = Open("A, at 1", "A");
  ASSERT_TRUE(Begin(*first, Restore::kLatest).ok());
  const int64_t attempt = first->attempt();
  ASSERT_TRUE(Commit(*first, 1, "of A").ok());
  auto again = Open("A, at 2", "A");
  EXPECT_TRUE(Begin(*again, Restore::kLatest, "", false, attempt).ok());
  auto successor = Open("B, at 3", "B");
  ASSERT_TRUE(Begin(*successor, Restore::kLatest).ok());
  const auto is_refused = [&] {
    auto zombie = Open("A, at 4", "A");
    const auto begun = Begin(*zombie, Restore::kLatest, "", false, attempt);
    ASSERT_NE(DetailOf(begun.status()), nullptr) << begun.status();
    EXPECT_EQ(DetailOf(begun.status())->kind(), "fenced");
    EXPECT_THAT(begun.status().message(), HasSubstr("B, at 3 has taken over /chk"));
  };
  is_refused();
  // Its claim is gone from the log by now.
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(Commit(*successor, successor->first_epoch() + i, "of B").ok());
  is_refused();
  // A process that is started anew may.
  auto third = Open("A, at 5", "A");
  EXPECT_EQ(StateOf(*Begin(*third, Restore::kLatest).ValueOrDie()), "of B");
}

TEST_F(CheckpointFolderTest, AFailureThatLeavesTheCommitOpenSaysSo) {
  auto folder = Open("a");
  ASSERT_TRUE(Begin(*folder, Restore::kLatest).ok());
  const Manifest manifest = Write(*folder, 1, "one");
  const auto fail = [](std::string_view which) {
    return [which](std::string_view operation, const std::string& path) {
      return operation == which ? UserError("io", path, "no space left") : arrow::Status::OK();
    };
  };
  files_.SetFault(fail("link"));
  EXPECT_EQ(DetailOf(folder->Commit(manifest))->kind(), "io");
  files_.SetFault(nullptr);
  ASSERT_TRUE(folder->Commit(manifest).ok());
}

TEST(ManifestTest, EveryDamageIsFound) {
  Manifest manifest;
  manifest.job = "hot-items";
  manifest.epoch = 7;
  StateFile in_line;
  in_line.bytes = std::string("\0\1\2", 3);
  manifest.operators = {{"window:1", "window_aggregate", {{{{"state/1-0", 12, 34, ""}, in_line}}}}};
  const std::string text = EncodeManifest(manifest);
  const Manifest read = DecodeManifest(text).ValueOrDie();
  EXPECT_EQ(read.operators[0].subtasks[0].files[0], (StateFile{"state/1-0", 12, 34, ""}));
  EXPECT_EQ(read.operators[0].subtasks[0].files[1].bytes, in_line.bytes);
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(DecodeManifest(text.substr(0, i)).ok()) << i;
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(DecodeManifest(flipped).ok()) << i;
  }
}

// Restoring by path: whose is it?
class ClaimTest : public CheckpointFolderTest {
 protected:
  // A savepoint with one file.
  void WriteSavepoint(const std::string& path, const std::string& state) {
    const auto savepoint = SavepointFolder::Create(files_, path, "test").ValueOrDie();
    const std::string name = savepoint->NewStateName();
    ASSERT_TRUE(savepoint->store().Put(name, state).ok());
    Manifest manifest;
    manifest.job = "job";
    manifest.kind = CheckpointKind::kSavepoint;
    manifest.attempt = 1;
    manifest.epoch = 5;
    const StateFile file{name, static_cast<int64_t>(state.size()), HashBytes(state), ""};
    manifest.operators = {{"op", "window", {{{file}}}}};
    ASSERT_TRUE(savepoint->Commit(manifest).ok());
  }
  void Restore(CheckpointFolder& folder, const std::string& path, bool claim) {
    RestoreRequest request;
    request.from = PlanCheckpoint::Restore::kPath;
    request.path = path;
    request.claim = claim;
    const auto restored = folder.Begin(request, [](const std::string&) {});
    ASSERT_TRUE(restored.ok()) << restored.status().ToString();
    ASSERT_TRUE(restored->has_value());
  }
  void CommitMany(CheckpointFolder& folder, int64_t first, int64_t last) {
    for (int64_t epoch = first; epoch <= last; ++epoch)
      ASSERT_TRUE(Commit(folder, epoch, "state " + std::to_string(epoch)).ok());
  }
  // Over another start.
  void RestoreOwnAndGoOn(bool claim) {
    auto first = Open("a");
    ASSERT_TRUE(Begin(*first, PlanCheckpoint::Restore::kLatest).ok());
    ASSERT_NO_FATAL_FAILURE(CommitMany(*first, 1, 2));
    auto second = Open("b");
    ASSERT_NO_FATAL_FAILURE(Restore(*second, "/chk/chk-1-1", claim));
    ASSERT_NO_FATAL_FAILURE(CommitMany(*second, 3, 9));
    auto third = Open("c");
    ASSERT_TRUE(Begin(*third, PlanCheckpoint::Restore::kLatest).ok());
    ASSERT_NO_FATAL_FAILURE(CommitMany(*third, 10, 11));
  }
};

TEST_F(ClaimTest, AClaimedSavepointGoesWhenEnoughCheckpointsAreNewer) {
  WriteSavepoint("/sp", "saved");
  auto first = Open("a");
  ASSERT_NO_FATAL_FAILURE(Restore(*first, "/sp/", true));
  ASSERT_NO_FATAL_FAILURE(CommitMany(*first, 6, 7));
  EXPECT_TRUE(files_.Exists("/sp/manifest.json"));
  // A restart does not forget it.
  auto second = Open("b");
  ASSERT_TRUE(Begin(*second, PlanCheckpoint::Restore::kLatest).ok());
  EXPECT_TRUE(files_.Exists("/sp/manifest.json"));
  ASSERT_NO_FATAL_FAILURE(CommitMany(*second, 8, 8));
  EXPECT_FALSE(files_.Exists("/sp"));
  EXPECT_THAT(second->store().List("claimed").ValueOrDie(), testing::IsEmpty());
}

TEST_F(ClaimTest, OneThatIsNotClaimedIsNeverTouched) {
  WriteSavepoint("/sp", "saved");
  auto folder = Open("a");
  ASSERT_NO_FATAL_FAILURE(Restore(*folder, "/sp", false));
  ASSERT_NO_FATAL_FAILURE(CommitMany(*folder, 6, 12));
  const auto restored = CheckpointFolder::ReadPath(files_, "/sp").ValueOrDie();
  EXPECT_EQ(StateOf(restored), "saved");
}

TEST_F(ClaimTest, WhatIsClaimedAndThenNotIsSomebodysAgain) {
  WriteSavepoint("/sp", "saved");
  auto first = Open("a");
  ASSERT_NO_FATAL_FAILURE(Restore(*first, "/sp", true));
  auto second = Open("b");
  ASSERT_NO_FATAL_FAILURE(Restore(*second, "/sp", false));
  ASSERT_NO_FATAL_FAILURE(CommitMany(*second, 6, 12));
  EXPECT_TRUE(files_.Exists("/sp/manifest.json"));
}

TEST_F(ClaimTest, RestoredAgainItWaitsForNewerCheckpointsAgain) {
  WriteSavepoint("/sp", "saved");
  auto first = Open("a");
  ASSERT_NO_FATAL_FAILURE(Restore(*first, "/sp", true));
  ASSERT_NO_FATAL_FAILURE(CommitMany(*first, 6, 7));
  auto second = Open("b");
  ASSERT_NO_FATAL_FAILURE(Restore(*second, "/sp", true));
  ASSERT_NO_FATAL_FAILURE(CommitMany(*second, 8, 9));
  EXPECT_TRUE(files_.Exists("/sp/manifest.json"));
  ASSERT_NO_FATAL_FAILURE(CommitMany(*second, 10, 10));
  EXPECT_FALSE(files_.Exists("/sp"));
}

TEST_F(ClaimTest, AnotherSavepointInItsPlaceIsLeftAlone) {
  WriteSavepoint("/sp", "saved");
  auto folder = Open("a");
  ASSERT_NO_FATAL_FAILURE(Restore(*folder, "/sp", true));
  for (const char* file : {"/sp/manifest.json", "/sp/state-0"})
    ASSERT_TRUE(files_.Remove(file).ok());
  WriteSavepoint("/sp", "another");
  ASSERT_NO_FATAL_FAILURE(CommitMany(*folder, 6, 12));
  EXPECT_EQ(StateOf(CheckpointFolder::ReadPath(files_, "/sp").ValueOrDie()), "another");
}

TEST_F(ClaimTest, ACheckpointOfItsOwnFolderThatIsNotClaimedStays) {
  ASSERT_NO_FATAL_FAILURE(RestoreOwnAndGoOn(false));
  EXPECT_EQ(StateOf(CheckpointFolder::ReadPath(files_, "/chk/chk-1-1").ValueOrDie()), "state 1");
  EXPECT_FALSE(files_.Exists("/chk/chk-2-1/manifest.json"));
}

TEST_F(ClaimTest, ACheckpointOfItsOwnFolderThatIsClaimedGoesInItsTurn) {
  ASSERT_NO_FATAL_FAILURE(RestoreOwnAndGoOn(true));
  EXPECT_FALSE(files_.Exists("/chk/chk-1-1/manifest.json"));
}

TEST_F(ClaimTest, OfAnotherFoldersCheckpointGoesWhatNobodyElseNeeds) {
  auto other = CheckpointFolder::Open(files_, {"/other", "other", 3}).ValueOrDie();
  ASSERT_TRUE(other->Begin({}, [](const std::string&) {}).ok());
  Manifest first = Write(*other, 1, "shared");
  Manifest second = Write(*other, 2, "own");
  auto& files = second.operators[0].subtasks[0].files;
  files.insert(files.begin(), first.operators[0].subtasks[0].files[0]);
  ASSERT_TRUE(other->Commit(first).ok());
  ASSERT_TRUE(other->Commit(second).ok());
  auto folder = Open("a");
  ASSERT_NO_FATAL_FAILURE(Restore(*folder, "/other/chk-2-1", true));
  ASSERT_NO_FATAL_FAILURE(CommitMany(*folder, 3, 6));
  EXPECT_FALSE(files_.Exists("/other/chk-2-1"));
  EXPECT_EQ(StateOf(CheckpointFolder::ReadPath(files_, "/other/chk-1-1").ValueOrDie()), "shared");
  EXPECT_THAT(other->store().List("state").ValueOrDie(), testing::SizeIs(1));
}

}  // namespace
}  // namespace sabot
