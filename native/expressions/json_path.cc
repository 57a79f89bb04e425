// JSON paths: evaluation. Steps are walked depth first; what a path with several results finds
// becomes an array.
#include "expressions/json_path.h"

#include <algorithm>
#include <charconv>

#include "expressions/java_number.h"

namespace sabot {

using Kind = JsonNode::Kind;

namespace {

bool IsDefinite(const std::vector<JsonStep>& steps) {
  return std::all_of(steps.begin(), steps.end(),
                     [&](const JsonStep& s) { return s.definite(&s == &steps.back()); });
}

}  // namespace

bool JsonStep::definite(bool last) const {
  switch (kind) {
    case Kind::kProperties:
      return names.size() == 1 || last;
    case Kind::kIndexes:
      return indexes.size() == 1;
    case Kind::kFunction:
      return true;
    default:
      return false;
  }
}

// One evaluation. `missing` is the library's PathNotFoundException.
class JsonPath::Walk {
 public:
  Walk(JsonDocument& document, const std::vector<JsonStep>& steps, bool suppress, int32_t root)
      : document_(document), steps_(steps), suppress_(suppress), root_(root) {}

  void Run(int32_t from) { Step(0, from, true); }

  std::vector<int32_t> results;
  bool missing = false;
  bool invalid = false;

 private:
  bool stopped() const { return missing || invalid; }
  bool leaf(size_t step) const { return step + 1 >= steps_.size(); }

  // `upstream` tells whether all steps before this one are definite.
  void Step(size_t step, int32_t at, bool upstream) {
    if (stopped()) return;
    if (step == steps_.size()) {
      results.push_back(at);
      return;
    }
    const JsonStep& token = steps_[step];
    switch (token.kind) {
      case JsonStep::Kind::kProperties:
        Properties(step, at, upstream);
        return;
      case JsonStep::Kind::kIndexes:
        if (!IsArray(at, upstream)) return;
        for (const int64_t index : token.indexes) Element(step, at, index, upstream);
        return;
      case JsonStep::Kind::kSlice:
        Slice(step, at, upstream);
        return;
      case JsonStep::Kind::kWildcard:
        ForEachChild(at, [&](int32_t child) {
          Step(step + 1, child, false);
          missing = false;  // Branches that lead nowhere are left out.
        });
        return;
      case JsonStep::Kind::kScan:
        Scan(step + 1, at);
        return;
      case JsonStep::Kind::kFilter:
        Filter(step, at, upstream);
        return;
      case JsonStep::Kind::kFunction:
        Function(token.names[0], at);
        return;
    }
  }

  template <typename F>
  void ForEachChild(int32_t at, F&& f) {
    if (!document_.node(at).is_container()) return;
    // Indexes, since f may add nodes.
    for (int32_t child = document_.node(at).first; child >= 0 && !stopped();
         child = document_.node(child).next) {
      f(child);
    }
  }

  void Properties(size_t step, int32_t at, bool upstream) {
    const JsonStep& token = steps_[step];
    if (document_.node(at).kind != Kind::kObject) {
      missing = missing || (upstream && !suppress_);
      return;
    }
    if (token.names.size() == 1) {
      Property(step, at, token.names[0], upstream);
    } else if (leaf(step)) {
      std::vector<int32_t> members;
      for (const std::string& name : token.names) {
        if (const int32_t member = document_.Member(at, name); member >= 0)
          members.push_back(member);
      }
      results.push_back(document_.AddContainer(Kind::kObject, members));
    } else {
      for (const std::string& name : token.names) Property(step, at, name, upstream);
    }
  }
  void Property(size_t step, int32_t at, const std::string& name, bool upstream) {
    const JsonStep& token = steps_[step];
    const int32_t member = document_.Member(at, name);
    if (member >= 0) {
      Step(step + 1, member, upstream && token.definite(leaf(step)));
    } else if (!leaf(step)) {
      missing = missing || (upstream && token.definite(false) && !suppress_);
    }
  }

  bool IsArray(int32_t at, bool upstream) {
    if (document_.node(at).kind == Kind::kArray) return true;
    missing = missing || (upstream && !suppress_);
    return false;
  }
  void Element(size_t step, int32_t at, int64_t index, bool upstream) {
    const int64_t size = document_.node(at).size;
    const int32_t element = document_.Element(at, index < 0 ? size + index : index);
    if (element >= 0) Step(step + 1, element, upstream && steps_[step].definite(leaf(step)));
  }
  void Slice(size_t step, int32_t at, bool upstream) {
    if (!IsArray(at, upstream)) return;
    const JsonStep& token = steps_[step];
    const int64_t size = document_.node(at).size;
    int64_t from = token.has_from ? token.indexes[0] : 0;
    int64_t to = token.has_to ? token.indexes[1] : size;
    if (!token.has_to && from < 0) from = std::max<int64_t>(from + size, 0);
    if (!token.has_from && to < 0) to += size;
    for (int64_t i = from; i < std::min(to, size); ++i) Element(step, at, i, false);
  }

  // Every value below `at`, itself first, that step `next` applies to.
  void Scan(size_t next, int32_t at) {
    if (next >= steps_.size()) {
      invalid = true;
      return;
    }
    const JsonStep& token = steps_[next];
    const Kind kind = document_.node(at).kind;
    if (kind != Kind::kArray && kind != Kind::kObject) return;
    bool applies = false;
    switch (token.kind) {
      case JsonStep::Kind::kProperties:
        applies = kind == Kind::kObject &&
                  (token.names.size() > 1 || document_.Member(at, token.names[0]) >= 0);
        break;
      case JsonStep::Kind::kIndexes:
      case JsonStep::Kind::kSlice:
        applies = kind == Kind::kArray;
        break;
      case JsonStep::Kind::kWildcard:
        applies = true;
        break;
      case JsonStep::Kind::kFilter:
        applies = kind == Kind::kObject && token.filter->Accepts(document_, root_, at);
        break;
      default:
        break;
    }
    if (applies) {
      Step(next, at, false);
      missing = false;
    }
    ForEachChild(at, [&](int32_t child) { Scan(next, child); });
  }

  void Filter(size_t step, int32_t at, bool upstream) {
    const JsonFilter& filter = *steps_[step].filter;
    switch (document_.node(at).kind) {
      case Kind::kObject:
        if (filter.Accepts(document_, root_, at)) Step(step + 1, at, false);
        return;
      case Kind::kArray:
        ForEachChild(at, [&](int32_t child) {
          if (filter.Accepts(document_, root_, child)) Step(step + 1, child, false);
        });
        return;
      default:
        invalid = invalid || upstream;
    }
  }

  void Function(const std::string& name, int32_t at) {
    const JsonNode node = document_.node(at);
    if (name == "length" || name == "size") {
      if (node.is_container()) results.push_back(document_.AddNumber(std::to_string(node.size)));
      return;
    }
    if (name == "first" || name == "last") {
      const int32_t element = node.kind == Kind::kArray
                                  ? document_.Element(at, name == "first" ? 0 : node.size - 1)
                                  : -1;
      if (element >= 0) results.push_back(element);
      return;
    }
    if (node.kind != Kind::kArray) return;
    std::vector<double> numbers;
    ForEachChild(at, [&](int32_t child) {
      const JsonNode& element = document_.node(child);
      double number = 0;
      if (element.kind != Kind::kNumber) return;
      std::from_chars(element.text.data(), element.text.data() + element.text.size(), number);
      numbers.push_back(number);
    });
    if (numbers.empty()) {
      invalid = true;
      return;
    }
    double value = 0;
    if (name == "min") {
      value = *std::min_element(numbers.begin(), numbers.end());
    } else if (name == "max") {
      value = *std::max_element(numbers.begin(), numbers.end());
    } else {
      for (const double number : numbers) value += number;
      if (name == "avg") value /= static_cast<double>(numbers.size());
    }
    results.push_back(document_.AddNumber(JavaDouble(value)));
  }

  JsonDocument& document_;
  const std::vector<JsonStep>& steps_;
  const bool suppress_;
  const int32_t root_;
};

JsonPath::Result JsonPath::Evaluate(JsonDocument& document) const {
  if (!valid_ || document.root().kind == Kind::kNull) return {Outcome::kError};
  Walk walk(document, steps_, lax_, 0);
  walk.Run(0);
  if (walk.invalid) return {Outcome::kError};
  const bool definite = IsDefinite(steps_);
  if (walk.missing || (definite && walk.results.empty())) {
    if (!lax_) return {Outcome::kError};
    if (definite) return {Outcome::kNothing};
    walk.results.clear();
  }
  if (!definite) return {Outcome::kValue, document.AddContainer(Kind::kArray, walk.results)};
  const int32_t found = walk.results.back();
  if (document.node(found).kind != Kind::kNull) return {Outcome::kValue, found};
  return {lax_ ? Outcome::kNothing : Outcome::kError};
}

int32_t JsonPath::Find(JsonDocument& document, int32_t root, int32_t from) const {
  if (!valid_) return -1;
  Walk walk(document, steps_, true, root);
  walk.Run(from_root_ ? root : from);
  if (walk.missing || walk.invalid) return -1;
  const bool definite = IsDefinite(steps_);
  if (!definite) return document.AddContainer(Kind::kArray, walk.results);
  return walk.results.empty() ? -1 : walk.results.back();
}

}  // namespace sabot
