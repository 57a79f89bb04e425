// Exchanges: who gets which rows, small pieces put together, what flushes them, and back-pressure.
#include "stream/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

constexpr int64_t kRowsMax = 100;

class ExchangeTest : public ::testing::Test {
 protected:
  std::unique_ptr<Exchange> Make(ExchangeKind kind, size_t num_targets, int sender = 0) {
    for (size_t i = 0; i < num_targets; ++i) channels_.push_back(std::make_unique<Channel>(kBytes));
    std::vector<Channel*> targets;
    for (const auto& channel : channels_) targets.push_back(channel.get());
    PlanInput edge;
    edge.exchange = kind;
    edge.keys = {0};
    return MakeExchange(edge, std::move(targets), sender, kRowsMax);
  }

  static Batch Rows(const std::vector<int>& values, const char* kind = nullptr) {
    std::string rows;
    for (const int value : values) {
      rows += rows.empty() ? "[" : ", ";
      rows += kind == nullptr ? "[" : std::string("[\"") + kind + "\", ";
      rows += std::to_string(value) + "]";
    }
    return test::MakeBatch(test::MakeSchema({"v INT"}), rows + "]");
  }

  // One text per element that waits in the channel: "1 2" for a batch, "W(5)", "B1", "end".
  std::vector<std::string> Take(size_t target) {
    std::vector<std::string> lines;
    while (const auto element = channels_[target]->Pop()) {
      if (const auto* batch = std::get_if<Batch>(&*element)) {
        std::string text;
        for (const std::string& row : test::ToLines(*batch)) {
          text += (text.empty() ? "" : " ") + row.substr(3, row.size() - 4);
        }
        lines.push_back(text);
      } else if (const auto* mark = std::get_if<Watermark>(&*element)) {
        lines.push_back("W(" + std::to_string(mark->millis) + ")");
      } else if (const auto* barrier = std::get_if<Barrier>(&*element)) {
        lines.push_back("B" + std::to_string(barrier->id));
      } else {
        lines.push_back("end");
      }
    }
    return lines;
  }

  static constexpr int64_t kBytes = 4096;
  std::vector<std::unique_ptr<Channel>> channels_;
};

TEST_F(ExchangeTest, ForwardPassesBatchesAsTheyAre) {
  const auto exchange = Make(ExchangeKind::kForward, 1);
  ASSERT_TRUE(exchange->Send(Rows({1, 2})).ok());
  ASSERT_TRUE(exchange->Broadcast(Watermark{5}).ok());
  EXPECT_THAT(Take(0), ElementsAre("1 2", "W(5)"));
}

TEST_F(ExchangeTest, BroadcastGivesEveryRowToEverybody) {
  const auto exchange = Make(ExchangeKind::kBroadcast, 2);
  ASSERT_TRUE(exchange->Send(Rows({1, 2})).ok());
  EXPECT_THAT(Take(0), ElementsAre("1 2"));
  EXPECT_THAT(Take(1), ElementsAre("1 2"));
}

TEST_F(ExchangeTest, RebalanceGoesRoundBeginningAtTheSender) {
  const auto exchange = Make(ExchangeKind::kRebalance, 3, /*sender=*/1);
  for (const int value : {1, 2, 3, 4}) ASSERT_TRUE(exchange->Send(Rows({value})).ok());
  EXPECT_THAT(Take(0), ElementsAre("3"));
  EXPECT_THAT(Take(1), ElementsAre("1", "4"));
  EXPECT_THAT(Take(2), ElementsAre("2"));
}

TEST_F(ExchangeTest, HashSendsEveryKeyToTheSubtaskOfItsGroup) {
  const auto exchange = Make(ExchangeKind::kHash, 4);
  std::vector<int> values;
  for (int i = 0; i < 60; ++i) values.push_back(i % 20);
  ASSERT_TRUE(exchange->Send(Rows(values)).ok());
  ASSERT_TRUE(exchange->Flush().ok());
  std::vector<std::string> all;
  for (size_t target = 0; target < 4; ++target) {
    for (const std::string& text : Take(target)) {
      std::istringstream words(text);
      for (std::string word; words >> word;) {
        const Batch key = Rows({std::stoi(word)});
        EncodedKeys encoded;
        ASSERT_TRUE(encoded.Encode(std::vector<ArrayPtr>{key.column(0)}, 1).ok());
        EXPECT_EQ(SubtaskOf(KeyGroupOf(encoded.hash(0)), 4), static_cast<int>(target)) << word;
        all.push_back(word);
      }
    }
  }
  std::vector<std::string> expected;
  for (const int value : values) expected.push_back(std::to_string(value));
  EXPECT_THAT(all, UnorderedElementsAreArray(expected));
}

// One key, so that all pieces have one target.
TEST_F(ExchangeTest, HashPutsSmallPiecesTogetherUntilTheyAreABatch) {
  const auto exchange = Make(ExchangeKind::kHash, 2);
  for (int i = 0; i < kRowsMax - 1; ++i) ASSERT_TRUE(exchange->Send(Rows({7})).ok());
  EXPECT_TRUE(channels_[0]->empty() && channels_[1]->empty());
  ASSERT_TRUE(exchange->Send(Rows({7})).ok());
  EXPECT_NE(channels_[0]->empty(), channels_[1]->empty());
}

TEST_F(ExchangeTest, ControlElementsComeBehindTheRowsBeforeThem) {
  const auto exchange = Make(ExchangeKind::kHash, 2);
  ASSERT_TRUE(exchange->Send(Rows({7})).ok());
  ASSERT_TRUE(exchange->Send(Rows({7})).ok());
  ASSERT_TRUE(exchange->Broadcast(Barrier{1}).ok());
  ASSERT_TRUE(exchange->Broadcast(EndOfInput{}).ok());
  const size_t target = channels_[0]->empty() ? 1 : 0;
  const auto lines = Take(0);
  const auto others = Take(1);
  EXPECT_THAT(
      std::vector({lines, others}),
      testing::UnorderedElementsAre(ElementsAre("7 7", "B1", "end"), ElementsAre("B1", "end")))
      << target;
}

TEST_F(ExchangeTest, WhatWaitsIsFlushedWhenInputPauses) {
  const auto exchange = Make(ExchangeKind::kHash, 2);
  ASSERT_TRUE(exchange->Send(Rows({7})).ok());
  ASSERT_TRUE(exchange->Flush().ok());
  EXPECT_NE(channels_[0]->empty(), channels_[1]->empty());
}

TEST_F(ExchangeTest, RowsWithKindsAndWithoutDoNotMix) {
  const auto exchange = Make(ExchangeKind::kHash, 2);
  ASSERT_TRUE(exchange->Send(Rows({7})).ok());
  ASSERT_TRUE(exchange->Send(Rows({7}, "-D")).ok());
  ASSERT_TRUE(exchange->Flush().ok());
  EXPECT_THAT(Take(channels_[0]->empty() ? 1 : 0), ElementsAre("7", "7"));
}

TEST_F(ExchangeTest, OneFullChannelStopsTheSenderAndRoomWakesIt) {
  const auto exchange = Make(ExchangeKind::kBroadcast, 2);
  int woken = 0;
  channels_[1]->SetWakers([&] { ++woken; }, [] {});
  while (exchange->has_room()) ASSERT_TRUE(exchange->Send(Rows({1, 2, 3, 4, 5, 6, 7, 8})).ok());
  EXPECT_FALSE(channels_[1]->has_room());
  Take(0);
  EXPECT_FALSE(exchange->has_room());  // One target that is full is enough.
  EXPECT_EQ(woken, 0);
  while (!channels_[1]->has_room()) channels_[1]->Pop();
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(exchange->has_room());
}

}  // namespace
}  // namespace sabot
