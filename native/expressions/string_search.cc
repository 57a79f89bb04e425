// Searching and splitting strings, and what kind of text a string is.
#include <charconv>

#include "expressions/any_integer.h"
#include "expressions/java_number.h"
#include "expressions/lift.h"
#include "expressions/list_writer.h"
#include "expressions/unicode.h"

namespace sabot {
namespace {

using Text = std::string_view;

// --- positions
// ---------------------------------------------------------------------------------------------------

// The 1-based code point at which `needle` stands at or after code point `from` (0-based); 0 if
// nowhere, 1 for ''.
int64_t IndexOf(Text s, Text needle, int64_t from) {
  if (needle.empty()) return 1;
  const size_t start = ByteOffset(s, std::max<int64_t>(from, 0));
  const size_t at = s.find(needle, start);
  if (at == Text::npos) return 0;
  return CodePoints(s.substr(0, at)) + 1;
}
// POSITION(needle IN s), LOCATE(needle, s[, from]).
KernelResult BindPosition(const Expression& call, const SessionContext&) {
  if (call.args.size() == 2) {
    return Lift<int32_t, Text, Text>(
        call, [](Text needle, Text s) { return static_cast<int32_t>(IndexOf(s, needle, 0)); });
  }
  return Lift<int32_t, Text, Text, AnyInteger>(call, [](Text needle, Text s, AnyInteger from) {
    return static_cast<int32_t>(IndexOf(s, needle, from.value - 1));
  });
}

int64_t IndexOfNth(Text s, Text needle, int64_t from, int64_t nth) {
  int64_t index = 0;
  for (int64_t i = 0; i < nth; ++i) {
    index = IndexOf(s, needle, from - 1);
    if (index == 0) return 0;
    from = index + 1;
  }
  return index;
}
std::string Reversed(Text s) {
  std::string out(s.size(), '\0');
  for (size_t i = 0; i < s.size();) {
    const Text c = CodePointAt(s, i);
    i += c.size();
    c.copy(out.data() + s.size() - i, c.size());
  }
  return out;
}
// INSTR(s, needle[, from[, nth]]): a negative `from` searches backwards from the end.
arrow::Result<int32_t> Instr(Text s, Text needle, int64_t from, int64_t nth) {
  if (nth <= 0)
    return arrow::Status::Invalid("INSTR: the number of the appearance must be positive, not ",
                                  nth);
  if (from == 0) return 0;
  if (from > 0) return static_cast<int32_t>(IndexOfNth(s, needle, from, nth));
  const int64_t at = IndexOfNth(Reversed(s), Reversed(needle), -from, nth);
  return at == 0 ? 0 : static_cast<int32_t>(CodePoints(s) + 2 - at - CodePoints(needle));
}
KernelResult BindInstr(const Expression& call, const SessionContext&) {
  switch (call.args.size()) {
    case 2:
      return Lift<int32_t, Text, Text>(
          call, [](Text s, Text needle) { return static_cast<int32_t>(IndexOf(s, needle, 0)); });
    case 3:
      return Lift<int32_t, Text, Text, AnyInteger>(call, [](Text s, Text needle, AnyInteger from) {
        return Instr(s, needle, from.value, 1);
      });
    default:
      return Lift<int32_t, Text, Text, AnyInteger, AnyInteger>(
          call, [](Text s, Text needle, AnyInteger from, AnyInteger nth) {
            return Instr(s, needle, from.value, nth.value);
          });
  }
}

KernelResult BindStartsWith(const Expression& call, const SessionContext&) {
  return Lift<bool, Text, Text>(call, [](Text s, Text prefix) { return s.starts_with(prefix); });
}
KernelResult BindEndsWith(const Expression& call, const SessionContext&) {
  return Lift<bool, Text, Text>(call, [](Text s, Text suffix) { return s.ends_with(suffix); });
}

// --- splitting
// ---------------------------------------------------------------------------------------------------

// Calls f(part) for every part between separators; f returns true to go on.
template <typename F>
void Split(Text s, Text separator, F&& f) {
  size_t from = 0;
  for (size_t at; (at = s.find(separator, from)) != Text::npos; from = at + separator.size()) {
    if (!f(s.substr(from, at - from))) return;
  }
  f(s.substr(from));
}
// As Split, at every whitespace code point.
template <typename F>
void SplitAtWhitespace(Text s, F&& f) {
  size_t from = 0;
  for (size_t i = 0, size; i < s.size(); i += size) {
    if (!IsWhitespace(Decode(s, i, &size))) continue;
    if (!f(s.substr(from, i - from))) return;
    from = i + size;
  }
  f(s.substr(from));
}
std::optional<Text> SplitIndex(Text s, Text separator, int64_t index) {
  std::optional<Text> found;
  if (index < 0 || s.empty()) return found;
  const auto take = [&](Text part) {
    if (index-- > 0) return true;
    found = part;
    return false;
  };
  if (separator.empty()) {
    SplitAtWhitespace(s, take);
  } else {
    Split(s, separator, take);
  }
  return found;
}
// SPLIT_INDEX(s, separator, index); the separator may be given as a character code from 1 to 255.
KernelResult BindSplitIndex(const Expression& call, const SessionContext&) {
  if (call.args[1].type.is_string()) {
    return Lift<Text, Text, Text, AnyInteger>(call, [](Text s, Text separator, AnyInteger index) {
      return SplitIndex(s, separator, index.value);
    });
  }
  return Lift<Text, Text, AnyInteger, AnyInteger>(
      call,
      [scratch = std::string()](Text s, AnyInteger code,
                                AnyInteger index) mutable -> std::optional<Text> {
        if (code.value < 1 || code.value > 255) return std::nullopt;
        scratch.clear();
        AppendUtf8(static_cast<uint32_t>(code.value), &scratch);
        return SplitIndex(s, scratch, index.value);
      });
}

// SPLIT(s, separator): '' splits into UTF-16 units; '' has no parts.
KernelResult BindSplit(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    const lift::Argument<std::optional<Text>> texts(args[0]);
    const lift::Argument<std::optional<Text>> separators(args[1]);
    TextListWriter out;
    for (int64_t row = 0; row < rows; ++row) {
      const auto s = texts[row];
      const auto separator = separators[row];
      if (!s.has_value() || !separator.has_value()) {
        ARROW_RETURN_NOT_OK(out.EndNull());
        continue;
      }
      if (!s->empty() && separator->empty()) {
        for (const char16_t unit : ToUtf16(*s))
          ARROW_RETURN_NOT_OK(out.Append(FromUtf16({&unit, 1})));
      } else if (!s->empty()) {
        arrow::Status status;
        Split(*s, *separator, [&](Text part) { return (status = out.Append(part)).ok(); });
        ARROW_RETURN_NOT_OK(status);
      }
      ARROW_RETURN_NOT_OK(out.EndRow());
    }
    return out.Finish(type);
  });
}

// --- kinds of text
// -----------------------------------------------------------------------------------------------

template <typename F>
bool AllCodePoints(Text s, F&& f) {
  if (s.empty()) return false;
  for (size_t i = 0, size; i < s.size(); i += size) {
    if (!f(Decode(s, i, &size))) return false;
  }
  return true;
}
// f for text; other types are `other(type)` where not NULL. Never NULL.
template <typename F>
KernelResult BindKind(const Expression& call, bool other, F f) {
  if (call.args[0].type.is_string()) {
    return Lift<bool, std::optional<Text>>(
        call, [f](std::optional<Text> s) { return s.has_value() && f(*s); });
  }
  return LiftBatch([other](std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    const NullBits nulls(args[0]);
    ARROW_ASSIGN_OR_RAISE(auto out, FixedWriter<bool>::Make(rows));
    for (int64_t row = 0; row < rows; ++row) out.Set(row, other && nulls.valid(row));
    return out.Finish(arrow::boolean(), nullptr);
  });
}
KernelResult BindIsAlpha(const Expression& call, const SessionContext&) {
  return BindKind(call, false, [](Text s) { return AllCodePoints(s, IsLetter); });
}
KernelResult BindIsDigit(const Expression& call, const SessionContext&) {
  return BindKind(call, call.args[0].type.is_exact_integer(),
                  [](Text s) { return AllCodePoints(s, IsDigit); });
}
KernelResult BindIsDecimal(const Expression& call, const SessionContext&) {
  return BindKind(call, call.args[0].type.is_numeric(),
                  [](Text s) { return IsJavaLong(s) || IsJavaDouble(s); });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "position", .bind = BindPosition},
    {.name = "locate", .bind = BindPosition},
    {.name = "instr",
     .selective = true,
     .bind = BindInstr,
     .total = [](const Expression& call) { return call.args.size() < 4; }},
    {.name = "startswith", .bind = BindStartsWith},
    {.name = "endswith", .bind = BindEndsWith},
    {.name = "split_index", .bind = BindSplitIndex},
    {.name = "split", .bind = BindSplit},
    {.name = "is_alpha", .bind = BindIsAlpha},
    {.name = "is_digit", .bind = BindIsDigit},
    {.name = "is_decimal", .bind = BindIsDecimal},
};

}  // namespace

std::span<const FunctionSpec> StringSearchFunctions() { return kFunctions; }

}  // namespace sabot
