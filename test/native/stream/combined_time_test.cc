// The event time of several members as one: least of the active, the greatest when all are idle,
// and what a member does that comes back.
#include "stream/combined_time.h"

#include <gtest/gtest.h>

namespace sabot {
namespace {

TEST(CombinedTimeTest, IsTheLeastAndOnlyMovesForward) {
  CombinedTime time(CombinedTime::Return::kCatchesUp);
  const size_t a = time.Add();
  const size_t b = time.Add();
  time.Advance(a, 5);
  EXPECT_EQ(time.watermark(), kWatermarkMin);
  time.Advance(b, 3);
  EXPECT_EQ(time.watermark(), 3);
  time.Advance(b, 2);
  time.Advance(b, 9);
  EXPECT_EQ(time.watermark(), 5);
  EXPECT_EQ(time.LeastOfOthers(a), 9);
}

TEST(CombinedTimeTest, IdleMembersHoldNothingBackAndTheLastOneLetsGoOfTheGreatest) {
  CombinedTime time(CombinedTime::Return::kHolds);
  const size_t a = time.Add();
  const size_t b = time.Add();
  time.Advance(a, 100);
  time.Advance(b, 50);
  time.SetIdle(a, true);
  EXPECT_EQ(time.watermark(), 50);
  EXPECT_FALSE(time.idle());
  time.SetIdle(b, true);
  EXPECT_TRUE(time.idle());
  EXPECT_EQ(time.watermark(), 100);
}

TEST(CombinedTimeTest, AChannelThatComesBackBehindDoesNotCountUntilItHasCaughtUp) {
  CombinedTime time(CombinedTime::Return::kCatchesUp);
  const size_t a = time.Add();
  const size_t b = time.Add();
  time.Advance(b, 10);
  time.SetIdle(b, true);
  time.Advance(a, 100);
  time.SetIdle(b, false);
  time.Advance(a, 120);
  EXPECT_EQ(time.watermark(), 120);
  time.Advance(b, 119);
  time.Advance(a, 130);
  EXPECT_EQ(time.watermark(), 130);
  time.Advance(b, 130);
  time.Advance(a, 140);
  EXPECT_EQ(time.watermark(), 130);
}

TEST(CombinedTimeTest, ASplitThatComesBackBehindHoldsTimeWhereItIs) {
  CombinedTime time(CombinedTime::Return::kHolds);
  const size_t a = time.Add();
  const size_t b = time.Add();
  time.Advance(b, 10);
  time.SetIdle(b, true);
  time.Advance(a, 100);
  time.SetIdle(b, false);
  time.Advance(a, 120);
  EXPECT_EQ(time.watermark(), 100);
  time.Advance(b, 110);
  EXPECT_EQ(time.watermark(), 110);
}

// Otherwise every row of a source that speaks again would be late.
TEST(CombinedTimeTest, TheEndOfOneIsNotTheEndOfThoseThatAreSilent) {
  CombinedTime time(CombinedTime::Return::kCatchesUp);
  const size_t a = time.Add();
  const size_t b = time.Add();
  time.Advance(b, 50);
  time.SetIdle(b, true);
  time.Advance(a, 100);
  time.Advance(a, kWatermarkMax);
  EXPECT_TRUE(time.idle());
  EXPECT_EQ(time.watermark(), 100);
  time.SetIdle(b, false);
  EXPECT_FALSE(time.idle());
  time.Advance(b, 150);
  EXPECT_EQ(time.watermark(), 150);
  time.Advance(b, kWatermarkMax);
  EXPECT_EQ(time.watermark(), kWatermarkMax);
}

TEST(CombinedTimeTest, AMemberThatHasEndedHoldsNothingBack) {
  CombinedTime time(CombinedTime::Return::kHolds);
  const size_t a = time.Add();
  const size_t b = time.Add();
  time.Advance(a, 7);
  time.End(b);
  EXPECT_EQ(time.watermark(), 7);
  time.SetIdle(a, true);
  EXPECT_TRUE(time.idle());
  time.End(a);
  EXPECT_FALSE(time.idle());
}

}  // namespace
}  // namespace sabot
