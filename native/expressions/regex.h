// A compiled Java regular expression, matched by PCRE2 with its JIT.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sabot {

// Owned by one kernel: matching writes the match data inside.
class Regex {
 public:
  // nullptr: Java rejects the pattern. An error: Java accepts what sabot cannot do.
  static arrow::Result<std::unique_ptr<Regex>> Compile(std::string_view pattern);
  ~Regex();

  // The first match that begins at or after byte `from`. An error if the search exceeds its bound.
  arrow::Result<bool> Find(std::string_view subject, size_t from);
  // Whether the whole subject matches.
  arrow::Result<bool> Matches(std::string_view subject);

  // Of the last match. A group that took no part is nullopt; group 0 is the match.
  std::optional<std::string_view> group(int index) const;
  size_t start() const { return offsets_[0]; }
  size_t end() const { return offsets_[1]; }
  int num_groups() const { return num_groups_; }

  // Calls f() after each match, as Java's Matcher.find() gives them: an empty match is followed by
  // a search one character on. f returns true to go on. `on_half` is called instead of f for an
  // empty match between the two UTF-16 units of the code point at a byte offset.
  arrow::Status ForEach(std::string_view subject, const std::function<bool()>& f,
                        const std::function<bool(size_t)>& on_half);

 private:
  Regex() = default;
  struct Code;
  std::unique_ptr<Code> code_;
  std::string_view subject_;
  const size_t* offsets_ = nullptr;
  int num_groups_ = 0;
  bool matches_empty_ = false;
};

// The patterns that a kernel has met, compiled once: for patterns that are not literals. Bounded.
class RegexCache {
 public:
  // nullptr: Java rejects the pattern. Valid until the next call.
  arrow::Result<Regex*> Get(std::string_view pattern);

 private:
  static constexpr size_t kPatternsMax = 256;
  std::unordered_map<std::string, std::unique_ptr<Regex>> patterns_;
  std::string last_pattern_;
  Regex* last_ = nullptr;
  bool any_ = false;
};

}  // namespace sabot
