// Warnings of a job: told in order, kept while their reader has no room, bounded.
#include "engine/job_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JobLogTest : public ::testing::Test {
 protected:
  JobLog log_{[this](const std::string& channel, std::string&& bytes) {
    EXPECT_EQ(channel, "log");
    if (room_) lines_.push_back(std::move(bytes));
    return room_;
  }};
  bool room_ = true;
  std::vector<std::string> lines_;
};

TEST_F(JobLogTest, ALineSaysWhereItComesFrom) {
  log_.Warn({"session_window", "session:1", 3}, "a \"late\" row \xff");
  ASSERT_EQ(lines_.size(), 1u);
  const auto line = nlohmann::json::parse(lines_[0]);
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["operator"], "session_window");
  EXPECT_EQ(line["uid"], "session:1");
  EXPECT_EQ(line["subtask"], 3);
  EXPECT_THAT(line["message"].get<std::string>(), HasSubstr("a \"late\" row"));
}

TEST_F(JobLogTest, LinesWaitForRoomAndWhatIsTooMuchIsCounted) {
  room_ = false;
  for (int i = 0; i < 130; ++i) log_.Warn({}, "line " + std::to_string(i));
  EXPECT_THAT(lines_, IsEmpty());
  room_ = true;
  log_.Flush();
  ASSERT_EQ(lines_.size(), 101u);
  EXPECT_THAT(lines_[0], HasSubstr("line 0"));
  EXPECT_THAT(lines_[99], HasSubstr("line 99"));
  EXPECT_THAT(lines_[100], HasSubstr("30 warnings were dropped"));
}

TEST_F(JobLogTest, NothingIsToldAfterTheEnd) {
  log_.Close();
  log_.Warn({}, "too late");
  log_.Flush();
  EXPECT_THAT(lines_, IsEmpty());
}

}  // namespace
}  // namespace sabot
