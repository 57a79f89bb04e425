// Rows that a function of the job's owner threw at, where the operator's `onError` says that it
// goes on without them.
//
//   in [1, a] [2, b] [3, c], failed [row 1, 'TypeError: ...']   ->   letter {"id":2,"s":"b"}
//                                                                    left [1, a] [3, c]
//
// A row that takes back another one gives no letter: that one has given it. No state.
#pragma once

#include <arrow/result.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "formats/format.h"
#include "operators/dead_letter_writer.h"
#include "plan/plan.h"

namespace sabot {

class FailedRows {
 public:
  // Letters have the columns of the input, but not those whose names begin with '$', which are the
  // planner's. The config's `errorTime` is the column of event time.
  static arrow::Result<std::unique_ptr<FailedRows>> Make(const PlanNode& node,
                                                         OperatorContext& context, int input);

  // What the owner says: row, key and time of the event that failed, as far as it has them (-1: it
  // has no row, or no key), and the error.
  static const std::shared_ptr<arrow::Schema>& ReplySchema();

  // The key of an event as JSON, by what ReplySchema says of it; empty: it has none.
  using KeyText = std::function<arrow::Result<std::string>(int32_t key)>;
  // Rows of `in` become letters.
  arrow::Status Add(const Batch& in, const arrow::RecordBatch& failed,
                    const KeyText& key_text = {});
  arrow::Status AddRow(const Batch& in, int64_t row, std::string_view error,
                       std::string_view key = {});
  // The others.
  static arrow::Result<Batch> Without(const Batch& in, const arrow::RecordBatch& failed);

  DeadLetterWriter& letters() { return *letters_; }

 private:
  FailedRows() = default;

  std::unique_ptr<DeadLetterWriter> letters_;
  std::unique_ptr<Encoder> encoder_;
  std::vector<int> columns_;
  int time_ = -1;
  int64_t ticks_per_ms_ = 1;
  EncodedMessages rows_;
};

// One value as JSON, or nothing where it has no text (a map with a NULL key).
bool EncodeRow(Encoder& encoder, const Batch& row, EncodedMessages* to);

}  // namespace sabot
