// The bound of a channel: it follows what the consumer takes.
#include "stream/channel.h"

#include <arrow/array/array_primitive.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <gtest/gtest.h>

namespace sabot::test {
namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr int64_t kBatchBytes = 16 << 10;

Batch SomeRows() {
  constexpr int64_t kRows = kBatchBytes / 8;
  auto values =
      std::make_shared<arrow::Int64Array>(kRows, arrow::AllocateBuffer(kBatchBytes).ValueOrDie());
  Batch batch;
  batch.rows =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("v", arrow::int64())}), kRows, {values});
  return batch;
}

class ChannelTest : public ::testing::Test {
 protected:
  ChannelTest() {
    channel_.SetWakers([this] { ++num_woken_; }, [] {});
  }
  int Fill() {
    int num_batches = 0;
    for (; channel_.has_room(); ++num_batches) channel_.Push(SomeRows());
    return num_batches;
  }
  // Takes a batch each `millis`.
  void Drain(int num_batches, int64_t millis) {
    for (int i = 0; i < num_batches; ++i) {
      now_ns_ += millis * kNanosPerMilli;
      ASSERT_TRUE(channel_.Pop());
      channel_.AdjustBound(now_ns_);
    }
  }

  Channel channel_;
  int64_t now_ns_ = kNanosPerMilli;
  int num_woken_ = 0;
};

TEST_F(ChannelTest, HoldsLittleUntilItsConsumerIsKnown) { EXPECT_EQ(Fill(), 4); }

TEST_F(ChannelTest, HoldsASecondOfAFastConsumer) {
  // A batch in 2 ms: 8 MB a second, more than it may hold at most.
  for (int i = 0; i < 100; ++i) {
    Fill();
    Drain(1, 2);
  }
  Drain(static_cast<int>(kChannelBytesMax / kBatchBytes) - 1, 0);
  EXPECT_TRUE(channel_.empty());
  EXPECT_EQ(Fill(), kChannelBytesMax / kBatchBytes);
}

TEST_F(ChannelTest, HoldsLittleAgainWhenTheConsumerIsSlow) {
  for (int i = 0; i < 100; ++i) {
    Fill();
    Drain(1, 2);
  }
  Drain(60, 500);
  while (channel_.Pop()) continue;
  EXPECT_EQ(Fill(), 4);
}

TEST_F(ChannelTest, HoldsFewSmallElements) {
  const auto fill = [&] {
    int64_t num_elements = 0;
    for (; channel_.has_room(); ++num_elements) channel_.Push(Watermark{num_elements});
    return num_elements;
  };
  EXPECT_EQ(fill(), kChannelSmallMin);
  // One each millisecond: an eighth of a second of them.
  for (int i = 0; i < 100; ++i) {
    Drain(1, 1);
    fill();
  }
  while (channel_.Pop()) continue;
  EXPECT_EQ(fill(), 1'000 / 8);
}

TEST_F(ChannelTest, WakesTheProducerWhenItHoldsMore) {
  channel_.AdjustBound(1'000 * kNanosPerMilli);
  Fill();
  while (channel_.Pop()) continue;
  Fill();
  num_woken_ = 0;
  channel_.AdjustBound(1'100 * kNanosPerMilli);
  EXPECT_EQ(num_woken_, 1);
  EXPECT_TRUE(channel_.has_room());
}

TEST(ChannelOverTheLimit, HoldsOneBatchUntilMemoryIsThereAgain) {
  int64_t pool_bytes = 0;
  MemoryBudget budget({.limit_bytes = 100}, [&] { return pool_bytes; });
  Channel channel(kChannelBytesMax, &budget);
  int num_woken = 0;
  channel.SetWakers([&] { ++num_woken; }, [] {});
  pool_bytes = 101;
  channel.Push(Watermark{1});  // Takes no memory worth waiting for.
  EXPECT_TRUE(channel.has_room());
  channel.Push(SomeRows());
  EXPECT_FALSE(channel.has_room());
  channel.Push(SomeRows());
  ASSERT_TRUE(channel.Pop());
  ASSERT_TRUE(channel.Pop());
  EXPECT_EQ(num_woken, 0);
  ASSERT_TRUE(channel.Pop());
  EXPECT_EQ(num_woken, 1);
  EXPECT_TRUE(channel.has_room());

  // Whoever waited when memory was short is woken by the first element taken after that.
  channel.Push(SomeRows());
  channel.Push(SomeRows());
  EXPECT_FALSE(channel.has_room());
  pool_bytes = 100;
  ASSERT_TRUE(channel.Pop());
  EXPECT_EQ(num_woken, 2);
  EXPECT_TRUE(channel.has_room());
}

}  // namespace
}  // namespace sabot::test
