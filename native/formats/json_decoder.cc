// JSON lines into batches.
//
//   {"a": 1, "b": "x"}\n{"a": 2}\n   ->   a: [1, 2], b: ["x", null]
//
// Fields outside the columns are checked for being JSON and skipped. State: the buffered rows.
#include <utility>

#include "base/error.h"
#include "formats/column_buffers.h"
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
      : options_(options), columns_(columns) {
    std::vector<std::string> names;
    std::vector<std::unique_ptr<JsonValueReader>> readers;
    for (size_t i = 0; i < columns.size(); ++i) {
      names.push_back(columns[i].name);
      readers.push_back(std::make_unique<JsonValueReader>(columns_[i], options_));
    }
    object_ = std::make_unique<JsonObjectReader>(names, std::move(readers), options_);
  }

  const char* Read(const char* p, JsonFault& fault) {
    p = object_->Read(p, num_rows(), fault);
    if (p != nullptr) {
      columns_.FinishRow();
    } else {
      columns_.DropUnfinished();
    }
    return p;
  }

  int64_t num_rows() const { return columns_.num_rows(); }
  bool ignores_errors() const { return options_.ignore_parse_errors; }

  arrow::Result<Batch> Take() { return columns_.Take(); }

 private:
  const JsonReadOptions options_;
  ColumnBuffers columns_;
  std::unique_ptr<JsonObjectReader> object_;
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
