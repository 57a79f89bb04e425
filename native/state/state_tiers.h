// StateTiers: memory and disk of one operator subtask's state.
//
//   tables       --over the budget-->  ColdStore (opened when first needed)
//   row stores   --over the budget-->  RowSpill
//
// Structures of the operator register as residents. Between two elements, when nobody holds slots,
// the task calls MakeRoom: it tells the budget what they take, and has them move to disk what is
// too much. Where state may not spill it must fit into memory. What lies on disk is no more than
// memory: snapshots hold all of it, whatever the tier.
#pragma once

#include <arrow/result.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.h"
#include "state/cold_keys.h"
#include "state/cold_store.h"
#include "state/row_spill.h"

namespace sabot {

// A structure that can move to disk, if its tiers spill.
class Resident {
 public:
  virtual ~Resident() = default;
  virtual int64_t memory_bytes() const = 0;
  // What of that the Arrow pool holds.
  virtual int64_t pooled_bytes() const { return 0; }
  // Moves about so much to disk; gives what that has freed, which may be less.
  virtual arrow::Result<int64_t> Spill(int64_t bytes) = 0;
};

struct TiersOptions {
  MemoryBudget* budget = nullptr;  // This and what follows outlive the tiers.
  ColdBackend* backend = nullptr;  // nullptr: nothing spills.
  FileSystem* files = nullptr;     // For rows and logs; nullptr: there are none.
  std::string folder;              // Of this subtask alone.
  // Of its memory a log may take one part in so many, before it hands its oldest rows to the store.
  int64_t log_part = 3;
};

class ColdLog;

class StateTiers {
 public:
  explicit StateTiers(TiersOptions options);
  ~StateTiers();  // After all residents and frozen states.
  StateTiers(const StateTiers&) = delete;
  StateTiers& operator=(const StateTiers&) = delete;

  bool limited() const { return options_.budget->limited(); }
  bool spills() const { return options_.backend != nullptr; }
  // Where rows go that do not fit; nullptr: nowhere.
  RowSpill* rows() { return rows_ ? &*rows_ : nullptr; }

  // Where keys without children go first; nullptr: to the store at once.
  ColdLog* log() { return log_.get(); }

  void Add(Resident* resident) { residents_.push_back(resident); }
  void Remove(Resident* resident) { std::erase(residents_, resident); }
  arrow::Status MakeRoom();

  // A place for a structure's rows that no other one has or had. Opens the store.
  arrow::Result<ColdPlace> NewPlace(std::string_view structure, const ColdTableOptions& options);
  // Deletes the rows of a structure that is gone. If that fails, so does MakeRoom.
  void Drop(const ColdPlace& place);
  // Of rows that have moved to disk so far. Any thread.
  int64_t spilled_bytes() const { return spilled_bytes_; }
  void CountSpilled(int64_t bytes) { spilled_bytes_ += bytes; }
  // How much a table may remember of what it has evicted since the last barrier.
  int64_t log_bytes_max() const {
    return account_->bytes() / 2 / std::max<int64_t>(1, std::ssize(residents_));
  }

 private:
  void TellBudget();
  int64_t LogBytes() const;
  arrow::Status HandOver(int64_t spilled_bytes);

  const TiersOptions options_;
  std::unique_ptr<MemoryAccount> account_;
  std::vector<Resident*> residents_;
  size_t next_resident_ = 0;  // Whose turn it is to spill.
  std::unique_ptr<ColdStore> store_;
  std::optional<RowSpill> rows_;
  std::unique_ptr<ColdLog> log_;
  uint64_t next_place_ = 0;
  arrow::Status dropped_;
  std::atomic<int64_t> spilled_bytes_{0};
};

}  // namespace sabot
