// JSON lines into batches.
//
//   {"a": 1, "b": "x"}\n{"a": 2}\n   ->   a: [1, 2], b: ["x", null]
//
// Fields outside the columns are checked for being JSON and skipped. State: the buffered rows.
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

#include "base/error.h"
#include "formats/column_buffer.h"
#include "formats/decoders.h"
#include "formats/json_lines.h"
#include "formats/json_options.h"
#include "formats/json_reader.h"

namespace sabot {
namespace {

// A row per object.
class ObjectRows {
 public:
  ObjectRows(const Schema& columns, JsonReadOptions options)
      : schema_(ToArrow(columns)), options_(options) {
    std::vector<std::string> names;
    std::vector<std::unique_ptr<JsonValueReader>> readers;
    for (const Field& field : columns) {
      columns_.push_back(std::make_unique<ColumnBuffer>(field.type));
      names.push_back(field.name);
      readers.push_back(std::make_unique<JsonValueReader>(*columns_.back(), options_));
    }
    object_ = std::make_unique<JsonObjectReader>(names, std::move(readers), options_);
  }

  const char* Read(const char* p, JsonFault& fault) {
    p = object_->Read(p, num_rows_, fault);
    if (p != nullptr) {
      ++num_rows_;
    } else {
      for (auto& column : columns_) column->Truncate(num_rows_);
    }
    return p;
  }

  int64_t num_rows() const { return num_rows_; }
  bool ignores_errors() const { return options_.ignore_parse_errors; }

  arrow::Result<Batch> Take() {
    std::vector<ArrayPtr> arrays;
    for (auto& column : columns_) {
      ARROW_ASSIGN_OR_RAISE(auto array, column->Finish());
      arrays.push_back(std::move(array));
    }
    Batch batch;
    batch.rows = arrow::RecordBatch::Make(schema_, num_rows_, std::move(arrays));
    num_rows_ = 0;
    return batch;
  }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const JsonReadOptions options_;
  std::vector<std::unique_ptr<ColumnBuffer>> columns_;
  std::unique_ptr<JsonObjectReader> object_;
  int64_t num_rows_ = 0;
};

}  // namespace

arrow::Result<std::unique_ptr<Decoder>> MakeJsonDecoder(const Schema& columns,
                                                        const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const FormatOptions options, FormatOptions::Read(node, kJsonOptionNames));
  ARROW_ASSIGN_OR_RAISE(JsonReadOptions read, ReadJsonReadOptions(options, "json"));
  ARROW_ASSIGN_OR_RAISE(read.fail_on_missing_field,
                        options.Bool("json.fail-on-missing-field", false));
  // Flink's other parser, which reads the whole object first.
  ARROW_ASSIGN_OR_RAISE(const bool streaming,
                        options.Bool("json.decode.json-parser.enabled", true));
  if (!streaming) ReadAsTree(columns, &read);
  if (read.ignore_parse_errors && read.fail_on_missing_field) {
    return UserError(
        "invalid-option", "json.fail-on-missing-field",
        "json.fail-on-missing-field and json.ignore-parse-errors must not both be true");
  }
  for (const Field& column : columns) {
    RETURN_NOT_OK(CheckJsonReadable(column.type, column.name, "json"));
  }
  return std::make_unique<JsonLines<ObjectRows>>(std::make_unique<ObjectRows>(columns, read),
                                                 "json.ignore-parse-errors");
}

}  // namespace sabot
