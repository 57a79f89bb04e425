// local_group_aggregate: one partial result per key and batch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;

TEST(LocalGroupAggregateTest, EmitsEachKeyOfABatchOnceInOrderOfAppearance) {
  const std::string node =
      R"({"op": "local_group_aggregate", "config": {"keys": [0], "inputRetracts": true, "aggregates": [
        {"function": "sum", "args": [1], "argTypes": [{"kind": "INTEGER"}], "type": {"kind": "INTEGER"}}]}, "schema": )" +
      test::SchemaJson({"k STRING", "partial BYTES"}) + "}";
  test::Harness local(node, {test::MakeSchema({"k STRING", "v INT"})});
  local.Rows(R"([["b", 1], ["a", 2], ["b", 3], ["-D", null, 4]])");
  std::vector<std::string> keys;
  for (const std::string& line : local.Take()) keys.push_back(line.substr(0, line.find(',')));
  EXPECT_THAT(keys, ElementsAre("+I[b", "+I[a", "+I[NULL"));
  // The next batch begins from nothing: the same rows, the same bytes.
  local.Rows(R"([["x", 5]])");
  const std::vector<std::string> first = local.Take();
  local.Rows(R"([["x", 5]])");
  EXPECT_EQ(local.Take(), first);
}

}  // namespace
}  // namespace sabot
