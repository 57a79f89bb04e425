// JSON_VALUE, JSON_QUERY, JSON_EXISTS, IS JSON, and JSON text itself (JSON, JSON_QUOTE,
// JSON_UNQUOTE).
//
//   json_value(s, path [, default on empty] [, default on error])   options onEmpty, onError: NULL,
//   ERROR, DEFAULT json_query(s, path)   options wrapper: WITHOUT, CONDITIONAL, UNCONDITIONAL;
//   onEmpty, onError: NULL, ERROR,
//                         EMPTY ARRAY, EMPTY OBJECT
//   json_exists(s, path)  options onError: TRUE, FALSE, UNKNOWN, ERROR
//   is_json(s)            options type: VALUE, SCALAR, ARRAY, OBJECT

#include <charconv>
#include <cmath>
#include <limits>

#include "expressions/json_path.h"
#include "expressions/lift.h"
#include "expressions/list_writer.h"
#include "expressions/unicode.h"

namespace sabot {
namespace {

using Text = std::string_view;
using Outcome = JsonPath::Outcome;

enum class Behavior { kNull, kError, kDefault, kEmptyArray, kEmptyObject, kTrue, kFalse };

arrow::Result<Behavior> BehaviorOf(const Expression& call, const char* option,
                                   const char* fallback) {
  const std::string name = call.Option(option, fallback);
  if (name == "NULL" || name == "UNKNOWN") return Behavior::kNull;
  if (name == "ERROR") return Behavior::kError;
  if (name == "DEFAULT") return Behavior::kDefault;
  if (name == "EMPTY ARRAY") return Behavior::kEmptyArray;
  if (name == "EMPTY OBJECT") return Behavior::kEmptyObject;
  if (name == "TRUE") return Behavior::kTrue;
  if (name == "FALSE") return Behavior::kFalse;
  return arrow::Status::Invalid(call.function, ": unknown option ", option, " '", name, "'");
}

// A document and a path, evaluated together; both are kept from row to row.
class PathReader {
 public:
  JsonPath::Result Read(Text json, Text path) {
    if (!any_ || path != path_text_) {
      path_ = JsonPath::Compile(path);
      path_text_ = path;
      any_ = true;
    }
    if (!document_.Parse(json)) return {path_.lax() ? Outcome::kNothing : Outcome::kError};
    return path_.Evaluate(document_);
  }
  JsonDocument& document() { return document_; }
  const JsonNode& node(const JsonPath::Result& result) const { return document_.node(result.node); }
  bool lax() const { return path_.lax(); }

 private:
  JsonDocument document_;
  JsonPath path_;
  std::string path_text_;
  bool any_ = false;
};

arrow::Status NotThere(const Expression& call, Text json, bool empty) {
  return arrow::Status::Invalid(
      call.function,
      empty ? ": the result is empty (ERROR ON EMPTY) for '" : ": failed (ERROR ON ERROR) for '",
      json.substr(0, 200), "'");
}

// --- JSON_VALUE
// --------------------------------------------------------------------------------------------------

// What a scalar is as T; nullopt if it cannot be one.
template <typename T>
std::optional<T> ScalarAs(const JsonNode& node) {
  if constexpr (std::is_same_v<T, bool>) {
    std::string text(node.text);
    for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    if (node.kind == JsonNode::Kind::kTrue ||
        (node.kind == JsonNode::Kind::kString &&
         (text == "true" || text == "t" || text == "yes" || text == "1")))
      return true;
    if (node.kind == JsonNode::Kind::kFalse ||
        (node.kind == JsonNode::Kind::kString &&
         (text == "false" || text == "f" || text == "no" || text == "0")))
      return false;
    return std::nullopt;
  } else {
    if (node.kind != JsonNode::Kind::kNumber && node.kind != JsonNode::Kind::kString)
      return std::nullopt;
    const char* const end = node.text.data() + node.text.size();
    if constexpr (std::is_integral_v<T>) {
      T value{};
      const auto parsed = std::from_chars(node.text.data(), end, value);
      if (parsed.ec == std::errc() && parsed.ptr == end) return value;
      if (parsed.ec == std::errc::result_out_of_range) return std::nullopt;
    }
    double value = 0;
    const auto parsed = std::from_chars(node.text.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(value)) return std::nullopt;
    if constexpr (std::is_integral_v<T>) {
      value = std::trunc(value);
      if (value < static_cast<double>(std::numeric_limits<T>::min()) ||
          value >= -static_cast<double>(std::numeric_limits<T>::min())) {
        return std::nullopt;
      }
    }
    return static_cast<T>(value);
  }
}

struct ValueCall {
  Expression call;
  Behavior on_empty;
  Behavior on_error;
  size_t error_default = 2;  // The argument that holds it.
};

template <typename T>
KernelResult MakeJsonValue(ValueCall value) {
  auto type = ToArrow(value.call.type);
  return LiftBatch(
      [type = std::move(type), value = std::move(value), reader = std::make_shared<PathReader>()](
          std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
        const std::vector<lift::Argument<std::optional<Text>>> in(args.begin(), args.begin() + 2);
        std::vector<lift::Argument<std::optional<T>>> defaults(args.begin() + 2, args.end());
        ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<T>::Make({}, rows));
        using Value = std::optional<T>;
        ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) -> arrow::Result<Value> {
          const auto json = in[0][row];
          const auto path = in[1][row];
          if (!json.has_value() || !path.has_value()) return Value();
          const auto result = reader->Read(*json, *path);
          bool empty = result.outcome == Outcome::kNothing;
          if (result.outcome == Outcome::kValue) {
            const JsonNode& node = reader->node(result);
            if (node.is_container()) {
              empty = reader->lax();
            } else if constexpr (std::is_same_v<T, Text>) {
              return Value(node.scalar_text());
            } else if (const auto scalar = ScalarAs<T>(node); scalar.has_value()) {
              return scalar;
            }
          }
          const Behavior behavior = empty ? value.on_empty : value.on_error;
          if (behavior == Behavior::kError) return NotThere(value.call, *json, empty);
          if (behavior == Behavior::kNull) return Value();
          return defaults[empty ? 0 : value.error_default - 2][row];
        }));
        return sink.Finish(type);
      });
}

KernelResult BindJsonValue(const Expression& call, const SessionContext&) {
  ARROW_ASSIGN_OR_RAISE(const Behavior on_empty, BehaviorOf(call, "onEmpty", "NULL"));
  ARROW_ASSIGN_OR_RAISE(const Behavior on_error, BehaviorOf(call, "onError", "NULL"));
  const bool both = on_empty == Behavior::kDefault && on_error == Behavior::kDefault;
  const size_t wanted =
      2 + (on_empty == Behavior::kDefault ? 1 : 0) + (on_error == Behavior::kDefault ? 1 : 0);
  if (call.args.size() != wanted) return NoSuchCall(call);
  ValueCall value{call, on_empty, on_error, both ? size_t{3} : size_t{2}};
  switch (call.type.kind) {
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return MakeJsonValue<Text>(std::move(value));
    case TypeKind::kBoolean:
      return MakeJsonValue<bool>(std::move(value));
    default:
      return WithNumber(call, call.type.kind,
                        [&]<typename T>() { return MakeJsonValue<T>(std::move(value)); });
  }
}

// --- JSON_QUERY
// --------------------------------------------------------------------------------------------------

class Query {
 public:
  static arrow::Result<Query> Make(const Expression& call) {
    Query query;
    query.call_ = call;
    query.wrapper_ = call.Option("wrapper", "WITHOUT");
    ARROW_ASSIGN_OR_RAISE(query.on_empty_, BehaviorOf(call, "onEmpty", "NULL"));
    ARROW_ASSIGN_OR_RAISE(query.on_error_, BehaviorOf(call, "onError", "NULL"));
    return query;
  }

  // What is left to say of a row: a node, a behaviour, or an error. `as_array` asks for an array
  // alone.
  struct Found {
    int32_t node = -1;
    Behavior behavior = Behavior::kNull;
  };
  arrow::Result<Found> Read(Text json, Text path, bool as_array) {
    const auto result = reader_->Read(json, path);
    bool empty = result.outcome == Outcome::kNothing;
    if (result.outcome == Outcome::kValue) {
      int32_t node = result.node;
      const bool array = document().node(node).kind == JsonNode::Kind::kArray;
      if (wrapper_ == "UNCONDITIONAL" || (wrapper_ == "CONDITIONAL" && !array)) {
        node = document().AddContainer(JsonNode::Kind::kArray, {&node, 1});
      }
      const JsonNode::Kind kind = document().node(node).kind;
      if (kind == JsonNode::Kind::kArray || (kind == JsonNode::Kind::kObject && !as_array))
        return Found{node};
      empty = kind != JsonNode::Kind::kObject && reader_->lax();
    }
    const Behavior behavior = empty ? on_empty_ : on_error_;
    if (behavior == Behavior::kError) return NotThere(call_, json, empty);
    return Found{-1, behavior};
  }
  JsonDocument& document() { return reader_->document(); }

 private:
  Expression call_;
  std::string wrapper_;
  Behavior on_empty_ = Behavior::kNull;
  Behavior on_error_ = Behavior::kNull;
  std::shared_ptr<PathReader> reader_ = std::make_shared<PathReader>();
};

KernelResult BindJsonQueryArray(const Expression& call) {
  ARROW_ASSIGN_OR_RAISE(auto query, Query::Make(call));
  return LiftBatch([type = ToArrow(call.type), query = std::move(query)](
                       std::span<const Vector> args,
                       int64_t rows) mutable -> arrow::Result<ArrayPtr> {
    const std::vector<lift::Argument<std::optional<Text>>> in(args.begin(), args.end());
    TextListWriter out;
    std::string text;
    for (int64_t row = 0; row < rows; ++row) {
      const auto json = in[0][row];
      const auto path = in[1][row];
      Query::Found found;
      if (json.has_value() && path.has_value()) {
        ARROW_ASSIGN_OR_RAISE(found, query.Read(*json, *path, true));
      }
      if (found.node < 0) {
        ARROW_RETURN_NOT_OK(found.behavior == Behavior::kEmptyArray ? out.EndRow() : out.EndNull());
        continue;
      }
      const JsonDocument& document = query.document();
      for (int32_t i = document.node(found.node).first; i >= 0; i = document.node(i).next) {
        const JsonNode& element = document.node(i);
        text.clear();
        if (element.kind == JsonNode::Kind::kNull) {
          ARROW_RETURN_NOT_OK(out.Append(std::nullopt));
        } else if (element.is_container()) {
          document.Append(element, &text);
          ARROW_RETURN_NOT_OK(out.Append(Text(text)));
        } else {
          ARROW_RETURN_NOT_OK(out.Append(element.scalar_text()));
        }
      }
      ARROW_RETURN_NOT_OK(out.EndRow());
    }
    return out.Finish(type);
  });
}

KernelResult BindJsonQuery(const Expression& call, const SessionContext&) {
  if (call.type.kind == TypeKind::kArray) {
    if (!call.type.children[0].is_string()) {
      return arrow::Status::NotImplemented("JSON_QUERY returns STRING or ARRAY<STRING>, not ",
                                           ToString(call.type));
    }
    return BindJsonQueryArray(call);
  }
  ARROW_ASSIGN_OR_RAISE(auto query, Query::Make(call));
  return Lift<Text, Text, Text>(
      call,
      [query = std::move(query), text = std::string()](
          Text json, Text path, TextWriter& out) mutable -> arrow::Result<bool> {
        ARROW_ASSIGN_OR_RAISE(const auto found, query.Read(json, path, false));
        if (found.node < 0) {
          if (found.behavior == Behavior::kNull) return false;
          out.Append(found.behavior == Behavior::kEmptyArray ? "[]" : "{}");
          return true;
        }
        text.clear();
        query.document().Append(query.document().node(found.node), &text);
        out.Append(text);
        return true;
      });
}

// --- JSON_EXISTS, IS JSON
// ----------------------------------------------------------------------------------------

KernelResult BindJsonExists(const Expression& call, const SessionContext&) {
  ARROW_ASSIGN_OR_RAISE(const Behavior on_error, BehaviorOf(call, "onError", "FALSE"));
  return Lift<bool, Text, Text>(call,
                                [call, on_error, reader = std::make_shared<PathReader>()](
                                    Text json, Text path) -> arrow::Result<std::optional<bool>> {
                                  const auto result = reader->Read(json, path);
                                  if (result.outcome != Outcome::kError)
                                    return result.outcome == Outcome::kValue;
                                  if (on_error == Behavior::kError)
                                    return NotThere(call, json, false);
                                  if (on_error == Behavior::kNull) return std::nullopt;
                                  return on_error == Behavior::kTrue;
                                });
}

// NULL is no JSON.
KernelResult BindIsJson(const Expression& call, const SessionContext&) {
  const std::string type = call.Option("type", "VALUE");
  return Lift<bool, std::optional<Text>>(
      call, [type, document = std::make_shared<JsonDocument>()](std::optional<Text> json) {
        if (!json.has_value() || !document->Parse(*json)) return false;
        const JsonNode::Kind kind = document->root().kind;
        if (type == "OBJECT") return kind == JsonNode::Kind::kObject;
        if (type == "ARRAY") return kind == JsonNode::Kind::kArray;
        return type != "SCALAR" || !document->root().is_container();
      });
}

// --- JSON, JSON_QUOTE, JSON_UNQUOTE
// ------------------------------------------------------------------------------

// JSON(s): the text in canonical form; blank is NULL.
KernelResult BindJson(const Expression& call, const SessionContext&) {
  return Lift<Text, Text>(call,
                          [document = std::make_shared<JsonDocument>(), text = std::string()](
                              Text json, TextWriter& out) mutable -> arrow::Result<bool> {
                            while (!json.empty() && static_cast<uint8_t>(json.front()) <= ' ')
                              json.remove_prefix(1);
                            if (json.empty()) return false;
                            if (!document->Parse(json))
                              return arrow::Status::Invalid("JSON: not a JSON text: '",
                                                            json.substr(0, 200), "'");
                            text.clear();
                            document->Append(document->root(), &text);
                            out.Append(text);
                            return true;
                          });
}

void AppendUnicodeEscape(uint32_t value, TextWriter& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out.Append("\\u");
  for (int shift = value > 0xFFFF ? 16 : 12; shift >= 0; shift -= 4)
    out.Append(kHex[value >> shift & 15]);
}
// As Flink: of a pair of surrogates it writes the whole code point, then the second unit again.
KernelResult BindJsonQuote(const Expression& call, const SessionContext&) {
  return Lift<Text, Text>(call, [](Text s, TextWriter& out) {
    out.Append('"');
    for (size_t i = 0, size; i < s.size(); i += size) {
      const uint32_t c = Decode(s, i, &size);
      constexpr Text kValues = "\"\\/\b\f\n\r\t";
      constexpr Text kNames = "\"\\/bfnrt";
      const size_t escape = c < 0x80 ? kValues.find(static_cast<char>(c)) : Text::npos;
      if (escape != Text::npos) {
        out.Append('\\');
        out.Append(kNames[escape]);
      } else if (c < 0x80) {
        out.Append(static_cast<char>(c));
      } else {
        AppendUnicodeEscape(c, out);
        if (c > 0xFFFF) AppendUnicodeEscape(0xDC00 | (c & 0x3FF), out);
      }
    }
    out.Append('"');
  });
}
// The content of a JSON string; anything else stays as it is.
KernelResult BindJsonUnquote(const Expression& call, const SessionContext&) {
  return Lift<Text, Text>(
      call, [document = std::make_shared<JsonDocument>()](Text s, TextWriter& out) {
        const bool quoted = s.size() >= 2 && s.front() == '"' && s.back() == '"';
        if (quoted && document->Parse(s)) {
          out.Append(document->root().text);
        } else {
          out.Append(s);
        }
      });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "json_value", .selective = true, .bind = BindJsonValue},
    {.name = "json_query", .selective = true, .bind = BindJsonQuery},
    {.name = "json_exists", .selective = true, .bind = BindJsonExists},
    {.name = "is_json", .bind = BindIsJson},
    {.name = "json", .selective = true, .bind = BindJson},
    {.name = "json_quote", .bind = BindJsonQuote},
    {.name = "json_unquote", .bind = BindJsonUnquote},
};

}  // namespace

std::span<const FunctionSpec> JsonFunctions() { return kFunctions; }

}  // namespace sabot
