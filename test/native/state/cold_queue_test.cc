// Entries come from disk in order, once, up to what is due.
#include "state/cold_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/memory_budget.h"
#include "state/cold_backends.h"

namespace sabot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ColdQueueTest : public testing::Test {
 protected:
  std::vector<std::string> Take(ColdQueue& queue, size_t num_max, const std::string& end) {
    std::vector<std::string> taken;
    const arrow::Status status =
        queue.Take(num_max, [&](std::string_view entry) { return entry < end; }, &taken);
    EXPECT_TRUE(status.ok()) << status;
    return taken;
  }

  MemoryBudget budget_{{.limit_bytes = 1}, [] { return int64_t{0}; }};
  std::unique_ptr<ColdBackend> backend_ = MakeModelBackend();
  StateTiers tiers_{
      {.budget = &budget_, .backend = backend_.get(), .files = nullptr, .folder = "/state"}};
};

TEST_F(ColdQueueTest, GivesWhatIsDueInOrder) {
  ColdQueue queue("ends", &tiers_);
  EXPECT_THAT(Take(queue, 9, "z"), IsEmpty());
  for (const char* entry : {"d", "a", "c", "a", "b"}) ASSERT_TRUE(queue.Put(entry).ok());
  EXPECT_EQ(queue.least(), "a");
  EXPECT_THAT(Take(queue, 9, "c"), ElementsAre("a", "b"));
  EXPECT_EQ(queue.least(), "c");
  ASSERT_TRUE(queue.Put("aa").ok());
  EXPECT_EQ(queue.least(), "aa");
  EXPECT_THAT(Take(queue, 2, "z"), ElementsAre("aa", "c"));
  EXPECT_THAT(Take(queue, 2, "z"), ElementsAre("d"));
  EXPECT_EQ(queue.least(), "");
}

TEST_F(ColdQueueTest, IsAnOrderedSet) {
  std::mt19937_64 random(3);
  ColdQueue queue("ends", &tiers_);
  ColdQueue other("ends", &tiers_);  // In the same table of the store.
  std::set<std::string> model;
  for (int round = 0; round < 2'000; ++round) {
    for (uint64_t i = random() % 5; i > 0; --i) {
      const std::string entry = std::to_string(1'000 + random() % 9'000);
      model.insert(entry);
      ASSERT_TRUE(queue.Put(entry).ok());
      ASSERT_TRUE(other.Put(entry + "x").ok());
    }
    if (random() % 3 != 0) continue;
    const std::string end = std::to_string(1'000 + random() % 9'000);
    const size_t num_max = 1 + random() % 20;
    std::vector<std::string> expected;
    while (!model.empty() && *model.begin() < end && expected.size() < num_max)
      expected.push_back(model.extract(model.begin()).value());
    ASSERT_EQ(Take(queue, num_max, end), expected);
    ASSERT_EQ(queue.least(), model.empty() ? "" : *model.begin());
  }
}

}  // namespace
}  // namespace sabot
