// A CSV field's text into a column.
//
//   "12" -> INT 12     "NA" with that null literal -> NULL     "1;2" -> ARRAY [1, 2]
#pragma once

#include <string_view>
#include <vector>

#include "formats/column_buffer.h"
#include "formats/csv_options.h"

namespace sabot {

class CsvValueReader {
 public:
  explicit CsvValueReader(const CsvOptions& options) : options_(options) {}

  // False where the text does not fit, with the column possibly longer by a part; NULL is appended
  // instead where errors are ignored.
  bool AppendOrNull(std::string_view text, ColumnBuffer& column) const;

 private:
  bool Append(std::string_view text, ColumnBuffer& column) const;
  bool AppendArray(std::string_view text, ColumnBuffer& column) const;
  bool AppendRow(std::string_view text, ColumnBuffer& column) const;
  std::vector<std::string_view> Elements(std::string_view text) const;

  const CsvOptions& options_;
};

}  // namespace sabot
