// One CSV record cut into its fields.
//
//   1,"a ""b""",\n   ->   `1`  `a "b"`  ``
//
// A record ends with \n, \r\n or \r outside quotes; quoted fields may hold all of them. State: the
// fields of the last record; they point into the text, or into a buffer where quotes or escapes
// were taken out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/csv_options.h"

namespace sabot {

// A record that cannot be cut, or read.
struct CsvFault {
  const char* at = nullptr;  // In the record's text.
  std::string reason;        // Empty: no fault.
};

class CsvRecord {
 public:
  explicit CsvRecord(const CsvOptions& options) : options_(options) {}

  // Cuts the record at p; returns the start of the next one, or nullptr where the record is not
  // complete before `end` and more is to come (not `at_end`).
  const char* Split(const char* p, const char* end, bool at_end, CsvFault* fault);

  size_t num_fields() const { return fields_.size(); }
  std::string_view text(size_t i) const {
    const Field& field = fields_[i];
    return {field.in_scratch ? scratch_.data() + field.scratch_at : field.text, field.size};
  }
  const char* place(size_t i) const { return fields_[i].at; }

 private:
  struct Field {
    const char* at = nullptr;  // In the input, for messages.
    const char* text = nullptr;
    size_t size = 0;
    bool in_scratch = false;
    size_t scratch_at = 0;
  };

  const char* SplitQuoted(const char* p, const char* end, bool at_end, Field* field,
                          CsvFault* fault);
  const char* SplitPlain(const char* p, const char* end, bool at_end, Field* field,
                         CsvFault* fault);
  void MoveToScratch(const char* begin, const char* end, Field* field);
  bool IsBlank(char c) const { return c == ' ' || (c == '\t' && options_.delimiter != '\t'); }

  const CsvOptions& options_;
  std::vector<Field> fields_;
  std::string scratch_;
};

// Behind blank lines and lines that begin with '#', and blanks before the next record; nullptr
// where such a line is not complete before `end` and more is to come.
const char* SkipCsvComments(const char* p, const char* end, bool at_end);

}  // namespace sabot
