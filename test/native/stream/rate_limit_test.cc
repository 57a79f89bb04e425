// Shares of a rate: exact over subtasks, at any rate, and no more than a second to catch up.
#include "stream/rate_limit.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace sabot {
namespace {

// Rows of every subtask after `end_ms`, if all of them produce whatever they may, when they wake.
std::vector<int64_t> Produced(int64_t rate, int parallelism, int64_t end_ms, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<RateLimit> limits;
  std::vector<int64_t> produced(static_cast<size_t>(parallelism));
  for (int subtask = 0; subtask < parallelism; ++subtask)
    limits.emplace_back(rate, subtask, parallelism);
  for (size_t i = 0; i < limits.size(); ++i) {
    for (int64_t now = 0; now <= end_ms;) {
      limits[i].Advance(now, produced[i]);
      EXPECT_GE(limits[i].allowed(), produced[i]);
      produced[i] = limits[i].allowed();
      const int64_t next = limits[i].NextMillis(produced[i]);
      EXPECT_GT(next, now);
      now = std::min(next, now + 1 + static_cast<int64_t>(random() % 300));
      if (next > end_ms && now > end_ms) break;
    }
    limits[i].Advance(end_ms, produced[i]);
    produced[i] = limits[i].allowed();
  }
  return produced;
}

TEST(RateLimit, SharesAreExact) {
  for (const int64_t rate : {int64_t{1}, int64_t{3}, int64_t{10}, int64_t{999}, int64_t{100'000}}) {
    for (const int parallelism : {1, 2, 3, 7}) {
      const auto produced = Produced(rate, parallelism, 12'345, static_cast<uint64_t>(rate));
      int64_t sum = 0;
      for (const int64_t each : produced) {
        sum += each;
        EXPECT_LE(std::abs(each - produced[0]), 1) << rate << " by " << parallelism;
      }
      EXPECT_EQ(sum, 12'345 * rate / 1'000) << rate << " by " << parallelism;
    }
  }
}

TEST(RateLimit, ARowIsDueAtTheMillisecondThatIsTold) {
  RateLimit limit(3, 0, 1);
  limit.Advance(1'000, 0);
  EXPECT_EQ(limit.allowed(), 0);
  const int64_t next = limit.NextMillis(0);
  EXPECT_EQ(next, 1'334);
  limit.Advance(next - 1, 0);
  EXPECT_EQ(limit.allowed(), 0);
  limit.Advance(next, 0);
  EXPECT_EQ(limit.allowed(), 1);
  EXPECT_EQ(limit.NextMillis(0), INT64_MAX);  // It may be produced now.
}

TEST(RateLimit, WhatWasNotUsedForMoreThanASecondIsForfeited) {
  RateLimit limit(10, 0, 1);
  limit.Advance(0, 0);
  limit.Advance(60'000, 0);
  EXPECT_EQ(limit.allowed(), 10);
  EXPECT_EQ(limit.NextMillis(10), 60'100);
  limit.Advance(60'100, 10);
  EXPECT_EQ(limit.allowed(), 11);
}

}  // namespace
}  // namespace sabot
