// Batches as JSON lines: the rendering of results, Flink's `json` format, and the formats that hold
// changes as JSON.
//
//   a: [1, null], d: [1.50, 2.00]  ->  {"a":1,"d":1.50}\n{"a":null,"d":2.00}\n        results
//                                      {"a":1,"d":1.5}\n{"a":null,"d":2}\n            json
//   -D (1, 1.50)  ->  {"before":{"a":1,"d":1.5},"after":null,"op":"d"}\n             debezium-json
//
// No state.
#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "formats/changelog_json.h"
#include "formats/decoders.h"
#include "formats/json_options.h"
#include "formats/json_scan.h"
#include "formats/json_writer.h"

namespace sabot {
namespace {

// What stands before and behind a row's object.
struct Frame {
  std::string before;
  std::string behind;
};

class JsonEncoder final : public Encoder {
 public:
  // `added` and `retracted`: of +I and +U, of -U and -D.
  JsonEncoder(const Schema& schema, JsonWriteOptions options, Frame added = {},
              Frame retracted = {})
      : options_(std::move(options)), added_(std::move(added)), retracted_(std::move(retracted)) {
    row_type_.kind = TypeKind::kRow;
    for (const Field& field : schema) {
      row_type_.names.push_back(field.name);
      row_type_.children.push_back(field.type);
    }
    for (size_t i = 0; i < schema.size(); ++i) {
      writers_.emplace_back(row_type_.children[i], options_);
      std::string label;
      AppendJsonString(row_type_.names[i], &label);
      labels_.push_back(label + ":");
    }
  }

  arrow::Status Encode(const Batch& batch, std::string* out) override {
    const auto columns = ColumnsOf(batch);
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      RETURN_NOT_OK(WriteRow(columns, batch, row, out));
      out->push_back('\n');
    }
    return arrow::Status::OK();
  }

  arrow::Status EncodeMessages(const Batch& batch, EncodedMessages* out) override {
    const auto columns = ColumnsOf(batch);
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      RETURN_NOT_OK(WriteRow(columns, batch, row, &out->bytes));
      out->ends.push_back(static_cast<int64_t>(out->bytes.size()));
    }
    return arrow::Status::OK();
  }

  bool takes_changes() const override { return !retracted_.before.empty() || options_.with_op; }

 private:
  std::vector<const arrow::Array*> ColumnsOf(const Batch& batch) const {
    std::vector<const arrow::Array*> columns;
    for (const auto& column : batch.rows->columns()) columns.push_back(column.get());
    SABOT_CHECK(columns.size() == writers_.size());
    return columns;
  }

  arrow::Status WriteRow(const std::vector<const arrow::Array*>& columns, const Batch& batch,
                         int64_t row, std::string* out) const {
    static constexpr const char* kOps[] = {"+I", "-U", "+U", "-D"};
    const Frame& frame = IsRetract(batch.kind(row)) ? retracted_ : added_;
    out->append(frame.before);
    out->push_back('{');
    bool first = true;
    if (options_.with_op) {
      out->append("\"op\":\"").append(kOps[static_cast<size_t>(batch.kind(row))]).push_back('"');
      first = false;
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      if (options_.omit_nulls && columns[i]->IsNull(row)) continue;
      if (!first) out->push_back(',');
      first = false;
      out->append(labels_[i]);
      RETURN_NOT_OK(writers_[i].Write(*columns[i], row, out));
    }
    out->push_back('}');
    out->append(frame.behind);
    return arrow::Status::OK();
  }

  const JsonWriteOptions options_;
  const Frame added_;
  const Frame retracted_;
  Type row_type_;
  std::vector<JsonValueWriter> writers_;
  std::vector<std::string> labels_;
};

// An update is written as its old row's removal and the new one's insertion, as Flink does.
Frame FrameOf(const ChangelogJson& format, bool retracts, bool omit_nulls) {
  const std::string op = "\"" + std::string(format.op_member) + "\":\"" +
                         std::string(retracts ? format.remove : format.insert) + "\"}";
  const std::string old_row = "\"" + std::string(format.old_member) + "\":";
  const std::string new_row = "\"" + std::string(format.new_member) + "\":";
  switch (format.form) {
    case ChangeForm::kImages:
      if (omit_nulls) return {"{" + (retracts ? old_row : new_row), "," + op};
      return retracts ? Frame{"{" + old_row, "," + new_row + "null," + op}
                      : Frame{"{" + old_row + "null," + new_row, "," + op};
    case ChangeForm::kPatch:
      return {"{" + new_row, "," + op};
    case ChangeForm::kPatchList:
      return {"{" + new_row + "[", "]," + op};
  }
  SABOT_CHECK(false);
}

}  // namespace

std::unique_ptr<Encoder> MakeJsonEncoder(const Schema& schema, JsonStyle style) {
  JsonWriteOptions options;
  options.results = style.results;
  options.with_op = style.with_op;
  return std::make_unique<JsonEncoder>(schema, std::move(options));
}

arrow::Result<std::unique_ptr<Encoder>> MakeJsonSinkEncoder(const Schema& schema,
                                                            const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const FormatOptions options, FormatOptions::Read(node, kJsonOptionNames));
  ARROW_ASSIGN_OR_RAISE(auto write, ReadJsonWriteOptions(options, "json"));
  return std::make_unique<JsonEncoder>(schema, std::move(write));
}

arrow::Result<std::unique_ptr<Encoder>> MakeChangelogJsonEncoder(const ChangelogJson& format,
                                                                 const Schema& schema,
                                                                 const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const FormatOptions options, ReadChangelogJsonOptions(format, node));
  ARROW_ASSIGN_OR_RAISE(auto write, ReadJsonWriteOptions(options, std::string(format.name)));
  const std::string schema_include = std::string(format.name) + ".schema-include";
  ARROW_ASSIGN_OR_RAISE(const bool with_schema, options.Bool(schema_include, false));
  if (with_schema) {
    return UserError("invalid-option", schema_include,
                     "format '" + std::string(format.name) +
                         "' cannot write a schema into records: leave '" + schema_include +
                         "' out of a table that is written to");
  }
  Frame added = FrameOf(format, false, write.omit_nulls);
  Frame retracted = FrameOf(format, true, write.omit_nulls);
  return std::make_unique<JsonEncoder>(schema, std::move(write), std::move(added),
                                       std::move(retracted));
}

}  // namespace sabot
