// The rows of a batch into the map, and the map into a snapshot.
#include "state/broadcast_state.h"

#include <algorithm>

#include "base/check.h"

namespace sabot {

arrow::Status BroadcastState::Apply(const Batch& batch, std::span<const uint8_t> removed) {
  SABOT_CHECK(std::ssize(removed) == batch.num_rows());
  ARROW_RETURN_NOT_OK(RowLists::EncodeKeys(batch, rows_.keys(), &keys_));
  ARROW_RETURN_NOT_OK(rows_.BeginPops(keys_));
  seen_.clear();
  kept_.clear();
  // A key's last row decides.
  for (int64_t row = batch.num_rows() - 1; row >= 0; --row) {
    if (!seen_.insert(keys_.key(row)).second) continue;
    rows_.Pop(keys_.key(row), keys_.hash(row));
    if (removed[static_cast<size_t>(row)] == 0) kept_.push_back(static_cast<int32_t>(row));
  }
  std::reverse(kept_.begin(), kept_.end());
  return rows_.Add(batch, keys_, kept_);
}

arrow::Status BroadcastState::Snapshot(SnapshotWriter& to) {
  return is_first() ? rows_.Snapshot(to) : arrow::Status::OK();
}

}  // namespace sabot
