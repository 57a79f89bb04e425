// Making room in memory; the cold store of an operator subtask.
#include "state/state_tiers.h"

#include <bit>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "state/cold_log.h"

namespace sabot {
namespace {

// Some more than necessary, so that not every element has to.
constexpr int64_t kAheadBytesMax = int64_t{1} << 20;
// Of a log to the store, with an element; and twice as much as has come to the log.
constexpr int64_t kHandedOverBytesMin = int64_t{256} << 10;

// A log's last segment lies in memory.
ColdLogOptions LogOptions(int64_t limit_bytes) {
  constexpr int64_t kSegmentBytesMin = int64_t{1} << 10;
  constexpr int64_t kSegmentBytesMax = int64_t{16} << 20;
  const int64_t segment = std::clamp(limit_bytes / 32, kSegmentBytesMin, kSegmentBytesMax);
  return {.segment_bytes = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(segment)))};
}

}  // namespace

StateTiers::StateTiers(TiersOptions options)
    : options_(std::move(options)), account_(options_.budget->Open()) {
  if (spills() && limited() && options_.files != nullptr)
    rows_.emplace(*options_.files, options_.folder + "/rows");
  if (spills() && limited() && options_.files != nullptr)
    log_ = std::make_unique<ColdLog>(*options_.files, options_.folder + "/log",
                                     LogOptions(options_.budget->limit_bytes()));
}

StateTiers::~StateTiers() { SABOT_CHECK(residents_.empty()); }

int64_t StateTiers::LogBytes() const { return log_ == nullptr ? 0 : log_->memory_bytes(); }

void StateTiers::TellBudget() {
  int64_t bytes = 0;
  int64_t pooled_bytes = 0;
  for (const Resident* resident : residents_) {
    bytes += resident->memory_bytes();
    pooled_bytes += resident->pooled_bytes();
  }
  bytes += LogBytes();
  account_->Set(bytes, pooled_bytes);
}

arrow::Status StateTiers::MakeRoom() {
  ARROW_RETURN_NOT_OK(dropped_);
  if (!options_.budget->limited()) return arrow::Status::OK();
  if (store_ != nullptr) options_.budget->ReserveCold(options_.backend->memory_bytes());
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
  excess += std::min(account_->bytes() / 64, kAheadBytesMax);
  const int64_t spilled_before = spilled_bytes_;
  // What goes to the log leaves something behind in memory, for which more has to go.
  for (size_t tried = 0; excess > 0 && tried < 2 * residents_.size(); ++tried) {
    Resident* const resident = residents_[next_resident_++ % residents_.size()];
    const int64_t log_bytes = LogBytes();
    ARROW_ASSIGN_OR_RAISE(const int64_t freed, resident->Spill(excess));
    excess -= freed - (LogBytes() - log_bytes);
  }
  if (log_ != nullptr) ARROW_RETURN_NOT_OK(log_->Reclaim());
  TellBudget();
  return log_ == nullptr ? arrow::Status::OK() : HandOver(spilled_bytes_ - spilled_before);
}

// So that most of memory is left for what is used. A whole segment would take too long at once.
arrow::Status StateTiers::HandOver(int64_t spilled_bytes) {
  const auto takes_too_much = [this] {
    return log_->is_full() || options_.log_part * log_->needed_bytes() > account_->bytes();
  };
  if (!takes_too_much()) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(log_->HandOver(kHandedOverBytesMin + 2 * spilled_bytes).status());
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
