// Letters as rows, and what the job's owner is told of them.
#include "operators/dead_letter_writer.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "formats/column_buffer.h"
#include "plan/dead_letter_schema.h"

namespace sabot {
namespace {

constexpr int kToldMax = 3;
constexpr int64_t kQuietMillis = 60'000;

void AppendText(std::string_view text, bool present, ColumnBuffer& to) {
  if (present) {
    to.AppendBytes(text);
  } else {
    to.AppendNull();
  }
}

template <typename T>
void AppendNumber(std::optional<T> number, ColumnBuffer& to) {
  if (number) {
    to.AppendFixed(*number);
  } else {
    to.AppendNull();
  }
}

void AppendHeaders(std::span<const DeadLetterHeader> headers, ColumnBuffer& to) {
  if (headers.empty()) return to.AppendNull();
  ColumnBuffer& rows = to.child(0);
  for (const DeadLetterHeader& header : headers) {
    rows.child(0).AppendBytes(header.name);
    AppendText(header.value, header.value.data() != nullptr, rows.child(1));
    rows.AppendRow();
  }
  to.AppendList();
}

// How often the record has failed, this time included.
int32_t AttemptsOf(std::span<const DeadLetterHeader> headers) {
  int32_t before = 0;
  for (const DeadLetterHeader& header : headers) {
    if (header.name != kAttemptsHeader) continue;
    std::from_chars(header.value.data(), header.value.data() + header.value.size(), before);
  }
  return std::clamp(before, 0, INT32_MAX - 1) + 1;
}

}  // namespace

arrow::Result<std::unique_ptr<DeadLetterWriter>> DeadLetterWriter::Make(const PlanNode& node,
                                                                        OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const std::string on_error, node.String("onError", "fail"));
  Mode mode = Mode::kFail;
  if (on_error == "drop") {
    mode = Mode::kDrop;
  } else if (on_error == "dead-letter") {
    mode = Mode::kDeadLetter;
  } else if (on_error != "fail") {
    return node.Error("its onError is unknown: '" + on_error + "'");
  }
  return std::unique_ptr<DeadLetterWriter>(new DeadLetterWriter(mode, context));
}

DeadLetterWriter::DeadLetterWriter(Mode mode, OperatorContext& context)
    : mode_(mode), context_(context) {
  if (mode_ != Mode::kDeadLetter) return;
  for (const Field& field : DeadLetterSchema())
    columns_.push_back(std::make_unique<ColumnBuffer>(field.type));
}

DeadLetterWriter::~DeadLetterWriter() = default;

void DeadLetterWriter::Add(const DeadLetter& letter) {
  SABOT_CHECK(wanted());
  Tell(letter.error);
  if (mode_ == Mode::kDrop) {
    context_.metrics->dropped_records.Add(1);
    return;
  }
  context_.metrics->dead_letters.Add(1);
  // In the order of DeadLetterSchema.
  size_t at = 0;
  const auto next = [&]() -> ColumnBuffer& { return *columns_[at++]; };
  AppendText(letter.value, letter.value.data() != nullptr, next());
  AppendText(letter.key, letter.key.data() != nullptr, next());
  AppendHeaders(letter.headers, next());
  AppendText(letter.topic, !letter.topic.empty(), next());
  AppendNumber(letter.partition, next());
  AppendNumber(letter.offset, next());
  AppendNumber(letter.timestamp_ms, next());
  AppendText(letter.file, !letter.file.empty(), next());
  next().AppendBytes(letter.error);
  next().AppendBytes(context_.job);
  next().AppendBytes(context_.uid);
  next().AppendFixed(context_.clock->NowMillis());
  next().AppendFixed(AttemptsOf(letter.headers));
  SABOT_CHECK(at == columns_.size());
  ++num_letters_;
}

arrow::Status DeadLetterWriter::Flush(Collector& out) {
  if (num_letters_ == 0) return arrow::Status::OK();
  std::vector<ArrayPtr> arrays;
  for (auto& column : columns_) {
    ARROW_ASSIGN_OR_RAISE(auto array, column->Finish());
    arrays.push_back(std::move(array));
  }
  static const auto kSchema = ToArrow(DeadLetterSchema());
  const int64_t num_letters = std::exchange(num_letters_, 0);
  return out.EmitDeadLetters(
      Batch{arrow::RecordBatch::Make(kSchema, num_letters, std::move(arrays)), nullptr, kNoSplit});
}

// The first few in full, then a line a minute; the task has the last word (stream/task.cc).
void DeadLetterWriter::Tell(std::string_view error) {
  if (!context_.warn) return;
  const int64_t now = context_.clock->NowMillis();
  const bool in_full = num_told_ < kToldMax;
  if (!in_full) {
    ++num_untold_;
    if (now < quiet_until_ms_) return;
  }
  const std::string became = mode_ == Mode::kDrop ? "dropped" : "a dead letter";
  quiet_until_ms_ = now + kQuietMillis;
  if (in_full) {
    ++num_told_;
    context_.warn(std::string(error) + "; it is " + became + ", as 'onError' says");
  } else {
    context_.warn(std::to_string(std::exchange(num_untold_, 0)) +
                  " more could not be taken, each is " + became +
                  "; the last: " + std::string(error));
  }
}

}  // namespace sabot
