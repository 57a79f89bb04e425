// AggregateSet: filters, DISTINCT and their sharing, several keys.
#include "aggregates/aggregate_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "aggregates/aggregate_rig.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;

const std::string kDistinctCalls = R"([
  {"function": "count", "args": [0], "distinct": true, "type": {"kind": "BIGINT"}},
  {"function": "count", "args": [0], "distinct": true, "filter": 1, "type": {"kind": "BIGINT"}},
  {"function": "sum", "args": [0], "distinct": true, "type": {"kind": "INTEGER"}},
  {"function": "sum", "args": [0], "type": {"kind": "INTEGER"}}])";

TEST(AggregateSet, DistinctCallsSeeEachValueOnce) {
  EXPECT_THAT(Values({"v INT", "f BOOLEAN"}, kDistinctCalls,
                     "[[null, true], [1, false], [1, true], [1, true], [2, null], [2, true]]"),
              ElementsAre("0 0 NULL NULL", "1 0 1 1", "1 1 1 2", "1 1 1 3", "2 1 3 5", "2 2 3 7"));
}

TEST(AggregateSet, DistinctValuesGoWithTheirLastRow) {
  EXPECT_THAT(
      Values({"v INT", "f BOOLEAN"}, kDistinctCalls,
             R"([[1, true], [1, true], ["-D", 1, true], ["-U", 1, true], [1, false], [2, true]])",
             {.retracts = true}),
      ElementsAre("1 1 1 1", "1 1 1 2", "1 1 1 1", "0 0 NULL NULL", "1 0 1 1", "2 1 3 3"));
}

TEST(AggregateSet, DistinctSetsAreShared) {
  KeyedTableLayout layout;
  AggregateCall call;
  call.function = "count";
  call.args = {0};
  Type bigint;
  bigint.kind = TypeKind::kBigint;
  call.arg_types = {bigint};
  call.distinct = true;
  call.type = bigint;
  AggregateCall filtered = call;
  filtered.filter = 2;
  AggregateCall other = call;
  other.args = {1};
  ASSERT_TRUE(AggregateSet::Make({call, filtered, other}, false, layout).ok());
  ASSERT_EQ(layout.children.size(), 2u);
  EXPECT_EQ(layout.children[0].cells.size(), 1u);  // Bits.
  KeyedTableLayout counted;
  ASSERT_TRUE(AggregateSet::Make({call, filtered, other}, true, counted).ok());
  EXPECT_EQ(counted.children[0].cells.size(), 2u);  // A count per call.
}

TEST(AggregateSet, FiltersHoldForEveryCallAndNullIsNotTrue) {
  EXPECT_THAT(Values({"v INT", "f BOOLEAN"}, R"([
    {"function": "count", "args": [], "filter": 1, "type": {"kind": "BIGINT"}},
    {"function": "max", "args": [0], "filter": 1, "type": {"kind": "INTEGER"}},
    {"function": "count", "args": [], "type": {"kind": "BIGINT"}}])",
                     "[[9, false], [3, true], [8, null], [4, true]]"),
              ElementsAre("0 NULL 1", "1 3 2", "1 3 3", "2 4 4"));
}

TEST(AggregateSet, DistinctListaggKeepsFirstAppearances) {
  EXPECT_THAT(
      Values(
          {"v STRING"},
          R"([{"function": "listagg", "args": [0], "distinct": true, "type": {"kind": "VARCHAR"}}])",
          R"([["b"], ["a"], ["b"], [null], ["c"]])"),
      ElementsAre("b", "b,a", "b,a", "b,a", "b,a,c"));
  EXPECT_THAT(Values({"v INT"}, R"([{"function": "array_agg", "args": [0], "distinct": true,
                                    "type": {"kind": "ARRAY", "element": {"kind": "INTEGER"}}}])",
                     "[[null], [1], [null]]"),
              ElementsAre("list<item: int32>[null]", "list<item: int32>[null, 1]",
                          "list<item: int32>[null, 1]"));
}

// Random rows over several keys against a model; the rig splits, restores and merges them, too.
TEST(AggregateSet, AgreesWithAModelOverRandomRows) {
  std::mt19937 random(5);
  std::string rows;
  std::vector<std::string> expected;
  struct Group {
    int64_t count = 0;
    int64_t filtered = 0;
    std::multiset<int> values;
  };
  std::vector<Group> groups(7);
  std::vector<std::vector<std::pair<int, bool>>> live(7);
  for (int i = 0; i < 3'000; ++i) {
    const size_t key = random() % 7;
    Group& group = groups[key];
    const bool retract = !live[key].empty() && random() % 5 < 2;
    std::pair<int, bool> row(static_cast<int>(random() % 20), random() % 2 == 0);
    if (retract) {
      const size_t place = random() % live[key].size();
      row = live[key][place];
      live[key].erase(live[key].begin() + static_cast<std::ptrdiff_t>(place));
      group.values.erase(group.values.find(row.first));
    } else {
      live[key].push_back(row);
      group.values.insert(row.first);
    }
    group.count += retract ? -1 : 1;
    if (row.second) group.filtered += retract ? -1 : 1;
    rows += (rows.empty() ? "[" : ", ") + std::string(retract ? R"(["-D", )" : "[") +
            std::to_string(key) + ", " + std::to_string(row.first) + ", " +
            (row.second ? "true" : "false") + "]";
    const std::set<int> distinct(group.values.begin(), group.values.end());
    const std::string text =
        std::to_string(group.count) + " " + std::to_string(group.filtered) + " ";
    expected.push_back(text + (distinct.empty() ? "NULL" : std::to_string(*distinct.rbegin())) +
                       " " + std::to_string(distinct.size()));
  }
  EXPECT_EQ(Values({"k INT", "v INT", "f BOOLEAN"}, R"([
    {"function": "count", "args": [], "type": {"kind": "BIGINT"}},
    {"function": "count", "args": [], "filter": 2, "type": {"kind": "BIGINT"}},
    {"function": "max", "args": [1], "type": {"kind": "INTEGER"}},
    {"function": "count", "args": [1], "distinct": true, "type": {"kind": "BIGINT"}}])",
                   rows + "]", {.retracts = true, .key = 0}),
            expected);
}

}  // namespace
}  // namespace sabot::test
