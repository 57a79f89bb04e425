// A format's options as the plan has them: `formatOptions`, an object of strings with Flink's names
// ("json.ignore-parse-errors").
#pragma once

#include <arrow/result.h>

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "plan/plan.h"

namespace sabot {

class FormatOptions {
 public:
  // Reads the node's formatOptions; a name that is not among `known` is an error that names the
  // nearest known one.
  static arrow::Result<FormatOptions> Read(const PlanNode& node,
                                           std::span<const std::string_view> known);

  arrow::Result<bool> Bool(const std::string& name, bool fallback) const;
  std::string String(const std::string& name, std::string fallback) const;
  bool Has(const std::string& name) const { return values_.contains(name); }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace sabot
