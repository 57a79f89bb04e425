// Combining channels: least watermark, idleness, barrier alignment, ends.
#include "stream/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class GateTest : public ::testing::Test {
 protected:
  GateTest() {
    gate_.Add(&left_, 0);
    gate_.Add(&right_, 1);
  }

  Batch Row(int value) {
    return test::MakeBatch(test::MakeSchema({"v INT"}), "[[" + std::to_string(value) + "]]");
  }

  // Everything the gate has to say now: "0: +I[1]", "W(5)", "idle", "B1", "end 0".
  std::vector<std::string> Drain() {
    std::vector<std::string> lines;
    while (auto event = gate_.Next()) {
      if (const auto* batch = std::get_if<Batch>(&event->element)) {
        lines.push_back(std::to_string(event->input) + ": " + test::ToLines(*batch)[0]);
      } else if (const auto* mark = std::get_if<Watermark>(&event->element)) {
        lines.push_back("W(" + std::to_string(mark->millis) + ")");
      } else if (const auto* status = std::get_if<StreamStatus>(&event->element)) {
        lines.push_back(status->idle ? "idle" : "active");
      } else if (const auto* barrier = std::get_if<Barrier>(&event->element)) {
        lines.push_back("B" + std::to_string(barrier->id));
      } else {
        lines.push_back("end " + std::to_string(event->input));
      }
    }
    return lines;
  }

  Channel left_;
  Channel right_;
  Gate gate_;
};

TEST_F(GateTest, WatermarkIsTheLeastOfAllChannels) {
  left_.Push(Watermark{5});
  EXPECT_THAT(Drain(), IsEmpty());
  right_.Push(Watermark{3});
  EXPECT_THAT(Drain(), ElementsAre("W(3)"));
  right_.Push(Watermark{9});
  EXPECT_THAT(Drain(), ElementsAre("W(5)"));
}

TEST_F(GateTest, AnIdleChannelHoldsNothingBack) {
  left_.Push(Watermark{5});
  right_.Push(StreamStatus{.idle = true});
  EXPECT_THAT(Drain(), ElementsAre("W(5)"));
  left_.Push(StreamStatus{.idle = true});
  EXPECT_THAT(Drain(), ElementsAre("idle"));
  right_.Push(StreamStatus{.idle = false});
  right_.Push(Watermark{8});
  EXPECT_THAT(Drain(), ElementsAre("active", "W(8)"));
}

TEST_F(GateTest, AnUntimedInputHasNoPartInTime) {
  gate_.SetUntimed(1);
  left_.Push(Watermark{5});
  right_.Push(Watermark{3});
  EXPECT_THAT(Drain(), ElementsAre("W(5)"));
  right_.Push(Row(1));
  right_.Push(Watermark{9});
  right_.Push(StreamStatus{.idle = true});
  EXPECT_THAT(Drain(), ElementsAre("1: +I[1]"));
  left_.Push(StreamStatus{.idle = true});
  right_.Push(StreamStatus{.idle = false});
  left_.Push(StreamStatus{.idle = false});
  EXPECT_THAT(Drain(), ElementsAre("idle", "active"));
  // It is aligned as any other, and the end of all is that of both.
  left_.Push(Barrier{.id = 1});
  left_.Push(Watermark{kWatermarkMax});
  EXPECT_THAT(Drain(), IsEmpty());
  right_.Push(Barrier{.id = 1});
  left_.Push(EndOfInput{});
  EXPECT_THAT(Drain(), ElementsAre("B1", "W(" + std::to_string(kWatermarkMax) + ")", "end 0"));
  EXPECT_FALSE(gate_.all_ended());
  right_.Push(EndOfInput{});
  EXPECT_THAT(Drain(), ElementsAre("end 1"));
}

TEST_F(GateTest, TimeDoesNotWaitForTheEndOfAnUntimedInput) {
  gate_.SetUntimed(0);
  left_.Push(EndOfInput{});
  EXPECT_THAT(Drain(), ElementsAre("end 0"));
  right_.Push(Watermark{4});
  EXPECT_THAT(Drain(), ElementsAre("W(4)"));
}

TEST_F(GateTest, WhenTheLastChannelFallsSilentTimeGoesOnToTheGreatest) {
  right_.Push(Watermark{50});
  left_.Push(Watermark{100});
  left_.Push(StreamStatus{.idle = true});
  EXPECT_THAT(Drain(), ElementsAre("W(50)"));
  right_.Push(StreamStatus{.idle = true});
  EXPECT_THAT(Drain(), ElementsAre("W(100)", "idle"));
}

TEST_F(GateTest, SaysOfEveryChannelHowFarItsTimeHasCome) {
  left_.Push(Watermark{5});
  right_.Push(StreamStatus{.idle = true});
  Drain();
  EXPECT_EQ(left_.time().watermark, 5);
  EXPECT_TRUE(right_.time().idle);
  EXPECT_FALSE(left_.time().ended);
}

TEST_F(GateTest, ABarrierWaitsForAllChannelsAndHoldsWhatComesBehindIt) {
  left_.Push(Barrier{1});
  left_.Push(Row(2));
  right_.Push(Row(1));
  EXPECT_THAT(Drain(), ElementsAre("1: +I[1]"));
  EXPECT_EQ(gate_.num_aligned(), 1u);
  right_.Push(Barrier{1});
  EXPECT_THAT(Drain(), ElementsAre("B1", "0: +I[2]"));
  EXPECT_EQ(gate_.num_aligned(), 0u);
}

TEST_F(GateTest, TheEndOfAChannelFinishesAnAlignment) {
  left_.Push(Barrier{1});
  right_.Push(Watermark{kWatermarkMax});
  right_.Push(EndOfInput{});
  EXPECT_THAT(Drain(), ElementsAre("B1", "end 1"));
  left_.Push(Watermark{7});
  left_.Push(EndOfInput{});
  EXPECT_THAT(Drain(), ElementsAre("W(7)", "end 0"));
  EXPECT_TRUE(gate_.all_ended());
}

TEST_F(GateTest, AnEndedChannelHoldsNoWatermarkBack) {
  left_.Push(Watermark{4});
  right_.Push(EndOfInput{});
  EXPECT_THAT(Drain(), ElementsAre("W(4)", "end 1"));
}

TEST_F(GateTest, AtLeastOnceHoldsNoChannel) {
  gate_.SetAtLeastOnce(true);
  left_.Push(Barrier{1});
  left_.Push(Row(1));
  left_.Push(Barrier{2});
  EXPECT_THAT(Drain(), ElementsAre("0: +I[1]"));
  EXPECT_EQ(gate_.num_aligned(), 0u);
  right_.Push(Row(2));
  right_.Push(Barrier{1});
  EXPECT_THAT(Drain(), ElementsAre("1: +I[2]", "B1"));
  right_.Push(EndOfInput{});
  EXPECT_THAT(Drain(), ElementsAre("B2", "end 1"));
}

TEST_F(GateTest, TellsHowLongABarrierWaited) {
  VirtualClock clock;
  gate_.SetClock(&clock);
  left_.Push(Barrier{1});
  EXPECT_THAT(Drain(), IsEmpty());
  clock.AdvanceMillis(5);
  right_.Push(Barrier{1});
  EXPECT_THAT(Drain(), ElementsAre("B1"));
  EXPECT_EQ(gate_.last_align_ns(), 5'000'000);
}

}  // namespace
}  // namespace sabot
