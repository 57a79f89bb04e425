// global_group_aggregate: what local_group_aggregate emits, merged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

TEST(GlobalGroupAggregateTest, MergesPartialResultsToNetChanges) {
  const std::string aggregates = R"([
    {"function": "count", "args": [], "type": {"kind": "BIGINT"}},
    {"function": "max", "args": [1], "argTypes": [{"kind": "INTEGER"}], "type": {"kind": "INTEGER"}},
    {"function": "count", "args": [1], "distinct": true, "argTypes": [{"kind": "INTEGER"}], "type": {"kind": "BIGINT"}}])";
  const std::vector<std::string> partial{"k STRING", "partial BYTES"};
  const std::vector<std::string> output{"k STRING", "n BIGINT", "m INT", "d BIGINT"};
  const std::string config = R"(", "config": {"keys": [0], "inputRetracts": true, "aggregates": )" +
                             aggregates + "}, \"schema\": ";
  test::Harness local(R"({"op": "local_group_aggregate)" + config + test::SchemaJson(partial) + "}",
                      {test::MakeSchema({"k STRING", "v INT"})});
  test::Harness global(
      R"({"op": "global_group_aggregate)" + config + test::SchemaJson(output) + "}",
      {test::MakeSchema(partial)});
  const auto pass = [&](std::string_view rows) {
    local.Rows(rows);
    for (const Batch& batch : local.TakeBatches()) global.Feed(batch);
    return global.Take();
  };
  EXPECT_THAT(pass(R"([["a", 1], ["b", 5], ["a", 1], ["a", 3]])"),
              ElementsAre("+I[a, 3, 3, 2]", "+I[b, 1, 5, 1]"));
  global.Restart(2);
  // The local half takes back what only the global one has seen.
  EXPECT_THAT(pass(R"([["-D", "a", 3], ["-D", "b", 5], ["c", 2]])"),
              ElementsAre("-U[a, 3, 3, 2]", "+U[a, 2, 1, 1]", "-D[b, 1, 5, 1]", "+I[c, 1, 2, 1]"));
}

TEST(GlobalGroupAggregateTest, RefusesBytesThatAreNoPartialOfItsOwn) {
  const std::string node =
      R"({"op": "global_group_aggregate", "config": {"aggregates": [
        {"function": "count", "args": [], "type": {"kind": "BIGINT"}}]}, "schema": )" +
      test::SchemaJson({"k STRING", "n BIGINT"}) + "}";
  test::Harness global(node, {test::MakeSchema({"k STRING", "partial BYTES"})});
  EXPECT_FALSE(global.TryRows(R"([["a", "abc"]])").ok());
}

TEST(GlobalGroupAggregateTest, ItsStateIsKeysAndMergedAggregates) {
  const std::string config =
      R"(", "config": {"keys": [0], "aggregates":
          [{"function": "count", "args": [], "type": {"kind": "BIGINT"}}]}, "schema": )";
  test::Harness local(
      R"({"op": "local_group_aggregate)" + config + test::SchemaJson({"k STRING", "p BYTES"}) + "}",
      {test::MakeSchema({"k STRING"})});
  test::Harness global(R"({"op": "global_group_aggregate)" + config +
                           test::SchemaJson({"k STRING", "n BIGINT"}) + "}",
                       {test::MakeSchema({"k STRING", "p BYTES"})});
  for (int i = 0; i < 2; ++i) {
    local.Rows(R"([["a"], ["b"], ["a"]])");
    for (const Batch& batch : local.TakeBatches()) global.Feed(batch);
  }
  global.Restart(2);
  EXPECT_THAT(global.State(), testing::UnorderedElementsAre("+I[a, 4]", "+I[b, 2]"));
  EXPECT_THAT(global.State({"k STRING"}, R"([["b"]])"), ElementsAre("+I[b, 2]"));
}

}  // namespace
}  // namespace sabot
