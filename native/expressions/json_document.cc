// A JSON text as a tree, read and written as Flink's Jackson does.
#include "expressions/json_document.h"

#include <algorithm>
#include <utility>

#include "expressions/java_number.h"
#include "expressions/unicode.h"

namespace sabot {
namespace {

constexpr int kDepthMax = 1000;  // Jackson's bounds.
constexpr size_t kNumberLengthMax = 1000;
constexpr int64_t kExponentMax = 100'000;  // Beyond it a number is not written out.

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool IsDigitChar(char c) { return c >= '0' && c <= '9'; }

}  // namespace

// One pass over the text; nodes are appended, strings with escapes are decoded into decoded_.
struct JsonDocument::Reader {
  JsonDocument& document;
  std::string_view text;
  size_t at = 0;

  void SkipSpace() {
    while (at < text.size() && IsSpace(text[at])) ++at;
  }
  bool Take(char c) {
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
  }

  // Reads a value into a new node; -1 if there is none.
  int32_t Value(int depth) {
    if (at >= text.size() || depth > kDepthMax) return -1;
    const auto index = static_cast<int32_t>(document.nodes_.size());
    document.nodes_.emplace_back();
    JsonNode node;
    bool good = false;
    switch (text[at]) {
      case '{':
      case '[':
        good = Container(index, depth);
        return good ? index : -1;
      case '"':
        ++at;
        node.kind = JsonNode::Kind::kString;
        good = String(&node.text);
        break;
      case 't':
        node.kind = JsonNode::Kind::kTrue;
        good = Word("true");
        break;
      case 'f':
        node.kind = JsonNode::Kind::kFalse;
        good = Word("false");
        break;
      case 'n':
        good = Word("null");
        break;
      default:
        node.kind = JsonNode::Kind::kNumber;
        good = Number(&node.text);
    }
    if (good) document.nodes_[static_cast<size_t>(index)] = node;
    return good ? index : -1;
  }

  bool Container(int32_t index, int depth) {
    const bool object = text[at++] == '{';
    const char close = object ? '}' : ']';
    int32_t last = -1;
    int32_t first = -1;
    int32_t size = 0;
    uint64_t seen = 0;  // Bits of the keys' hashes: a key whose bit is new is new.
    SkipSpace();
    if (!Take(close)) {
      for (;;) {
        std::string_view key;
        SkipSpace();
        if (object) {
          if (!Take('"') || !String(&key)) return false;
          SkipSpace();
          if (!Take(':')) return false;
          SkipSpace();
        }
        const int32_t child = Value(depth + 1);
        if (child < 0) return false;
        JsonNode& node = document.nodes_[static_cast<size_t>(child)];
        node.key = key;
        const uint64_t bit = object ? uint64_t{1} << (std::hash<std::string_view>()(key) & 63) : 0;
        if (object && (seen & bit) != 0 && Replace(first, child)) {
          // The earlier member has this one's value now.
        } else {
          (last < 0 ? first : document.nodes_[static_cast<size_t>(last)].next) = child;
          last = child;
          ++size;
        }
        seen |= bit;
        SkipSpace();
        if (Take(close)) break;
        if (!Take(',')) return false;
      }
    }
    JsonNode& node = document.nodes_[static_cast<size_t>(index)];
    node.kind = object ? JsonNode::Kind::kObject : JsonNode::Kind::kArray;
    node.first = first;
    node.size = size;
    return true;
  }
  // Gives the member of `child`'s key, if there is one, the value of `child`.
  bool Replace(int32_t first, int32_t child) {
    JsonNode value = document.nodes_[static_cast<size_t>(child)];
    for (int32_t i = first; i >= 0; i = document.nodes_[static_cast<size_t>(i)].next) {
      JsonNode& member = document.nodes_[static_cast<size_t>(i)];
      if (member.key != value.key) continue;
      value.next = member.next;
      member = value;
      document.has_repeated_key_ = true;
      return true;
    }
    return false;
  }

  bool Word(std::string_view word) {
    if (text.substr(at, word.size()) != word) return false;
    at += word.size();
    const char next = at < text.size() ? text[at] : ' ';
    const bool part = IsDigitChar(next) ||
                      (static_cast<uint8_t>(next | 32) >= 'a' && (next | 32) <= 'z') ||
                      next == '_' || next == '$' || (next & 0x80) != 0;
    return !part;
  }

  bool Number(std::string_view* out) {
    const size_t from = at;
    Take('-');
    if (at >= text.size() || !IsDigitChar(text[at])) return false;
    if (text[at] == '0' && at + 1 < text.size() && IsDigitChar(text[at + 1])) return false;
    bool integer = true;
    const auto digits = [&] {
      const size_t start = at;
      while (at < text.size() && IsDigitChar(text[at])) ++at;
      return at > start;
    };
    digits();
    if (Take('.')) {
      integer = false;
      if (!digits()) return false;
    }
    int64_t exponent = 0;
    if (at < text.size() && (text[at] | 32) == 'e') {
      integer = false;
      ++at;
      if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
      const size_t start = at;
      if (!digits()) return false;
      for (size_t i = start; i < at && exponent <= kExponentMax; ++i)
        exponent = exponent * 10 + (text[i] - '0');
    }
    const std::string_view number = text.substr(from, at - from);
    if (number.size() > kNumberLengthMax) return false;
    // A number at the root ends with the text or at a space.
    if (from == root_start && at < text.size() && !IsSpace(text[at])) return false;
    if (integer) {
      *out = number == "-0" ? number.substr(1) : number;
    } else {
      *out = document.Keep(BigDecimalText(number));
    }
    return true;
  }

  // Behind the opening quote.
  bool String(std::string_view* out) {
    const size_t from = at;
    while (at < text.size() && text[at] != '"' && text[at] != '\\') {
      if (static_cast<uint8_t>(text[at]) < 0x20) return false;
      ++at;
    }
    if (at >= text.size()) return false;
    if (text[at] == '"') {
      *out = text.substr(from, at - from);
      ++at;
      return true;
    }
    // Decoded text is never longer than its source, and decoded_ has room for the whole: it does
    // not move.
    const size_t start = document.decoded_.size();
    auto& decoded = document.decoded_;
    decoded.insert(decoded.end(), text.begin() + static_cast<int64_t>(from),
                   text.begin() + static_cast<int64_t>(at));
    for (;;) {
      if (at >= text.size()) return false;
      const char c = text[at++];
      if (c == '"') break;
      if (static_cast<uint8_t>(c) < 0x20) return false;
      if (c != '\\') {
        decoded.push_back(c);
      } else if (!Escape()) {
        return false;
      }
    }
    *out = {decoded.data() + start, decoded.size() - start};
    return true;
  }
  bool Escape() {
    if (at >= text.size()) return false;
    const char c = text[at++];
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    if (const size_t i = kNames.find(c); i != std::string_view::npos) {
      document.decoded_.push_back(kValues[i]);
      return true;
    }
    uint32_t unit = 0;
    if (c != 'u' || !Hex4(&unit)) return false;
    uint32_t low = 0;
    const size_t behind = at;
    if (unit >= 0xD800 && unit < 0xDC00 && Take('\\') && Take('u') && Hex4(&low) && low >= 0xDC00 &&
        low < 0xE000) {
      unit = 0x10000 + ((unit & 0x3FF) << 10 | (low & 0x3FF));
    } else {
      at = behind;
      if (unit >= 0xD800 && unit < 0xE000) unit = '?';
    }
    std::string bytes;
    AppendUtf8(unit, &bytes);
    document.decoded_.insert(document.decoded_.end(), bytes.begin(), bytes.end());
    return true;
  }
  bool Hex4(uint32_t* out) {
    if (at + 4 > text.size()) return false;
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = text[at++];
      const int digit = IsDigitChar(c)                       ? c - '0'
                        : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                             : -1;
      if (digit < 0) return false;
      value = value << 4 | static_cast<uint32_t>(digit);
    }
    *out = value;
    return true;
  }

  size_t root_start = 0;
};

std::string_view JsonNode::scalar_text() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kTrue:
      return "true";
    case Kind::kFalse:
      return "false";
    default:
      return text;
  }
}

bool JsonDocument::Parse(std::string_view text) {
  nodes_.clear();
  kept_.clear();
  has_repeated_key_ = false;
  decoded_.clear();
  decoded_.reserve(text.size());
  Reader reader{*this, text};
  reader.SkipSpace();
  reader.root_start = reader.at;
  return reader.Value(0) == 0;
}

int32_t JsonDocument::Member(int32_t object, std::string_view key) const {
  for (int32_t i = node(object).first; i >= 0; i = node(i).next) {
    if (node(i).key == key) return i;
  }
  return -1;
}

int32_t JsonDocument::Element(int32_t array, int64_t index) const {
  if (index < 0 || index >= node(array).size) return -1;
  int32_t i = node(array).first;
  while (index-- > 0) i = node(i).next;
  return i;
}

int32_t JsonDocument::AddNumber(std::string number) {
  JsonNode node;
  node.kind = JsonNode::Kind::kNumber;
  node.text = Keep(std::move(number));
  nodes_.push_back(node);
  return static_cast<int32_t>(nodes_.size()) - 1;
}

int32_t JsonDocument::AddContainer(JsonNode::Kind kind, std::span<const int32_t> children) {
  const auto first = static_cast<int32_t>(nodes_.size());
  for (size_t i = 0; i < children.size(); ++i) {
    JsonNode copy = node(children[i]);
    copy.next = i + 1 < children.size() ? static_cast<int32_t>(nodes_.size()) + 1 : -1;
    nodes_.push_back(copy);
  }
  JsonNode container;
  container.kind = kind;
  container.first = children.empty() ? -1 : first;
  container.size = static_cast<int32_t>(children.size());
  nodes_.push_back(container);
  return static_cast<int32_t>(nodes_.size()) - 1;
}

void JsonDocument::Append(const JsonNode& value, std::string* out) const {
  switch (value.kind) {
    case JsonNode::Kind::kString:
      AppendJacksonString(value.text, out);
      return;
    case JsonNode::Kind::kArray:
      out->push_back('[');
      for (int32_t i = value.first; i >= 0; i = node(i).next) {
        if (i != value.first) out->push_back(',');
        Append(node(i), out);
      }
      out->push_back(']');
      return;
    case JsonNode::Kind::kObject: {
      std::vector<const JsonNode*> members;
      members.reserve(static_cast<size_t>(value.size));
      for (int32_t i = value.first; i >= 0; i = node(i).next) members.push_back(&node(i));
      std::sort(members.begin(), members.end(),
                [](const JsonNode* a, const JsonNode* b) { return a->key < b->key; });
      out->push_back('{');
      for (const JsonNode* member : members) {
        if (member != members.front()) out->push_back(',');
        AppendJacksonString(member->key, out);
        out->push_back(':');
        Append(*member, out);
      }
      out->push_back('}');
      return;
    }
    default:
      out->append(value.scalar_text());
  }
}

void AppendJacksonString(std::string_view text, std::string* out) {
  out->push_back('"');
  size_t copied = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<uint8_t>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out->append(text.substr(copied, i - copied));
    copied = i + 1;
    out->push_back('\\');
    switch (c) {
      case '"':
      case '\\':
        out->push_back(c);
        break;
      case '\b':
        out->push_back('b');
        break;
      case '\t':
        out->push_back('t');
        break;
      case '\n':
        out->push_back('n');
        break;
      case '\f':
        out->push_back('f');
        break;
      case '\r':
        out->push_back('r');
        break;
      default: {
        constexpr char kHex[] = "0123456789ABCDEF";
        out->append("u00");
        out->push_back(kHex[c >> 4]);
        out->push_back(kHex[c & 15]);
      }
    }
  }
  out->append(text.substr(copied));
  out->push_back('"');
}

}  // namespace sabot
