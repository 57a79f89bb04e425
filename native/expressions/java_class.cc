// Character classes of Java's regular expressions, and escapes.
#include "expressions/java_class.h"

#include <algorithm>
#include <array>
#include <vector>

#include "expressions/unicode.h"

namespace sabot {
namespace {

using Text = std::string_view;

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

std::string Hex(uint32_t code_point) {
  constexpr Text kDigits = "0123456789abcdef";
  std::string out;
  for (int shift = 20; shift >= 0; shift -= 4) {
    const uint32_t digit = code_point >> shift & 15;
    if (digit != 0 || !out.empty() || shift == 0) out.push_back(kDigits[digit]);
  }
  return R"(\x{)" + out + "}";
}
}  // namespace

std::string PatternLiteral(uint32_t c) {
  const bool plain = (c >= '0' && c <= '9') || IsAsciiLetter(c);
  return plain ? std::string(1, static_cast<char>(c)) : Hex(c);
}

std::u32string JavaClassParser::ToUtf32(Text text) {
  std::u32string out;
  for (size_t i = 0, size; i < text.size(); i += size) out.push_back(Decode(text, i, &size));
  return out;
}

// A character that an escape stands for; at_ is behind the backslash and the letter is not taken
// yet.
std::optional<uint32_t> JavaClassParser::EscapedCharacter() {
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
      if (IsAsciiLetter(c) || (c >= '1' && c <= '9') || done()) return std::nullopt;
      ++at_;
      return c;
  }
}

std::optional<uint32_t> JavaClassParser::HexDigits(int least, int most) {
  uint32_t value = 0;
  int count = 0;
  for (; count < most; ++count, ++at_) {
    const uint32_t c = peek();
    const uint32_t digit = c >= '0' && c <= '9' ? c - '0'
                           : IsAsciiLetter(c)   ? (c | 32) - 'a' + 10
                                                : 16;
    if (digit > 15) break;
    value = value * 16 + digit;
  }
  return count >= least ? std::optional(value) : std::nullopt;
}

// \d \w \s \h \v and their opposites, \p{..}, \P{..}: the inside of a positive class. False if it
// is none of these. at_ is behind the backslash.
bool JavaClassParser::EscapedClass(std::string* items, bool* good) {
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

bool JavaClassParser::Property(std::string* items) {
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
bool JavaClassParser::Complement(Text items, std::string* out) {
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

// A class, at_ behind its '['. Writes something that matches one character.
bool JavaClassParser::Class(std::string* out, int depth) {
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
bool JavaClassParser::ClassItem(std::string* items) {
  std::optional<uint32_t> first;
  if (peek() == '\\') {
    ++at_;
    if (Take("Q")) {
      while (!done() && !Take("\\E"))
        AddRange(static_cast<uint32_t>(pattern_[at_]), static_cast<uint32_t>(pattern_[at_])), ++at_;
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
      if (kind == 'd' || kind == 'w' || kind == 's' || kind == 'p' || kind == 'D' || kind == 'W' ||
          kind == 'S') {
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

void JavaClassParser::AddRange(uint32_t first, uint32_t last) {
  const auto add = [this](uint32_t a, uint32_t b) {
    range_items_ += PatternLiteral(a);
    if (b > a) range_items_ += "-" + PatternLiteral(b);
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

}  // namespace sabot
