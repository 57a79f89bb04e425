// broadcast_process: the map by key, what of it crosses to the owner, restarts, failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "broadcast_mirror.h"
#include "harness.h"

namespace sabot {
namespace {

using test::BroadcastMirror;
using test::UserFunctionModel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int kRules = 1;  // The broadcast input.
const std::vector<std::string> kRows = {"v BIGINT", "k STRING"};
const std::vector<std::string> kRule = {"rule STRING", "value BIGINT", "off BOOLEAN"};

std::string Node(const std::string& more = R"(, "removes": 2)") {
  return R"({"op": "broadcast_process", "config": {"columns": [0], "reads": [1],
    "broadcastKeys": [0])" +
         more + R"(}, "schema": )" + test::SchemaJson({"v BIGINT", "value BIGINT"}) + "}";
}

class BroadcastProcessTest : public testing::TestWithParam<int64_t> {
 protected:
  test::Harness Open(const std::string& node = Node()) {
    return {node,
            {test::MakeSchema(kRows), test::MakeSchema(kRule)},
            {.batch_rows_max = GetParam(), .owner = &owner_}};
  }
  std::shared_ptr<BroadcastMirror::Log> log_ = std::make_shared<BroadcastMirror::Log>();
  UserFunctionModel owner_{{{0, BroadcastMirror({"k STRING"}, kRule, log_)}}};
};
INSTANTIATE_TEST_SUITE_P(Batches, BroadcastProcessTest, testing::Values(1, 3, INT64_MAX));

TEST_P(BroadcastProcessTest, RowsSeeTheMapAsItWasLeft) {
  test::Harness process = Open();
  process.Rows(R"([[1, "a"]])");
  process.Rows(R"([["a", 5, null], ["b", 7, false], ["b", 8, null]])", kRules);
  process.Rows(R"([[2, "a"], [3, "b"], [4, "c"], [5, "a"]])");
  process.Rows(R"([["b", 0, true], ["c", 9, false], ["a", 6, null], ["no", 0, true]])", kRules);
  process.Rows(R"([[6, "a"], [7, "b"], [8, "c"]])");
  EXPECT_THAT(process.Take(),
              ElementsAre("+I[2, 5]", "+I[3, 8]", "+I[5, 5]", "+I[6, 6]", "+I[8, 9]"));
  EXPECT_THAT(process.State(), UnorderedElementsAre("+I[a, 6, NULL]", "+I[c, 9, false]"));
}

TEST_P(BroadcastProcessTest, ChangesOfAnUpdatingSideReplaceAndRemove) {
  test::Harness process = Open(Node(""));
  process.Rows(R"([["+I", "a", 5, null], ["+I", "b", 7, null]])", kRules);
  process.Rows(R"([["-U", "a", 5, null], ["+U", "a", 6, null], ["-D", "b", 7, null]])", kRules);
  process.Rows(R"([[1, "a"], [2, "b"]])");
  EXPECT_THAT(process.Take(), ElementsAre("+I[1, 6]"));
  // Without `removes` it is a column as any other.
  process.Rows(R"([["+U", "a", 7, true]])", kRules);
  process.Rows(R"([[3, "a"]])");
  EXPECT_THAT(process.Take(), ElementsAre("+I[3, 7]"));
}

TEST_P(BroadcastProcessTest, ANullKeyIsAKey) {
  test::Harness process = Open();
  process.Rows(R"([[null, 5, null], ["a", 6, null], [null, 7, null]])", kRules);
  EXPECT_THAT(process.State(), UnorderedElementsAre("+I[NULL, 7, NULL]", "+I[a, 6, NULL]"));
  process.Rows(R"([[null, 5, true]])", kRules);
  EXPECT_THAT(process.State(), ElementsAre("+I[a, 6, NULL]"));
}

TEST_P(BroadcastProcessTest, TheMapIsThereAfterEveryRestart) {
  test::Harness process = Open();
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    const std::string value = std::to_string(round);
    const std::string gone = "r" + std::to_string((round + 3) % 7);
    process.Rows("[[\"r" + std::to_string(round % 7) + "\"," + value + ",null],[\"" + gone +
                     "\",0," + (round % 3 == 0 ? "true" : "null") + "]]",
                 kRules);
    if (round % 5 == 4) process.Restart(1 + round % 4);
    const auto before = process.State();
    process.Rows("[[" + value + ",\"r" + std::to_string(round % 7) + "\"],[1,\"" + gone + "\"]]");
    std::vector<std::string> expected = {"+I[" + value + ", " + value + "]"};
    if (round % 3 != 0) expected.push_back("+I[1, 0]");
    EXPECT_THAT(process.Take(), testing::ElementsAreArray(expected));
    EXPECT_THAT(process.State(), testing::ElementsAreArray(before));
  }
}

// What crosses is bounded by what has changed; the whole map only once per start.
TEST_P(BroadcastProcessTest, TheWholeMapCrossesOncePerStart) {
  test::Harness process = Open();
  std::string rules = "[";
  for (int i = 0; i < 9; ++i)
    rules += (i == 0 ? "" : ",") + ("[\"r" + std::to_string(i)) + "\",1,null]";
  process.Rows(rules + "]", kRules);
  process.Rows(R"([[1, "r1"]])");
  log_->requests.clear();
  process.Rows(R"([["r1", 2, null]])", kRules);
  process.Rows(R"([[2, "r1"], [3, "r2"]])");
  if (GetParam() > 1) {
    EXPECT_THAT(log_->requests, ElementsAre("changes 1", "rows 2"));
  }
  EXPECT_THAT(process.Take(), ElementsAre("+I[1, 1]", "+I[2, 2]", "+I[3, 1]"));

  log_->requests.clear();
  process.Restart(3);  // And its twin, which is asked the same.
  process.Rows(R"([[4, "r1"]])");
  process.Rows(R"([[5, "r2"]])");
  EXPECT_THAT(log_->requests,
              ElementsAre("map 9", "rows 1", "map 9", "rows 1", "rows 1", "rows 1"));
  EXPECT_THAT(process.Take(), ElementsAre("+I[4, 2]", "+I[5, 1]"));
}

TEST_P(BroadcastProcessTest, ALargeMapCrossesInPieces) {
  test::Harness process = Open();
  std::string rules = "[";
  constexpr int kNumRules = 10'000;
  for (int i = 0; i < kNumRules; ++i)
    rules += (i == 0 ? "" : ",") + ("[\"r" + std::to_string(i)) + "\",1,null]";
  process.Feed(test::MakeBatch(test::MakeSchema(kRule), rules + "]"), kRules);
  process.Restart(2);
  log_->requests.clear();
  process.Rows(R"([[1, "r9999"]])");
  EXPECT_THAT(process.Take(), ElementsAre("+I[1, 1]"));
  EXPECT_THAT(log_->requests, ElementsAre("map 4096", "changes 4096", "changes 1808", "rows 1",  //
                                          "map 4096", "changes 4096", "changes 1808", "rows 1"));
}

TEST_P(BroadcastProcessTest, RowsThatAreUpdatedAreRefused) {
  test::Harness process = Open();
  const arrow::Status status = process.TryRows(R"([["-D", 1, "a"]])");
  EXPECT_EQ(DetailOf(status)->kind(), "unsupported-broadcast");
}

TEST(BroadcastProcessErrorTest, TheOwnersErrorIsTheJobs) {
  for (const int input : {0, kRules}) {
    UserFunctionModel owner({{0, [](const auto&) -> UserFunction::Reply {
                                return UserError("user-function", "f", "f failed at row 2");
                              }}});
    test::Harness process(Node(), {test::MakeSchema(kRows), test::MakeSchema(kRule)},
                          {.owner = &owner});
    const arrow::Status status =
        process.TryRows(input == kRules ? R"([["a", 1, null]])" : R"([[1, "a"]])", input);
    EXPECT_EQ(status.message(), "f failed at row 2");
    EXPECT_EQ(DetailOf(status)->kind(), "user-function");
  }
}

TEST(BroadcastProcessErrorTest, RepliesThatDoNotFitAreRefused) {
  const auto rows =
      test::MakeBatch(test::MakeSchema({"row INT NOT NULL", "value BIGINT"}), R"([[7, 1]])");
  const auto of = [&](int input) {
    UserFunctionModel owner(
        {{0, [&](const auto&) -> UserFunction::Reply { return test::MakeReply(rows.rows); }}});
    test::Harness process(Node(), {test::MakeSchema(kRows), test::MakeSchema(kRule)},
                          {.owner = &owner});
    return process.TryRows(input == kRules ? R"([["a", 1, null]])" : R"([[1, "a"]])", input);
  };
  EXPECT_THAT(of(0).message(), HasSubstr("do not fit"));
  EXPECT_THAT(of(kRules).message(), HasSubstr("do not fit"));
}

}  // namespace
}  // namespace sabot
