// JSON text, or messages, into batches: finds the records, and says what is wrong with one.
//
//   {"a": 1}\n{"a": 2}\n[{"a": 3}]\n   ->   Rows::Read of {"a": 1}, {"a": 2}, {"a": 3}
//
// As Flink's formats over JSON read: an empty line is no record, a line that is an array is a
// record per element, what stands behind the object on its line is not looked at. A message is read
// as a line is, though it may hold newlines. State: the buffered rows.
//
// Rows has: Read(p, fault), which appends the rows of the object at p and returns the place behind
// it, or nullptr with the fault set and nothing of it left; num_rows(); Take(), the rows as a
// batch; ignores_errors().
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "formats/format.h"
#include "formats/json_message.h"
#include "formats/json_scan.h"

namespace sabot {

template <typename Rows>
class JsonLines final : public Decoder {
 public:
  // `skip_option` leaves records out that cannot be read.
  JsonLines(std::unique_ptr<Rows> rows, std::string skip_option)
      : rows_(std::move(rows)), skip_option_(std::move(skip_option)) {}

  arrow::Result<size_t> Decode(std::string_view data, bool at_end, int64_t rows_max) override {
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

  arrow::Status DecodeMessages(std::span<const std::string_view> messages, BadMessageHandler& bad,
                               std::vector<int32_t>* row_messages) override {
    for (size_t i = 0; i < messages.size(); ++i) {
      if (messages[i].empty()) continue;
      const char* line = message_.Frame(messages[i]);
      const int64_t first_row = num_rows();
      JsonFault fault;
      const char* p = *line == '{' ? rows_->Read(line, fault) : ReadRecords(line, fault);
      row_messages->insert(row_messages->end(), static_cast<size_t>(num_rows() - first_row),
                           static_cast<int32_t>(i));
      bytes_ += static_cast<int64_t>(messages[i].size());
      if (p != nullptr) continue;
      if (rows_->ignores_errors()) {
        ++skipped_records_;
        continue;
      }
      RETURN_NOT_OK(
          bad.OnBadMessage(i, message_.PositionOf(fault.at), ReasonOf(fault), skip_option_));
    }
    return arrow::Status::OK();
  }

  int64_t num_rows() const override { return rows_->num_rows(); }
  bool full(int64_t rows_max) const override {
    return num_rows() >= rows_max || bytes_ >= kBatchBytesMax;
  }
  arrow::Result<Batch> Flush() override {
    bytes_ = 0;
    return rows_->Take();
  }
  void SetPlace(RecordPlace place) override { place_ = std::move(place); }
  int64_t skipped_records() const override { return skipped_records_; }
  void SetBadRecords(BadRecordHandler* bad) override { bad_records_ = bad; }

 private:
  static constexpr const char* kNoRecord = "a record must be a JSON object";

  static const char* Newline(const char* p, const char* end) {
    return static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(end - p)));
  }

  static std::string ReasonOf(const JsonFault& fault) {
    std::string reason = fault.field.empty() ? "" : "field '" + fault.field + "': ";
    reason += fault.reason;
    if (fault.type != nullptr) reason += " (" + ToString(*fault.type) + ")";
    return reason;
  }

  // An array of records, or what is not a record at all. Records before the broken one stay, as in
  // Flink.
  const char* ReadRecords(const char* p, JsonFault& fault) {
    if (std::memcmp(p, "\xEF\xBB\xBF", 3) == 0) p += 3;  // A byte order mark.
    p = SkipJsonBlanks(p);
    if (*p == '{') return rows_->Read(p, fault);
    if (*p != '[') return fault.Set(p, *p == '\n' ? "a blank line is no record" : kNoRecord);
    p = SkipJsonBlanks(p + 1);
    if (*p == ']') return p + 1;
    for (;;) {
      if (*p != '{') return fault.Set(p, kNoRecord);
      p = rows_->Read(p, fault);
      if (p == nullptr) return nullptr;
      p = SkipJsonBlanks(p);
      if (*p == ']') return p + 1;
      if (*p != ',') return fault.Set(p, "',' or ']' was expected");
      p = SkipJsonBlanks(p + 1);
    }
  }

  // The line at `line`, whose newline is before `end`; returns the start of the next one.
  arrow::Result<const char*> ReadLine(const char* line, const char* end) {
    JsonFault fault;
    const int64_t first_row = num_rows();
    const char* p = line;
    if (*line == '{') {
      p = rows_->Read(line, fault);
    } else if (*line != '\n' && !(line[0] == '\r' && line[1] == '\n')) {
      p = ReadRecords(line, fault);
    }
    if (p != nullptr) return (*p == '\n' ? p : Newline(p, end)) + 1;
    const char* newline = Newline(line, end);
    if (rows_->ignores_errors()) {
      ++skipped_records_;
      return newline + 1;
    }
    const std::string_view record(line, static_cast<size_t>(newline - line));
    const size_t at = static_cast<size_t>(fault.at - line);
    if (bad_records_ == nullptr)
      return BadRecord(place_, record, at, ReasonOf(fault), skip_option_);
    bad_records_->OnBadRecord(record, place_.offset,
                              BadRecord(place_.without_search(), record, at, ReasonOf(fault)),
                              first_row);
    return newline + 1;
  }

  const std::unique_ptr<Rows> rows_;
  const std::string skip_option_;
  BadRecordHandler* bad_records_ = nullptr;
  RecordPlace place_;
  std::string last_line_;  // A last line without its newline, padded.
  JsonMessage message_;    // The one at hand.
  int64_t bytes_ = 0;      // Of JSON text in the buffered rows.
  int64_t skipped_records_ = 0;
};

}  // namespace sabot
