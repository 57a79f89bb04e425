// Slices and sums, and what snapshots have of them.
#include "operators/window_tables.h"

#include <algorithm>
#include <set>
#include <utility>

#include "stream/element.h"

namespace sabot {
namespace {

arrow::Status Torn() { return arrow::Status::Invalid("The state of window_aggregate is torn"); }

}  // namespace

std::unique_ptr<KeyedTable> WindowTables::NewTable(const std::string& name) const {
  return std::make_unique<KeyedTable>(name, layout_, tiers_);
}

KeyedTable& WindowTables::Slice(SliceId id) {
  std::unique_ptr<KeyedTable>& table = slices_[id];
  if (table == nullptr) {
    table = NewTable("slice:" + std::to_string(id.end) + ":" + std::to_string(id.start));
  }
  return *table;
}

KeyedTable& WindowTables::Sum(int64_t last_end) {
  std::unique_ptr<KeyedTable>& table = sums_[last_end];
  if (table == nullptr) table = NewTable("sum:" + std::to_string(last_end));
  return *table;
}

KeyedTable* WindowTables::SliceFrom(SliceId id, SliceId* found) const {
  const auto at = slices_.lower_bound(id);
  if (at == slices_.end()) return nullptr;
  *found = at->first;
  return at->second.get();
}

KeyedTable* WindowTables::SumFrom(SliceId id, SliceId* found) const {
  const auto at = id.start > 0 ? sums_.upper_bound(id.end) : sums_.lower_bound(id.end);
  if (at == sums_.end()) return nullptr;
  *found = {.end = at->first};
  return at->second.get();
}

arrow::Status WindowTables::Snapshot(int64_t watermark, SnapshotWriter& to) {
  ByteWriter ids;
  ids.I64(watermark);
  for (const auto& [id, table] : slices_) {
    ids.I64(id.end);
    ids.I64(id.start);
    ARROW_RETURN_NOT_OK(table->Snapshot(to));
  }
  to.Put("slices", ids.Take());
  ByteWriter ends;
  for (const auto& [end, table] : sums_) {
    ends.I64(end);
    ARROW_RETURN_NOT_OK(table->Snapshot(to));
  }
  to.Put("sums", ends.Take());
  return arrow::Status::OK();
}

arrow::Result<int64_t> WindowTables::Restore(const SnapshotReader& from) {
  int64_t watermark = kWatermarkMax;
  std::set<SliceId> slices;
  for (const std::string_view part : from.All("slices")) {
    ByteReader ids(part);
    watermark = std::min(watermark, ids.I64());
    while (!ids.done()) {
      const int64_t end = ids.I64();
      slices.insert({end, ids.I64()});
    }
    if (!ids.ok()) return Torn();
  }
  std::set<int64_t> sums;
  for (const std::string_view part : from.All("sums")) {
    ByteReader ends(part);
    while (!ends.done()) sums.insert(ends.I64());
    if (!ends.ok()) return Torn();
  }
  for (const SliceId& id : slices) {
    KeyedTable& table = Slice(id);
    ARROW_RETURN_NOT_OK(table.Restore(from));
    ARROW_ASSIGN_OR_RAISE(const bool empty, table.empty());
    if (empty) slices_.erase(id);
  }
  for (const int64_t end : sums) {
    KeyedTable& table = Sum(end);
    ARROW_RETURN_NOT_OK(table.Restore(from));
    ARROW_ASSIGN_OR_RAISE(const bool empty, table.empty());
    if (empty) sums_.erase(end);
  }
  return watermark == kWatermarkMax ? kWatermarkMin : watermark;
}

int64_t WindowTables::size_bytes() const {
  int64_t bytes = 0;
  for (const auto& [id, table] : slices_) bytes += table->size_bytes();
  for (const auto& [end, table] : sums_) bytes += table->size_bytes();
  return bytes;
}

}  // namespace sabot
