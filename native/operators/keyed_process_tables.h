// ProcessTables: all that a keyed process function keeps of its keys, side by side.
//
//   states sum, seen   ->   tables state.sum, state.seen, timers.event, timers.processing
//   readers            ->   [key, sum, seen, event timers, processing timers]
//
// State: these tables.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "operators/keyed_process_spec.h"
#include "operators/keyed_process_state.h"
#include "operators/keyed_process_timers.h"
#include "stream/operator.h"

namespace sabot {

class ProcessTables {
 public:
  ProcessTables(const KeyedProcessSpec& spec, OperatorContext& context);

  // What has lived too long by now is as none for this element.
  void BeginElement();
  std::span<const std::unique_ptr<ProcessState>> states() const { return states_; }
  ProcessTimers& event_timers() { return event_timers_; }
  ProcessTimers& processing_timers() { return processing_timers_; }
  const ProcessTimers& processing_timers() const { return processing_timers_; }
  // Whether nothing but the function's own edits changes its states.
  bool lives_for_ever() const;

  int64_t size_bytes() const;
  arrow::Status Snapshot(SnapshotWriter& to);
  arrow::Status Restore(const SnapshotReader& from);
  StateCursor Read(std::optional<StateKey> only);

 private:
  arrow::Result<ArrayPtr> ReadColumn(size_t table, std::span<const Slot> slots) const;

  const KeyTypes key_types_;
  std::vector<std::unique_ptr<ProcessState>> states_;
  ProcessTimers event_timers_;
  ProcessTimers processing_timers_;
  const std::vector<ProcessState::Spec> specs_;
  Clock* clock_;
  StateTiers* tiers_;
};

}  // namespace sabot
