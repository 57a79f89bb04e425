// Counting memory, and sharing out what is too much.
#include "base/memory_budget.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace sabot {

void MemoryAccount::Set(int64_t bytes, int64_t pooled_bytes) {
  if (!budget_->limited()) return;
  budget_->state_bytes_ += bytes - bytes_;
  budget_->pooled_state_bytes_ += pooled_bytes - pooled_bytes_;
  bytes_ = bytes;
  pooled_bytes_ = pooled_bytes;
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

void MemoryBudget::ReserveCold(int64_t bytes) {
  bytes = std::min(bytes, shares_.cold_bytes);
  int64_t reserved = reserved_bytes_;
  while (reserved < bytes && !reserved_bytes_.compare_exchange_weak(reserved, bytes)) {
  }
}

bool MemoryBudget::is_short() const {
  if (!limited()) return false;
  const int64_t taken = state_bytes_ - pooled_state_bytes_ + pool_bytes_();
  return taken > shares_.limit_bytes - reserved_bytes_;
}

// However much is in flight, state keeps a quarter of what is to share: channels are bounded.
int64_t MemoryBudget::state_bytes_max() const {
  const int64_t shared = shares_.limit_bytes - reserved_bytes_;
  const int64_t in_flight = std::max<int64_t>(pool_bytes_() - pooled_state_bytes_, 0);
  return std::max(shared - in_flight, shared / 4);
}

}  // namespace sabot
