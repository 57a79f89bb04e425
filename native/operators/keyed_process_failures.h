// Rows and timers that a keyed process function threw at, as letters.
//
//   row [a, 5] of key a            ->   value {"k":"a","n":5}, key {"k":"a"}
//   event-time timer 20 of key a   ->   value {"timer":"event-time","time":20}, key {"k":"a"}
//
// What such an event has changed does not come back from the function's side. No state.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <span>
#include <string>

#include "operators/failed_rows.h"
#include "operators/keyed_process_call.h"
#include "operators/keyed_process_spec.h"
#include "state/keyed_table.h"

namespace sabot {

class ProcessFailures {
 public:
  static arrow::Result<std::unique_ptr<ProcessFailures>> Make(const PlanNode& node,
                                                              const KeyedProcessSpec& spec,
                                                              OperatorContext& context);

  bool wanted() const { return failed_->letters().wanted(); }
  // `rows`: those that were asked for, if they were rows.
  arrow::Status Add(ProcessEvents what, const Batch& rows, std::span<const KeyedTable::KeyRef> keys,
                    const arrow::RecordBatch& failed);
  arrow::Status Flush(Collector& out) { return failed_->letters().Flush(out); }

 private:
  ProcessFailures() = default;
  arrow::Result<std::string> KeyText(std::span<const KeyedTable::KeyRef> keys, int32_t key);

  std::unique_ptr<FailedRows> failed_;
  std::unique_ptr<Encoder> key_encoder_;
  KeyTypes key_types_;
  std::shared_ptr<arrow::Schema> key_schema_;
  EncodedMessages key_;
};

}  // namespace sabot
