// Which databases and tables of a changelog are read: a regular expression for the whole name.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <string>
#include <string_view>

namespace sabot {

class NameFilter {
 public:
  // `option` is named by the error where `pattern` is no regular expression.
  static arrow::Result<std::unique_ptr<NameFilter>> Make(const std::string& option,
                                                         const std::string& pattern);
  ~NameFilter();

  bool Matches(std::string_view name) const;

 private:
  struct Compiled;
  explicit NameFilter(std::unique_ptr<Compiled> compiled);

  std::unique_ptr<Compiled> compiled_;
};

}  // namespace sabot
