// keyed_process: states of every kind, timers of both kinds, outputs, restarts, bounds, failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <random>

#include "base/error.h"
#include "harness.h"
#include "keyed_process_model.h"

namespace sabot {
namespace {

using test::KeyedProcessModel;
using test::UserFunctionModel;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Calls = KeyedProcessModel::Calls;
using Event = KeyedProcessModel::Event;

constexpr auto kEventTime = KeyedProcessModel::kEventTime;
constexpr auto kProcessingTime = KeyedProcessModel::kProcessingTime;

std::string Time(int64_t ms) {
  char text[40];
  std::snprintf(text, sizeof(text), "1970-01-01 00:00:%02d.%03d", static_cast<int>(ms / 1000),
                static_cast<int>(ms % 1000));
  return text;
}
std::string Row(const std::string& key, int64_t s, int64_t ms) {
  return "+I[0, " + key + ", " + std::to_string(s) + ", NULL, " + Time(ms) + "]";
}
std::string Note(const std::string& note, int64_t ms) {
  return "+I[1, NULL, NULL, " + note + ", " + Time(ms) + "]";
}

class KeyedProcessTest : public testing::TestWithParam<int64_t> {
 protected:
  test::Harness Open(KeyedProcessModel::Function function, const std::string& more = "",
                     size_t rows_per_reply = SIZE_MAX) {
    owner_.emplace(std::map<int, UserFunctionModel::Code>{
        {0, KeyedProcessModel(std::move(function), log_, rows_per_reply)}});
    return {KeyedProcessModel::Node(more),
            {test::MakeSchema(KeyedProcessModel::RowColumns())},
            {.batch_rows_max = GetParam(), .owner = &*owner_}};
  }
  std::shared_ptr<KeyedProcessModel::Log> log_ = std::make_shared<KeyedProcessModel::Log>();
  std::optional<UserFunctionModel> owner_;
};
INSTANTIATE_TEST_SUITE_P(Batches, KeyedProcessTest, testing::Values(1, 3, INT64_MAX));

void AddUp(const Event& event, Calls& key) {
  key.SetSum(key.sum().value_or(0) + event.v);
  key.Emit(*key.sum());
}

TEST_P(KeyedProcessTest, AValueIsThatOfTheKey) {
  test::Harness process = Open([](const Event& event, Calls& key) {
    AddUp(event, key);
    if (event.v == 0) key.ClearSum();
  });
  process.Rows(R"([["a", 1, 1], ["b", 5, 2], ["a", 2, 3], [null, 9, 4], ["b", 0, 5]])");
  process.Restart(3);
  process.Rows(R"([["a", 4, 6], ["b", 7, 7], [null, 1, 8]])");
  EXPECT_THAT(process.Take(),
              ElementsAre(Row("a", 1, 1), Row("b", 5, 2), Row("a", 3, 3), Row("", 9, 4),
                          Row("b", 5, 5), Row("a", 7, 6), Row("b", 7, 7), Row("", 10, 8)));
}

TEST_P(KeyedProcessTest, ListsAndMapsComeInTheOrderOfTheirFirstRows) {
  test::Harness process = Open([](const Event& event, Calls& key) {
    if (event.v < 0) return key.ClearAll();
    key.Add(event.v);
    const std::string parity = event.v % 2 == 0 ? "even" : "odd";
    if (event.v == 8) key.Remove("odd");
    key.Put(parity, event.v);
    std::string all;
    for (const int64_t each : key.all()) all += std::to_string(each);
    for (const auto& [of, last] : key.by()) all += " " + of + std::to_string(last);
    key.EmitSide(all);
  });
  process.Rows(R"([["a", 1, 1], ["b", 2, 2], ["a", 4, 3], ["a", 3, 4], ["b", 6, 5]])");
  EXPECT_THAT(process.Take(),
              ElementsAre(Note("1 odd1", 1), Note("2 even2", 2), Note("14 odd1 even4", 3),
                          Note("143 odd3 even4", 4), Note("26 even6", 5)));
  for (const int parallelism : {1, 4}) {
    process.Restart(parallelism);
    process.Rows(R"([["b", 5, 1], ["a", 2, 2], ["b", -1, 3], ["b", 8, 4], ["b", 7, 5]])");
    process.Restart();
    process.Rows(R"([["b", -1, 6], ["b", 1, 7], ["a", -1, 8], ["a", 1, 9]])");
    EXPECT_THAT(process.Take().back(), testing::StartsWith("+I[1, NULL, NULL, 1 odd1 even"));
  }
  EXPECT_THAT(process.State({"k STRING"}, R"([["b"]])"), ElementsAre(testing::HasSubstr("even")));
}

TEST_P(KeyedProcessTest, TimersOfEventTimeFireBeforeTheWatermarkGoesOn) {
  test::Harness process = Open([](const Event& event, Calls& key) {
    if (event.is_timer()) return key.Emit(event.time * 100 + event.watermark % 100);
    if (event.v >= 0) key.Set(kEventTime, event.v);
    if (event.v < 0) key.Delete(kEventTime, -event.v);
  });
  process.Rows(R"([["a", 9, 1], ["b", 4, 1], ["a", 2, 2], ["a", 9, 2], ["b", 7, 3], ["c", 5, 3]])");
  process.Rows(R"([["c", -5, 3], ["d", -5, 3]])");
  process.AdvanceWatermark(1);
  EXPECT_THAT(process.Take(), ElementsAre("W(1)"));
  process.Restart(2);
  process.AdvanceWatermark(7);
  EXPECT_THAT(process.Take(),
              ElementsAre(Row("a", 207, 2), Row("b", 407, 4), Row("b", 707, 7), "W(7)"));
  // Already passed: with the next watermark.
  process.Rows(R"([["b", 3, 8]])");
  process.Restart();
  process.AdvanceWatermark(8);
  EXPECT_THAT(process.Take(), ElementsAre(Row("b", 308, 3), "W(8)"));
  process.EndOfInput();
  EXPECT_THAT(process.Take(), ElementsAre(testing::HasSubstr("00.009"), "W(max)"));
  EXPECT_THAT(process.State(), IsEmpty());
}

TEST_P(KeyedProcessTest, WhatATimerSetsForAPassedTimeFiresInTheSameRound) {
  test::Harness process = Open([](const Event& event, Calls& key) {
    if (!event.is_timer()) return key.Set(kEventTime, event.v);
    key.Emit(event.time);
    if (event.time == 2) {
      key.Set(kEventTime, 5);
      key.Set(kEventTime, 3);
      key.Set(kEventTime, 90);
      key.Delete(kEventTime, 6);
    }
  });
  process.Rows(R"([["a", 2, 1], ["a", 4, 1], ["a", 6, 2], ["b", 3, 2], ["a", 8, 1]])");
  process.AdvanceWatermark(10);
  EXPECT_THAT(process.Take(), ElementsAre(Row("a", 2, 2), Row("b", 3, 3), Row("a", 3, 3),
                                          Row("a", 4, 4), Row("a", 5, 5), Row("a", 8, 8), "W(10)"));
  process.Restart();
  process.AdvanceWatermark(90);
  EXPECT_THAT(process.Take(), ElementsAre(Row("a", 90, 90), "W(90)"));
}

TEST_P(KeyedProcessTest, TimersOfProcessingTimeFireByTheClockAndAfterARestart) {
  test::Harness process = Open([](const Event& event, Calls& key) {
    if (event.is_timer()) return key.EmitSide(key.key() + std::to_string(event.time));
    if (event.v < 0) return key.Delete(kProcessingTime, -event.v);
    key.Set(kProcessingTime, event.now + event.v);
    key.SetSum(event.v);
  });
  process.Rows(R"([["a", 10, 1], ["b", 20, 2], ["a", 30, 3], ["c", 15, 4], ["c", -15, 5]])");
  process.AdvanceProcessingTime(9);
  EXPECT_THAT(process.Take(), IsEmpty());
  process.AdvanceProcessingTime(1);
  EXPECT_THAT(process.Take(), ElementsAre(Note("a10", 10)));
  process.Restart(3);
  process.AdvanceProcessingTime(100);
  EXPECT_THAT(process.Take(), ElementsAre(Note("b20", 20), Note("a30", 30)));
  EXPECT_THAT(process.State(),
              UnorderedElementsAre(testing::HasSubstr("a, 30"), testing::HasSubstr("b, 20"),
                                   testing::HasSubstr("c, 15")));
}

TEST_P(KeyedProcessTest, TheEndOfInputDoesNotWaitForProcessingTime) {
  test::Harness process = Open([](const Event& event, Calls& key) {
    if (event.is_timer()) return key.EmitSide("fired");
    key.Set(kProcessingTime, event.now + event.v);
  });
  process.Rows(R"([["a", 10, 1]])");
  process.EndOfInput();
  process.AdvanceProcessingTime(10);
  EXPECT_THAT(process.Take(), ElementsAre("W(max)"));
  EXPECT_THAT(process.State(), ElementsAre(testing::StartsWith("+I[a, NULL, ")));
  // Nor are they lost.
  process.Restart();
  process.AdvanceProcessingTime(1);
  EXPECT_THAT(process.Take(), ElementsAre("+I[1, NULL, NULL, fired, 1970-01-01 00:00:00.010]"));
}

// A timer that every row moves on takes up no more than one that stays.
TEST_P(KeyedProcessTest, TimersThatAreMovedLeaveNothingBehind) {
  if (GetParam() != INT64_MAX) return;
  test::Harness process = Open([](const Event& event, Calls& key) {
    if (event.is_timer()) return key.Emit(*key.sum());
    if (key.sum()) key.Delete(kEventTime, *key.sum());
    key.SetSum(event.v);
    key.Set(kEventTime, event.v);
  });
  std::string rows = "[";
  for (int i = 0; i < 200'000; ++i)
    rows += (i == 0 ? "" : ",") + ("[\"a\"," + std::to_string(i)) + ",1]";
  process.Feed(test::MakeBatch(test::MakeSchema(KeyedProcessModel::RowColumns()), rows + "]"));
  EXPECT_LT(process.metrics().state_bytes.value(), 1'000'000);
  process.AdvanceWatermark(200'000);
  EXPECT_EQ(process.Take().size(), 2u);
}

// More than cross at once, and a timer set at the very time where the pieces are cut.
TEST_P(KeyedProcessTest, AnyNumberOfTimersFiresInOrder) {
  if (GetParam() != INT64_MAX) return;
  constexpr int kNumTimers = 10'000;
  for (const bool no_room : {false, true}) {
    int64_t last = 0;
    int64_t num_fired = 0;
    owner_.emplace(std::map<int, UserFunctionModel::Code>{
        {0, KeyedProcessModel([&](const Event& event, Calls& key) {
           if (!event.is_timer()) {
             for (int64_t i = 0; i < kNumTimers / 100; ++i) key.Set(kEventTime, event.v + i / 50);
             return;
           }
           EXPECT_GE(event.time, last);
           last = event.time;
           ++num_fired;
           key.Set(kEventTime, event.time);
           key.Delete(kEventTime, event.time);
           key.Emit(event.time);
         })}});
    test::Harness process(KeyedProcessModel::Node(),
                          {test::MakeSchema(KeyedProcessModel::RowColumns())},
                          {.no_room = no_room, .owner = &*owner_});
    std::string rows = "[";
    for (int i = 0; i < kNumTimers; ++i)
      rows += (i == 0 ? "" : ",") + ("[\"k" + std::to_string(i) + "\",") +
              std::to_string(5 + i % 3) + ",1]";
    process.Feed(test::MakeBatch(test::MakeSchema(KeyedProcessModel::RowColumns()), rows + "]"));
    process.AdvanceWatermark(100);
    EXPECT_EQ(num_fired, kNumTimers * 2);
    EXPECT_EQ(process.Take().size(), size_t{kNumTimers * 2 + 1});
  }
}

TEST_P(KeyedProcessTest, ALargeStateCutsABatch) {
  if (GetParam() != INT64_MAX) return;
  test::Harness process = Open([](const Event& event, Calls& key) {
    if (event.v == 0) {
      for (int64_t i = 0; i < 50'000; ++i) key.Add(i);
    } else {
      key.Emit(static_cast<int64_t>(key.all().size()) + event.v);
    }
  });
  process.Rows(R"([["a", 0, 1], ["b", 0, 1], ["c", 0, 1], ["d", 0, 1]])");
  log_->requests.clear();
  process.Rows(R"([["a", 1, 2], ["b", 1, 2], ["a", 2, 2], ["c", 1, 2], ["d", 3, 2], ["a", 3, 2]])");
  EXPECT_THAT(log_->requests, ElementsAre("rows 3 of 2 keys", "rows 3 of 3 keys, 1 known"));
  EXPECT_THAT(process.Take(),
              ElementsAre(Row("a", 50'001, 2), Row("b", 50'001, 2), Row("a", 50'002, 2),
                          Row("c", 50'001, 2), Row("d", 50'003, 2), Row("a", 50'003, 2)));
}

TEST_P(KeyedProcessTest, LargeStatesCutTimers) {
  if (GetParam() != INT64_MAX) return;
  test::Harness process = Open([](const Event& event, Calls& key) {
    if (event.is_timer()) return key.Emit(event.time);
    key.Set(kEventTime, event.v);
    for (int64_t i = 0; i < 1000; ++i) key.Add(i);
  });
  std::string rows = "[";
  for (int i = 0; i < 1000; ++i)
    rows += (i == 0 ? "" : ",") + ("[\"k" + std::to_string(i)) + "\"," + std::to_string(i / 100) +
            ",1]";
  process.Feed(test::MakeBatch(test::MakeSchema(KeyedProcessModel::RowColumns()), rows + "]"));
  log_->requests.clear();
  process.AdvanceWatermark(20);
  // 33 KB each, of which 64 are taken at a time.
  EXPECT_EQ(log_->requests.size(), 8u);
  EXPECT_EQ(log_->requests[0], "event timers 128 of 128 keys");
  EXPECT_EQ(log_->requests[7], "event timers 104 of 104 keys");
  const auto lines = process.Take();
  EXPECT_EQ(lines.size(), 1001u);
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end() - 1, [](const auto& a, const auto& b) {
    return a.substr(a.size() - 5) < b.substr(b.size() - 5);
  }));
}

// Of large ones only what has changed crosses, to and fro.
TEST_P(KeyedProcessTest, LargeStatesCrossOnce) {
  if (GetParam() != INT64_MAX) return;
  test::Harness process = Open([](const Event& event, Calls& key) {
    if (event.v < 0) return key.ClearAll();
    for (int64_t i = 0; i < event.v; ++i) key.Add(i);
    key.Emit(static_cast<int64_t>(key.all().size()));
  });
  process.Rows(R"([["large", 500, 1], ["small", 1, 1]])");
  process.Rows(R"([["large", 1, 2], ["small", 1, 2]])");
  process.Rows(R"([["large", 2, 3], ["small", 1, 3], ["large", 3, 3]])");
  process.Restart();
  process.Rows(R"([["large", 4, 4]])");
  process.Rows(R"([["large", 5, 5]])");
  process.Rows(R"([["large", -1, 6]])");
  process.Rows(R"([["large", 6, 7]])");
  EXPECT_THAT(process.Take(),
              ElementsAre(Row("large", 500, 1), Row("small", 1, 1), Row("large", 501, 2),
                          Row("small", 2, 2), Row("large", 503, 3), Row("small", 3, 3),
                          Row("large", 506, 3), Row("large", 510, 4), Row("large", 515, 5),
                          Row("large", 6, 7)));
  EXPECT_THAT(std::vector(log_->requests.begin(), log_->requests.begin() + 4),
              ElementsAre("rows 2 of 2 keys", "rows 2 of 2 keys", "rows 3 of 2 keys, 1 known",
                          "rows 1 of 1 keys"));
  EXPECT_EQ(log_->requests.back(), "rows 1 of 1 keys");
}

// More keys than are kept.
TEST_P(KeyedProcessTest, WhatIsKeptIsBounded) {
  if (GetParam() != INT64_MAX) return;
  std::map<std::string, int64_t> sizes;
  test::Harness process = Open([](const Event& event, Calls& key) {
    for (int64_t i = 0; i < event.v; ++i) key.Add(i);
    key.Emit(static_cast<int64_t>(key.all().size()));
  });
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    std::string rows = "[";
    std::vector<std::string> expected;
    for (int i = 0; i < 400; ++i) {
      const std::string key = "k" + std::to_string(random() % 3000);
      const auto more = static_cast<int64_t>(random() % 300);
      sizes[key] += more;
      rows += (i == 0 ? "" : ",") + ("[\"" + key) + "\"," + std::to_string(more) + ",1]";
      expected.push_back(Row(key, sizes[key], 1));
    }
    process.Rows(rows + "]");
    EXPECT_THAT(process.Take(), testing::ElementsAreArray(expected));
  }
  EXPECT_THAT(log_->requests, testing::Contains(testing::HasSubstr("known")));
}

// Of one key more than is kept at all.
TEST_P(KeyedProcessTest, WhatIsTooLargeCrossesEveryTime) {
  if (GetParam() != INT64_MAX) return;
  test::Harness process = Open([](const Event& event, Calls& key) {
    for (int64_t i = 0; i < event.v; ++i) key.Add(i);
    key.Emit(static_cast<int64_t>(key.all().size()));
  });
  process.Rows(R"([["a", 800000, 1]])");
  process.Rows(R"([["a", 1, 2]])");
  process.Rows(R"([["a", 400000, 3]])");
  process.Rows(R"([["a", 1, 4]])");
  process.Rows(R"([["a", 1, 5]])");
  EXPECT_THAT(process.Take(),
              ElementsAre(Row("a", 800'000, 1), Row("a", 800'001, 2), Row("a", 1'200'001, 3),
                          Row("a", 1'200'002, 4), Row("a", 1'200'003, 5)));
  EXPECT_THAT(log_->requests,
              ElementsAre("rows 1 of 1 keys", "rows 1 of 1 keys", "rows 1 of 1 keys, 1 known",
                          "rows 1 of 1 keys", "rows 1 of 1 keys"));
}

TEST_P(KeyedProcessTest, ManyKeysCrossInPieces) {
  if (GetParam() != INT64_MAX) return;
  test::Harness process = Open(AddUp);
  std::string rows = "[";
  for (int i = 0; i < 20'000; ++i)
    rows += (i == 0 ? "" : ",") + ("[\"k" + std::to_string(i % 10'000)) + "\",1,1]";
  process.Feed(test::MakeBatch(test::MakeSchema(KeyedProcessModel::RowColumns()), rows + "]"));
  const std::string whole = "rows 4096 of 4096 keys";
  EXPECT_THAT(log_->requests, ElementsAre(whole, whole, whole, whole, "rows 3616 of 3616 keys"));
  EXPECT_EQ(process.Take().size(), 20'000u);
}

TEST_P(KeyedProcessTest, RowsOfAFunctionComeInPieces) {
  test::Harness process = Open(
      [](const Event& event, Calls& key) {
        for (int64_t i = 0; i < event.v; ++i) AddUp({event.what, 1, event.time, 0, 0}, key);
      },
      "", 2);
  process.Rows(R"([["a", 3, 1], ["b", 2, 2], ["a", 2, 3]])");
  EXPECT_THAT(process.Take(),
              ElementsAre(Row("a", 1, 1), Row("a", 2, 1), Row("a", 3, 1), Row("b", 1, 2),
                          Row("b", 2, 2), Row("a", 4, 3), Row("a", 5, 3)));
  EXPECT_THAT(process.State(), UnorderedElementsAre("+I[a, 5, NULL, NULL, NULL, NULL]",
                                                    "+I[b, 2, NULL, NULL, NULL, NULL]"));
}

TEST_P(KeyedProcessTest, AStateIsForgottenWhenItsTimeToLiveHasPassed) {
  test::Harness process = Open(
      [](const Event& event, Calls& key) {
        key.Add(event.v);
        AddUp(event, key);
      },
      R"(, "ttl": {"ms": 100, "update": "createAndWrite"})");
  process.AdvanceProcessingTime(1000);
  process.Rows(R"([["a", 1, 1], ["b", 1, 1]])");
  process.AdvanceProcessingTime(99);
  process.Rows(R"([["a", 1, 2]])");
  process.Restart();
  process.AdvanceProcessingTime(1);
  process.Rows(R"([["a", 1, 3], ["b", 1, 3]])");
  EXPECT_THAT(process.Take(), ElementsAre(Row("a", 1, 1), Row("b", 1, 1), Row("a", 2, 2),
                                          Row("a", 3, 3), Row("b", 1, 3)));
  // The list has a life of its own: for ever.
  EXPECT_THAT(process.State({"k STRING"}, R"([["b"]])").size(), 1u);
}

TEST_P(KeyedProcessTest, ReadingIsUseWhereTheTimeToLiveSaysSo) {
  test::Harness process = Open(
      [](const Event& event, Calls& key) {
        key.TouchSum();
        if (event.v != 0) key.SetSum(event.v);
        key.TouchSum();
        key.Emit(key.sum().value_or(-1));
      },
      R"(, "ttl": {"ms": 100, "update": "readAndWrite"})");
  process.AdvanceProcessingTime(1000);
  process.Rows(R"([["a", 5, 1]])");
  process.AdvanceProcessingTime(99);
  process.Rows(R"([["a", 0, 2]])");
  process.AdvanceProcessingTime(99);
  process.Rows(R"([["a", 0, 3]])");
  process.Restart();
  process.AdvanceProcessingTime(100);
  process.Rows(R"([["a", 0, 4]])");
  EXPECT_THAT(process.Take(),
              ElementsAre(Row("a", 5, 1), Row("a", 5, 2), Row("a", 5, 3), Row("a", -1, 4)));
}

TEST_P(KeyedProcessTest, ReadersSeeAllOfAKey) {
  test::Harness process = Open([](const Event& event, Calls& key) {
    if (key.key() == "a") key.SetSum(event.v);
    if (key.key() != "b") key.Add(event.v);
    if (key.key() != "a") key.Put("x", event.v);
    key.Set(kEventTime, event.v);
    if (key.key() == "c") key.Set(kProcessingTime, 1000);
  });
  process.Rows(R"([["a", 1, 1], ["b", 2, 2], ["c", 3, 3], ["a", 4, 4], ["d", 5, 1]])");
  for (const int parallelism : {1, 2}) {
    const auto lines = process.State();
    EXPECT_EQ(lines.size(), 4u);
    EXPECT_THAT(lines, UnorderedElementsAre(testing::StartsWith("+I[a, 4, "),
                                            testing::StartsWith("+I[b, NULL, NULL, "),
                                            testing::StartsWith("+I[c, NULL, "),
                                            testing::StartsWith("+I[d, NULL, ")));
    EXPECT_THAT(process.State({"k STRING"}, R"([["c"]])"),
                ElementsAre(testing::AllOf(testing::HasSubstr("3"), testing::HasSubstr("x"))));
    EXPECT_THAT(process.State({"k STRING"}, R"([["none"]])"), IsEmpty());
    process.Restart(parallelism);
  }
}

TEST_P(KeyedProcessTest, RowsThatAreUpdatedAreRefused) {
  test::Harness process = Open(AddUp);
  const arrow::Status status = process.TryRows(R"([["-D", "a", 1, 1]])");
  EXPECT_EQ(DetailOf(status)->kind(), "unsupported-process");
}

TEST(KeyedProcessErrorTest, AReplyThatDoesNotFitIsRefused) {
  const std::vector<std::string> replies = {std::string(4, '\0'), std::string(8, '\0'),
                                            std::string(8 + 7 * 8, '\0') + "more"};
  for (const std::string& bytes : replies) {
    UserFunctionModel owner({{0, [&](const auto&) -> UserFunction::Reply {
                                return arrow::Buffer::FromString(bytes);
                              }}});
    test::Harness process(KeyedProcessModel::Node(),
                          {test::MakeSchema(KeyedProcessModel::RowColumns())}, {.owner = &owner});
    EXPECT_FALSE(process.TryRows(R"([["a", 1, 1]])").ok());
  }
}

TEST(KeyedProcessErrorTest, TheOwnersErrorIsTheJobs) {
  UserFunctionModel owner({{0, [](const auto&) -> UserFunction::Reply {
                              return UserError("user-function", "f", "f failed at row 2");
                            }}});
  test::Harness process(KeyedProcessModel::Node(),
                        {test::MakeSchema(KeyedProcessModel::RowColumns())}, {.owner = &owner});
  const arrow::Status status = process.TryRows(R"([["a", 1, 1]])");
  EXPECT_EQ(status.message(), "f failed at row 2");
  EXPECT_EQ(DetailOf(status)->kind(), "user-function");
}

}  // namespace
}  // namespace sabot
