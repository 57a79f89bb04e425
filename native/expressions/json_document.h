// A JSON text as a tree, read and written as Flink's Jackson does.
//
//   {"b": 1.0e3, "a": [null]}  ->  tree  ->  {"a":[null],"b":1.0E+3}
//
// Numbers are exact: integers of any size, others as BigDecimal prints them. Keys are sorted when
// written, and a repeated key keeps its first place and its last value. What follows the first
// value is ignored.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sabot {

struct JsonNode {
  enum class Kind : uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  // kNumber: as BigDecimal or BigInteger prints it. kString: decoded.
  std::string_view text;
  std::string_view key;  // In an object.
  int32_t next = -1;     // The next element or member of the same parent.
  int32_t first = -1;    // kArray, kObject: the first child.
  int32_t size = 0;      // Children.

  bool is_container() const { return kind >= Kind::kArray; }
  // What Flink's functions get of a scalar: the text, "true", "false"; "null" of null.
  std::string_view scalar_text() const;
};

// Reused from row to row. Nodes live until the next Parse.
class JsonDocument {
 public:
  // Whether the text begins with a JSON value (and, if that is a number or a word, a space or the
  // end follows).
  bool Parse(std::string_view text);

  const JsonNode& root() const { return nodes_[0]; }
  const JsonNode& node(int32_t index) const { return nodes_[static_cast<size_t>(index)]; }
  // The child of an object by key, of an array by position; -1 if there is none.
  int32_t Member(int32_t object, std::string_view key) const;
  int32_t Element(int32_t array, int64_t index) const;

  // Whether some object of the text names a member twice.
  bool has_repeated_key() const { return has_repeated_key_; }
  void SetNumber(int32_t index, std::string number) {
    nodes_[static_cast<size_t>(index)].text = Keep(std::move(number));
  }

  // Values that a path makes; references to nodes go stale. The text must live as long as the row.
  int32_t AddNumber(std::string number);
  // An array of, or an object with, copies of these children (whose keys stay).
  int32_t AddContainer(JsonNode::Kind kind, std::span<const int32_t> children);

  void Append(const JsonNode& node, std::string* out) const;

 private:
  struct Reader;
  std::string_view Keep(std::string text) { return kept_.emplace_back(std::move(text)); }

  std::vector<JsonNode> nodes_;
  std::vector<char> decoded_;
  std::deque<std::string> kept_;  // Views into it stay good.
  bool has_repeated_key_ = false;
};

// "text" with Jackson's escapes.
void AppendJacksonString(std::string_view text, std::string* out);

}  // namespace sabot
