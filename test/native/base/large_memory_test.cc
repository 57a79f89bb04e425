// LargeMemory: zeros, moves.
#include "base/large_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace sabot {
namespace {

TEST(LargeMemory, IsZeroAndAlignedWhateverItsSize) {
  for (const size_t size :
       {size_t{1}, size_t{128}, (size_t{2} << 20) - 1, size_t{2} << 20, (size_t{5} << 20) + 3}) {
    const LargeMemory memory(size);
    ASSERT_EQ(memory.size(), size);
    EXPECT_TRUE(std::all_of(memory.data(), memory.data() + size, [](char c) { return c == 0; }));
    const size_t alignment = size < (size_t{2} << 20) ? 16 : size_t{2} << 20;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.data()) % alignment, 0u);
    memory.data()[size - 1] = 'x';
  }
}

TEST(LargeMemory, NothingIsNoMemory) {
  EXPECT_EQ(LargeMemory().data(), nullptr);
  EXPECT_EQ(LargeMemory(0).size(), 0u);
}

TEST(LargeMemory, BelongsToOne) {
  LargeMemory small(100);
  LargeMemory large(size_t{3} << 20);
  char* const at = large.data();
  at[7] = 'x';
  small = std::move(large);
  EXPECT_EQ(small.data(), at);
  EXPECT_EQ(small.data()[7], 'x');
  EXPECT_EQ(small.size(), size_t{3} << 20);
  const LargeMemory moved(std::move(small));
  EXPECT_EQ(moved.data(), at);
}

}  // namespace
}  // namespace sabot
