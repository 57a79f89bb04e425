// JSON lines into batches.
//
//   {"a": 1, "b": "x"}\n{"a": 2}\n   ->   a: [1, 2], b: ["x", null]
//
// As Flink's `json` format reads: an empty line is no record, a line that is an array is a record
// per element, what stands behind the object on its line is not looked at. Fields outside the
// columns are checked for being JSON and skipped. A message is read as a line is, though it may hold
// newlines. State: the buffered rows.
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cstring>
#include <utility>

#include "base/error.h"
#include "formats/column_buffer.h"
#include "formats/decoders.h"
#include "formats/format_options.h"
#include "formats/json_message.h"
#include "formats/json_reader.h"

namespace sabot {
namespace {

class JsonDecoder final : public Decoder {
 public:
  JsonDecoder(const Schema& columns, JsonReadOptions options)
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

  arrow::Result<size_t> Decode(std::string_view data, bool at_end, int64_t rows_max) override;
  arrow::Status DecodeMessages(std::span<const std::string_view> messages, BadMessageHandler& bad,
                               std::vector<int32_t>* row_messages) override;

  int64_t num_rows() const override { return num_rows_; }
  bool full(int64_t rows_max) const override {
    return num_rows_ >= rows_max || bytes_ >= kBatchBytesMax;
  }

  arrow::Result<Batch> Flush() override {
    std::vector<ArrayPtr> arrays;
    for (auto& column : columns_) {
      ARROW_ASSIGN_OR_RAISE(auto array, column->Finish());
      arrays.push_back(std::move(array));
    }
    Batch batch;
    batch.rows = arrow::RecordBatch::Make(schema_, num_rows_, std::move(arrays));
    num_rows_ = 0;
    bytes_ = 0;
    return batch;
  }

  void SetPlace(RecordPlace place) override { place_ = std::move(place); }
  int64_t skipped_records() const override { return skipped_records_; }

 private:
  const char* ReadRecord(const char* p, JsonFault& fault);
  const char* ReadRecords(const char* p, JsonFault& fault);
  arrow::Result<const char*> ReadLine(const char* line, const char* end);
  arrow::Result<const char*> Refuse(const char* line, const char* end, const JsonFault& fault);

  const std::shared_ptr<arrow::Schema> schema_;
  const JsonReadOptions options_;
  std::vector<std::unique_ptr<ColumnBuffer>> columns_;
  std::unique_ptr<JsonObjectReader> object_;
  RecordPlace place_;
  std::string last_line_;  // A last line without its newline, padded.
  JsonMessage message_;    // The one at hand.
  int64_t num_rows_ = 0;
  int64_t bytes_ = 0;  // Of JSON text in the buffered rows.
  int64_t skipped_records_ = 0;
};

const char* JsonDecoder::ReadRecord(const char* p, JsonFault& fault) {
  p = object_->Read(p, num_rows_, fault);
  if (p != nullptr) ++num_rows_;
  return p;
}

// An array of records, or what is not a record at all.
const char* JsonDecoder::ReadRecords(const char* p, JsonFault& fault) {
  if (std::memcmp(p, "\xEF\xBB\xBF", 3) == 0) p += 3;  // A byte order mark.
  p = SkipJsonBlanks(p);
  if (*p == '{') return ReadRecord(p, fault);
  if (*p != '[') {
    return fault.Set(p,
                     *p == '\n' ? "a blank line is no record" : "a record must be a JSON object");
  }
  p = SkipJsonBlanks(p + 1);
  if (*p == ']') return p + 1;
  for (;;) {
    if (*p != '{') return fault.Set(p, "a record must be a JSON object");
    p = ReadRecord(p, fault);
    if (p == nullptr) return nullptr;
    p = SkipJsonBlanks(p);
    if (*p == ']') return p + 1;
    if (*p != ',') return fault.Set(p, "',' or ']' was expected");
    p = SkipJsonBlanks(p + 1);
  }
}

const char* Newline(const char* p, const char* end) {
  return static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(end - p)));
}

// The line at `line`, whose newline is before `end`; returns the start of the next one.
arrow::Result<const char*> JsonDecoder::ReadLine(const char* line, const char* end) {
  JsonFault fault;
  const char* p = line;
  if (*line == '{') {
    p = ReadRecord(line, fault);
  } else if (*line == '\n' || (line[0] == '\r' && line[1] == '\n')) {
    p = line;
  } else {
    p = ReadRecords(line, fault);
  }
  if (p == nullptr) {
    // Records of an array before the broken one stay, as in Flink.
    for (auto& column : columns_) column->Truncate(num_rows_);
    return Refuse(line, end, fault);
  }
  return (*p == '\n' ? p : Newline(p, end)) + 1;
}

std::string ReasonOf(const JsonFault& fault) {
  std::string reason = fault.reason;
  if (fault.type != nullptr) reason += " (" + ToString(*fault.type) + ")";
  return reason;
}

arrow::Result<const char*> JsonDecoder::Refuse(const char* line, const char* end,
                                               const JsonFault& fault) {
  const char* newline = Newline(line, end);
  if (options_.ignore_parse_errors) {
    ++skipped_records_;
    return newline + 1;
  }
  return BadRecord(place_, {line, static_cast<size_t>(newline - line)},
                   static_cast<size_t>(fault.at - line), ReasonOf(fault),
                   "json.ignore-parse-errors");
}

arrow::Result<size_t> JsonDecoder::Decode(std::string_view data, bool at_end, int64_t rows_max) {
  const char* const begin = data.data();
  const void* newline = data.empty() ? nullptr : memrchr(begin, '\n', data.size());
  const char* const end = newline == nullptr ? begin : static_cast<const char*>(newline) + 1;
  const char* p = begin;
  while (p < end && !full(rows_max)) {
    ARROW_ASSIGN_OR_RAISE(const char* next, ReadLine(p, end));
    bytes_ += next - p;
    place_.offset += next - p;
    if (place_.line > 0) ++place_.line;
    p = next;
  }
  const size_t left = data.size() - static_cast<size_t>(p - begin);
  if (p == end && at_end && left > 0 && !full(rows_max)) {
    last_line_.assign(p, left);
    last_line_.push_back('\n');
    last_line_.append(kDecodePadding, '\0');
    RETURN_NOT_OK(ReadLine(last_line_.data(), last_line_.data() + left + 1).status());
    place_.offset += static_cast<int64_t>(left);
    bytes_ += static_cast<int64_t>(left);
    last_line_ = {};
    return data.size();
  }
  return static_cast<size_t>(p - begin);
}

arrow::Status JsonDecoder::DecodeMessages(std::span<const std::string_view> messages,
                                          BadMessageHandler& bad,
                                          std::vector<int32_t>* row_messages) {
  for (size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].empty()) continue;
    const char* line = message_.Frame(messages[i]);
    const int64_t first_row = num_rows_;
    JsonFault fault;
    const char* p = *line == '{' ? ReadRecord(line, fault) : ReadRecords(line, fault);
    row_messages->insert(row_messages->end(), static_cast<size_t>(num_rows_ - first_row),
                         static_cast<int32_t>(i));
    bytes_ += static_cast<int64_t>(messages[i].size());
    if (p != nullptr) continue;
    for (auto& column : columns_) column->Truncate(num_rows_);
    if (options_.ignore_parse_errors) {
      ++skipped_records_;
      continue;
    }
    RETURN_NOT_OK(bad.OnBadMessage(i, message_.PositionOf(fault.at), ReasonOf(fault),
                                   "json.ignore-parse-errors"));
  }
  return arrow::Status::OK();
}

// Flink's JSON format has no text for these.
arrow::Status CheckReadable(const Type& type, const std::string& column) {
  switch (type.kind) {
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return UserError(
          "unsupported-type", column,
          "format 'json' cannot read column '" + column + "' of type " + ToString(type));
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      if (!type.children[0].is_string()) {
        return UserError("unsupported-type", column,
                         "format 'json' reads maps with text keys only; column '" + column +
                             "' is " + ToString(type));
      }
      break;
    default:
      break;
  }
  for (const Type& child : type.children) RETURN_NOT_OK(CheckReadable(child, column));
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::unique_ptr<Decoder>> MakeJsonDecoder(const Schema& columns,
                                                        const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const FormatOptions options, FormatOptions::Read(node, kJsonOptionNames));
  JsonReadOptions read;
  ARROW_ASSIGN_OR_RAISE(read.ignore_parse_errors, options.Bool("json.ignore-parse-errors", false));
  ARROW_ASSIGN_OR_RAISE(read.fail_on_missing_field,
                        options.Bool("json.fail-on-missing-field", false));
  // Flink's other parser, which reads the whole object first.
  ARROW_ASSIGN_OR_RAISE(const bool streaming,
                        options.Bool("json.decode.json-parser.enabled", true));
  read.last_name_wins = !streaming;
  const std::string standard = options.String("json.timestamp-format.standard", "SQL");
  if (standard != "SQL" && standard != "ISO-8601") {
    return UserError("invalid-option", "json.timestamp-format.standard",
                     "option 'json.timestamp-format.standard' must be 'SQL' or 'ISO-8601', not '" +
                         standard + "'");
  }
  read.iso_timestamps = standard == "ISO-8601";
  if (read.ignore_parse_errors && read.fail_on_missing_field) {
    return UserError(
        "invalid-option", "json.fail-on-missing-field",
        "json.fail-on-missing-field and json.ignore-parse-errors must not both be true");
  }
  for (const Field& column : columns) RETURN_NOT_OK(CheckReadable(column.type, column.name));
  return std::make_unique<JsonDecoder>(columns, read);
}

}  // namespace sabot
