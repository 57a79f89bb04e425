// From rows and errors to letters.
#include "operators/failed_rows.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "operators/row_call.h"

namespace sabot {

bool EncodeRow(Encoder& encoder, const Batch& row, EncodedMessages* to) {
  to->Clear();
  return encoder.EncodeMessages(row, to).ok();
}

arrow::Result<std::unique_ptr<FailedRows>> FailedRows::Make(const PlanNode& node,
                                                            OperatorContext& context, int input) {
  std::unique_ptr<FailedRows> rows(new FailedRows());
  ARROW_ASSIGN_OR_RAISE(rows->letters_, DeadLetterWriter::Make(node, context));
  const Schema& schema = node.input_schemas[static_cast<size_t>(input)];
  Schema shown;
  for (size_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name.starts_with('$')) continue;
    rows->columns_.push_back(static_cast<int>(i));
    shown.push_back(schema[i]);
  }
  rows->encoder_ = MakeJsonEncoder(shown, {});
  if (node.Has("errorTime")) {
    ARROW_ASSIGN_OR_RAISE(rows->time_, node.Column("errorTime", input));
    const Type& time = schema[static_cast<size_t>(rows->time_)].type;
    if (!time.is_timestamp()) return node.Error("its errorTime is no time");
    rows->ticks_per_ms_ = TicksPerSecond(time.precision) / 1'000;
  }
  return rows;
}

const std::shared_ptr<arrow::Schema>& FailedRows::ReplySchema() {
  static const auto kSchema = arrow::schema(
      {arrow::field("row", arrow::int32(), false), arrow::field("key", arrow::int32(), false),
       arrow::field("time", arrow::int64(), false), arrow::field("error", arrow::utf8(), false)});
  return kSchema;
}

arrow::Status FailedRows::Add(const Batch& in, const arrow::RecordBatch& failed,
                              const KeyText& key_text) {
  const auto& of = static_cast<const arrow::Int32Array&>(*failed.column(0));
  const auto& keys = static_cast<const arrow::Int32Array&>(*failed.column(1));
  const auto& errors = static_cast<const arrow::StringArray&>(*failed.column(3));
  for (int64_t i = 0; i < failed.num_rows(); ++i) {
    const int32_t row = of.Value(i);
    if (!letters_->wanted() || row < 0 || row >= in.num_rows()) return WrongReply();
    std::string key;
    if (key_text && letters_->keeps()) {
      ARROW_ASSIGN_OR_RAISE(key, key_text(keys.Value(i)));
    }
    ARROW_RETURN_NOT_OK(AddRow(in, row, errors.GetView(i), key));
  }
  return arrow::Status::OK();
}

arrow::Status FailedRows::AddRow(const Batch& in, int64_t row, std::string_view error,
                                 std::string_view key) {
  if (IsRetract(in.kind(row))) return arrow::Status::OK();
  DeadLetter letter{.error = error};
  if (letters_->keeps()) {
    if (!key.empty()) letter.key = key;
    Batch one = in.Slice(row, 1);
    ARROW_ASSIGN_OR_RAISE(one.rows, one.rows->SelectColumns(columns_));
    one.kinds = nullptr;
    if (EncodeRow(*encoder_, one, &rows_)) letter.value = rows_.bytes;
    if (time_ >= 0 && in.column(time_)->IsValid(row)) {
      const auto& times = static_cast<const arrow::TimestampArray&>(*in.column(time_));
      letter.timestamp_ms = times.Value(row) / ticks_per_ms_;
    }
  }
  letters_->Add(letter);
  return arrow::Status::OK();
}

arrow::Result<Batch> FailedRows::Without(const Batch& in, const arrow::RecordBatch& failed) {
  const auto& of = static_cast<const arrow::Int32Array&>(*failed.column(0));
  std::vector<bool> is_failed(static_cast<size_t>(in.num_rows()));
  for (int64_t i = 0; i < of.length(); ++i) {
    if (of.Value(i) < 0 || of.Value(i) >= in.num_rows()) return WrongReply();
    is_failed[static_cast<size_t>(of.Value(i))] = true;
  }
  std::vector<int32_t> left;
  for (size_t row = 0; row < is_failed.size(); ++row) {
    if (!is_failed[row]) left.push_back(static_cast<int32_t>(row));
  }
  return Take(in, left);
}

}  // namespace sabot
