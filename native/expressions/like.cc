// LIKE and SIMILAR TO.
//
//   'h%o' matches "hello"; with ESCAPE '!', 'h!%o' matches "h%o" alone
//
// A literal LIKE pattern becomes pieces of text between wildcards; '%text%' and its kin are plain
// searches.

#include <algorithm>
#include <cstring>
#include <iterator>

#include "expressions/lift.h"
#include "expressions/regex.h"
#include "expressions/unicode.h"

namespace sabot {
namespace {

using Text = std::string_view;

// --- LIKE
// --------------------------------------------------------------------------------------------------------

// A LIKE pattern cut at its '%': each piece is text in which '_' has been marked.
class LikePattern {
 public:
  // `escape` is one code point or empty.
  static arrow::Result<LikePattern> Make(Text pattern, Text escape) {
    LikePattern like;
    like.pieces_.emplace_back();
    for (size_t i = 0; i < pattern.size();) {
      const Text c = CodePointAt(pattern, i);
      i += c.size();
      if (!escape.empty() && c == escape) {
        const Text next = i < pattern.size() ? CodePointAt(pattern, i) : Text();
        if (next != "%" && next != "_" && next != escape) {
          return arrow::Status::Invalid("LIKE: in the pattern '", pattern,
                                        "' the escape character '", escape,
                                        "' must stand before %, _ or itself");
        }
        i += next.size();
        like.pieces_.back().Add(next);
      } else if (c == "%") {
        like.pieces_.emplace_back();
      } else if (c == "_") {
        like.pieces_.back().AddAny();
      } else {
        like.pieces_.back().Add(c);
      }
    }
    return like;
  }

  bool Matches(Text s) const {
    const Piece& first = pieces_.front();
    size_t at = 0;
    if (!first.MatchesAt(s, 0, &at)) return false;
    if (pieces_.size() == 1) return at == s.size();
    // Pieces in the middle: the leftmost match of each leaves most for the rest.
    for (size_t i = 1; i + 1 < pieces_.size(); ++i) {
      if (!pieces_[i].Find(s, at, &at)) return false;
    }
    return pieces_.back().MatchesEnd(s, at);
  }

 private:
  struct Piece {
    std::string text;               // Without wildcards: the whole piece.
    std::vector<std::string> runs;  // With wildcards: text, then one code point, then text, ...
    int64_t code_points = 0;

    void Add(Text c) {
      (runs.empty() ? text : runs.back()) += c;
      ++code_points;
    }
    void AddAny() {
      if (runs.empty()) runs.push_back(text);
      runs.emplace_back();
      ++code_points;
    }
    bool MatchesAt(Text s, size_t from, size_t* end) const {
      size_t at = from;
      const auto take = [&](const std::string& run) {
        if (s.substr(at, run.size()) != run) return false;
        at += run.size();
        return true;
      };
      if (runs.empty()) {
        if (!take(text)) return false;
      } else {
        for (size_t i = 0; i < runs.size(); ++i) {
          if (i > 0) {
            if (at >= s.size()) return false;
            at += CodePointBytes(s[at]);
            if (at > s.size()) return false;
          }
          if (!take(runs[i])) return false;
        }
      }
      *end = at;
      return true;
    }
    bool Find(Text s, size_t from, size_t* end) const {
      const std::string& first = runs.empty() ? text : runs[0];
      for (size_t at = from; at <= s.size(); at += at < s.size() ? CodePointBytes(s[at]) : 1) {
        // Several times as fast as string_view::find, which stops at each first character.
        const void* const found =
            first.empty() ? s.data() + at
                          : memmem(s.data() + at, s.size() - at, first.data(), first.size());
        if (found == nullptr) return false;
        at = static_cast<size_t>(static_cast<const char*>(found) - s.data());
        if (MatchesAt(s, at, end)) return true;
      }
      return false;
    }
    // Whether the piece is the end of s[from..].
    bool MatchesEnd(Text s, size_t from) const {
      if (runs.empty()) return s.size() >= from + text.size() && s.ends_with(text);
      size_t at = s.size();
      for (int64_t i = 0; i < code_points; ++i) {
        if (at <= from) return false;
        do {
          --at;
        } while (at > from && (static_cast<uint8_t>(s[at]) & 0xC0) == 0x80);
      }
      size_t end;
      return MatchesAt(s, at, &end) && end == s.size();
    }
  };
  std::vector<Piece> pieces_;
};

arrow::Status CheckEscape(Text escape) {
  if (CodePoints(escape) == 1) return arrow::Status::OK();
  return arrow::Status::Invalid("ESCAPE takes one character, not '", escape, "'");
}

// like(s, pattern[, escape]); a literal escape may also stand in options.escape.
KernelResult BindLike(const Expression& call, const SessionContext&) {
  std::string escape = call.Option("escape");
  if (call.args.size() == 3) {
    const auto literal = TextLiteral(call.args[2]);
    if (!literal.has_value()) return arrow::Status::NotImplemented("ESCAPE must be a literal");
    escape = *literal;
  }
  if (!escape.empty()) ARROW_RETURN_NOT_OK(CheckEscape(escape));
  if (const auto literal = TextLiteral(call.args[1]); literal.has_value()) {
    ARROW_ASSIGN_OR_RAISE(auto pattern, LikePattern::Make(*literal, escape));
    const auto match = [pattern = std::move(pattern)](Text s) { return pattern.Matches(s); };
    if (call.args.size() == 3) {
      return Lift<bool, Text, Bound, Bound>(call,
                                            [match](Text s, Bound, Bound) { return match(s); });
    }
    return Lift<bool, Text, Bound>(call, [match](Text s, Bound) { return match(s); });
  }
  const auto match = [escape](Text s, Text text) -> arrow::Result<bool> {
    ARROW_ASSIGN_OR_RAISE(const auto pattern, LikePattern::Make(text, escape));
    return pattern.Matches(s);
  };
  if (call.args.size() == 3) {
    return Lift<bool, Text, Text, Bound>(call,
                                         [match](Text s, Text p, Bound) { return match(s, p); });
  }
  return Lift<bool, Text, Text>(call, match);
}

// --- SIMILAR TO
// --------------------------------------------------------------------------------------------------

// The inside of a class that begins with '[' at *at; *at is left at its ']'.
bool SimilarClass(Text pattern, size_t* at, Text escape, std::string* out) {
  struct Named {
    Text sql;
    Text java;
  };
  static constexpr Named kNamed[] = {
      {"[:ALPHA:]", "\\p{Alpha}"}, {"[:alpha:]", "\\p{Alpha}"}, {"[:UPPER:]", "\\p{Upper}"},
      {"[:upper:]", "\\p{Upper}"}, {"[:LOWER:]", "\\p{Lower}"}, {"[:lower:]", "\\p{Lower}"},
      {"[:DIGIT:]", "\\d"},        {"[:digit:]", "\\d"},        {"[:SPACE:]", " "},
      {"[:space:]", " "},          {"[:WHITESPACE:]", "\\s"},   {"[:whitespace:]", "\\s"},
      {"[:ALNUM:]", "\\p{Alnum}"}, {"[:alnum:]", "\\p{Alnum}"}};
  out->push_back('[');
  size_t i = *at + 1;
  for (; i < pattern.size() && pattern[i] != ']'; ++i) {
    if (!escape.empty() && pattern.substr(i).starts_with(escape)) {
      i += escape.size();
      if (i >= pattern.size()) return false;
      out->push_back('\\');
      out->push_back(pattern[i]);
      continue;
    }
    if (pattern[i] == '[') {
      const auto* const named =
          std::find_if(std::begin(kNamed), std::end(kNamed),
                       [&](const Named& n) { return pattern.substr(i).starts_with(n.sql); });
      if (named == std::end(kNamed)) return false;
      out->append(named->java);
      i += named->sql.size() - 1;
      continue;
    }
    out->push_back(pattern[i]);
  }
  if (i >= pattern.size()) return false;
  out->push_back(']');
  *at = i;
  return true;
}

arrow::Result<std::string> SimilarToJava(Text pattern, Text escape) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (!escape.empty() && pattern.substr(i).starts_with(escape)) {
      i += escape.size();
      constexpr Text kSpecial = "[]()|^-+*_%?{}";
      if (i >= pattern.size() ||
          (kSpecial.find(pattern[i]) == Text::npos && !pattern.substr(i).starts_with(escape))) {
        return arrow::Status::Invalid("SIMILAR TO: wrong escape in '", pattern, "'");
      }
      if (kSpecial.find(pattern[i]) != Text::npos) out.push_back('\\');
      out.push_back(pattern[i]);
    } else if (pattern[i] == '_') {
      out.push_back('.');
    } else if (pattern[i] == '%') {
      out.append("(?s:.*)");
    } else if (pattern[i] == '[') {
      if (!SimilarClass(pattern, &i, escape, &out)) {
        return arrow::Status::Invalid("SIMILAR TO: wrong character class in '", pattern, "'");
      }
    } else {
      out.push_back(pattern[i]);
    }
  }
  return out;
}

KernelResult BindSimilar(const Expression& call, const SessionContext&) {
  std::string escape = call.Option("escape");
  if (call.args.size() == 3) {
    const auto literal = TextLiteral(call.args[2]);
    if (!literal.has_value()) return arrow::Status::NotImplemented("ESCAPE must be a literal");
    escape = *literal;
  }
  if (!escape.empty()) ARROW_RETURN_NOT_OK(CheckEscape(escape));
  auto match = [cache = std::make_shared<RegexCache>(), escape, last = std::string(),
                java = std::string(),
                any = false](Text s, Text pattern) mutable -> arrow::Result<bool> {
    if (!any || pattern != last) {
      ARROW_ASSIGN_OR_RAISE(java, SimilarToJava(pattern, escape));
      last = pattern;
      any = true;
    }
    ARROW_ASSIGN_OR_RAISE(Regex* const regex, cache->Get(java));
    if (regex == nullptr)
      return arrow::Status::Invalid("SIMILAR TO: not a pattern: '", pattern, "'");
    return regex->Matches(s);
  };
  if (call.args.size() == 3) {
    return Lift<bool, Text, Text, Bound>(
        call, [match](Text s, Text p, Bound) mutable { return match(s, p); });
  }
  return Lift<bool, Text, Text>(call, match);
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "like",
     .selective = true,
     .bind = BindLike,
     .total = [](const Expression& call) { return TextLiteral(call.args[1]).has_value(); }},
    {.name = "similar", .selective = true, .bind = BindSimilar},
};

}  // namespace

std::span<const FunctionSpec> LikeFunctions() { return kFunctions; }

}  // namespace sabot
