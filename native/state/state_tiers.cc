// Making room in memory; the cold store of an operator subtask.
#include "state/state_tiers.h"

#include <utility>

#include "base/check.h"
#include "base/error.h"

namespace sabot {

StateTiers::StateTiers(TiersOptions options)
    : options_(std::move(options)), account_(options_.budget->Open()) {
  if (spills() && limited() && options_.files != nullptr)
    rows_.emplace(*options_.files, options_.folder + "/rows");
}

StateTiers::~StateTiers() { SABOT_CHECK(residents_.empty()); }

void StateTiers::TellBudget() {
  int64_t bytes = 0;
  int64_t pooled_bytes = 0;
  for (const Resident* resident : residents_) {
    bytes += resident->memory_bytes();
    pooled_bytes += resident->pooled_bytes();
  }
  account_->Set(bytes, pooled_bytes);
}

arrow::Status StateTiers::MakeRoom() {
  ARROW_RETURN_NOT_OK(dropped_);
  if (!options_.budget->limited()) return arrow::Status::OK();
  TellBudget();
  int64_t excess = account_->ExcessBytes();
  if (excess == 0) return arrow::Status::OK();
  if (!spills()) {
    if (options_.budget->state_bytes() <= options_.budget->limit_bytes())
      return arrow::Status::OK();
    return UserError("memory-limit", "memory.limit",
                     "state takes " + std::to_string(options_.budget->state_bytes() >> 20) +
                         " MB, more than memory.limit, and this backend keeps all of it in "
                         "memory: set 'state.backend.type' to 'rocksdb', or raise the limit");
  }
  // Some more than necessary, so that not every element has to.
  excess += account_->bytes() / 64;
  for (size_t tried = 0; excess > 0 && tried < residents_.size(); ++tried) {
    Resident* const resident = residents_[next_resident_++ % residents_.size()];
    ARROW_ASSIGN_OR_RAISE(const int64_t freed, resident->Spill(excess));
    excess -= freed;
  }
  TellBudget();
  return arrow::Status::OK();
}

arrow::Result<ColdPlace> StateTiers::NewPlace(std::string_view structure,
                                              const ColdTableOptions& options) {
  SABOT_CHECK(spills());
  if (store_ == nullptr) {
    ARROW_ASSIGN_OR_RAISE(store_, options_.backend->Open(options_.folder));
  }
  ColdPlace place{store_.get(), 0, ColdPrefixOf(next_place_++)};
  ARROW_ASSIGN_OR_RAISE(place.table, store_->OpenTable(ColdTableOf(structure), options));
  return place;
}

void StateTiers::Drop(const ColdPlace& place) {
  ColdWrites writes;
  writes.DeleteRange(place.table, place.prefix, EndOfPrefix(place.prefix));
  const arrow::Status status = store_->Write(writes);
  if (!status.ok()) dropped_ = status;
}

}  // namespace sabot
