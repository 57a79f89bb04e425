// VARIANT: JSON values of any kind. A variant is kept as its JSON text, in the one form that Flink
// prints: members sorted, decimals without trailing zeros, numbers with an exponent as doubles.
//
//   parse_json(' {"b": 1.50, "a": [1e2]} ')        ->  {"a":[100.0],"b":1.5}
//   variant_item('{"a":[100.0],"b":1.5}', 'a')     ->  [100.0]     arrays count from 1
#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "expressions/java_number.h"
#include "expressions/json_document.h"
#include "expressions/lift.h"

namespace sabot {
namespace {

using Text = std::string_view;

constexpr size_t kDecimalDigits = 38;

// A number as the document has it, in canonical form.
std::string CanonicalNumber(Text number) {
  const auto digits = static_cast<size_t>(
      std::count_if(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }));
  if (number.find('E') != Text::npos || digits > kDecimalDigits) {
    return JavaDouble(std::strtod(std::string(number).c_str(), nullptr));
  }
  std::string text(number);
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

// Brings every number below a node into canonical form.
void Canonicalize(JsonDocument& document, int32_t index) {
  const JsonNode& node = document.node(index);
  if (node.kind == JsonNode::Kind::kNumber) {
    document.SetNumber(index, CanonicalNumber(node.text));
  } else if (node.is_container()) {
    for (int32_t i = node.first; i >= 0; i = document.node(i).next) Canonicalize(document, i);
  }
}

// parse_json(text [, allow repeated keys]): an error, or with `trying` NULL, where the text is
// none.
template <bool trying>
KernelResult BindParseJson(const Expression& call, const SessionContext&) {
  if (call.args.empty() || call.args.size() > 2) return NoSuchCall(call);
  auto parse = [document = std::make_shared<JsonDocument>(), out = std::string()](
                   Text text, bool repeats, TextWriter& to) mutable -> arrow::Result<bool> {
    if (!document->Parse(text) || (document->has_repeated_key() && !repeats)) {
      if (trying) return false;
      return UserError("runtime-json", std::string(text.substr(0, 100)),
                       "Failed to parse json string: " + std::string(text.substr(0, 200)));
    }
    Canonicalize(*document, 0);
    out.clear();
    document->Append(document->root(), &out);
    to.Append(out);
    return true;
  };
  if (call.args.size() == 1) {
    return Lift<Text, Text>(
        call, [parse](Text text, TextWriter& to) mutable { return parse(text, false, to); });
  }
  return Lift<Text, Text, bool>(call, [parse](Text text, bool repeats, TextWriter& to) mutable {
    return parse(text, repeats, to);
  });
}

// Reads members and elements of variants.
class ItemReader {
 public:
  arrow::Result<bool> Member(Text variant, Text key, TextWriter& to) {
    ARROW_RETURN_NOT_OK(Read(variant, JsonNode::Kind::kObject, "String key", "an object"));
    return Write(document_.Member(0, key), to);
  }
  arrow::Result<bool> Element(Text variant, int64_t position, TextWriter& to) {
    ARROW_RETURN_NOT_OK(Read(variant, JsonNode::Kind::kArray, "Integer index", "an array"));
    return Write(document_.Element(0, position - 1), to);
  }

 private:
  arrow::Status Read(Text variant, JsonNode::Kind kind, const char* how, const char* needed) {
    if (!document_.Parse(variant)) return arrow::Status::Invalid("A variant is no JSON: ", variant);
    if (document_.root().kind == kind) return arrow::Status::OK();
    return UserError("runtime-json", std::string(variant.substr(0, 100)),
                     std::string(how) + " access on variant requires " + needed +
                         " variant, but this is " + std::string(variant.substr(0, 100)));
  }
  bool Write(int32_t index, TextWriter& to) {
    if (index < 0) return false;
    Exponents(index);
    out_.clear();
    document_.Append(document_.node(index), &out_);
    to.Append(out_);
    return true;
  }
  // The document reads exponents as BigDecimal prints them; a variant's are doubles.
  void Exponents(int32_t index) {
    const JsonNode& node = document_.node(index);
    if (node.kind == JsonNode::Kind::kNumber && node.text.find('E') != Text::npos) {
      document_.SetNumber(index, CanonicalNumber(node.text));
    } else if (node.is_container()) {
      for (int32_t i = node.first; i >= 0; i = document_.node(i).next) Exponents(i);
    }
  }

  JsonDocument document_;
  std::string out_;
};

KernelResult BindItem(const Expression& call, const SessionContext&) {
  if (call.args.size() != 2) return NoSuchCall(call);
  const auto reader = std::make_shared<ItemReader>();
  if (call.args[1].type.is_string()) {
    return Lift<Text, Text, Text>(call, [reader](Text variant, Text key, TextWriter& to) {
      return reader->Member(variant, key, to);
    });
  }
  return WithInteger(call, call.args[1].type.kind, [&]<typename P>() -> KernelResult {
    return Lift<Text, Text, P>(call, [reader](Text variant, P position, TextWriter& to) {
      return reader->Element(variant, position, to);
    });
  });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "parse_json", .selective = true, .bind = BindParseJson<false>},
    {.name = "try_parse_json", .selective = true, .bind = BindParseJson<true>},
    {.name = "variant_item", .selective = true, .bind = BindItem},
};

}  // namespace

std::span<const FunctionSpec> VariantFunctions() { return kFunctions; }

}  // namespace sabot
