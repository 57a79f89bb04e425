// The native generator's rows are those of the file generator: material/nexmark holds what it wrote
// for seed 7.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "connectors/source_driver.h"

namespace sabot::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kBidColumns[] = {
    "auction BIGINT", "bidder BIGINT",      "price BIGINT", "channel VARCHAR",
    "url VARCHAR",    "dateTime TIMESTAMP", "extra VARCHAR"};

std::string Node(const std::string& table, int64_t rows, std::vector<std::string_view> columns,
                 int seed = 7) {
  std::string schema;
  for (const std::string_view column : columns) {
    const size_t blank = column.find(' ');
    const std::string kind(column.substr(blank + 1));
    schema += std::string(schema.empty() ? "" : ", ") + R"({"name": ")" +
              std::string(column.substr(0, blank)) + R"(", "type": {"kind": ")" + kind + "\"" +
              (kind == "TIMESTAMP" ? R"(, "precision": 3)" : "") + "}}";
  }
  return R"({"op": "nexmark_source", "config": {"table": ")" + table + R"(", "rows": )" +
         std::to_string(rows) + R"(, "seed": )" + std::to_string(seed) + R"(}, "schema": [)" +
         schema + "]}";
}

std::vector<std::string> FileLines(const std::string& table) {
  std::ifstream file(std::string(SABOT_TEST_FOLDER) + "/native/connectors/material/nexmark/" +
                     table + ".jsonl");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

TEST(NexmarkSource, BidsAreTheFiles) {
  const auto expected = FileLines("bid");
  ASSERT_EQ(expected.size(), 200u);
  SourceDriver source(Node("bid", 200, {std::begin(kBidColumns), std::end(kBidColumns)}),
                      {.rows_max = 33});
  EXPECT_EQ(source.RunToEnd(), expected);
}

TEST(NexmarkSource, AuctionsAndPersonsAreTheFiles) {
  const auto auctions = FileLines("auction");
  const auto persons = FileLines("person");
  ASSERT_GT(auctions.size(), 10u);
  SourceDriver auction(
      Node("auction", static_cast<int64_t>(auctions.size()),
           {"id BIGINT", "itemName VARCHAR", "description VARCHAR", "initialBid BIGINT",
            "reserve BIGINT", "dateTime TIMESTAMP", "expires TIMESTAMP", "seller BIGINT",
            "category BIGINT", "extra VARCHAR"}),
      {});
  EXPECT_EQ(auction.RunToEnd(), auctions);
  SourceDriver person(
      Node("person", static_cast<int64_t>(persons.size()),
           {"id BIGINT", "name VARCHAR", "emailAddress VARCHAR", "creditCard VARCHAR",
            "city VARCHAR", "state VARCHAR", "dateTime TIMESTAMP", "extra VARCHAR"}),
      {});
  EXPECT_EQ(person.RunToEnd(), persons);
}

TEST(NexmarkSource, PruningSubtasksAndRestartsChangeNoRow) {
  SourceDriver whole(Node("bid", 30'000, {"price BIGINT", "auction BIGINT"}), {});
  auto expected = whole.RunToEnd();
  ASSERT_EQ(expected.size(), 30'000u);
  std::sort(expected.begin(), expected.end());
  SourceDriver halves(Node("bid", 30'000, {"price BIGINT", "auction BIGINT"}),
                      {.parallelism = 2, .rows_max = 700});
  int parallelism = 2;
  for (const int next : {2, 3, 1, 4, 4, 2}) {
    // Unevenly, and never to the end.
    for (int subtask = 0; subtask < parallelism; ++subtask) {
      if ((next + subtask) % 3 != 0) halves.Step(static_cast<size_t>(subtask));
    }
    halves.Restart(next);
    parallelism = next;
  }
  auto lines = std::exchange(halves.lines, {});
  for (auto& line : halves.RunToEnd()) lines.push_back(std::move(line));
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, expected);
}

TEST(NexmarkSource, RefusesWhatTheTableHasNot) {
  const auto message = [](const std::string& node) {
    return SourceDriver(node, {}).status.message();
  };
  EXPECT_THAT(message(Node("bids", 1, {"price BIGINT"})),
              HasSubstr("must be person, auction or bid"));
  EXPECT_THAT(message(Node("bid", 1, {"prize BIGINT"})), HasSubstr("has no column 'prize'"));
  EXPECT_THAT(message(Node("bid", 1, {"price VARCHAR"})), HasSubstr("cannot be STRING"));
}

TEST(ValuesSource, EmitsItsRowsOnceAlsoAfterARestart) {
  constexpr std::string_view kNode =
      R"({"op": "values_source", "schema": [{"name": "a", "type": {"kind": "INTEGER"}}, {"name": "b", "type": {"kind": "VARCHAR"}}],
    "config": {"values": [[{"literal": 1, "type": {"kind": "INTEGER"}}, {"literal": "x", "type": {"kind": "VARCHAR"}}],
                          [{"literal": 2, "type": {"kind": "INTEGER"}}, {"literal": null, "type": {"kind": "VARCHAR"}}],
                          [{"literal": 3, "type": {"kind": "INTEGER"}}, {"literal": "z", "type": {"kind": "VARCHAR"}}]]}})";
  SourceDriver source(kNode, {.rows_max = 1});
  ASSERT_TRUE(source.status.ok()) << source.status;
  source.Step(0);
  source.Restart(2);
  EXPECT_THAT(source.RunToEnd(),
              ElementsAre(R"({"a":1,"b":"x"})", R"({"a":2,"b":null})", R"({"a":3,"b":"z"})"));
}

}  // namespace
}  // namespace sabot::test
