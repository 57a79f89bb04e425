// Tables one after the other.
#include "operators/keyed_process_tables.h"

#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "operators/keyed_process_keys.h"

namespace sabot {
namespace {

// As readers see timers.
std::shared_ptr<arrow::DataType> TimesType(TypeKind kind) {
  Type time;
  time.kind = kind;
  time.precision = 3;
  time.nullable = false;
  Type times;
  times.kind = TypeKind::kArray;
  times.children = {std::move(time)};
  return ToArrow(times);
}

}  // namespace

ProcessTables::ProcessTables(const KeyedProcessSpec& spec, OperatorContext& context)
    : key_types_(spec.key_types),
      event_timers_("timers.event", spec.key_types, context.tiers),
      processing_timers_("timers.processing", spec.key_types, context.tiers),
      specs_(spec.states),
      clock_(context.clock),
      tiers_(context.tiers) {
  for (const ProcessState::Spec& each : specs_)
    states_.push_back(std::make_unique<ProcessState>(each, key_types_, tiers_));
}

void ProcessTables::BeginElement() {
  const int64_t now = clock_->NowMillis();
  for (const auto& state : states_) state->BeginBatch(now);
}

bool ProcessTables::lives_for_ever() const {
  return std::none_of(specs_.begin(), specs_.end(),
                      [](const ProcessState::Spec& each) { return each.ttl_ms > 0; });
}

int64_t ProcessTables::size_bytes() const {
  int64_t bytes = event_timers_.size_bytes() + processing_timers_.size_bytes();
  for (const auto& state : states_) bytes += state->table().size_bytes();
  return bytes;
}

arrow::Status ProcessTables::Snapshot(SnapshotWriter& to) {
  for (const auto& state : states_) ARROW_RETURN_NOT_OK(state->table().Snapshot(to));
  ARROW_RETURN_NOT_OK(event_timers_.Snapshot(to));
  return processing_timers_.Snapshot(to);
}

arrow::Status ProcessTables::Restore(const SnapshotReader& from) {
  for (const auto& state : states_) {
    state->BeginBatch(clock_->NowMillis());
    ARROW_RETURN_NOT_OK(state->table().Restore(from));
  }
  ARROW_RETURN_NOT_OK(event_timers_.Restore(from, tiers_));
  return processing_timers_.Restore(from, tiers_);
}

StateCursor ProcessTables::Read(std::optional<StateKey> only) {
  std::vector<KeyedTable*> tables;
  for (const auto& state : states_) tables.push_back(&state->table());
  tables.push_back(&event_timers_.table());
  tables.push_back(&processing_timers_.table());
  return ReadTables(
      std::move(tables), key_types_,
      [this](size_t table, std::span<const Slot> slots) { return ReadColumn(table, slots); },
      std::move(only));
}

arrow::Result<ArrayPtr> ProcessTables::ReadColumn(size_t table, std::span<const Slot> slots) const {
  if (table < states_.size()) return states_[table]->Gather(slots, ProcessState::For::kReaders);
  const bool event = table == states_.size();
  return (event ? event_timers_ : processing_timers_)
      .Gather(slots, TimesType(event ? TypeKind::kTimestamp : TypeKind::kTimestampLtz));
}

}  // namespace sabot
