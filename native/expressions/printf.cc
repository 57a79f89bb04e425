// PRINTF(format, values...): NULL where Java's formatter throws. PARSE_URL: the parts of a
// java.net.URL.
#include <charconv>

#include "base/number_text.h"
#include "expressions/java_format.h"
#include "expressions/lift.h"
#include "expressions/temporal.h"

namespace sabot {
namespace {

using Text = std::string_view;

// --- PRINTF
// ------------------------------------------------------------------------------------------------------

// Reads an argument of any type; `scratch` holds the text of what is printed by %s alone.
class ArgumentReader {
 public:
  ArgumentReader(const Type& type, const Vector& vector)
      : type_(type), vector_(vector), nulls_(vector) {}

  FormatArgument Get(int64_t row, std::string* scratch) const {
    using Kind = FormatArgument::Kind;
    if (!nulls_.valid(row)) return {};
    switch (type_.kind) {
      case TypeKind::kBoolean:
        return {.kind = Kind::kBoolean, .integer = Reader<bool>(vector_)[row]};
      case TypeKind::kTinyint:
        return {.kind = Kind::kInteger, .integer = Reader<int8_t>(vector_)[row], .bits = 8};
      case TypeKind::kSmallint:
        return {.kind = Kind::kInteger, .integer = Reader<int16_t>(vector_)[row], .bits = 16};
      case TypeKind::kInteger:
      case TypeKind::kDate:
      case TypeKind::kTime:
      case TypeKind::kIntervalYearMonth:
        return {.kind = Kind::kInteger, .integer = Reader<int32_t>(vector_)[row], .bits = 32};
      case TypeKind::kBigint:
      case TypeKind::kIntervalDayTime:
        return {.kind = Kind::kInteger, .integer = Reader<int64_t>(vector_)[row]};
      case TypeKind::kFloat:
        return {.kind = Kind::kDouble, .number = Reader<float>(vector_)[row]};
      case TypeKind::kDouble:
        return {.kind = Kind::kDouble, .number = Reader<double>(vector_)[row]};
      case TypeKind::kChar:
      case TypeKind::kVarchar:
        return {.kind = Kind::kText, .text = Reader<Text>(vector_)[row]};
      case TypeKind::kDecimal: {
        scratch->clear();
        AppendDecimal(Reader<Int128>(vector_)[row], type_.scale, scratch);
        return {.kind = Kind::kOther, .text = *scratch};
      }
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz: {
        char buffer[kTemporalTextMax];
        char* const end = FormatTimestamp(Reader<int64_t>(vector_)[row], type_.precision, buffer);
        scratch->assign(buffer, end);
        (*scratch)[scratch->find(' ')] = 'T';
        return {.kind = Kind::kOther, .text = *scratch};
      }
      default:
        return {};
    }
  }

 private:
  const Type& type_;
  const Vector& vector_;
  NullBits nulls_;
};

KernelResult BindPrintf(const Expression& call, const SessionContext&) {
  for (const Expression& arg : call.args) {
    if (arg.type.kind >= TypeKind::kArray && arg.type.kind <= TypeKind::kRow) {
      return arrow::Status::NotImplemented("PRINTF of ", ToString(arg.type));
    }
  }
  return LiftBatch([call](std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    const lift::Argument<std::optional<Text>> formats(args[0]);
    std::vector<ArgumentReader> readers;
    for (size_t i = 1; i < args.size(); ++i) readers.emplace_back(call.args[i].type, args[i]);
    std::vector<FormatArgument> values(readers.size());
    std::vector<std::string> scratch(readers.size());
    ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<Text>::Make({}, rows));
    TextWriter& out = sink.writer();
    std::string text;
    ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) {
      const auto format = formats[row];
      if (!format.has_value()) return false;
      for (size_t i = 0; i < readers.size(); ++i) values[i] = readers[i].Get(row, &scratch[i]);
      text.clear();
      if (!JavaFormat(*format, values, &text)) return false;
      out.Append(text);
      return true;
    }));
    return sink.Finish(ToArrow(call.type));
  });
}

// --- PARSE_URL
// ---------------------------------------------------------------------------------------------------

struct Url {
  Text protocol;
  std::optional<Text> authority;
  std::optional<Text> user_info;
  Text host;
  Text path;
  std::optional<Text> query;
  std::optional<Text> ref;
};

bool SameProtocol(Text a, Text b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if ((a[i] >= 'A' && a[i] <= 'Z' ? a[i] + 32 : a[i]) != b[i]) return false;
  }
  return true;
}

std::optional<Url> ParseUrl(Text text) {
  while (!text.empty() && static_cast<uint8_t>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<uint8_t>(text.back()) <= ' ') text.remove_suffix(1);
  if (text.size() > 4 && SameProtocol(text.substr(0, 4), "url:")) text.remove_prefix(4);
  const size_t colon = text.find(':');
  if (colon == Text::npos) return std::nullopt;
  Url url;
  url.protocol = text.substr(0, colon);
  bool known = false;
  for (const Text protocol : {"http", "https", "ftp", "file", "jar", "mailto", "jrt", "jmod"}) {
    known = known || SameProtocol(url.protocol, protocol);
  }
  if (!known) return std::nullopt;
  Text rest = text.substr(colon + 1);
  if (const size_t hash = rest.find('#'); hash != Text::npos) {
    url.ref = rest.substr(hash + 1);
    rest = rest.substr(0, hash);
  }
  if (SameProtocol(url.protocol, "mailto")) {
    url.path = rest;
    return url;
  }
  if (const size_t mark = rest.find('?'); mark != Text::npos) {
    url.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const size_t slash = std::min(rest.find('/'), rest.size());
    Text authority = rest.substr(0, slash);
    rest = rest.substr(slash);
    url.authority = authority;
    if (const size_t at = authority.find('@'); at != Text::npos) {
      if (at != authority.rfind('@')) {
        authority = {};
      } else {
        url.user_info = authority.substr(0, at);
        authority = authority.substr(at + 1);
      }
    }
    const size_t bracket = authority.starts_with("[") ? authority.find(']') : 0;
    if (bracket == Text::npos) return std::nullopt;
    const size_t port = authority.find(':', bracket);
    url.host = authority.substr(0, port);
    if (port != Text::npos && port + 1 < authority.size()) {
      int number = 0;
      const auto end =
          std::from_chars(authority.data() + port + 1, authority.data() + authority.size(), number);
      if (end.ec != std::errc() || end.ptr != authority.data() + authority.size() || number < -1)
        return std::nullopt;
    }
  }
  url.path = rest;
  return url;
}

// FILE is the path with the query.
std::optional<std::string> UrlPart(const Url& url, Text part) {
  const auto text = [](const std::optional<Text>& value) {
    return value.has_value() ? std::optional(std::string(*value)) : std::nullopt;
  };
  if (part == "HOST") return std::string(url.host);
  if (part == "PATH") return std::string(url.path);
  if (part == "QUERY") return text(url.query);
  if (part == "REF") return text(url.ref);
  if (part == "PROTOCOL") {
    std::string protocol(url.protocol);
    for (char& c : protocol) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return protocol;
  }
  if (part == "FILE")
    return std::string(url.path) + (url.query.has_value() ? "?" + std::string(*url.query) : "");
  if (part == "AUTHORITY") return text(url.authority);
  if (part == "USERINFO") return text(url.user_info);
  return std::nullopt;
}

KernelResult BindParseUrl(const Expression& call, const SessionContext&) {
  if (call.args.size() == 2) {
    return Lift<Text, Text, Text>(call, [](Text text, Text part, TextWriter& out) {
      const auto url = ParseUrl(text);
      const auto value = url.has_value() ? UrlPart(*url, part) : std::nullopt;
      if (value.has_value()) out.Append(*value);
      return value.has_value();
    });
  }
  // PARSE_URL(url, 'QUERY', key): the first value of the key.
  return Lift<Text, Text, Text, Text>(call, [](Text text, Text part, Text key, TextWriter& out) {
    const auto url = part == "QUERY" ? ParseUrl(text) : std::nullopt;
    if (!url.has_value() || !url->query.has_value()) return false;
    Text rest = *url->query;
    for (;;) {
      const size_t end = std::min(rest.find('&'), rest.size());
      const Text pair = rest.substr(0, end);
      if (pair.size() > key.size() && pair.starts_with(key) && pair[key.size()] == '=') {
        out.Append(pair.substr(key.size() + 1));
        return true;
      }
      if (end == rest.size()) return false;
      rest = rest.substr(end + 1);
    }
  });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "printf", .bind = BindPrintf},
    {.name = "parse_url", .bind = BindParseUrl},
};

}  // namespace

std::span<const FunctionSpec> PrintfFunctions() { return kFunctions; }

}  // namespace sabot
