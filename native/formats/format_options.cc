// A format's options.
#include "formats/format_options.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"

namespace sabot {
namespace {

// Levenshtein distance.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

arrow::Result<FormatOptions> FormatOptions::Read(const PlanNode& node,
                                                 std::span<const std::string_view> known) {
  FormatOptions options;
  const nlohmann::json* members = node.Member("formatOptions");
  if (members == nullptr || members->is_null()) return options;
  if (!members->is_object()) return node.Error("formatOptions is not an object");
  for (const auto& [name, value] : members->items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const auto nearest = std::min_element(known.begin(), known.end(), [&](auto a, auto b) {
        return Distance(a, name) < Distance(b, name);
      });
      std::string message = "unknown format option '" + name + "'";
      if (nearest != known.end()) message += "; did you mean '" + std::string(*nearest) + "'?";
      return UserError("unknown-option", name, message);
    }
    options.values_[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return options;
}

arrow::Result<bool> FormatOptions::Bool(const std::string& name, bool fallback) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return fallback;
  std::string text = found->second;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (text == "true") return true;
  if (text == "false") return false;
  return UserError("invalid-option", name,
                   "option '" + name + "' must be true or false, not '" + found->second + "'");
}

std::string FormatOptions::String(const std::string& name, std::string fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::move(fallback) : found->second;
}

}  // namespace sabot
