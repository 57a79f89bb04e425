// What is said of late rows: the first ones in full, then a line a minute, the rest at the end.
#include "stream/late_row_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"
#include "stream/operator.h"

namespace sabot {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LateRowLogTest : public ::testing::Test {
 protected:
  LateRowLogTest() {
    context_.clock = &clock_;
    context_.metrics = &metrics_;
    context_.warn = [this](std::string message) { said_.push_back(std::move(message)); };
    metrics_.watermark_ms.Set(5'000);
  }
  void Late(const std::string& rows, std::vector<int32_t> which) {
    log_.Add(context_, test::MakeBatch(test::MakeSchema({"k STRING", "v INT"}), rows), which);
  }
  std::vector<std::string> Take() { return std::exchange(said_, {}); }

  VirtualClock clock_;
  OperatorMetrics metrics_;
  OperatorContext context_;
  LateRowLog log_;
  std::vector<std::string> said_;
};

TEST_F(LateRowLogTest, ShowsTheFirstRowsInFull) {
  Late(R"([["a", 1], ["b", 2], ["c", 3]])", {0, 2});
  EXPECT_THAT(Take(), ElementsAre(AllOf(HasSubstr("k = a, v = 1"),
                                        HasSubstr("event time has passed 1970-01-01 00:00:05.000")),
                                  HasSubstr("k = c, v = 3")));
}

TEST_F(LateRowLogTest, ThenTellsNumbersNowAndThen) {
  Late(R"([["a", 1], ["b", 2], ["c", 3], ["d", 4], ["e", 5]])", {0, 1, 2, 3, 4});
  EXPECT_THAT(Take(), testing::SizeIs(3));
  clock_.AdvanceMillis(59'999);
  Late(R"([["f", 6]])", {0});
  EXPECT_THAT(Take(), IsEmpty());
  clock_.AdvanceMillis(1);
  Late(R"([["g", 7]])", {0});
  EXPECT_THAT(Take(), ElementsAre(AllOf(HasSubstr("4 more rows"), HasSubstr("k = g, v = 7"))));
  Late(R"([["h", 8]])", {0});
  EXPECT_THAT(Take(), IsEmpty());
  log_.Finish(context_);
  EXPECT_THAT(Take(), ElementsAre(HasSubstr("1 more rows")));
  log_.Finish(context_);
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(LateRowLogTest, CutsLongRows) {
  Late(R"([[")" + std::string(5'000, 'x') + R"(", 1]])", {0});
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_LT(said_[0].size(), 500u);
}

}  // namespace
}  // namespace sabot
