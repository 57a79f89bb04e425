// The topics that rows of a sink may go to: one, or those that a row's metadata column `topic` may
// name.
//
//   topics ['a', 'b']     'b' -> OK     'c' -> "Expected topic to be in: [a, b] but was: c"
#pragma once

#include <arrow/result.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "expressions/regex.h"
#include "plan/plan.h"

namespace sabot {

class KafkaSinkTopics {
 public:
  static arrow::Result<KafkaSinkTopics> Read(const PlanNode& node);

  // Empty: those of a pattern.
  const std::vector<std::string>& listed() const { return listed_; }
  bool is_single() const { return listed_.size() == 1; }
  // For messages.
  const std::string& text() const { return text_; }
  // Fails where a row cannot go there. data() == nullptr: it does not say where.
  arrow::Status Check(std::string_view topic);

 private:
  std::vector<std::string> listed_;
  std::string text_;
  std::unique_ptr<Regex> pattern_;
  std::set<std::string, std::less<>> matched_;
};

}  // namespace sabot
