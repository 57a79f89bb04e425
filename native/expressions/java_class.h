// Character classes of Java's regular expressions, and the escapes that they share with the rest of
// a pattern.
//
//   [a-z&&[^aeiou]]   ->   (?:(?=[a-z])[^aeiou])
//   \p{Alpha}         ->   a-zA-Z  (the inside of a class)
//
// State: where in the pattern the parser is, and the flags in force.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sabot {

struct JavaFlags {
  bool insensitive = false;   // (?i)
  bool unicode_case = false;  // (?u)
  bool dot_all = false;       // (?s)
  bool multi_line = false;    // (?m)
  bool comments = false;      // (?x)
  bool unix_lines = false;    // (?d)
};

// A character as PCRE2 reads it, inside a class or outside.
std::string PatternLiteral(uint32_t c);
inline bool IsAsciiLetter(uint32_t c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

class JavaClassParser {
 protected:
  explicit JavaClassParser(std::string_view pattern) : pattern_(ToUtf32(pattern)) {}

  static std::u32string ToUtf32(std::string_view text);

  bool done() const { return at_ >= pattern_.size(); }
  uint32_t peek(size_t ahead = 0) const {
    return at_ + ahead < pattern_.size() ? static_cast<uint32_t>(pattern_[at_ + ahead]) : 0;
  }
  bool Take(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
      if (at_ + i >= pattern_.size() || pattern_[at_ + i] != static_cast<uint8_t>(text[i]))
        return false;
    }
    at_ += text.size();
    return true;
  }
  bool Refuse(std::string what) {
    unsupported_ = std::move(what);
    return false;
  }

  // A character that an escape stands for; at_ is behind the backslash and the letter is not taken
  // yet.
  std::optional<uint32_t> EscapedCharacter();
  std::optional<uint32_t> HexDigits(int least, int most);
  // \d \w \s \h \v and their opposites, \p{..}, \P{..}: the inside of a positive class. False if it
  // is none of these. at_ is behind the backslash.
  bool EscapedClass(std::string* items, bool* good);
  bool Property(std::string* items);
  // The inside of a class for all but some ASCII ranges.
  static bool Complement(std::string_view items, std::string* out);
  // A class, at_ behind its '['. Writes something that matches one character.
  bool Class(std::string* out, int depth);
  // One character, range or escaped class.
  bool ClassItem(std::string* items);
  void AddRange(uint32_t first, uint32_t last);

  const std::u32string pattern_;
  size_t at_ = 0;
  JavaFlags flags_;
  std::string range_items_;
  std::string unsupported_;  // Why the pattern is refused, if it is.
};

}  // namespace sabot
