// Letters of rows and of timers.
#include "operators/keyed_process_failures.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "batch/key_encoding.h"
#include "operators/row_call.h"

namespace sabot {

arrow::Result<std::unique_ptr<ProcessFailures>> ProcessFailures::Make(const PlanNode& node,
                                                                      const KeyedProcessSpec& spec,
                                                                      OperatorContext& context) {
  std::unique_ptr<ProcessFailures> failures(new ProcessFailures());
  ARROW_ASSIGN_OR_RAISE(failures->failed_, FailedRows::Make(node, context, 0));
  Schema keys;
  for (const int key : spec.keys) keys.push_back(node.input_schemas[0][static_cast<size_t>(key)]);
  failures->key_encoder_ = MakeJsonEncoder(keys, {});
  failures->key_types_ = spec.key_types;
  failures->key_schema_ = ToArrow(keys);
  return failures;
}

arrow::Status ProcessFailures::Add(ProcessEvents what, const Batch& rows,
                                   std::span<const KeyedTable::KeyRef> keys,
                                   const arrow::RecordBatch& failed) {
  const auto key_text = [&](int32_t key) { return KeyText(keys, key); };
  if (what == ProcessEvents::kRows) return failed_->Add(rows, failed, key_text);
  const auto& of = static_cast<const arrow::Int32Array&>(*failed.column(1));
  const auto& times = static_cast<const arrow::Int64Array&>(*failed.column(2));
  const auto& errors = static_cast<const arrow::StringArray&>(*failed.column(3));
  for (int64_t i = 0; i < failed.num_rows(); ++i) {
    ARROW_ASSIGN_OR_RAISE(const std::string key, KeyText(keys, of.Value(i)));
    nlohmann::ordered_json timer;
    timer["timer"] = what == ProcessEvents::kEventTimers ? "event-time" : "processing-time";
    timer["time"] = times.Value(i);
    const std::string value = timer.dump();
    failed_->letters().Add(
        {.value = value, .key = key, .timestamp_ms = times.Value(i), .error = errors.GetView(i)});
  }
  return arrow::Status::OK();
}

arrow::Result<std::string> ProcessFailures::KeyText(std::span<const KeyedTable::KeyRef> keys,
                                                    int32_t key) {
  if (key < 0 || key >= std::ssize(keys)) return WrongReply();
  const std::string_view bytes = keys[static_cast<size_t>(key)].key;
  ARROW_ASSIGN_OR_RAISE(auto columns, DecodeKeys({&bytes, 1}, key_types_));
  const Batch row{arrow::RecordBatch::Make(key_schema_, 1, std::move(columns)), nullptr, kNoSplit};
  return EncodeRow(*key_encoder_, row, &key_) ? key_.bytes : std::string();
}

}  // namespace sabot
