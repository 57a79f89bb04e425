// Parts of a fingerprint: what the operator computes, then the rows of each input.
#include "engine/restored_meaning.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sabot {
namespace {

// Empty: not known.
std::vector<std::string> FingerprintOf(const std::string& definition) {
  const auto json = nlohmann::json::parse(definition, nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> parts;
  if (!json.is_object() || !json.contains("fingerprint") || !json["fingerprint"].is_string())
    return parts;
  const auto text = json["fingerprint"].get<std::string>();
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('.', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string DescribeMeaning(const std::vector<std::string>& was,
                            const std::vector<std::string>& is) {
  std::string text;
  if (was.empty() || is.empty()) return text;
  if (was[0] != is[0]) text = "what it is computed from has changed";
  for (size_t i = 1; i < is.size(); ++i) {
    if (i < was.size() && was[i] == is[i]) continue;
    text += text.empty() ? "" : "; ";
    text += "other rows come to it";
    if (is.size() > 2) text += " by input " + std::to_string(i);
  }
  return text;
}

}  // namespace

std::vector<std::string> MeaningWarnings(const Manifest& manifest, const Plan& plan) {
  std::vector<std::string> warnings;
  for (const OperatorState& op : manifest.operators) {
    for (const PlanNode& node : plan.nodes) {
      if (node.uid != op.uid || !node.state_table) continue;
      const std::string change = DescribeMeaning(FingerprintOf(op.definition),
                                                 FingerprintOf(node.state_table->definition));
      if (change.empty()) continue;
      warnings.push_back("the state of operator '" + op.uid + "' (" + op.name +
                         ") was made by another query: " + change +
                         ". It is restored as it is; if what was counted before and what comes now "
                         "do not go together, start without --restore.");
    }
  }
  return warnings;
}

}  // namespace sabot
