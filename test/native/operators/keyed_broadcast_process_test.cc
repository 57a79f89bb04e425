// keyed_broadcast_process: state and timers of keys beside the map, rows of the map that are
// processed, keys that are gone through, restarts. What keys do alone: keyed_process_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "harness.h"
#include "keyed_process_model.h"

namespace sabot {
namespace {

using test::KeyedProcessModel;
using test::UserFunctionModel;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using Calls = KeyedProcessModel::Calls;
using Event = KeyedProcessModel::Event;

constexpr int kRules = 1;  // The broadcast input.

std::string Row(const std::string& key, int64_t s, const std::string& second) {
  return "+I[0, " + key + ", " + std::to_string(s) + ", NULL, 1970-01-01 00:00:" + second + "]";
}

// Sums up what is above the rule "above", and tells the sum of the key when time has passed 20.
void AddUpWhatIsAbove(const Event& event, Calls& key) {
  if (event.is_timer()) return key.Emit(key.sum().value_or(-1));
  if (event.v <= key.rule("above").value_or(0)) return;
  key.SetSum(key.sum().value_or(0) + event.v);
  key.Set(KeyedProcessModel::kEventTime, 20);
}

class KeyedBroadcastProcessFixture : public testing::Test {
 protected:
  test::Harness Open(int64_t batch_rows_max, KeyedProcessModel::Function function,
                     KeyedProcessModel::BroadcastFunction on_broadcast,
                     size_t rows_per_reply = SIZE_MAX) {
    owner_.emplace(std::map<int, UserFunctionModel::Code>{
        {0,
         KeyedProcessModel(std::move(function), log_, rows_per_reply, std::move(on_broadcast))}});
    return {KeyedProcessModel::BroadcastNode(),
            {test::MakeSchema(KeyedProcessModel::RowColumns()),
             test::MakeSchema(KeyedProcessModel::RuleColumns())},
            {.batch_rows_max = batch_rows_max, .owner = &*owner_}};
  }
  std::shared_ptr<KeyedProcessModel::Log> log_ = std::make_shared<KeyedProcessModel::Log>();
  std::optional<UserFunctionModel> owner_;
};

class KeyedBroadcastProcessTest : public KeyedBroadcastProcessFixture,
                                  public testing::WithParamInterface<int64_t> {
 protected:
  test::Harness Open(KeyedProcessModel::Function function = AddUpWhatIsAbove,
                     KeyedProcessModel::BroadcastFunction on_broadcast = nullptr) {
    return KeyedBroadcastProcessFixture::Open(GetParam(), std::move(function),
                                              std::move(on_broadcast));
  }
};
INSTANTIATE_TEST_SUITE_P(Batches, KeyedBroadcastProcessTest, testing::Values(1, 3, INT64_MAX));

TEST_P(KeyedBroadcastProcessTest, KeysHaveStateAndTimersAndSeeTheMap) {
  test::Harness process = Open();
  process.Rows(R"([["a", 1, 1], ["b", 5, 2]])");
  process.Rows(R"([["above", 4, null], ["other", 9, null]])", kRules);
  process.Rows(R"([["a", 3, 3], ["b", 6, 4], ["c", 7, 5]])");
  process.Rows(R"([["above", 0, true]])", kRules);
  process.Rows(R"([["a", 2, 6]])");
  process.AdvanceWatermark(19);
  EXPECT_THAT(process.Take(), ElementsAre("W(19)"));
  process.AdvanceWatermark(20);
  EXPECT_THAT(process.Take(), ElementsAre(Row("a", 3, "00.020"), Row("b", 11, "00.020"),
                                          Row("c", 7, "00.020"), "W(20)"));
}

TEST_P(KeyedBroadcastProcessTest, AllOfItIsThereAfterEveryRestart) {
  test::Harness process = Open();
  int64_t sums[5] = {};
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(round);
    const int64_t above = round % 3;
    process.Rows(
        "[[\"above\"," + std::to_string(above) + "," + (round % 7 == 6 ? "true" : "null") + "]]",
        kRules);
    if (round % 4 == 3) process.Restart(1 + round % 5);
    std::string rows;
    for (int key = 0; key < 5; ++key) {
      rows += (key == 0 ? "[" : ",") +
              ("[\"k" + std::to_string(key) + "\"," + std::to_string(key) + ",1]");
      if (key > (round % 7 == 6 ? 0 : above)) sums[key] += key;
    }
    process.Rows(rows + "]");
  }
  process.Restart(3);
  process.AdvanceWatermark(20);
  EXPECT_THAT(
      process.Take(),
      UnorderedElementsAre(Row("k1", sums[1], "00.020"), Row("k2", sums[2], "00.020"),
                           Row("k3", sums[3], "00.020"), Row("k4", sums[4], "00.020"), "W(20)"));
}

// The first row of the map is processed as the others are: it is no part of what crosses at first.
TEST_P(KeyedBroadcastProcessTest, RowsOfTheMapAreProcessedOnceAndTheMapIsNot) {
  std::vector<std::string> seen;
  test::Harness process =
      Open(AddUpWhatIsAbove, [&](const std::string& rule, std::optional<int64_t> value) {
        seen.push_back(rule + (value ? " " + std::to_string(*value) : " is off"));
        return nullptr;
      });
  process.Rows(R"([["a", 1, null], ["b", 2, null], ["b", 3, true], ["a", 4, null]])", kRules);
  EXPECT_THAT(seen, ElementsAre("a 1", "b 2", "b is off", "a 4"));
  EXPECT_EQ(log_->requests.front(), "map 0");
  log_->requests.clear();
  process.Restart(2);
  seen.clear();
  process.Rows(R"([["k", 1, 1]])");
  EXPECT_THAT(log_->requests, Contains("map 1"));
  EXPECT_THAT(seen, ElementsAre());
}

TEST_P(KeyedBroadcastProcessTest, AFunctionForTheMapGoesThroughTheKeysOfAState) {
  test::Harness process = Open(
      AddUpWhatIsAbove,
      [](const std::string& rule, std::optional<int64_t> value) -> KeyedProcessModel::Function {
        if (rule == "above") return nullptr;
        return [value](const Event&, Calls& key) {
          if (!value) return key.ClearSum();
          key.SetSum(*key.sum() + *value);
          key.Emit(*key.sum());
        };
      });
  process.Rows(R"([["a", 1, 1], ["b", 2, 2], ["c", 3, 3]])");
  process.Rows(R"([["add", 10, null], ["above", 2, null], ["add", 100, null]])", kRules);
  EXPECT_THAT(process.Take(),
              UnorderedElementsAre(Row("a", 11, "00.000"), Row("b", 12, "00.000"),
                                   Row("c", 13, "00.000"), Row("a", 111, "00.000"),
                                   Row("b", 112, "00.000"), Row("c", 113, "00.000")));
  process.Restart(4);
  // What is cleared is not there for the next row of the same batch.
  process.Rows(R"([["clear", 0, true], ["add", 1000, null]])", kRules);
  process.Rows(R"([["b", 3, 4]])");
  process.Rows(R"([["add", 1, null]])", kRules);
  EXPECT_THAT(process.Take(), ElementsAre(Row("b", 4, "00.000")));
}

using KeyedBroadcastProcessPiecesTest = KeyedBroadcastProcessFixture;

TEST_F(KeyedBroadcastProcessPiecesTest, ManyKeysCrossInPiecesAndRepliesMayBePiecesToo) {
  constexpr int kPieceKeys = 4096;
  constexpr int kNumKeys = kPieceKeys + 100;
  test::Harness process = Open(
      INT64_MAX, AddUpWhatIsAbove,
      [](const std::string&, std::optional<int64_t>) -> KeyedProcessModel::Function {
        return [](const Event&, Calls& key) {
          key.SetSum(*key.sum() + 1);
          key.Emit(*key.sum());
        };
      },
      1000);
  std::string rows = "[";
  for (int i = 0; i < kNumKeys; ++i)
    rows += (i == 0 ? "" : ",") + ("[\"k" + std::to_string(i)) + "\",1,1]";
  process.Rows(rows + "]");
  process.Restart(2);  // And its twin, whose state is on disk.
  log_->requests.clear();
  process.Rows(R"([["add", 1, null]])", kRules);
  EXPECT_EQ(process.Take().size(), static_cast<size_t>(kNumKeys));
  int num_pieces = 0;
  int num_keys = 0;
  for (const std::string& request : log_->requests) {
    int keys = 0;
    if (std::sscanf(request.c_str(), "each %d of", &keys) != 1) continue;
    EXPECT_LT(keys, kPieceKeys + 64);  // About that many.
    ++num_pieces;
    num_keys += keys;
  }
  EXPECT_EQ(num_keys, 2 * kNumKeys);
  EXPECT_GE(num_pieces, 4);
  process.AdvanceWatermark(20);
  std::vector<std::string> told = process.Take();
  ASSERT_EQ(told.size(), static_cast<size_t>(kNumKeys) + 1);
  told.pop_back();
  for (const std::string& row : told) ASSERT_THAT(row, HasSubstr(", 2, NULL,"));
}

TEST_P(KeyedBroadcastProcessTest, RowsThatAreUpdatedAreRefusedAndRulesAreNot) {
  test::Harness process = Open();
  process.Rows(R"([["+I", "above", 4, null], ["-U", "above", 4, null], ["+U", "above", 1, null]])",
               kRules);
  EXPECT_EQ(DetailOf(process.TryRows(R"([["-D", "a", 1, 1]])"))->kind(), "unsupported-process");
}

// Keys that nobody may ask for now: a function for rows has no business with all of them.
TEST(KeyedBroadcastProcessErrorTest, RepliesThatDoNotFitAreRefused) {
  const auto reply = [](char more, char state) {
    return [=](const auto&) -> UserFunction::Reply {
      std::string bytes(8 + 8 * 7, '\0');
      bytes[0] = more;
      bytes[1] = state;
      return arrow::Buffer::FromString(std::move(bytes));
    };
  };
  for (const char state : {char{1}, char{9}}) {
    UserFunctionModel owner({{0, reply(1, state)}});
    test::Harness process(KeyedProcessModel::BroadcastNode(),
                          {test::MakeSchema(KeyedProcessModel::RowColumns()),
                           test::MakeSchema(KeyedProcessModel::RuleColumns())},
                          {.owner = &owner});
    EXPECT_THAT(process.TryRows(R"([["a", 1, 1]])").message(), HasSubstr("do not fit"));
  }
}

}  // namespace
}  // namespace sabot
