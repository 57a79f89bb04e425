// group_aggregate: Flink's changes row by row, and folded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const char* const kCountAndMax = R"([
  {"function": "count", "args": [], "type": {"kind": "BIGINT"}},
  {"function": "max", "args": [1], "argTypes": [{"kind": "INTEGER"}], "type": {"kind": "INTEGER"}}])";
const std::vector<std::string> kInput{"k STRING", "v INT"};
const std::vector<std::string> kOutput{"k STRING", "n BIGINT", "m INT"};

std::string Node(const std::string& aggregates, const std::vector<std::string>& output,
                 const std::string& more = "", const std::string& keys = "[0]") {
  return R"({"op": "group_aggregate", "config": {"keys": )" + keys + R"(, "aggregates": )" +
         aggregates + more + R"(}, "schema": )" + test::SchemaJson(output) + "}";
}

TEST(GroupAggregateTest, EveryRowChangesItsGroup) {
  test::Harness groups(Node(kCountAndMax, kOutput), {test::MakeSchema(kInput)});
  groups.Rows(R"([["a", 1], ["b", 5], ["a", 3], [null, null], ["a", 2]])");
  EXPECT_THAT(groups.Take(), ElementsAre("+I[a, 1, 1]", "+I[b, 1, 5]", "-U[a, 1, 1]", "+U[a, 2, 3]",
                                         "+I[NULL, 1, NULL]", "-U[a, 2, 3]", "+U[a, 3, 3]"));
  groups.Restart(3);
  groups.Rows(R"([["b", 7], [null, 1]])");
  EXPECT_THAT(groups.Take(),
              ElementsAre("-U[b, 1, 5]", "+U[b, 2, 7]", "-U[NULL, 1, NULL]", "+U[NULL, 2, 1]"));
}

TEST(GroupAggregateTest, LeavesUpdateBeforeOutWhereNobodyNeedsIt) {
  test::Harness groups(
      Node(kCountAndMax, kOutput, R"(, "emitUpdateBefore": false, "inputRetracts": true)"),
      {test::MakeSchema(kInput)});
  groups.Rows(R"([["a", 1], ["a", 3], ["-D", "a", 3]])");
  EXPECT_THAT(groups.Take(), ElementsAre("+I[a, 1, 1]", "+U[a, 2, 3]", "+U[a, 1, 1]"));
  groups.Rows(R"([["b", 4], ["-D", "a", 1]])");
  EXPECT_THAT(groups.Take(), ElementsAre("+I[b, 1, 4]", "-D[a, 1, 1]"));
}

TEST(GroupAggregateTest, AnUnchangedResultEmitsNothing) {
  const std::string max =
      R"([{"function": "max", "args": [1], "argTypes": [{"kind": "INTEGER"}], "type": {"kind": "INTEGER"}}])";
  for (const char* mode : {"", R"(, "miniBatch": {})"}) {
    test::Harness groups(Node(max, {"k STRING", "m INT"}, mode), {test::MakeSchema(kInput)});
    groups.Rows(R"([["a", 3]])");
    groups.Rows(R"([["a", 1], ["a", 2]])");
    EXPECT_THAT(groups.Take(), ElementsAre("+I[a, 3]"));
  }
}

TEST(GroupAggregateTest, GroupsEndBeginAnewAndAreNotBornOfRetractions) {
  test::Harness groups(Node(kCountAndMax, kOutput, R"(, "inputRetracts": true)"),
                       {test::MakeSchema(kInput)});
  groups.Rows(
      R"([["-D", "x", 1], ["a", 1], ["-U", "a", 1], ["+U", "a", 9], ["-D", "a", 9], ["-D", "a", 9], ["a", 4], ["a", 2]])");
  EXPECT_THAT(groups.Take(), ElementsAre("+I[a, 1, 1]", "-D[a, 1, 1]", "+I[a, 1, 9]", "-D[a, 1, 9]",
                                         "+I[a, 1, 4]", "-U[a, 1, 4]", "+U[a, 2, 4]"));
  groups.Restart();
  groups.Rows(R"([["-D", "a", 4], ["-D", "a", 2], ["-D", "x", 1], ["x", 1]])");
  EXPECT_THAT(groups.Take(),
              ElementsAre("-U[a, 2, 4]", "+U[a, 1, 2]", "-D[a, 1, 2]", "+I[x, 1, 1]"));
}

TEST(GroupAggregateTest, WithoutKeysThereIsOneGroupAndOverNothingNoRow) {
  const std::string count = R"([{"function": "count", "args": [], "type": {"kind": "BIGINT"}}])";
  test::Harness groups(Node(count, {"n BIGINT"}, R"(, "inputRetracts": true)", "[]"),
                       {test::MakeSchema({"v INT"})});
  groups.Rows("[]");
  EXPECT_THAT(groups.Take(), IsEmpty());
  groups.Rows(R"([[1], [2], ["-D", 1], ["-D", 2], ["-D", 3]])");
  EXPECT_THAT(groups.Take(), ElementsAre("+I[1]", "-U[1]", "+U[2]", "-U[2]", "+U[1]", "-D[1]"));
  groups.EndOfInput();
  EXPECT_THAT(groups.Take(), ElementsAre("W(max)"));
}

TEST(GroupAggregateTest, MiniBatchEmitsOneNetChangePerGroup) {
  test::Harness groups(Node(kCountAndMax, kOutput, R"(, "inputRetracts": true, "miniBatch": {})"),
                       {test::MakeSchema(kInput)});
  groups.Rows(R"([["-D", "x", 1], ["b", 1], ["a", 1], ["a", 3], ["c", 1], ["-D", "c", 1]])");
  EXPECT_THAT(groups.Take(), ElementsAre("+I[b, 1, 1]", "+I[a, 2, 3]"));
  groups.Restart(2);
  groups.Rows(R"([["-D", "b", 1], ["a", 0], ["-U", "a", 0], ["x", 8]])");
  EXPECT_THAT(groups.Take(), ElementsAre("-D[b, 1, 1]", "+I[x, 1, 8]"));
  groups.Rows(R"([["a", 7], ["a", 0]])");
  EXPECT_THAT(groups.Take(), ElementsAre("-U[a, 2, 3]", "+U[a, 4, 7]"));
}

// Applies a changelog to a multiset of rows; -U and -D must find theirs.
void Apply(const std::vector<std::string>& lines, std::multiset<std::string>& rows) {
  for (const std::string& line : lines) {
    const std::string row = line.substr(2);
    if (line[0] == '+') {
      rows.insert(row);
      continue;
    }
    const auto found = rows.find(row);
    ASSERT_NE(found, rows.end()) << line;
    rows.erase(found);
  }
}

TEST(GroupAggregateTest, ChangelogsOfRandomRowsAddUpHoweverTheyAreCut) {
  std::mt19937 random(3);
  std::vector<std::pair<int, int>> live;
  std::string rows;
  for (int i = 0; i < 2'000; ++i) {
    const bool retract = !live.empty() && random() % 9 < 4;
    std::pair<int, int> row(static_cast<int>(random() % 40), static_cast<int>(random() % 10));
    if (retract) {
      const size_t place = random() % live.size();
      row = live[place];
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(place));
    } else {
      live.push_back(row);
    }
    rows += (rows.empty() ? "[" : ", ") + std::string(retract ? R"(["-D", "k)" : R"(["k)") +
            std::to_string(row.first) + "\", " + std::to_string(row.second) + "]";
  }
  rows += "]";
  std::map<int, std::pair<int, int>> groups;
  for (const auto& [key, value] : live) {
    auto& [count, max] = groups.try_emplace(key, 0, -1).first->second;
    ++count;
    max = std::max(max, value);
  }
  std::multiset<std::string> expected;
  for (const auto& [key, group] : groups) {
    expected.insert("[k" + std::to_string(key) + ", " + std::to_string(group.first) + ", " +
                    std::to_string(group.second) + "]");
  }
  std::vector<std::string> whole;
  for (const int64_t batch_rows : {INT64_MAX, int64_t{1}, int64_t{7}, int64_t{300}}) {
    for (const char* mode : {"", R"(, "miniBatch": {})"}) {
      test::Harness harness(
          Node(kCountAndMax, kOutput, std::string(R"(, "inputRetracts": true)") + mode),
          {test::MakeSchema(kInput)},
          {.batch_rows_max = batch_rows, .no_room = batch_rows == 300, .plan = {}});
      harness.Rows(rows);
      const std::vector<std::string> lines = harness.Take();
      std::multiset<std::string> result;
      Apply(lines, result);
      EXPECT_EQ(result, expected);
      if (mode[0] != '\0') continue;
      if (whole.empty()) whole = lines;
      EXPECT_EQ(lines, whole) << "batches of " << batch_rows;
    }
  }
}

// A group that has seen no row for longer than the TTL begins anew; until then each row extends it,
// and a result is emitted even if it is the same.
TEST(GroupAggregateTest, GroupsAreForgottenAfterTheTtl) {
  for (const char* mode : {"", R"(, "miniBatch": {})"}) {
    test::HarnessOptions options;
    options.plan.state_ttl_ms = 1'000;
    test::Harness harness(
        Node(R"([{"function": "max", "args": [1], "argTypes": [{"kind": "INTEGER"}],
                  "type": {"kind": "INTEGER"}}])",
             {"k STRING", "top INT"}, mode),
        {test::MakeSchema(kInput)}, options);
    harness.Rows(R"([["a", 5], ["b", 7]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 5]", "+I[b, 7]"));
    harness.AdvanceProcessingTime(600);
    harness.Rows(R"([["a", 3]])");
    EXPECT_THAT(harness.Take(), ElementsAre("-U[a, 5]", "+U[a, 5]"));
    harness.AdvanceProcessingTime(600);
    harness.Restart();
    harness.Rows(R"([["a", 2], ["b", 1]])");
    EXPECT_THAT(harness.Take(), ElementsAre("-U[a, 5]", "+U[a, 5]", "+I[b, 1]"));
    harness.AdvanceProcessingTime(999);
    harness.Rows(R"([["b", 4]])");
    EXPECT_THAT(harness.Take(), ElementsAre("-U[b, 1]", "+U[b, 4]"));
    harness.AdvanceProcessingTime(1);
    harness.Rows(R"([["a", 1]])");
    EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1]"));
  }
}

// The node's own TTL beats the job's. A reader of one group keeps it alive only where the policy
// says so; a reader of all keeps none.
TEST(GroupAggregateTest, ReadersProlongTheLifeOfAGroupUnderReadAndWrite) {
  for (const bool reads_count : {false, true}) {
    test::HarnessOptions options;
    options.plan.state_ttl_ms = 7;
    const std::string update = reads_count ? "readAndWrite" : "createAndWrite";
    test::Harness harness(
        Node(kCountAndMax, kOutput, R"(, "ttl": {"ms": 1000, "update": ")" + update + "\"}"),
        {test::MakeSchema(kInput)}, options);
    harness.Rows(R"([["a", 5], ["b", 7]])");
    harness.AdvanceProcessingTime(600);
    EXPECT_THAT(harness.State({"k STRING"}, R"([["a"]])"), ElementsAre("+I[a, 1, 5]"));
    EXPECT_EQ(harness.State().size(), 2u);
    harness.Restart();
    harness.AdvanceProcessingTime(600);
    const auto left = harness.State({"k STRING"}, R"([["a"]])");
    EXPECT_EQ(left.size(), reads_count ? 1u : 0u);
    EXPECT_THAT(harness.State({"k STRING"}, R"([["b"]])"), IsEmpty());
    harness.Take();
    harness.Rows(R"([["a", 6], ["b", 6]])");
    if (reads_count) {
      EXPECT_THAT(harness.Take(), ElementsAre("-U[a, 1, 5]", "+U[a, 2, 6]", "+I[b, 1, 6]"));
    } else {
      EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1, 6]", "+I[b, 1, 6]"));
    }
  }
}

TEST(GroupAggregateTest, RetractionsOfForgottenGroupsAreIgnored) {
  test::HarnessOptions options;
  options.plan.state_ttl_ms = 1'000;
  test::Harness harness(Node(kCountAndMax, kOutput, R"(, "inputRetracts": true)"),
                        {test::MakeSchema(kInput)}, options);
  harness.Rows(R"([["a", 5]])");
  harness.AdvanceProcessingTime(1'000);
  harness.Take();
  harness.Rows(R"([["-D", "a", 5], ["+I", "a", 6]])");
  EXPECT_THAT(harness.Take(), ElementsAre("+I[a, 1, 6]"));
}

TEST(GroupAggregateTest, ItsStateIsKeysAndWhatTheAggregatesComeTo) {
  test::Harness groups(Node(kCountAndMax, kOutput, R"(, "inputRetracts": true)"),
                       {test::MakeSchema(kInput)});
  EXPECT_THAT(groups.State(), IsEmpty());
  groups.Rows(R"([["a", 1], ["b", 5], ["a", 3], [null, null], ["x", 2], ["-D", "x", 2]])");
  const auto all = UnorderedElementsAre("+I[a, 2, 3]", "+I[b, 1, 5]", "+I[NULL, 1, NULL]");
  EXPECT_THAT(groups.State(), all);
  EXPECT_THAT(groups.State({"k STRING"}, R"([["a"]])"), ElementsAre("+I[a, 2, 3]"));
  EXPECT_THAT(groups.State({"k STRING"}, R"([["x"]])"), IsEmpty());
  groups.Restart(3);
  EXPECT_THAT(groups.State(), all);
}

TEST(GroupAggregateTest, WithoutKeysItsStateIsOneRow) {
  const std::string count = R"([{"function": "count", "args": [], "type": {"kind": "BIGINT"}}])";
  test::Harness groups(Node(count, {"n BIGINT"}, "", "[]"), {test::MakeSchema({"v INT"})});
  groups.Rows("[[1], [2], [3]]");
  EXPECT_THAT(groups.State(), ElementsAre("+I[3]"));
}

}  // namespace
}  // namespace sabot
