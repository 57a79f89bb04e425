// MemoryBudget: one limit for what a job keeps in memory, and who has to give some back.
//
//   limit 100 = cold stores 30 at most (their caches and write buffers) + 70 for the others, who
//   also have what cold stores have not taken as yet
//   in flight 10, state 45 + 25        state may have 60, has 70: its owners give back 6.4 and 3.6
//
// In flight is what the Arrow pool holds beside state: batches in channels and operators, which
// cannot be given back. While memory is short all the same, channels hold as little as they can,
// so that sources wait. Without a limit nothing is counted. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace sabot {

class MemoryBudget;

// What one owner of state keeps: told by the owner, between two elements.
class MemoryAccount {
 public:
  ~MemoryAccount() { Set(0, 0); }
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  // `pooled_bytes`: what of it the Arrow pool holds.
  void Set(int64_t bytes, int64_t pooled_bytes);
  int64_t bytes() const { return bytes_; }
  // What this owner should spill now; 0 while all is well.
  int64_t ExcessBytes() const;

 private:
  friend class MemoryBudget;
  explicit MemoryAccount(MemoryBudget* budget) : budget_(budget) {}

  MemoryBudget* budget_;
  int64_t bytes_ = 0;
  int64_t pooled_bytes_ = 0;
};

class MemoryBudget {
 public:
  static constexpr int64_t kUnlimited = INT64_MAX;

  struct Shares {
    int64_t limit_bytes = kUnlimited;
    int64_t cold_bytes = 0;  // Of it, for cold stores.
  };
  // `pool_bytes`: what the Arrow pool holds at present.
  MemoryBudget(Shares shares, std::function<int64_t()> pool_bytes);

  bool limited() const { return shares_.limit_bytes != kUnlimited; }
  int64_t limit_bytes() const { return shares_.limit_bytes; }
  // Accounts end before their budget.
  std::unique_ptr<MemoryAccount> Open() {
    return std::unique_ptr<MemoryAccount>(new MemoryAccount(this));
  }
  int64_t state_bytes() const { return state_bytes_; }  // What accounts told.
  // Cold stores take so much now: the most that they ever took is theirs, up to their share.
  void ReserveCold(int64_t bytes);
  // State and what is in flight take more than they may.
  bool is_short() const;

 private:
  friend class MemoryAccount;
  int64_t state_bytes_max() const;

  const Shares shares_;
  const std::function<int64_t()> pool_bytes_;
  std::atomic<int64_t> reserved_bytes_{0};
  std::atomic<int64_t> state_bytes_{0};
  std::atomic<int64_t> pooled_state_bytes_{0};
};

}  // namespace sabot
