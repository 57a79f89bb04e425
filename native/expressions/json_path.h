// JSON paths as Flink's JsonPath library reads them, with SQL's lax and strict modes.
//
//   lax $.store.book[?(@.price > 10)].title      strict (the default) fails where something is
//   missing
//
// Steps: .name ['a','b'] [0] [-1] [0,2] [1:3] [*] .* ..name [?(filter)], functions length() size()
// keys() min() max() avg() sum() first() last(). Filters: == != === !== < <= > >= =~ in nin
// contains size empty, && || ! ( ).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "expressions/json_document.h"

namespace sabot {

struct JsonFilter;

struct JsonStep {
  enum class Kind : uint8_t { kProperties, kIndexes, kSlice, kWildcard, kScan, kFilter, kFunction };

  Kind kind = Kind::kProperties;
  std::vector<std::string> names = {};  // kProperties; kFunction: its name.
  std::vector<int64_t> indexes = {};    // kIndexes; kSlice: from and to.
  bool has_from = false;                // kSlice
  bool has_to = false;
  std::shared_ptr<const JsonFilter> filter = nullptr;

  // Whether it leads to one value at most. The last step may take several properties: they become
  // one object.
  bool definite(bool last) const;
};

class JsonPath {
 public:
  // A path that is no path compiles too: evaluating it is an error, as in Flink.
  static JsonPath Compile(std::string_view text);

  enum class Outcome : uint8_t { kValue, kNothing, kError };
  struct Result {
    Outcome outcome;
    int32_t node = -1;  // kValue
  };
  // kNothing: lax and not there, or JSON null. kError: strict and not there or null, or the path is
  // bad.
  Result Evaluate(JsonDocument& document) const;

  bool lax() const { return lax_; }
  // Steps without mode, from a node: what filters do. -1 if there is nothing.
  int32_t Find(JsonDocument& document, int32_t root, int32_t from) const;

 private:
  friend class JsonPathParser;
  class Walk;
  std::vector<JsonStep> steps_;
  bool lax_ = false;
  bool valid_ = false;
  bool from_root_ = true;  // $, not @
};

// --- filters
// -----------------------------------------------------------------------------------------------------

struct JsonOperand {
  enum class Kind : uint8_t { kPath, kNumber, kText, kBoolean, kNull, kList };
  Kind kind = Kind::kNull;
  JsonPath path;
  std::string text;  // kNumber, kText
  bool boolean = false;
  std::vector<JsonOperand> items;  // kList
};

struct JsonFilter {
  enum class Kind : uint8_t { kOr, kAnd, kNot, kExists, kCompare };
  Kind kind = Kind::kExists;
  std::vector<JsonFilter> children = {};  // kOr, kAnd, kNot
  JsonOperand left = {};                  // kExists, kCompare
  JsonOperand right = {};                 // kCompare
  std::string op = {};

  bool Accepts(JsonDocument& document, int32_t root, int32_t node) const;
};

}  // namespace sabot
