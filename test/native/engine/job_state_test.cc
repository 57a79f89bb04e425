// The folder of a job whose state may lie on disk: who makes it, and who removes it.
#include "engine/job_state.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"

namespace sabot {
namespace {

namespace fs = std::filesystem;

class JobStateTest : public testing::Test {
 protected:
  JobStateTest() {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~JobStateTest() override { fs::remove_all(root_); }

  PlanOptions Options(const std::string& folder) const {
    PlanOptions options;
    options.state_backend = StateBackend::kRocksdb;
    options.memory_limit_bytes = 8 << 20;
    options.state_folder = root_ + folder;
    return options;
  }
  std::vector<std::string> Folders() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(root_)) names.push_back(entry.path().string());
    return names;
  }

  const std::string root_ = testing::TempDir() + "sabot-job-state-" + std::to_string(getpid());
};

TEST_F(JobStateTest, HasAFolderWhileItLives) {
  {
    const auto state = JobState::Make(Options(""));
    EXPECT_TRUE(Folders().empty());
    ASSERT_TRUE(state->Open().ok());
    EXPECT_EQ(Folders().size(), 1u);
  }
  EXPECT_TRUE(Folders().empty());
  // Memory needs none.
  const auto state = JobState::Make(PlanOptions());
  ASSERT_TRUE(state->Open().ok());
}

TEST_F(JobStateTest, RemovesWhatKilledProcessesLeftAndNothingElse) {
  const auto other = JobState::Make(Options(""));
  ASSERT_TRUE(other->Open().ok());
  const std::vector<std::string> in_use = Folders();
  // A killed process has no locks.
  for (const char* name : {"/sabot-state-1-1", "/sabot-state-2-2"}) {
    fs::create_directories(root_ + name + "/3-0");
    std::ofstream(root_ + name + "/lock").flush();
    std::ofstream(root_ + name + "/3-0/000004.sst") << "rows";
  }
  fs::create_directories(root_ + "/somebody-else's");
  const auto state = JobState::Make(Options(""));
  ASSERT_TRUE(state->Open().ok());
  EXPECT_FALSE(fs::exists(root_ + "/sabot-state-1-1"));
  EXPECT_FALSE(fs::exists(root_ + "/sabot-state-2-2"));
  EXPECT_TRUE(fs::exists(root_ + "/somebody-else's"));
  EXPECT_TRUE(fs::exists(in_use[0]));
  EXPECT_EQ(Folders().size(), 3u);
}

TEST_F(JobStateTest, SaysWhichFolderCannotBeWritten) {
  std::ofstream(root_ + "/file") << "no folder";
  const arrow::Status status = JobState::Make(Options("/file/state"))->Open();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(DetailOf(status)->kind(), "io");
  EXPECT_NE(status.message().find(root_ + "/file/state"), std::string::npos) << status;
}

}  // namespace
}  // namespace sabot
