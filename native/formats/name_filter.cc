// Matching names of databases and tables.
#include "formats/name_filter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <utility>

#include "base/error.h"

namespace sabot {

struct NameFilter::Compiled {
  std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> code{nullptr, &pcre2_code_free};
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match{nullptr,
                                                                            &pcre2_match_data_free};
};

NameFilter::NameFilter(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
NameFilter::~NameFilter() = default;

arrow::Result<std::unique_ptr<NameFilter>> NameFilter::Make(const std::string& option,
                                                            const std::string& pattern) {
  int error = 0;
  PCRE2_SIZE error_at = 0;
  auto compiled = std::make_unique<Compiled>();
  compiled->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                     PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error,
                                     &error_at, nullptr));
  if (compiled->code == nullptr) {
    return UserError("invalid-option", option,
                     "option '" + option + "' is not a regular expression: '" + pattern +
                         "', at character " + std::to_string(error_at + 1));
  }
  compiled->match.reset(pcre2_match_data_create_from_pattern(compiled->code.get(), nullptr));
  return std::unique_ptr<NameFilter>(new NameFilter(std::move(compiled)));
}

bool NameFilter::Matches(std::string_view name) const {
  return pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR>(name.data()), name.size(),
                     0, 0, compiled_->match.get(), nullptr) >= 0;
}

}  // namespace sabot
