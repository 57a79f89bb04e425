// The date patterns of a function's argument.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "expressions/date_pattern.h"
#include "expressions/lift.h"

namespace sabot {

// The pattern of an argument, compiled when it changes.
class PatternSlot {
 public:
  explicit PatternSlot(DatePatternKind kind) : kind_(kind) {}
  arrow::Result<const DatePattern*> Get(std::string_view text) {
    if (!pattern_.has_value() || text != text_) {
      ARROW_ASSIGN_OR_RAISE(pattern_, DatePattern::Compile(text, kind_));
      text_ = text;
    }
    return &*pattern_;
  }

 private:
  DatePatternKind kind_;
  std::optional<DatePattern> pattern_;
  std::string text_;
};

// A literal pattern that Java refuses is an error at bind, before any row.
inline arrow::Status CheckPattern(const Expression& call, size_t arg, DatePatternKind kind) {
  if (arg >= call.args.size()) return arrow::Status::OK();
  const auto literal = TextLiteral(call.args[arg]);
  return literal.has_value() ? DatePattern::Compile(*literal, kind).status() : arrow::Status::OK();
}

}  // namespace sabot
