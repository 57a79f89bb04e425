// MemoryBudget: who gives back how much.
#include "base/memory_budget.h"

#include <gtest/gtest.h>

namespace sabot {
namespace {

TEST(MemoryBudget, SharesOutWhatIsTooMuch) {
  int64_t pool = 0;
  MemoryBudget budget({.limit_bytes = 100, .cold_bytes = 30}, [&pool] { return pool; });
  budget.ReserveCold(30);
  const auto left = budget.Open();
  {
    const auto right = budget.Open();
    left->Set(45, 0);
    right->Set(20, 0);
    EXPECT_EQ(left->ExcessBytes(), 0);
    EXPECT_EQ(budget.state_bytes(), 65);
    right->Set(25, 0);
    pool = 10;  // In flight.
    EXPECT_EQ(left->ExcessBytes(), 6);
    EXPECT_EQ(right->ExcessBytes(), 3);
  }
  EXPECT_EQ(budget.state_bytes(), 45);
  EXPECT_EQ(left->ExcessBytes(), 0);
}

TEST(MemoryBudget, LeavesStateAQuarterWhateverIsInFlight) {
  MemoryBudget budget({.limit_bytes = 100, .cold_bytes = 20}, [] { return int64_t{1000}; });
  budget.ReserveCold(20);
  const auto account = budget.Open();
  account->Set(20, 0);
  EXPECT_EQ(account->ExcessBytes(), 0);
  account->Set(25, 0);
  EXPECT_EQ(account->ExcessBytes(), 5);
}

TEST(MemoryBudget, GivesColdStoresWhatTheyTakeUpToTheirShare) {
  MemoryBudget budget({.limit_bytes = 100, .cold_bytes = 30}, [] { return int64_t{0}; });
  const auto account = budget.Open();
  account->Set(100, 0);
  EXPECT_EQ(account->ExcessBytes(), 0);
  EXPECT_FALSE(budget.is_short());
  budget.ReserveCold(10);
  EXPECT_EQ(account->ExcessBytes(), 10);
  EXPECT_TRUE(budget.is_short());
  // They may want it again at any time.
  budget.ReserveCold(5);
  EXPECT_EQ(account->ExcessBytes(), 10);
  budget.ReserveCold(40);
  EXPECT_EQ(account->ExcessBytes(), 30);
}

// State in the pool is state, and not in flight.
TEST(MemoryBudget, CountsRowsOfTheStateOnce) {
  MemoryBudget budget({.limit_bytes = 100, .cold_bytes = 0}, [] { return int64_t{60}; });
  const auto account = budget.Open();
  account->Set(90, 50);
  EXPECT_EQ(account->ExcessBytes(), 0);
  account->Set(91, 50);
  EXPECT_EQ(account->ExcessBytes(), 1);
  account->Set(90, 40);
  EXPECT_EQ(account->ExcessBytes(), 10);
}

TEST(MemoryBudget, CountsNothingWithoutALimit) {
  MemoryBudget budget({}, [] { return int64_t{1} << 60; });
  const auto account = budget.Open();
  account->Set(int64_t{1} << 50, 0);
  EXPECT_EQ(account->ExcessBytes(), 0);
  EXPECT_EQ(budget.state_bytes(), 0);
}

}  // namespace
}  // namespace sabot
