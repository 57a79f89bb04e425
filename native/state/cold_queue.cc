// Entries as the keys of rows without values.
#include "state/cold_queue.h"

#include "base/check.h"

namespace sabot {
namespace {

// Entries are written in batches of this size.
constexpr int64_t kWriteBytes = int64_t{1} << 18;

}  // namespace

ColdQueue::~ColdQueue() {
  if (place_.store != nullptr) tiers_->Drop(place_);
}

arrow::Status ColdQueue::Put(std::string_view entry) {
  SABOT_CHECK(!entry.empty());
  if (place_.store == nullptr) {
    ARROW_ASSIGN_OR_RAISE(place_, tiers_->NewPlace(name_, {}));
  }
  if (least_.empty() || entry < least_) least_ = entry;
  key_ = place_.prefix;
  key_.append(entry);
  writes_.Put(place_.table, key_, {});
  return writes_.size_bytes() < kWriteBytes ? arrow::Status::OK() : Flush();
}

arrow::Status ColdQueue::Flush() {
  if (writes_.size() == 0) return arrow::Status::OK();
  tiers_->CountSpilled(writes_.size_bytes());
  ARROW_RETURN_NOT_OK(place_.store->Write(writes_));
  writes_.Clear();
  return arrow::Status::OK();
}

arrow::Status ColdQueue::Take(size_t num_max, const std::function<bool(std::string_view)>& due,
                              std::vector<std::string>* taken) {
  if (least_.empty() || !due(least_)) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(Flush());
  // From the least entry on: what was taken before leaves marks that take long to pass over.
  ARROW_ASSIGN_OR_RAISE(const auto rows, place_.store->Scan(place_.table, place_.prefix + least_,
                                                            EndOfPrefix(place_.prefix)));
  least_.clear();
  while (rows->valid()) {
    const std::string_view entry = rows->key().substr(place_.prefix.size());
    if (num_max == 0 || !due(entry)) {
      least_ = entry;
      break;
    }
    --num_max;
    taken->emplace_back(entry);
    writes_.Delete(place_.table, rows->key());
    ARROW_RETURN_NOT_OK(rows->Next());
  }
  return Flush();
}

}  // namespace sabot
