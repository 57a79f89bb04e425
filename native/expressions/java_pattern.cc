// Java's regular expressions for PCRE2: one pass over the pattern, flags kept as a stack of groups.
#include "expressions/java_pattern.h"

#include <algorithm>
#include <array>
#include <vector>

#include "expressions/unicode.h"

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

struct NamedClass {
  Text name;
  Text items;  // The inside of a positive PCRE2 class.
};
// Java's POSIX and java.lang.Character classes.
constexpr std::array<NamedClass, 20> kNamedClasses = {{
    {"Lower", "a-z"},
    {"Upper", "A-Z"},
    {"ASCII", R"(\x00-\x7f)"},
    {"Alpha", "a-zA-Z"},
    {"Digit", "0-9"},
    {"Alnum", "a-zA-Z0-9"},
    {"Punct", R"(!-/:-@\[-`{-~)"},
    {"Graph", "!-~"},
    {"Print", " -~"},
    {"Blank", R"( \t)"},
    {"Cntrl", R"(\x00-\x1f\x7f)"},
    {"XDigit", "0-9a-fA-F"},
    {"Space", R"(\t\n\x0b\f\r )"},
    {"javaLowerCase", R"(\p{Ll})"},
    {"javaUpperCase", R"(\p{Lu})"},
    {"javaWhitespace",
     R"(\t-\r\x1c-\x20\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000})"},
    {"javaLetter", R"(\p{L})"},
    {"javaDigit", R"(\p{Nd})"},
    {"javaLetterOrDigit", R"(\p{L}\p{Nd})"},
    {"javaAlphabetic", R"(\p{Alphabetic})"},
}};

// kInvalid: Java rejects it too.
enum class Outcome { kGood, kInvalid, kUnsupported };

struct Flags {
  bool insensitive = false;   // (?i)
  bool unicode_case = false;  // (?u)
  bool dot_all = false;       // (?s)
  bool multi_line = false;    // (?m)
  bool comments = false;      // (?x)
  bool unix_lines = false;    // (?d)
};

std::string Hex(uint32_t code_point) {
  constexpr Text kDigits = "0123456789abcdef";
  std::string out;
  for (int shift = 20; shift >= 0; shift -= 4) {
    const uint32_t digit = code_point >> shift & 15;
    if (digit != 0 || !out.empty() || shift == 0) out.push_back(kDigits[digit]);
  }
  return R"(\x{)" + out + "}";
}
std::string Literal(uint32_t c) {
  const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return plain ? std::string(1, static_cast<char>(c)) : Hex(c);
}
bool AsciiLetter(uint32_t c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

class Translator {
 public:
  explicit Translator(Text pattern) : pattern_(ToUtf32(pattern)) {}

  Outcome Run(std::string* out, std::string* reason) {
    const bool good = Alternatives(0);
    *out = std::move(out_);
    *reason = std::move(unsupported_);
    if (!reason->empty()) return Outcome::kUnsupported;
    return good ? Outcome::kGood : Outcome::kInvalid;
  }

 private:
  static std::u32string ToUtf32(Text text) {
    std::u32string out;
    for (size_t i = 0, size; i < text.size(); i += size) out.push_back(Decode(text, i, &size));
    return out;
  }

  bool done() const { return at_ >= pattern_.size(); }
  uint32_t peek(size_t ahead = 0) const {
    return at_ + ahead < pattern_.size() ? static_cast<uint32_t>(pattern_[at_ + ahead]) : 0;
  }
  bool Take(Text text) {
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

  void Emit(Text text) { out_.append(text); }
  // A literal under the flags in force.
  void EmitLiteral(uint32_t c) {
    if (flags_.insensitive && flags_.unicode_case) {
      Emit("(?i:" + Literal(c) + ")");
    } else if (flags_.insensitive && AsciiLetter(c)) {
      const auto lower = static_cast<char>(c | 32);
      const char both[] = {'[', static_cast<char>(lower - 32), lower, ']', '\0'};
      Emit(both);
    } else {
      Emit(Literal(c));
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
    const Flags outer = flags_;
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
          if (!AsciiLetter(peek()) && !(peek() >= '0' && peek() <= '9' && !name.empty()))
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

  // A character that an escape stands for; at_ is behind the backslash and the letter is not taken
  // yet.
  std::optional<uint32_t> EscapedCharacter() {
    const uint32_t c = peek();
    switch (c) {
      case 't':
        ++at_;
        return '\t';
      case 'n':
        ++at_;
        return '\n';
      case 'r':
        ++at_;
        return '\r';
      case 'f':
        ++at_;
        return '\f';
      case 'a':
        ++at_;
        return 7;
      case 'e':
        ++at_;
        return 27;
      case 'c':
        if (at_ + 1 >= pattern_.size()) return std::nullopt;
        at_ += 2;
        return static_cast<uint32_t>(pattern_[at_ - 1]) ^ 64;
      case '0': {
        ++at_;
        uint32_t value = 0;
        int count = 0;
        while (count < 3 && peek() >= '0' && peek() <= '7' && value * 8 + peek() - '0' <= 0xFF) {
          value = value * 8 + (peek() - '0');
          ++at_;
          ++count;
        }
        return count > 0 ? std::optional(value) : std::nullopt;
      }
      case 'x':
        ++at_;
        if (peek() == '{') {
          ++at_;
          const auto value = HexDigits(1, 6);
          return value.has_value() && *value <= 0x10FFFF && Take("}") ? value : std::nullopt;
        }
        return HexDigits(2, 2);
      case 'u': {
        ++at_;
        const auto high = HexDigits(4, 4);
        if (high.has_value() && *high >= 0xD800 && *high < 0xDC00 && peek() == '\\' &&
            peek(1) == 'u') {
          at_ += 2;
          const auto low = HexDigits(4, 4);
          if (!low.has_value()) return std::nullopt;
          return 0x10000 + ((*high & 0x3FF) << 10 | (*low & 0x3FF));
        }
        return high;
      }
      default:
        if (AsciiLetter(c) || (c >= '1' && c <= '9') || done()) return std::nullopt;
        ++at_;
        return c;
    }
  }
  std::optional<uint32_t> HexDigits(int least, int most) {
    uint32_t value = 0;
    int count = 0;
    for (; count < most; ++count, ++at_) {
      const uint32_t c = peek();
      const uint32_t digit = c >= '0' && c <= '9' ? c - '0'
                             : AsciiLetter(c)     ? (c | 32) - 'a' + 10
                                                  : 16;
      if (digit > 15) break;
      value = value * 16 + digit;
    }
    return count >= least ? std::optional(value) : std::nullopt;
  }

  // \d \w \s \h \v and their opposites, \p{..}, \P{..}: the inside of a positive class. False if it
  // is none of these. at_ is behind the backslash.
  bool EscapedClass(std::string* items, bool* good) {
    *good = true;
    switch (peek()) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 's':
      case 'S':
      case 'h':
      case 'H':
      case 'v':
      case 'V':
        *items = {'\\', static_cast<char>(peek())};
        ++at_;
        return true;
      case 'p':
      case 'P':
        *good = Property(items);
        return true;
      default:
        return false;
    }
  }
  bool Property(std::string* items) {
    const bool negative = peek() == 'P';
    ++at_;
    std::string name;
    if (Take("{")) {
      while (!done() && peek() != '}') name.push_back(static_cast<char>(pattern_[at_++]));
      if (!Take("}")) return false;
    } else if (!done()) {
      name.push_back(static_cast<char>(pattern_[at_++]));
    }
    const auto* const named =
        std::find_if(kNamedClasses.begin(), kNamedClasses.end(),
                     [&](const NamedClass& known) { return known.name == name; });
    if (named != kNamedClasses.end()) {
      if (!negative) {
        *items = named->items;
      } else if (named->items.find("\\p") == Text::npos && name.size() < 7) {
        return Complement(named->items, items);
      } else {
        return Refuse("\\P{" + name + "}");
      }
      return true;
    }
    for (const Text prefix :
         {"IsAlphabetic", "IsUppercase", "IsLowercase", "IsWhite_Space", "IsIdeographic"}) {
      if (name == prefix) name = name.substr(2);
    }
    if (name.starts_with("In") && name.size() > 2) return Refuse("the block \\p{" + name + "}");
    for (const Text prefix : {"Is", "general_category=", "gc=", "script=", "sc="}) {
      if (name.starts_with(prefix)) {
        name = name.substr(prefix.size());
        break;
      }
    }
    if (name == "L1") {
      *items = R"(\x00-\xff)";
      return !negative || Refuse("\\P{L1}");
    }
    if (name == "LC") name = "L&";
    if (name.empty()) return false;
    *items = std::string(negative ? R"(\P{)" : R"(\p{)") + name + "}";
    return true;
  }
  // The inside of a class for all but some ASCII ranges.
  static bool Complement(Text items, std::string* out) {
    std::array<bool, 128> in{};
    const auto one = [&](size_t* i) -> uint32_t {
      if (items[*i] != '\\') return static_cast<uint8_t>(items[(*i)++]);
      const char c = items[*i + 1];
      if (c == 'x') {
        const uint32_t value =
            static_cast<uint32_t>(std::stoi(std::string(items.substr(*i + 2, 2)), nullptr, 16));
        *i += 4;
        return value;
      }
      *i += 2;
      return c == 't'   ? 9u
             : c == 'n' ? 10u
             : c == 'f' ? 12u
             : c == 'r' ? 13u
                        : static_cast<uint32_t>(c);
    };
    for (size_t i = 0; i < items.size();) {
      const uint32_t first = one(&i);
      uint32_t last = first;
      if (i + 1 < items.size() && items[i] == '-') {
        ++i;
        last = one(&i);
      }
      for (uint32_t c = first; c <= last; ++c) in[c] = true;
    }
    for (uint32_t c = 0; c < 128; ++c) {
      if (!in[c]) *out += Hex(c);
    }
    *out += R"(\x{80}-\x{10ffff})";
    return true;
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

  // A class, at_ behind its '['. Writes something that matches one character.
  bool Class(std::string* out, int depth) {
    if (depth > 50) return Refuse("classes nested deeper than 50");
    const bool negative = Take("^");
    std::vector<std::string> operands;  // Of &&.
    std::vector<std::string> nested;    // Unions with other classes.
    std::string items;
    bool first = true;
    const auto finish_operand = [&] {
      if (nested.empty()) return items.empty() ? std::string("(?!)") : "[" + items + "]";
      std::string text = "(?:" + (items.empty() ? "" : "[" + items + "]|");
      for (size_t i = 0; i < nested.size(); ++i) text += (i > 0 ? "|" : "") + nested[i];
      return text + ")";
    };
    for (;; first = false) {
      if (done()) return false;
      const uint32_t c = peek();
      if (flags_.comments && (c == ' ' || (c >= 9 && c <= 13))) {
        ++at_;
        continue;
      }
      if (c == ']' && !(first && items.empty())) {
        ++at_;
        break;
      }
      if (c == '&' && peek(1) == '&') {
        while (peek() == '&') ++at_;
        if (!items.empty() || !nested.empty()) operands.push_back(finish_operand());
        items.clear();
        nested.clear();
        continue;
      }
      if (c == '[') {
        ++at_;
        std::string text;
        if (!Class(&text, depth + 1)) return false;
        nested.push_back(std::move(text));
        continue;
      }
      if (!ClassItem(&items)) return false;
    }
    if (operands.empty() && nested.empty()) {
      *out = (negative ? "[^" : "[") + items + "]";
      return true;
    }
    if (!items.empty() || !nested.empty()) operands.push_back(finish_operand());
    std::string positive;
    for (size_t i = 0; i + 1 < operands.size(); ++i) positive += "(?=" + operands[i] + ")";
    positive += operands.back();
    *out = negative ? "(?:(?!" + positive + ")(?s:.))" : "(?:" + positive + ")";
    return true;
  }

  // One character, range or escaped class.
  bool ClassItem(std::string* items) {
    std::optional<uint32_t> first;
    if (peek() == '\\') {
      ++at_;
      if (Take("Q")) {
        while (!done() && !Take("\\E"))
          AddRange(static_cast<uint32_t>(pattern_[at_]), static_cast<uint32_t>(pattern_[at_])),
              ++at_;
        items->append(range_items_);
        range_items_.clear();
        return true;
      }
      std::string escaped;
      bool good = true;
      if (EscapedClass(&escaped, &good)) {
        items->append(escaped);
        return good;
      }
      first = EscapedCharacter();
    } else {
      first = static_cast<uint32_t>(pattern_[at_++]);
    }
    if (!first.has_value()) return false;
    uint32_t last = *first;
    // A '-' is a range unless it ends the class or a class follows.
    if (peek() == '-' && peek(1) != ']' && peek(1) != '[' && peek(1) != 0 &&
        !(peek(1) == '&' && peek(2) == '&')) {
      const size_t dash = at_;
      ++at_;
      std::optional<uint32_t> end;
      if (peek() == '\\') {
        ++at_;
        const uint32_t kind = peek();
        if (kind == 'd' || kind == 'w' || kind == 's' || kind == 'p' || kind == 'D' ||
            kind == 'W' || kind == 'S') {
          at_ = dash;
        } else {
          end = EscapedCharacter();
          if (!end.has_value()) return false;
        }
      } else {
        end = static_cast<uint32_t>(pattern_[at_++]);
      }
      if (end.has_value()) {
        if (*end < *first) return false;
        last = *end;
      }
    }
    AddRange(*first, last);
    items->append(range_items_);
    range_items_.clear();
    return true;
  }
  void AddRange(uint32_t first, uint32_t last) {
    const auto add = [this](uint32_t a, uint32_t b) {
      range_items_ += Literal(a);
      if (b > a) range_items_ += "-" + Literal(b);
    };
    add(first, last);
    if (!flags_.insensitive) return;
    if (flags_.unicode_case) {
      if (last - first > 0x1000) return;
      for (uint32_t c = first; c <= last; ++c) {
        std::string text;
        std::string cased;
        AppendUtf8(c, &text);
        AppendUpper(text, &cased);
        size_t size;
        if (CodePoints(cased) == 1) add(Decode(cased, 0, &size), 0);
        cased.clear();
        AppendLower(text, &cased);
        if (CodePoints(cased) == 1) add(Decode(cased, 0, &size), 0);
      }
      return;
    }
    for (const uint32_t base : {uint32_t{'a'}, uint32_t{'A'}}) {
      const uint32_t low = std::max(first, base);
      const uint32_t high = std::min(last, base + 25);
      if (low <= high) add(low ^ 32, high ^ 32);
    }
  }

  const std::u32string pattern_;
  size_t at_ = 0;
  Flags flags_;
  int groups_ = 0;
  std::string out_;
  std::string range_items_;
  std::string unsupported_;
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
