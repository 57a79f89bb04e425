// datagen_source: its rate, what makes a batch when rows are slow to come, sequences that end, and
// a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "connectors/source_driver.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;

std::string Node(int rows_per_second, const std::string& more = "") {
  return R"({"op": "datagen_source", "config": {"rowsPerSecond": )" +
         std::to_string(rows_per_second) + more +
         R"(, "fields": [{"name": "id", "kind": "sequence", "start": "1", "end": "1000000"}]},
            "schema": [{"name": "id", "type": {"kind": "INTEGER"}}]})";
}

class DatagenSourceTest : public ::testing::Test {
 protected:
  // Goes to the source's next timer and says how long that took.
  int64_t ToNextTimer(SourceDriver& source) {
    const int64_t wait = source.subtask(0).NextTimer() - clock_.NowMillis();
    clock_.AdvanceMillis(wait);
    return wait;
  }
  static size_t Take(SourceDriver& source) { return std::exchange(source.lines, {}).size(); }

  VirtualClock clock_;
};

TEST_F(DatagenSourceTest, TheFirstSecondsRowsComeAtOnceThenTheyTrickle) {
  SourceDriver source(Node(10), {.clock = &clock_});
  source.Step(0);
  EXPECT_EQ(Take(source), 10u);
  source.Step(0);
  EXPECT_TRUE(source.blocked(0));
  // A row each 100 ms; the batch waits 10 ms for a second one (batch.max-delay).
  EXPECT_EQ(ToNextTimer(source), 110);
  source.Step(0);
  EXPECT_EQ(Take(source), 1u);
  source.Step(0);
  EXPECT_EQ(ToNextTimer(source), 100);
}

TEST_F(DatagenSourceTest, RowsThatComeCloseTogetherAreOneBatch) {
  SourceDriver source(Node(1'000), {.clock = &clock_});
  source.Step(0);
  EXPECT_EQ(Take(source), 1'000u);
  source.Step(0);
  EXPECT_EQ(ToNextTimer(source), 11);
  source.Step(0);
  EXPECT_EQ(Take(source), 11u);
}

TEST_F(DatagenSourceTest, AFullBatchDoesNotWait) {
  SourceDriver source(Node(1'000), {.clock = &clock_, .rows_max = 4});
  for (int i = 0; i < 250; ++i) source.Step(0);
  EXPECT_EQ(Take(source), 1'000u);
  source.Step(0);
  EXPECT_EQ(ToNextTimer(source), 4);
  source.Step(0);
  EXPECT_EQ(Take(source), 4u);
}

TEST_F(DatagenSourceTest, EndsWithItsNumberOfRows) {
  SourceDriver source(Node(1'000'000, R"(, "numRows": 5)"), {.clock = &clock_});
  EXPECT_THAT(source.RunToEnd(), ElementsAre(R"({"id":1})", R"({"id":2})", R"({"id":3})",
                                             R"({"id":4})", R"({"id":5})"));
}

TEST_F(DatagenSourceTest, GoesOnWhereItWas) {
  SourceDriver source(Node(10), {.clock = &clock_});
  source.Step(0);
  Take(source);
  source.Restart(1);
  source.Step(0);
  ASSERT_FALSE(source.lines.empty());
  EXPECT_EQ(source.lines[0], R"({"id":11})");
}

}  // namespace
}  // namespace sabot::test
