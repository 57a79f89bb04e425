// global_window: counting rows of each key, purging or not, restarts, tiny batches, wrong plans.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

constexpr const char* kSumAndList =
    R"([{"function": "sum", "args": [1], "argTypes": [{"kind": "INTEGER"}], "type": {"kind": "INTEGER"}},
        {"function": "count", "args": [1], "argTypes": [{"kind": "INTEGER"}], "distinct": true,
         "type": {"kind": "BIGINT", "nullable": false}}])";

std::string Node(const std::string& config) {
  return R"({"op": "global_window", "config": {"keys": [0], "aggregates": )" +
         std::string(kSumAndList) + config + R"(}, "schema": )" +
         test::SchemaJson({"k STRING", "s INT", "d BIGINT NOT NULL"}) + "}";
}

test::Harness Open(const std::string& config, test::HarnessOptions options = {}) {
  return test::Harness(Node(config), {test::MakeSchema({"k STRING", "v INT"})}, options);
}

TEST(GlobalWindowTest, FiresAtEveryCountthRowOfAKeyAndBeginsAnew) {
  for (const int64_t batch_rows : {int64_t{1}, int64_t{3}, INT64_MAX}) {
    auto harness = Open(R"(, "count": 2)", {.batch_rows_max = batch_rows, .no_room = false});
    harness.Rows(R"([["a", 1], ["b", 5], ["a", 1], ["a", 4], [null, 7], ["a", 8], ["a", 9],
                     [null, null], ["b", 6], ["a", 9]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 2, 1]", "+I[a, 12, 2]", "+I[NULL, 7, 1]",
                                            "+I[b, 11, 2]", "+I[a, 18, 1]"));
    harness.Rows(R"([["b", 1]])");
    harness.EndOfInput();
    EXPECT_THAT(harness.Take(), ElementsAre("W(max)"));
  }
}

TEST(GlobalWindowTest, GoesOnIfItDoesNotPurge) {
  auto harness = Open(R"(, "count": 2, "purges": false)");
  harness.Rows(R"([["a", 1], ["a", 1], ["a", 4], ["b", 3], ["a", 8], ["a", 9]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 2, 1]", "+I[a, 14, 3]"));
}

TEST(GlobalWindowTest, CountOfOneFiresWithEveryRow) {
  auto harness = Open(R"(, "count": 1)");
  harness.Rows(R"([["a", 1], ["a", 2], ["b", 3]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1, 1]", "+I[a, 2, 1]", "+I[b, 3, 1]"));
}

TEST(GlobalWindowTest, StillKnowsItsRowsAfterARestart) {
  for (const std::string purges : {"true", "false"}) {
    auto harness = Open(R"(, "count": 3, "purges": )" + purges);
    harness.Rows(R"([["a", 1], ["b", 2], ["a", 1], ["c", 1], ["c", 1], ["c", 1]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[c, 3, 1]"));
    harness.Restart(2);
    harness.Rows(R"([["b", 2], ["a", 5], ["c", 7], ["c", 7]])");
    harness.Restart();
    harness.Rows(R"([["b", 4], ["c", 7]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 7, 2]", "+I[b, 8, 2]",
                                            purges == "true" ? "+I[c, 21, 1]" : "+I[c, 24, 2]"));
  }
}

TEST(GlobalWindowTest, ItsStateIsTheWindowsThatAreNotFull) {
  auto harness = Open(R"(, "count": 2)");
  harness.Rows(R"([["a", 1], ["b", 5], ["a", 1], ["c", 4]])");
  harness.Restart(2);
  EXPECT_THAT(harness.State(), testing::UnorderedElementsAre("+I[b, 5, 1]", "+I[c, 4, 1]"));
}

}  // namespace
}  // namespace sabot
