// datagen_source: its rate, what makes a batch when rows are slow to come, sequences that end, and
// a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

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

TEST_F(DatagenSourceTest, MakesEveryRowOnceAtWhateverParallelismItIsRestored) {
  for (const std::vector<int>& parallelisms : std::vector<std::vector<int>>{
           {1, 3, 2}, {1, 8, 3, 1}, {3, 8, 8, 2}, {2, 3, 4, 5}, {4, 1, 1, 6}, {5, 16, 7, 20}}) {
    SourceDriver source(Node(1'000'000, R"(, "numRows": 157)"),
                        {.clock = &clock_, .parallelism = parallelisms[0], .rows_max = 2});
    for (size_t restart = 1; restart < parallelisms.size(); ++restart) {
      for (int step = 0; step < 9; ++step)
        source.Step(static_cast<size_t>(step * step % parallelisms[restart - 1]));
      source.Restart(parallelisms[restart]);
    }
    std::vector<int> ids;
    for (const std::string& line : source.RunToEnd())
      ids.push_back(nlohmann::json::parse(line)["id"].get<int>());
    std::sort(ids.begin(), ids.end());
    std::vector<int> expected(157);
    std::iota(expected.begin(), expected.end(), 1);
    EXPECT_EQ(ids, expected) << ::testing::PrintToString(parallelisms);
  }
}

TEST_F(DatagenSourceTest, WithoutAnEndGoesOnAtAnotherParallelism) {
  SourceDriver source(
      R"({"op": "datagen_source", "config": {"rowsPerSecond": 10,
          "fields": [{"name": "id", "min": "0", "max": "9"}]},
          "schema": [{"name": "id", "type": {"kind": "INTEGER"}}]})",
      {.clock = &clock_});
  source.Step(0);
  source.Restart(3);
  Take(source);
  for (size_t subtask = 0; subtask < 3; ++subtask) source.Step(subtask);
  EXPECT_GE(Take(source), 9u);
}

}  // namespace
}  // namespace sabot::test
