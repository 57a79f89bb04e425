// JSON paths: reading them. A text that the library would reject compiles to a path whose
// evaluation is an error.
#include <algorithm>
#include <charconv>
#include <optional>

#include "expressions/json_path.h"

namespace sabot {
namespace {

bool Blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && Blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && Blank(text.back())) text.remove_suffix(1);
  return text;
}

// "lax $.a" without its mode; whether it was lax.
bool TakeMode(std::string_view* text) {
  const std::string_view trimmed = Trimmed(*text);
  for (const std::string_view mode : {"strict", "lax"}) {
    if (trimmed.size() <= mode.size() || !Blank(trimmed[mode.size()])) continue;
    const bool same = std::equal(mode.begin(), mode.end(), trimmed.begin(), [](char a, char b) {
      return a == (b >= 'A' && b <= 'Z' ? b + 32 : b);
    });
    if (!same) continue;
    *text = Trimmed(trimmed.substr(mode.size()));
    return mode == "lax";
  }
  return false;
}

}  // namespace

class JsonPathParser {
 public:
  explicit JsonPathParser(std::string_view text) : text_(text) {}

  // A whole path; `stop` characters end it (in filters), else the text does.
  std::optional<JsonPath> Path(bool in_filter) {
    JsonPath path;
    path.valid_ = true;
    if (Take('@')) {
      path.from_root_ = false;
    } else if (!Take('$')) {
      if (in_filter || !Name(&path)) return std::nullopt;
    }
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '.') {
        ++at_;
        if (Take('.')) {
          path.steps_.push_back({.kind = JsonStep::Kind::kScan});
          if (at_ >= text_.size()) return std::nullopt;
          if (text_[at_] == '[') continue;
        }
        if (!Name(&path)) return std::nullopt;
      } else if (c == '[') {
        if (!Bracket(&path)) return std::nullopt;
      } else if (in_filter) {
        break;
      } else {
        return std::nullopt;
      }
    }
    return path;
  }

  bool done() const { return at_ >= text_.size(); }

 private:
  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool Take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void SkipBlanks() {
    while (at_ < text_.size() && Blank(text_[at_])) ++at_;
  }

  // name, * or function(), behind the dot.
  bool Name(JsonPath* path) {
    if (Take('*')) {
      path->steps_.push_back({.kind = JsonStep::Kind::kWildcard});
      return true;
    }
    const size_t from = at_;
    // Operators and blanks end a name in a filter; in a path they are part of it or wrong.
    constexpr std::string_view kEnds = ".[( \t\n\r=!<>&|),";
    while (at_ < text_.size() && kEnds.find(text_[at_]) == std::string_view::npos) ++at_;
    const std::string name(text_.substr(from, at_ - from));
    if (name.empty()) return false;
    if (!Take('(')) {
      path->steps_.push_back({.kind = JsonStep::Kind::kProperties, .names = {name}});
      return true;
    }
    SkipBlanks();
    constexpr std::string_view kFunctions[] = {"length", "size", "keys",  "min", "max",
                                               "avg",    "sum",  "first", "last"};
    if (!Take(')') ||
        std::find(std::begin(kFunctions), std::end(kFunctions), name) == std::end(kFunctions))
      return false;
    path->steps_.push_back({.kind = JsonStep::Kind::kFunction, .names = {name}});
    return true;
  }

  bool Bracket(JsonPath* path) {
    ++at_;
    SkipBlanks();
    if (Take('*')) {
      path->steps_.push_back({.kind = JsonStep::Kind::kWildcard});
    } else if (Take('?')) {
      SkipBlanks();
      if (!Take('(')) return false;
      auto filter = Or();
      SkipBlanks();
      if (!filter.has_value() || !Take(')')) return false;
      path->steps_.push_back({.kind = JsonStep::Kind::kFilter,
                              .filter = std::make_shared<JsonFilter>(std::move(*filter))});
    } else if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) {
      JsonStep step{.kind = JsonStep::Kind::kProperties};
      do {
        SkipBlanks();
        std::string name;
        if (!Quoted(&name)) return false;
        step.names.push_back(std::move(name));
        SkipBlanks();
      } while (Take(','));
      path->steps_.push_back(std::move(step));
    } else if (!Positions(path)) {
      return false;
    }
    SkipBlanks();
    return Take(']');
  }

  // 0  -1  0,2  1:3  :2  -2:
  bool Positions(JsonPath* path) {
    JsonStep step{.kind = JsonStep::Kind::kIndexes};
    const auto number = [&](int64_t* out) {
      SkipBlanks();
      const auto end = std::from_chars(text_.data() + at_, text_.data() + text_.size(), *out);
      if (end.ec != std::errc()) return false;
      at_ = static_cast<size_t>(end.ptr - text_.data());
      SkipBlanks();
      return true;
    };
    int64_t value = 0;
    step.has_from = number(&value);
    if (Take(':')) {
      int64_t to = 0;
      step.kind = JsonStep::Kind::kSlice;
      step.has_to = number(&to);
      step.indexes = {value, to};
      if (!step.has_from && !step.has_to) return false;
    } else {
      if (!step.has_from) return false;
      step.indexes.push_back(value);
      while (Take(',')) {
        if (!number(&value)) return false;
        step.indexes.push_back(value);
      }
    }
    path->steps_.push_back(std::move(step));
    return true;
  }

  bool Quoted(std::string* out) {
    const char quote = at_ < text_.size() ? text_[at_] : 0;
    if (quote != '\'' && quote != '"') return false;
    ++at_;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        const char c = text_[at_];
        out->push_back(c == 'n'   ? '\n'
                       : c == 't' ? '\t'
                       : c == 'r' ? '\r'
                       : c == 'b' ? '\b'
                       : c == 'f' ? '\f'
                                  : c);
      } else {
        out->push_back(text_[at_]);
      }
      ++at_;
    }
    return Take(quote);
  }

  // --- filters ---

  std::optional<JsonFilter> Or() {
    return Chain("||", JsonFilter::Kind::kOr, [this] { return And(); });
  }
  std::optional<JsonFilter> And() {
    return Chain("&&", JsonFilter::Kind::kAnd, [this] { return Term(); });
  }
  template <typename F>
  std::optional<JsonFilter> Chain(std::string_view op, JsonFilter::Kind kind, F&& next) {
    JsonFilter chain{.kind = kind};
    do {
      auto part = next();
      if (!part.has_value() || ++terms_ > 1000) return std::nullopt;
      chain.children.push_back(std::move(*part));
      SkipBlanks();
    } while (Take(op));
    if (chain.children.size() == 1) return JsonFilter(std::move(chain.children[0]));
    return chain;
  }
  std::optional<JsonFilter> Term() {
    SkipBlanks();
    if (text_.substr(at_, 2) != "!=" && Take('!')) {
      auto inner = Term();
      if (!inner.has_value()) return std::nullopt;
      JsonFilter negation{.kind = JsonFilter::Kind::kNot};
      negation.children.push_back(std::move(*inner));
      return negation;
    }
    if (Take('(')) {
      auto inner = Or();
      SkipBlanks();
      if (!inner.has_value() || !Take(')')) return std::nullopt;
      return inner;
    }
    JsonFilter filter;
    if (!Operand(&filter.left)) return std::nullopt;
    SkipBlanks();
    for (const std::string_view op : {"===", "!==", "==", "!=", "<=", ">=", "=~", "<", ">"}) {
      if (Take(op)) filter.op = op;
      if (!filter.op.empty()) break;
    }
    for (const std::string_view op : {"in ", "nin ", "contains ", "size ", "empty "}) {
      if (filter.op.empty() && (Take(op))) filter.op = op.substr(0, op.size() - 1);
    }
    if (filter.op.empty()) {
      if (filter.left.kind != JsonOperand::Kind::kPath) return std::nullopt;
      return filter;
    }
    filter.kind = JsonFilter::Kind::kCompare;
    SkipBlanks();
    if (!Operand(&filter.right)) return std::nullopt;
    return filter;
  }
  bool Operand(JsonOperand* out) {
    SkipBlanks();
    if (at_ >= text_.size()) return false;
    const char c = text_[at_];
    if (c == '@' || c == '$') {
      auto path = Path(true);
      if (!path.has_value()) return false;
      out->kind = JsonOperand::Kind::kPath;
      out->path = std::move(*path);
      return true;
    }
    if (c == '\'' || c == '"') {
      out->kind = JsonOperand::Kind::kText;
      return Quoted(&out->text);
    }
    if (c == '/') {
      const size_t end = text_.find('/', at_ + 1);
      if (end == std::string_view::npos) return false;
      out->kind = JsonOperand::Kind::kText;
      out->text = text_.substr(at_ + 1, end - at_ - 1);
      at_ = end + 1;
      if (Take('i')) out->text = "(?i)" + out->text;
      return true;
    }
    if (Take('[')) {
      out->kind = JsonOperand::Kind::kList;
      SkipBlanks();
      if (Take(']')) return true;
      do {
        JsonOperand item;
        if (!Operand(&item)) return false;
        out->items.push_back(std::move(item));
        SkipBlanks();
      } while (Take(','));
      return Take(']');
    }
    if (Take("true") || Take("false")) {
      out->kind = JsonOperand::Kind::kBoolean;
      out->boolean = c == 't';
      return true;
    }
    if (Take("null")) return true;
    const size_t from = at_;
    while (at_ < text_.size() &&
           std::string_view("+-.0123456789eE").find(text_[at_]) != std::string_view::npos)
      ++at_;
    out->kind = JsonOperand::Kind::kNumber;
    out->text = text_.substr(from, at_ - from);
    return !out->text.empty();
  }

  std::string_view text_;
  size_t at_ = 0;
  int terms_ = 0;
};

JsonPath JsonPath::Compile(std::string_view text) {
  const bool lax = TakeMode(&text);
  JsonPathParser parser(Trimmed(text));
  JsonPath path;
  if (auto parsed = parser.Path(false); parsed.has_value() && parser.done())
    path = std::move(*parsed);
  path.lax_ = lax;
  return path;
}

}  // namespace sabot
