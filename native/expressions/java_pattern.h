// Java's regular expressions for PCRE2: rewrites what the two read differently.
//
//   "[a-z&&[^aeiou]]$"  ->  "(?:(?=[a-z])[^aeiou])(?=...\z)"
//
// Differences that are rewritten: line terminators of . ^ $ \Z, ASCII-only case folding, unions and
// intersections of classes, POSIX classes (ASCII), \b over Unicode letters, \uXXXX, malformed
// repetitions (an error in Java, text in PCRE2). Not supported: \N{name}, blocks (\p{InGreek}),
// look-behind of unbounded length.
#pragma once

#include <arrow/result.h>

#include <optional>
#include <string>
#include <string_view>

namespace sabot {

// The PCRE2 pattern (for PCRE2_UTF without PCRE2_UCP), or nullopt if Java rejects the pattern.
// An error where Java accepts what we cannot do.
arrow::Result<std::optional<std::string>> TranslateJavaPattern(std::string_view pattern);

}  // namespace sabot
