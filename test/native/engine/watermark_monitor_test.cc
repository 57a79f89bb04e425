// Who holds event time back is named: a silent split, one that waits to be read, through an
// operator in between; once, and only after a while.
#include "engine/watermark_monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace sabot {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Two sources, each with a task of its own, into a union (or a chain of them), by hand.
class WatermarkMonitorTest : public ::testing::Test {
 protected:
  WatermarkMonitorTest() {
    bids_ = AddTask("file_source", "source:bids");
    auctions_ = AddTask("file_source", "source:auctions");
    between_ = AddTask("filter", "filter");
    join_ = AddTask("join", "join");
    from_bids_ = Connect(bids_, join_);
    from_auctions_ = Connect(auctions_, between_);
    from_between_ = Connect(between_, join_);
    monitor_ = std::make_unique<WatermarkMonitor>(
        graph_, clock_, [this](const WarningPlace& place, const std::string& message) {
          warnings_.push_back(place.uid + "[" + std::to_string(place.subtask) + "]: " + message);
        });
  }

  size_t AddTask(const std::string& name, const std::string& uid) {
    graph_.tasks.push_back(std::make_unique<Task>(name, 0));
    TaskOperator op;
    op.metrics = std::make_unique<OperatorMetrics>();
    op.name = name;
    op.uid = uid;
    graph_.tasks.back()->Append(std::move(op));
    return graph_.tasks.size() - 1;
  }
  ChannelTime& Connect(size_t producer, size_t consumer) {
    graph_.channels.push_back(std::make_unique<Channel>());
    graph_.edges.push_back({graph_.channels.back().get(), producer, consumer});
    graph_.tasks[consumer]->AddInput(graph_.channels.back().get(), 0);
    return graph_.channels.back()->time();
  }
  SplitTimes& splits(size_t task) { return graph_.tasks[task]->operators()[0].metrics->splits; }
  static SplitTimes::Split Split(const std::string& name, int64_t watermark, bool waiting = false) {
    return {std::make_shared<const std::string>(name), watermark, false, waiting};
  }

  // Checks every second for so long, and takes what was said.
  std::vector<std::string> After(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      clock_.AdvanceMillis(1'000);
      monitor_->Check();
    }
    return std::exchange(warnings_, {});
  }

  VirtualClock clock_;
  Graph graph_;
  size_t bids_ = 0, auctions_ = 0, between_ = 0, join_ = 0;
  // Set by the gates, which no task runs here.
  std::reference_wrapper<ChannelTime> from_bids_ = unset_, from_auctions_ = unset_,
                                      from_between_ = unset_;
  std::unique_ptr<WatermarkMonitor> monitor_;
  std::vector<std::string> warnings_;

 private:
  static inline ChannelTime unset_;
};

TEST_F(WatermarkMonitorTest, NamesTheSilentSplitBehindAnOperator) {
  splits(auctions_).Set(0, Split("auctions-0", 5'000));
  splits(auctions_).Set(1, Split("auctions-1", 60'000));
  splits(bids_).Set(0, Split("bids-0", 60'000));
  from_bids_.get().watermark = 60'000;
  from_auctions_.get().watermark = 5'000;
  from_between_.get().watermark = 5'000;
  EXPECT_THAT(After(30), IsEmpty());
  EXPECT_THAT(monitor_->holds(), IsEmpty());
  ASSERT_EQ(monitor_->holds(0).size(), 1u);
  EXPECT_EQ(monitor_->holds(0)[0].held_ms, 29'000);
  EXPECT_EQ(monitor_->splits().size(), 3u);
  EXPECT_THAT(After(5), ElementsAre(AllOf(HasSubstr("source:auctions[0]: "),
                                          HasSubstr("held back for 30 s by split 'auctions-0'"),
                                          HasSubstr("stands at 1970-01-01 00:00:05.000"),
                                          HasSubstr("others are at 1970-01-01 00:01:00.000"),
                                          HasSubstr("scan.watermark.idle-timeout"))));
  ASSERT_EQ(monitor_->holds().size(), 1u);
  EXPECT_EQ(monitor_->holds()[0].split, "auctions-0");
  EXPECT_EQ(monitor_->holds()[0].held_ms, 34'000);
  // Said again after five minutes, not before.
  EXPECT_THAT(After(290), IsEmpty());
  EXPECT_THAT(After(10), testing::SizeIs(1));
  // Once time moves, nobody holds it.
  splits(auctions_).Advance(0, 60'000);
  from_between_.get().watermark = 60'000;
  EXPECT_THAT(After(40), IsEmpty());
  EXPECT_THAT(monitor_->holds(), IsEmpty());
}

TEST_F(WatermarkMonitorTest, ASplitThatMovesHoldsNothingForLong) {
  splits(bids_).Set(0, Split("bids-0", 0));
  from_between_.get().watermark = 1'000'000;
  for (int i = 1; i < 50; ++i) {
    from_bids_.get().watermark = i;
    EXPECT_THAT(After(29), IsEmpty());
  }
}

TEST_F(WatermarkMonitorTest, SaysOfAFileThatItWaitsToBeRead) {
  splits(bids_).Set(0, Split("/d/1.jsonl", 60'000));
  splits(bids_).Set(1, Split("/d/2.jsonl", kWatermarkMin, /*waiting=*/true));
  EXPECT_THAT(After(32), ElementsAre(AllOf(HasSubstr("split '/d/2.jsonl', which waits to be read"),
                                           Not(HasSubstr("idle-timeout")))));
}

TEST_F(WatermarkMonitorTest, ASourceThatNeverSpeaksHoldsOneThatHasEnded) {
  from_bids_.get().ended = true;
  EXPECT_THAT(After(32),
              ElementsAre(AllOf(HasSubstr("source:auctions[0]: "),
                                HasSubstr("by this source, of which no row has come yet"),
                                HasSubstr("others have ended"))));
}

TEST_F(WatermarkMonitorTest, IdleChannelsHoldNobody) {
  from_bids_.get().watermark = 60'000;
  from_between_.get().idle = true;
  EXPECT_THAT(After(60), IsEmpty());
}

}  // namespace
}  // namespace sabot
