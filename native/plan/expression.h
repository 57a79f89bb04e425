// Expressions as data, as the plan has them: typed, positions resolved.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "batch/type.h"

namespace sabot {

struct Expression {
  enum class Form { kColumn, kLiteral, kCall };

  Form form = Form::kLiteral;
  Type type;
  int column = -1;                                // kColumn
  std::shared_ptr<arrow::Scalar> literal;         // kLiteral, of ToArrow(type); null allowed
  std::string function;                           // kCall
  std::vector<Expression> args;                   // kCall
  std::shared_ptr<const nlohmann::json> options;  // kCall, never nullptr, maybe an empty object

  // A string option, or `fallback` where absent.
  std::string Option(const char* name, const std::string& fallback = "") const;
  int64_t IntOption(const char* name, int64_t fallback) const;
  bool BoolOption(const char* name, bool fallback) const;
};

}  // namespace sabot
