// CSV into batches.
//
//   1,"a,b"\n2,\n   ->   id: [1, 2], s: ["a,b", ""]
//
// As Flink's `csv` format reads: by position, NULL only by the null literal, a record of too many
// or too few fields is an error; with csv.ignore-parse-errors a longer one is dropped, a shorter
// one padded, a value that does not fit NULL. Text that is not UTF-8 is an error always. State: the
// buffered rows.
#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"
#include "formats/column_buffers.h"
#include "formats/csv_options.h"
#include "formats/csv_record.h"
#include "formats/csv_value_reader.h"
#include "formats/decoders.h"

namespace sabot {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class CsvDecoder final : public Decoder {
 public:
  // `positions`: of every column among the file's `num_fields`.
  CsvDecoder(const Schema& columns, std::vector<size_t> positions, size_t num_fields,
             CsvOptions options)
      : options_(std::move(options)),
        reader_(options_),
        positions_(std::move(positions)),
        num_fields_(num_fields),
        record_(options_),
        columns_(columns) {
    for (const Field& column : columns) names_.push_back(column.name);
  }

  arrow::Result<size_t> Decode(std::string_view data, bool at_end, int64_t rows_max) override;
  arrow::Status DecodeMessages(std::span<const std::string_view> messages, BadMessageHandler& bad,
                               std::vector<int32_t>* row_messages) override;

  int64_t num_rows() const override { return columns_.num_rows(); }
  bool full(int64_t rows_max) const override {
    return num_rows() >= rows_max || bytes_ >= kBatchBytesMax;
  }
  void SetPlace(RecordPlace place) override { place_ = std::move(place); }
  int64_t skipped_records() const override { return skipped_records_; }
  void SetBadRecords(BadRecordHandler* bad) override { bad_records_ = bad; }

  arrow::Result<Batch> Flush() override {
    bytes_ = 0;
    return columns_.Take();
  }

 private:
  const char* SkipToRecord(const char* p, const char* end, bool at_end) const;
  bool HasRightLength(CsvFault* fault, const char* begin) const;
  bool ReadRecord(CsvFault* fault, const char* begin);
  // An error, or whoever takes records that cannot be read has it.
  arrow::Status Refuse(const char* begin, const char* end, const CsvFault& fault,
                       std::string_view skip_option) const;
  void Pass(const char* from, const char* to) {
    bytes_ += to - from;
    place_.offset += to - from;
    if (place_.line > 0) place_.line += std::count(from, to, '\n');
  }

  const CsvOptions options_;
  const CsvValueReader reader_;
  const std::vector<size_t> positions_;
  const size_t num_fields_;
  CsvRecord record_;  // The one at hand.
  std::vector<std::string> names_;
  ColumnBuffers columns_;
  RecordPlace place_;
  BadRecordHandler* bad_records_ = nullptr;
  int64_t bytes_ = 0;
  int64_t skipped_records_ = 0;
};

arrow::Result<size_t> CsvDecoder::Decode(std::string_view data, bool at_end, int64_t rows_max) {
  const char* const begin = data.data();
  const char* const end = begin + data.size();
  const char* p = begin;
  CsvFault fault;
  while (p < end && !full(rows_max)) {
    const char* record = SkipToRecord(p, end, at_end);
    if (record == nullptr) break;  // Not complete yet.
    Pass(p, record);
    p = record;
    if (p == end) break;
    const char* next = record_.Split(p, end, at_end, &fault);
    if (next == nullptr) break;
    if (!simdjson::validate_utf8(p, static_cast<size_t>(next - p))) {
      ARROW_RETURN_NOT_OK(Refuse(p, next, {.at = p, .reason = "the record is not UTF-8"}, {}));
    } else if (!fault.reason.empty() || !ReadRecord(&fault, p)) {
      columns_.DropUnfinished();
      if (options_.ignore_parse_errors) {
        ++skipped_records_;
      } else {
        ARROW_RETURN_NOT_OK(Refuse(p, next, fault, "csv.ignore-parse-errors"));
      }
    }
    Pass(p, next);
    p = next;
  }
  return static_cast<size_t>(p - begin);
}

// As Flink reads a message: its first record, whatever follows.
arrow::Status CsvDecoder::DecodeMessages(std::span<const std::string_view> messages,
                                         BadMessageHandler& bad,
                                         std::vector<int32_t>* row_messages) {
  CsvFault fault;
  for (size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].data() == nullptr) continue;
    std::string_view text = messages[i];
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    const char* const end = text.data() + text.size();
    const char* p = options_.allow_comments ? SkipCsvComments(text.data(), end, true) : text.data();
    bool skippable = true;
    bool read = false;
    if (p == end) {
      fault = {.at = p, .reason = "the message holds no record"};
    } else {
      const char* next = record_.Split(p, end, true, &fault);
      if (!simdjson::validate_utf8(p, static_cast<size_t>(next - p))) {
        fault = {.at = p, .reason = "the record is not UTF-8"};
        skippable = false;
      } else {
        read = fault.reason.empty() && ReadRecord(&fault, p);
      }
    }
    if (read) {
      row_messages->push_back(static_cast<int32_t>(i));
      bytes_ += static_cast<int64_t>(text.size());
      continue;
    }
    columns_.DropUnfinished();
    if (skippable && options_.ignore_parse_errors) {
      ++skipped_records_;
      continue;
    }
    ARROW_RETURN_NOT_OK(
        bad.OnBadMessage(i, static_cast<size_t>(fault.at - messages[i].data()), fault.reason,
                         skippable ? "csv.ignore-parse-errors" : std::string_view()));
  }
  return arrow::Status::OK();
}

// Behind a byte order mark at the file's start, and behind comments; nullptr where that cannot be
// told yet.
const char* CsvDecoder::SkipToRecord(const char* p, const char* end, bool at_end) const {
  if (place_.offset == 0) {
    const std::string_view text(p, static_cast<size_t>(end - p));
    if (text.starts_with(kByteOrderMark)) {
      p += kByteOrderMark.size();
    } else if (!at_end && kByteOrderMark.starts_with(text)) {
      return nullptr;
    }
  }
  return options_.allow_comments ? SkipCsvComments(p, end, at_end) : p;
}

arrow::Status CsvDecoder::Refuse(const char* begin, const char* end, const CsvFault& fault,
                                 std::string_view skip_option) const {
  std::string_view record(begin, static_cast<size_t>(end - begin));
  if (bad_records_ == nullptr) {
    while (record.ends_with('\n') || record.ends_with('\r')) record.remove_suffix(1);
    return BadRecord(place_, record, static_cast<size_t>(fault.at - begin), fault.reason,
                     skip_option);
  }
  if (record.ends_with('\n')) record.remove_suffix(1);
  bad_records_->OnBadRecord(record, place_.offset,
                            BadRecord(place_.without_search(), record,
                                      static_cast<size_t>(fault.at - begin), fault.reason),
                            num_rows());
  return arrow::Status::OK();
}

bool CsvDecoder::HasRightLength(CsvFault* fault, const char* begin) const {
  const size_t count = record_.num_fields();
  if (count == num_fields_) return true;
  if (count > num_fields_) {
    if (options_.ignore_trailing_unmappable) return true;
    const bool one_blank = count == num_fields_ + 1 && TrimJava(record_.text(count - 1)).empty();
    if (options_.allow_trailing_comma && one_blank) return true;
  } else if (options_.ignore_parse_errors && !options_.fail_on_missing_columns) {
    return true;  // The missing ones are NULL.
  }
  fault->at = begin;
  fault->reason =
      "the record has " + std::to_string(count) + " fields, not " + std::to_string(num_fields_);
  return false;
}

// Appends the record's fields to the columns.
bool CsvDecoder::ReadRecord(CsvFault* fault, const char* begin) {
  if (!HasRightLength(fault, begin)) return false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    ColumnBuffer& column = columns_[i];
    if (positions_[i] >= record_.num_fields()) {
      column.AppendNull();
      continue;
    }
    const std::string_view text = record_.text(positions_[i]);
    if (text.empty() && options_.empty_string_as_null) {
      column.AppendNull();
      continue;
    }
    if (reader_.AppendOrNull(text, column)) continue;
    fault->at = record_.place(positions_[i]);
    fault->reason = "field '" + names_[i] + "': the value does not fit the column's type (" +
                    ToString(column.type()) + ")";
    return false;
  }
  columns_.FinishRow();
  return true;
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
