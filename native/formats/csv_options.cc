// Flink's csv.* options.
#include "formats/csv_options.h"

#include "base/error.h"
#include "formats/format_options.h"

namespace sabot {
namespace {

constexpr std::string_view kCsvOptionNames[] = {"csv.field-delimiter",
                                                "csv.disable-quote-character",
                                                "csv.quote-character",
                                                "csv.allow-comments",
                                                "csv.ignore-parse-errors",
                                                "csv.array-element-delimiter",
                                                "csv.escape-character",
                                                "csv.null-literal",
                                                "csv.write-bigdecimal-in-scientific-notation",
                                                "csv.trim-spaces",
                                                "csv.empty-string-as-null",
                                                "csv.allow-trailing-comma",
                                                "csv.ignore-trailing-unmappable",
                                                "csv.fail-on-missing-columns"};

// A single character, which may be written as Java escapes it: "\t".
arrow::Result<char> Character(const FormatOptions& options, const std::string& name,
                              const std::string& fallback) {
  const std::string text = options.String(name, fallback);
  if (text.size() == 1) return text[0];
  if (text == "\\t") return '\t';
  if (text == "\\\\") return '\\';
  if (text.size() == 6 && text.starts_with("\\u00")) {
    const int code = static_cast<int>(std::strtol(text.c_str() + 4, nullptr, 16));
    if (code > 0 && code < 128) return static_cast<char>(code);
  }
  return UserError("invalid-option", name,
                   "option '" + name + "' must be one ASCII character, not '" + text + "'");
}

}  // namespace

arrow::Result<CsvOptions> CsvOptions::Read(const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const FormatOptions options, FormatOptions::Read(node, kCsvOptionNames));
  CsvOptions csv;
  ARROW_ASSIGN_OR_RAISE(csv.delimiter, Character(options, "csv.field-delimiter", ","));
  ARROW_ASSIGN_OR_RAISE(csv.quote, Character(options, "csv.quote-character", "\""));
  ARROW_ASSIGN_OR_RAISE(const bool no_quotes, options.Bool("csv.disable-quote-character", false));
  if (no_quotes) csv.quote.reset();
  if (options.Has("csv.escape-character")) {
    ARROW_ASSIGN_OR_RAISE(csv.escape, Character(options, "csv.escape-character", ""));
  }
  if (options.Has("csv.null-literal")) csv.null_literal = options.String("csv.null-literal", "");
  csv.array_delimiter = options.String("csv.array-element-delimiter", ";");
  ARROW_ASSIGN_OR_RAISE(csv.ignore_parse_errors, options.Bool("csv.ignore-parse-errors", false));
  ARROW_ASSIGN_OR_RAISE(csv.allow_comments, options.Bool("csv.allow-comments", false));
  ARROW_ASSIGN_OR_RAISE(csv.scientific_decimals,
                        options.Bool("csv.write-bigdecimal-in-scientific-notation", true));
  ARROW_ASSIGN_OR_RAISE(csv.trim_spaces, options.Bool("csv.trim-spaces", false));
  ARROW_ASSIGN_OR_RAISE(csv.empty_string_as_null, options.Bool("csv.empty-string-as-null", false));
  ARROW_ASSIGN_OR_RAISE(csv.allow_trailing_comma, options.Bool("csv.allow-trailing-comma", true));
  ARROW_ASSIGN_OR_RAISE(csv.ignore_trailing_unmappable,
                        options.Bool("csv.ignore-trailing-unmappable", false));
  ARROW_ASSIGN_OR_RAISE(csv.fail_on_missing_columns,
                        options.Bool("csv.fail-on-missing-columns", false));
  return csv;
}

}  // namespace sabot
