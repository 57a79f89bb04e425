// Java's regular expressions for PCRE2: one pass over the pattern, flags kept as a stack of groups.
#include "expressions/java_pattern.h"

#include <algorithm>
#include <array>

#include "expressions/java_class.h"

namespace sabot {
namespace {

using Text = std::string_view;

constexpr Text kNotNewline = R"([^\n\r\x{85}\x{2028}\x{2029}])";
// Before the end, or before a line terminator that ends the text, but not inside \r\n.
constexpr Text kEnd = R"((?=(?:\r\n|(?<!\r)\n|[\r\x{85}\x{2028}\x{2029}])?\z))";
constexpr Text kLineEnd = R"((?=\r\n|(?<!\r)\n|[\r\x{85}\x{2028}\x{2029}]|\z))";
constexpr Text kLineStart = R"((?:(?<=[\n\x{85}\x{2028}\x{2029}])|(?<=\r)(?!\n)|\A)(?!\z))";
constexpr Text kWordBoundary =
    R"((?:(?<=[\p{L}\p{Nd}_])(?![\p{L}\p{Nd}_])|(?<![\p{L}\p{Nd}_])(?=[\p{L}\p{Nd}_])))";
constexpr Text kNoWordBoundary =
    R"((?:(?<=[\p{L}\p{Nd}_])(?=[\p{L}\p{Nd}_])|(?<![\p{L}\p{Nd}_])(?![\p{L}\p{Nd}_])))";

// kInvalid: Java rejects it too.
enum class Outcome { kGood, kInvalid, kUnsupported };

class Translator final : private JavaClassParser {
 public:
  explicit Translator(Text pattern) : JavaClassParser(pattern) {}

  Outcome Run(std::string* out, std::string* reason) {
    const bool good = Alternatives(0);
    *out = std::move(out_);
    *reason = std::move(unsupported_);
    if (!reason->empty()) return Outcome::kUnsupported;
    return good ? Outcome::kGood : Outcome::kInvalid;
  }

 private:
  void Emit(Text text) { out_.append(text); }
  // A literal under the flags in force.
  void EmitLiteral(uint32_t c) {
    if (flags_.insensitive && flags_.unicode_case) {
      Emit("(?i:" + PatternLiteral(c) + ")");
    } else if (flags_.insensitive && IsAsciiLetter(c)) {
      const auto lower = static_cast<char>(c | 32);
      const char both[] = {'[', static_cast<char>(lower - 32), lower, ']', '\0'};
      Emit(both);
    } else {
      Emit(PatternLiteral(c));
    }
  }

  // Up to the end, or up to the ')' of the group that it is in.
  bool Alternatives(int depth) {
    if (depth > 200) return Refuse("groups nested deeper than 200");
    bool quantifiable = false;
    while (!done()) {
      const uint32_t c = peek();
      if (flags_.comments) {
        if (c == '#') {
          while (!done() && peek() != '\n' && peek() != '\r') ++at_;
          continue;
        }
        if (c == ' ' || (c >= 9 && c <= 13)) {
          ++at_;
          continue;
        }
      }
      switch (c) {
        case ')':
          return depth > 0;
        case '|':
          ++at_;
          Emit("|");
          quantifiable = false;
          continue;
        case '(':
          if (!Group(depth, &quantifiable)) return false;
          continue;
        case '[': {
          ++at_;
          std::string text;
          if (!Class(&text, 0)) return false;
          Emit(text);
          quantifiable = true;
          continue;
        }
        case '\\':
          if (!Escape(&quantifiable)) return false;
          continue;
        case '.':
          ++at_;
          Emit(flags_.dot_all ? "(?s:.)" : flags_.unix_lines ? "[^\\n]" : kNotNewline);
          quantifiable = true;
          continue;
        case '^':
          ++at_;
          Emit(flags_.multi_line ? kLineStart : Text("\\A"));
          quantifiable = false;
          continue;
        case '$':
          ++at_;
          Emit(flags_.multi_line ? kLineEnd : kEnd);
          quantifiable = false;
          continue;
        case '*':
        case '+':
        case '?':
        case '{':
          if (!quantifiable || !Quantifier()) return false;
          quantifiable = false;
          continue;
        default:
          ++at_;
          EmitLiteral(c);
          quantifiable = true;
      }
    }
    return depth == 0;
  }

  bool Quantifier() {
    const uint32_t c = peek();
    ++at_;
    if (c != '{') {
      out_.push_back(static_cast<char>(c));
    } else {
      std::string counts;
      const auto digits = [&] {
        const size_t from = at_;
        while (peek() >= '0' && peek() <= '9') counts.push_back(static_cast<char>(pattern_[at_++]));
        return at_ > from;
      };
      if (!digits()) return false;
      if (peek() == ',') {
        ++at_;
        counts.push_back(',');
        digits();
      }
      if (peek() != '}' || counts.size() > 12) return false;
      ++at_;
      Emit("{" + counts + "}");
    }
    if (peek() == '?' || peek() == '+') {
      out_.push_back(static_cast<char>(peek()));
      ++at_;
    }
    return true;
  }

  bool Group(int depth, bool* quantifiable) {
    ++at_;
    const JavaFlags outer = flags_;
    if (!Take("?")) {
      Emit("(");
      ++groups_;
    } else {
      static constexpr std::array<Text, 6> kOpenings = {":", "=", "!", ">", "<=", "<!"};
      const auto* const opening = std::find_if(kOpenings.begin(), kOpenings.end(),
                                               [this](Text text) { return Take(text); });
      if (opening != kOpenings.end()) {
        Emit("(?");
        Emit(*opening);
      } else if (Take("<")) {
        std::string name;
        while (!done() && peek() != '>') {
          if (!IsAsciiLetter(peek()) && !(peek() >= '0' && peek() <= '9' && !name.empty()))
            return false;
          name.push_back(static_cast<char>(pattern_[at_++]));
        }
        if (name.empty() || !Take(">")) return false;
        Emit("(?<" + name + ">");
        ++groups_;
      } else if (!InlineFlags()) {
        return false;
      } else if (Take(")")) {
        *quantifiable = false;  // (?i): for the rest of this group.
        return true;
      } else if (Take(":")) {
        Emit("(?:");
      } else {
        return false;
      }
    }
    if (!Alternatives(depth + 1) || !Take(")")) return false;
    Emit(")");
    flags_ = outer;
    *quantifiable = true;
    return true;
  }

  bool InlineFlags() {
    bool value = true;
    for (;; ++at_) {
      switch (peek()) {
        case 'i':
          flags_.insensitive = value;
          break;
        case 'u':
          flags_.unicode_case = value;
          break;
        case 's':
          flags_.dot_all = value;
          break;
        case 'm':
          flags_.multi_line = value;
          break;
        case 'x':
          flags_.comments = value;
          break;
        case 'd':
          flags_.unix_lines = value;
          break;
        case 'U':
          return Refuse("the flag U (UNICODE_CHARACTER_CLASS)");
        case '-':
          value = false;
          break;
        default:
          return true;
      }
    }
  }

  bool Escape(bool* quantifiable) {
    ++at_;
    if (done()) return false;
    *quantifiable = true;
    const uint32_t c = peek();
    if (c == 'Q') {
      ++at_;
      while (!done() && !Take("\\E")) EmitLiteral(static_cast<uint32_t>(pattern_[at_++]));
      return true;
    }
    if (c >= '1' && c <= '9') {
      int group = 0;
      while (peek() >= '0' && peek() <= '9' &&
             (group == 0 || group * 10 + static_cast<int>(peek() - '0') <= groups_)) {
        group = group * 10 + static_cast<int>(peek() - '0');
        ++at_;
      }
      if (group > groups_) {
        Emit("(?!)");  // A group that is not there yet never matches.
        return true;
      }
      Emit((flags_.insensitive ? "(?i:\\g{" : "\\g{") + std::to_string(group) +
           (flags_.insensitive ? "})" : "}"));
      return true;
    }
    switch (c) {
      case 'b':
        ++at_;
        Emit(kWordBoundary);
        *quantifiable = false;
        return true;
      case 'B':
        ++at_;
        Emit(kNoWordBoundary);
        *quantifiable = false;
        return true;
      case 'A':
        ++at_;
        Emit("\\A");
        *quantifiable = false;
        return true;
      case 'z':
        ++at_;
        Emit("\\z");
        *quantifiable = false;
        return true;
      case 'Z':
        ++at_;
        Emit(kEnd);
        *quantifiable = false;
        return true;
      case 'G':
        ++at_;
        Emit("\\G");
        *quantifiable = false;
        return true;
      case 'R':
        ++at_;
        Emit("\\R");
        return true;
      case 'X':
        ++at_;
        Emit("\\X");
        return true;
      case 'N':
        return Refuse("\\N{name}");
      case 'k': {
        ++at_;
        if (!Take("<")) return false;
        std::string name;
        while (!done() && peek() != '>') name.push_back(static_cast<char>(pattern_[at_++]));
        if (!Take(">")) return false;
        Emit("\\k<" + name + ">");
        return true;
      }
      case 'E':
        return false;
      default:
        break;
    }
    std::string items;
    bool good = true;
    if (EscapedClass(&items, &good)) {
      if (good) Emit("[" + items + "]");
      return good;
    }
    const auto character = EscapedCharacter();
    if (!character.has_value()) return false;
    EmitLiteral(*character);
    return true;
  }

  int groups_ = 0;
  std::string out_;
};

}  // namespace

arrow::Result<std::optional<std::string>> TranslateJavaPattern(std::string_view pattern) {
  std::string out;
  std::string reason;
  switch (Translator(pattern).Run(&out, &reason)) {
    case Outcome::kGood:
      return out;
    case Outcome::kInvalid:
      return std::nullopt;
    case Outcome::kUnsupported:
      break;
  }
  return arrow::Status::NotImplemented("The regular expression '", pattern, "' uses ", reason,
                                       ", which sabot does not support");
}

}  // namespace sabot
