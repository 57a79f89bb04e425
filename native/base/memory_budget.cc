// Counting memory, and sharing out what is too much.
#include "base/memory_budget.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace sabot {

void MemoryAccount::Set(int64_t bytes) {
  if (!budget_->limited()) return;
  budget_->state_bytes_ += bytes - bytes_;
  bytes_ = bytes;
}

int64_t MemoryAccount::ExcessBytes() const {
  if (!budget_->limited()) return 0;
  const int64_t state = budget_->state_bytes();
  const int64_t excess = state - budget_->state_bytes_max();
  if (excess <= 0 || state <= 0) return 0;
  const double part = static_cast<double>(bytes_) / static_cast<double>(state);
  return static_cast<int64_t>(static_cast<double>(excess) * part);
}

MemoryBudget::MemoryBudget(Shares shares, std::function<int64_t()> pool_bytes)
    : shares_(shares), pool_bytes_(std::move(pool_bytes)) {
  SABOT_CHECK(shares_.cold_bytes >= 0 && shares_.cold_bytes <= shares_.limit_bytes);
}

// However much is in flight, state keeps a quarter of what is to share: channels are bounded.
int64_t MemoryBudget::state_bytes_max() const {
  const int64_t shared = shares_.limit_bytes - shares_.cold_bytes;
  return std::max(shared - pool_bytes_(), shared / 4);
}

}  // namespace sabot
