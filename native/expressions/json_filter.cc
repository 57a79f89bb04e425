// Filters of JSON paths: evaluation.
#include <algorithm>
#include <charconv>
#include <optional>

#include "expressions/json_path.h"
#include "expressions/regex.h"

namespace sabot {
namespace {

// A comparison's side: what a path found, or what the filter says.
struct Side {
  enum class Kind { kUndefined, kNull, kBoolean, kNumber, kText, kNode };
  Kind kind = Kind::kUndefined;
  bool boolean = false;
  std::string_view text = {};
  int32_t node = -1;
};

Side SideOf(const JsonNode& node, int32_t index) {
  switch (node.kind) {
    case JsonNode::Kind::kNull:
      return {.kind = Side::Kind::kNull};
    case JsonNode::Kind::kFalse:
    case JsonNode::Kind::kTrue:
      return {.kind = Side::Kind::kBoolean, .boolean = node.kind == JsonNode::Kind::kTrue};
    case JsonNode::Kind::kNumber:
      return {.kind = Side::Kind::kNumber, .text = node.text};
    case JsonNode::Kind::kString:
      return {.kind = Side::Kind::kText, .text = node.text};
    default:
      return {.kind = Side::Kind::kNode, .node = index};
  }
}
Side SideOf(const JsonOperand& operand, JsonDocument& document, int32_t root, int32_t node) {
  switch (operand.kind) {
    case JsonOperand::Kind::kPath: {
      const int32_t found = operand.path.Find(document, root, node);
      return found < 0 ? Side{} : SideOf(document.node(found), found);
    }
    case JsonOperand::Kind::kNumber:
      return {.kind = Side::Kind::kNumber, .text = operand.text};
    case JsonOperand::Kind::kText:
      return {.kind = Side::Kind::kText, .text = operand.text};
    case JsonOperand::Kind::kBoolean:
      return {.kind = Side::Kind::kBoolean, .boolean = operand.boolean};
    default:
      return {.kind = Side::Kind::kNull};
  }
}

std::optional<double> Number(const Side& side) {
  if (side.kind != Side::Kind::kNumber && side.kind != Side::Kind::kText) return std::nullopt;
  double value = 0;
  const auto end = std::from_chars(side.text.data(), side.text.data() + side.text.size(), value);
  if (end.ec != std::errc() || end.ptr != side.text.data() + side.text.size()) return std::nullopt;
  return value;
}

bool Equal(const Side& a, const Side& b, const JsonDocument& document) {
  using K = Side::Kind;
  if (a.kind == K::kNumber && (b.kind == K::kNumber || b.kind == K::kText)) {
    const auto left = Number(a);
    const auto right = Number(b);
    return left.has_value() && right.has_value() && *left == *right;
  }
  if (a.kind == K::kText) return (b.kind == K::kText || b.kind == K::kNumber) && a.text == b.text;
  if (a.kind != b.kind) return false;
  if (a.kind == K::kBoolean) return a.boolean == b.boolean;
  if (a.kind != K::kNode) return true;
  std::string left;
  std::string right;
  document.Append(document.node(a.node), &left);
  document.Append(document.node(b.node), &right);
  return left == right;
}

// a < b and the like: -1, 0, 1, or nothing if they have no order.
std::optional<int> Order(const Side& a, const Side& b) {
  if (a.kind == Side::Kind::kNumber && b.kind == Side::Kind::kNumber) {
    const double left = Number(a).value_or(0);
    const double right = Number(b).value_or(0);
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (a.kind != Side::Kind::kText || b.kind != Side::Kind::kText) return std::nullopt;
  const int order = a.text.compare(b.text);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

bool Contains(const JsonOperand& list, const Side& value, JsonDocument& document, int32_t root,
              int32_t node) {
  if (list.kind == JsonOperand::Kind::kList) {
    return std::any_of(list.items.begin(), list.items.end(), [&](const JsonOperand& item) {
      return Equal(SideOf(item, document, root, node), value, document);
    });
  }
  const Side side = SideOf(list, document, root, node);
  if (side.kind == Side::Kind::kText && value.kind == Side::Kind::kText) {
    return side.text.find(value.text) != std::string_view::npos;
  }
  if (side.kind != Side::Kind::kNode || document.node(side.node).kind != JsonNode::Kind::kArray)
    return false;
  for (int32_t i = document.node(side.node).first; i >= 0; i = document.node(i).next) {
    if (Equal(SideOf(document.node(i), i), value, document)) return true;
  }
  return false;
}

int64_t SizeOf(const Side& side, const JsonDocument& document) {
  if (side.kind == Side::Kind::kText) return static_cast<int64_t>(side.text.size());
  return side.kind == Side::Kind::kNode ? document.node(side.node).size : -1;
}

}  // namespace

bool JsonFilter::Accepts(JsonDocument& document, int32_t root, int32_t node) const {
  const auto accepts = [&](const JsonFilter& child) { return child.Accepts(document, root, node); };
  switch (kind) {
    case Kind::kOr:
      return std::any_of(children.begin(), children.end(), accepts);
    case Kind::kAnd:
      return std::all_of(children.begin(), children.end(), accepts);
    case Kind::kNot:
      return !accepts(children[0]);
    case Kind::kExists:
      return left.path.Find(document, root, node) >= 0;
    case Kind::kCompare:
      break;
  }
  const Side a = SideOf(left, document, root, node);
  if (op == "in") return Contains(right, a, document, root, node);
  if (op == "nin") return !Contains(right, a, document, root, node);
  const Side b = SideOf(right, document, root, node);
  if (op == "contains") return Contains(left, b, document, root, node);
  if (op == "==" || op == "===") return (op == "==" || a.kind == b.kind) && Equal(a, b, document);
  if (op == "!=" || op == "!==")
    return !((op == "!=" || a.kind == b.kind) && Equal(a, b, document));
  if (op == "size")
    return Number(b).has_value() && static_cast<double>(SizeOf(a, document)) == *Number(b);
  if (op == "empty") return SizeOf(a, document) >= 0 && (SizeOf(a, document) == 0) == b.boolean;
  if (op == "=~") {
    auto regex = Regex::Compile(b.text);
    if (!regex.ok() || *regex == nullptr ||
        (a.kind != Side::Kind::kText && a.kind != Side::Kind::kNumber))
      return false;
    return (*regex)->Matches(a.text).ValueOr(false);
  }
  const auto order = Order(a, b);
  if (!order.has_value()) return false;
  if (op == "<") return *order < 0;
  if (op == "<=") return *order <= 0;
  return op == ">" ? *order > 0 : *order >= 0;
}

}  // namespace sabot
