// What an operator cannot take, and what becomes of it: `onError` of its config.
//
//   absent          nobody asks here: the operator fails
//   "drop"          counted, and told
//   "dead-letter"   a row with the bytes, where they came from and why, for whoever reads the
//                   operator's dead letters; counted, and told
//
// Letters leave with the rows of the same element, so that a barrier finds all of them on their
// way: they are in the sink's commit of the epoch in which they came. State: none between two
// flushes.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.h"
#include "stream/operator.h"

namespace sabot {

class ColumnBuffer;

struct DeadLetterHeader {
  std::string_view name;
  std::string_view value;  // data() == nullptr: null.
};

// Views are copied. What is not known stays as it is.
struct DeadLetter {
  std::string_view value = {};  // data() == nullptr: none, as of `key`.
  std::string_view key = {};
  std::span<const DeadLetterHeader> headers = {};
  std::string_view topic = {};  // Empty: none, as of `file`.
  std::optional<int32_t> partition = {};
  std::optional<int64_t> offset = {};  // Of a record, or the byte in `file` at which it begins.
  std::optional<int64_t> timestamp_ms = {};
  std::string_view file = {};
  std::string_view error = {};
};

// A record that is sent once more says how often it has failed by then.
inline constexpr std::string_view kAttemptsHeader = "sabot.dlq.attempts";

class DeadLetterWriter {
 public:
  static arrow::Result<std::unique_ptr<DeadLetterWriter>> Make(const PlanNode& node,
                                                               OperatorContext& context);
  ~DeadLetterWriter();

  // False: what cannot be taken fails the operator, Add is never called.
  bool wanted() const { return mode_ != Mode::kFail; }
  // Whether anything but `error` of a letter is looked at.
  bool keeps() const { return mode_ == Mode::kDeadLetter; }

  void Add(const DeadLetter& letter);
  // What was added goes on.
  arrow::Status Flush(Collector& out);

 private:
  enum class Mode : uint8_t { kFail, kDrop, kDeadLetter };

  DeadLetterWriter(Mode mode, OperatorContext& context);
  void Tell(std::string_view error);

  const Mode mode_;
  OperatorContext& context_;
  std::vector<std::unique_ptr<ColumnBuffer>> columns_;  // Of kDeadLetter.
  int64_t num_letters_ = 0;
  int num_told_ = 0;
  int64_t num_untold_ = 0;
  int64_t quiet_until_ms_ = 0;
};

}  // namespace sabot
