// CSV into batches.
//
//   1,"a,b"\n2,\n   ->   id: [1, 2], s: ["a,b", ""]
//
// As Flink's `csv` format reads: by position, NULL only by the null literal, a record of too many
// or too few fields is an error; with csv.ignore-parse-errors a longer one is dropped, a shorter
// one padded, a value that does not fit NULL. Quoted fields may hold newlines. State: the buffered
// rows.
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/number_text.h"
#include "base/temporal_text.h"
#include "formats/column_buffer.h"
#include "formats/csv_options.h"
#include "formats/decoders.h"

namespace sabot {
namespace {

// java.sql.Date.valueOf: one or two digits for month and day, and day 31 of a short month runs
// over.
bool ParseSqlDate(std::string_view text, int64_t* days) {
  int64_t parts[3] = {};
  size_t at = 0;
  for (int part = 0; part < 3; ++part) {
    const size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - begin < 4) {
      parts[part] = parts[part] * 10 + (text[at++] - '0');
    }
    const size_t digits = at - begin;
    if (part == 0 ? digits != 4 : (digits != 1 && digits != 2)) return false;
    if (part < 2 && (at == text.size() || text[at++] != '-')) return false;
  }
  if (at != text.size() || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31)
    return false;
  *days = DaysFromCivil(parts[0], static_cast<int32_t>(parts[1]), 1) + parts[2] - 1;
  return true;
}

template <typename T>
bool AppendInteger(std::string_view text, ColumnBuffer& column) {
  int64_t value = 0;
  if (!ParseJavaLong(text, &value)) return false;
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
  column.AppendFixed<T>(static_cast<T>(value));
  return true;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(),
                                                   [](char a, char b) { return (a | 32) == b; });
}

// Appends the value of a field's text; false where it does not fit, with the column possibly longer
// by a part.
class CsvValueReader {
 public:
  explicit CsvValueReader(const CsvOptions& options) : options_(options) {}

  bool Append(std::string_view text, ColumnBuffer& column) const {
    if (options_.null_literal && text == *options_.null_literal) {
      column.AppendNull();
      return true;
    }
    const Type& type = column.type();
    switch (type.kind) {
      case TypeKind::kBoolean:
        column.AppendBool(EqualsIgnoringCase(TrimJava(text), "true"));
        return true;
      case TypeKind::kTinyint:
        return AppendInteger<int8_t>(text, column);
      case TypeKind::kSmallint:
        return AppendInteger<int16_t>(text, column);
      case TypeKind::kInteger:
      case TypeKind::kIntervalYearMonth:
        return AppendInteger<int32_t>(text, column);
      case TypeKind::kBigint:
      case TypeKind::kIntervalDayTime:
        return AppendInteger<int64_t>(text, column);
      case TypeKind::kFloat: {
        float value = 0;
        if (!ParseJavaFloat(text, &value)) return false;
        column.AppendFixed(value);
        return true;
      }
      case TypeKind::kDouble: {
        double value = 0;
        if (!ParseJavaDouble(text, &value)) return false;
        column.AppendFixed(value);
        return true;
      }
      case TypeKind::kDecimal: {
        Int128 value = 0;
        const DecimalParse parsed = ParseDecimal(text, type.precision, type.scale, &value);
        if (parsed == DecimalParse::kMalformed) return false;
        if (parsed == DecimalParse::kOverflow) {
          column.AppendNull();
        } else {
          column.AppendFixed(value);
        }
        return true;
      }
      case TypeKind::kChar:
      case TypeKind::kVarchar:
        column.AppendBytes(text);
        return true;
      case TypeKind::kBinary:
      case TypeKind::kVarbinary: {
        std::string bytes;
        if (!DecodeBase64(text, &bytes)) return false;
        column.AppendBytes(bytes);
        return true;
      }
      case TypeKind::kDate: {
        int64_t days = 0;
        if (!ParseSqlDate(text, &days)) return false;
        column.AppendFixed(static_cast<int32_t>(days));
        return true;
      }
      case TypeKind::kTime: {
        int64_t nanos = 0;
        if (!ParseTimeOfDay(text, true, false, &nanos)) return false;
        column.AppendFixed(static_cast<int32_t>(nanos / 1'000'000));
        return true;
      }
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz: {
        TimestampStyle style;
        style.zulu = type.kind == TypeKind::kTimestampLtz;
        int64_t ticks = 0;
        if (!ParseTimestamp(TrimJava(text), style, TicksPerSecond(type.precision), &ticks))
          return false;
        column.AppendFixed(ticks);
        return true;
      }
      case TypeKind::kArray:
        return AppendArray(text, column);
      case TypeKind::kRow:
        return AppendRow(text, column);
      default:
        return false;
    }
  }

  // NULL where errors are ignored.
  bool AppendOrNull(std::string_view text, ColumnBuffer& column) const {
    const int64_t length = column.length();
    if (Append(text, column)) return true;
    if (!options_.ignore_parse_errors) return false;
    column.Truncate(length);
    column.AppendNull();
    return true;
  }

 private:
  std::vector<std::string_view> Elements(std::string_view text) const {
    std::vector<std::string_view> elements;
    if (text.empty()) return elements;
    for (;;) {
      const size_t end = text.find(options_.array_delimiter);
      elements.push_back(text.substr(0, end));
      if (end == std::string_view::npos) return elements;
      text.remove_prefix(end + options_.array_delimiter.size());
    }
  }

  bool AppendArray(std::string_view text, ColumnBuffer& column) const {
    for (const std::string_view element : Elements(text)) {
      if (!AppendOrNull(element, column.child(0))) return false;
    }
    column.AppendList();
    return true;
  }

  bool AppendRow(std::string_view text, ColumnBuffer& column) const {
    const auto elements = Elements(text);
    const size_t num_fields = column.type().children.size();
    if (elements.size() != num_fields) return false;
    for (size_t i = 0; i < num_fields; ++i) {
      if (!AppendOrNull(elements[i], column.child(static_cast<int>(i)))) return false;
    }
    column.AppendRow();
    return true;
  }

  const CsvOptions& options_;
};

class CsvDecoder final : public Decoder {
 public:
  // `positions`: of every column among the file's `num_fields`.
  CsvDecoder(const Schema& columns, std::vector<size_t> positions, size_t num_fields,
             CsvOptions options)
      : schema_(ToArrow(columns)),
        options_(std::move(options)),
        reader_(options_),
        positions_(std::move(positions)),
        num_fields_(num_fields) {
    for (const Field& field : columns)
      columns_.push_back(std::make_unique<ColumnBuffer>(field.type));
  }

  arrow::Result<size_t> Decode(std::string_view data, bool at_end, int64_t rows_max) override {
    const char* const begin = data.data();
    const char* const end = begin + data.size();
    const char* p = begin;
    while (p < end && !full(rows_max)) {
      fields_.clear();
      const char* reason = nullptr;
      const char* next = SplitRecord(p, end, at_end, &reason);
      if (next == nullptr) break;  // Not complete yet.
      const int64_t first_row = num_rows_;
      if (reason == nullptr) reason = ReadRecord(p, next);
      if (reason != nullptr) {
        for (auto& column : columns_) column->Truncate(first_row);
        num_rows_ = first_row;
        if (!options_.ignore_parse_errors) {
          std::string_view record(p, static_cast<size_t>(next - p));
          if (record.ends_with('\n')) record.remove_suffix(1);
          return BadRecord(place_, record, static_cast<size_t>(fault_at_ - p),
                           fault_text_.empty() ? reason : fault_text_);
        }
        ++skipped_records_;
      }
      bytes_ += next - p;
      place_.offset += next - p;
      if (place_.line > 0) place_.line += std::count(p, next, '\n');
      p = next;
    }
    return static_cast<size_t>(p - begin);
  }

  int64_t num_rows() const override { return num_rows_; }
  bool full(int64_t rows_max) const override {
    return num_rows_ >= rows_max || bytes_ >= kBatchBytesMax;
  }
  void SetPlace(RecordPlace place) override { place_ = std::move(place); }
  int64_t skipped_records() const override { return skipped_records_; }

  arrow::Result<RecordBatchPtr> Flush() override {
    std::vector<ArrayPtr> arrays;
    arrays.reserve(columns_.size());
    for (auto& column : columns_) {
      ARROW_ASSIGN_OR_RAISE(auto array, column->Finish());
      arrays.push_back(std::move(array));
    }
    auto batch = arrow::RecordBatch::Make(schema_, num_rows_, std::move(arrays));
    num_rows_ = 0;
    bytes_ = 0;
    return batch;
  }

 private:
  // A field's text: a piece of the input, or of scratch_ where quotes or escapes were taken out.
  struct CsvField {
    const char* at = nullptr;  // In the input, for messages.
    const char* text = nullptr;
    size_t size = 0;
    bool in_scratch = false;
    size_t scratch_at = 0;
  };

  const char* SplitRecord(const char* p, const char* end, bool at_end, const char** reason);
  const char* SplitQuoted(const char* p, const char* end, bool at_end, CsvField* field,
                          const char** reason);
  const char* SplitPlain(const char* p, const char* end, CsvField* field);
  const char* ReadRecord(const char* begin, const char* end);

  const std::shared_ptr<arrow::Schema> schema_;
  const CsvOptions options_;
  const CsvValueReader reader_;
  const std::vector<size_t> positions_;
  const size_t num_fields_;
  std::vector<std::unique_ptr<ColumnBuffer>> columns_;
  RecordPlace place_;
  int64_t num_rows_ = 0;
  int64_t bytes_ = 0;
  int64_t skipped_records_ = 0;
  std::vector<CsvField> fields_;  // Of the record at hand.
  std::string scratch_;
  const char* fault_at_ = nullptr;
  std::string fault_text_;
};

// Cuts the record at p into fields_; returns the start of the next one, or nullptr where the record
// is not complete.
const char* CsvDecoder::SplitRecord(const char* p, const char* end, bool at_end,
                                    const char** reason) {
  scratch_.clear();
  fault_text_.clear();
  for (;;) {
    CsvField field;
    field.at = p;
    if (options_.quote && p < end && *p == *options_.quote) {
      p = SplitQuoted(p, end, at_end, &field, reason);
      if (p == nullptr) return nullptr;
      if (*reason != nullptr) {
        // What follows cannot be told apart: the record ends with its line.
        fault_at_ = field.at;
        const void* newline =
            p < end ? std::memchr(p, '\n', static_cast<size_t>(end - p)) : nullptr;
        if (newline == nullptr) return at_end ? end : nullptr;
        return static_cast<const char*>(newline) + 1;
      }
    } else {
      p = SplitPlain(p, end, &field);
      if (p == end && !at_end) return nullptr;
    }
    fields_.push_back(field);
    if (p == end) return p;
    if (*p == options_.delimiter) {
      ++p;
      continue;
    }
    if (*p == '\r') ++p;
    if (p < end && *p == '\n') ++p;
    return p;
  }
}

// A field without quotes ends at the delimiter or the line's end; an escaped character is taken as
// it is.
const char* CsvDecoder::SplitPlain(const char* p, const char* end, CsvField* field) {
  const char* begin = p;
  const size_t scratch_at = scratch_.size();
  for (; p < end && *p != options_.delimiter && *p != '\n'; ++p) {
    if (options_.escape && *p == *options_.escape && p + 1 < end) {
      if (!field->in_scratch) {
        field->in_scratch = true;
        scratch_.append(begin, p);
      }
      ++p;
    }
    if (field->in_scratch) scratch_.push_back(*p);
  }
  const bool carriage_return = (p == end || *p == '\n') && p > begin && p[-1] == '\r';
  field->text = begin;
  field->size = static_cast<size_t>(p - begin) - (carriage_return ? 1 : 0);
  if (field->in_scratch) {
    if (carriage_return) scratch_.pop_back();
    field->scratch_at = scratch_at;
    field->size = scratch_.size() - scratch_at;
  }
  return p;
}

// p at the opening quote; returns the place of the delimiter or line end behind the field.
const char* CsvDecoder::SplitQuoted(const char* p, const char* end, bool at_end, CsvField* field,
                                    const char** reason) {
  const char quote = *options_.quote;
  const char* begin = ++p;
  field->scratch_at = scratch_.size();
  for (;; ++p) {
    if (p == end) {
      if (!at_end) return nullptr;
      *reason = "a quoted field is not closed";
      return p;
    }
    const bool escaped = options_.escape && *p == *options_.escape && p + 1 < end;
    const bool doubled = *p == quote && p + 1 < end && p[1] == quote;
    if (*p == quote && !doubled && p + 1 == end && !at_end) return nullptr;
    if (*p == quote && !doubled) break;
    if (escaped || doubled) {
      if (!field->in_scratch) {
        field->in_scratch = true;
        scratch_.append(begin, p);
      }
      ++p;
    }
    if (field->in_scratch) scratch_.push_back(*p);
  }
  field->text = begin;
  field->size =
      field->in_scratch ? scratch_.size() - field->scratch_at : static_cast<size_t>(p - begin);
  ++p;
  while (p < end && (*p == ' ' || (*p == '\t' && options_.delimiter != '\t'))) ++p;
  if (p == end) return at_end ? p : nullptr;
  if (*p != options_.delimiter && *p != '\n' && *p != '\r')
    *reason = "a delimiter was expected behind a quoted field";
  return p;
}

// Appends the record's fields to the columns; the reason where that fails.
const char* CsvDecoder::ReadRecord(const char* begin, const char* end) {
  const bool blank = fields_.size() == 1 && fields_[0].size == 0 && fields_[0].text == begin;
  if (options_.allow_comments && (blank || *begin == '#')) return nullptr;
  fault_at_ = begin;
  if (fields_.size() > num_fields_ ||
      (fields_.size() < num_fields_ && !options_.ignore_parse_errors)) {
    fault_text_ = "the record has " + std::to_string(fields_.size()) + " fields, not " +
                  std::to_string(num_fields_);
    return fault_text_.c_str();
  }
  if (!simdjson::validate_utf8(begin, static_cast<size_t>(end - begin)))
    return "the record is not UTF-8";
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (positions_[i] >= fields_.size()) {
      columns_[i]->AppendNull();
      continue;
    }
    const CsvField& field = fields_[positions_[i]];
    const std::string_view text(field.in_scratch ? scratch_.data() + field.scratch_at : field.text,
                                field.size);
    if (!reader_.AppendOrNull(text, *columns_[i])) {
      fault_at_ = field.at;
      fault_text_ =
          "the value does not fit the column's type (" + ToString(columns_[i]->type()) + ")";
      return fault_text_.c_str();
    }
  }
  ++num_rows_;
  return nullptr;
}

arrow::Status CheckReadable(const Type& type, const std::string& column, int depth) {
  const bool nested = type.kind == TypeKind::kArray || type.kind == TypeKind::kRow;
  if (type.kind == TypeKind::kMap || type.kind == TypeKind::kMultiset || (nested && depth > 0)) {
    return UserError(
        "unsupported-type", column,
        "format 'csv' cannot read column '" + column + "': it has no text for " + ToString(type));
  }
  for (const Type& child : type.children)
    ARROW_RETURN_NOT_OK(CheckReadable(child, column, depth + 1));
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::unique_ptr<Decoder>> MakeCsvDecoder(const Schema& columns,
                                                       const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(CsvOptions options, CsvOptions::Read(node));
  Schema file_columns = columns;
  if (node.Has("fileColumns")) {
    ARROW_ASSIGN_OR_RAISE(file_columns, node.Fields("fileColumns"));
  }
  std::vector<size_t> positions;
  for (const Field& column : columns) {
    ARROW_RETURN_NOT_OK(CheckReadable(column.type, column.name, 0));
    const auto found = std::find_if(file_columns.begin(), file_columns.end(),
                                    [&](const Field& field) { return field.name == column.name; });
    if (found == file_columns.end())
      return node.Error("column '" + column.name + "' is not among its fileColumns");
    positions.push_back(static_cast<size_t>(found - file_columns.begin()));
  }
  return std::make_unique<CsvDecoder>(columns, std::move(positions), file_columns.size(),
                                      std::move(options));
}

}  // namespace sabot
