// Strings: case, length, parts, padding, joining, replacing. Positions count code points, except
// where Flink counts UTF-16 units (LPAD, RPAD, OVERLAY, REPLACE of ''): there text beyond U+FFFF
// takes the slow path through UTF-16.
#include <unordered_map>

#include "expressions/any_integer.h"
#include "expressions/lift.h"
#include "expressions/unicode.h"

namespace sabot {

// || of arrays, in array.cc.
KernelResult BindArrayConcat(const Expression& call, const SessionContext& session);

namespace {

using Text = std::string_view;

constexpr int64_t kIntMax = 2147483647;

// --- case and length
// ---------------------------------------------------------------------------------------------

// Maps ASCII in place; anything else through `full`.
template <char kFirst, char kLast, int kDelta>
KernelResult BindCase(const Expression& call, void (*full)(Text, std::string*)) {
  return Lift<Text, Text>(call, [full, scratch = std::string()](Text s, TextWriter& out) mutable {
    if (!IsAscii(s)) {
      scratch.clear();
      full(s, &scratch);
      out.Append(scratch);
      return;
    }
    char* const to = out.Grow(s.size());
    for (size_t i = 0; i < s.size(); ++i) {
      const char c = s[i];
      to[i] = static_cast<char>(c >= kFirst && c <= kLast ? c + kDelta : c);
    }
  });
}
KernelResult BindUpper(const Expression& call, const SessionContext&) {
  return BindCase<'a', 'z', -32>(call, AppendUpper);
}
KernelResult BindLower(const Expression& call, const SessionContext&) {
  return BindCase<'A', 'Z', 32>(call, AppendLower);
}

// Words are runs of ASCII letters and digits; nothing else changes.
KernelResult BindInitCap(const Expression& call, const SessionContext&) {
  return Lift<Text, Text>(call, [](Text s, TextWriter& out) {
    char* const to = out.Grow(s.size());
    bool in_word = false;
    for (size_t i = 0; i < s.size(); ++i) {
      const char c = s[i];
      const bool upper = c >= 'A' && c <= 'Z';
      const bool lower = c >= 'a' && c <= 'z';
      to[i] = static_cast<char>(in_word && upper ? c + 32 : !in_word && lower ? c - 32 : c);
      in_word = upper || lower || (c >= '0' && c <= '9');
    }
  });
}

KernelResult BindCharLength(const Expression& call, const SessionContext&) {
  return Lift<int32_t, Text>(call, [](Text s) { return static_cast<int32_t>(CodePoints(s)); });
}

// --- parts
// -------------------------------------------------------------------------------------------------------

// SUBSTRING(s, start[, count]): 1-based, from the end if negative; before the beginning there is
// nothing.
std::optional<Text> SubstringOf(Text s, int64_t start, int64_t count) {
  if (count < 0) return std::nullopt;
  if (s.empty()) return s;
  if (start >= 0) return Substring(s, start > 0 ? start - 1 : 0, count);
  const int64_t from = CodePoints(s) + start;
  return from < 0 ? Text() : Substring(s, from, count);
}
KernelResult BindSubstring(const Expression& call, const SessionContext&) {
  if (call.args.size() == 2) {
    return Lift<Text, Text, AnyInteger>(call, [](Text s, AnyInteger start) -> std::optional<Text> {
      return SubstringOf(s, start.value, kIntMax);
    });
  }
  return Lift<Text, Text, AnyInteger, AnyInteger>(
      call, [](Text s, AnyInteger start, AnyInteger count) -> std::optional<Text> {
        return SubstringOf(s, start.value, count.value);
      });
}
KernelResult BindLeft(const Expression& call, const SessionContext&) {
  return Lift<Text, Text, AnyInteger>(
      call, [](Text s, AnyInteger n) { return n.value <= 0 ? Text() : Substring(s, 0, n.value); });
}
KernelResult BindRight(const Expression& call, const SessionContext&) {
  return Lift<Text, Text, AnyInteger>(call, [](Text s, AnyInteger n) {
    if (n.value <= 0) return Text();
    const int64_t length = CodePoints(s);
    return n.value >= length ? s : Substring(s, length - n.value, kIntMax);
  });
}
KernelResult BindReverse(const Expression& call, const SessionContext&) {
  return Lift<Text, Text>(call, [](Text s, TextWriter& out) {
    char* const to = out.Grow(s.size());
    for (size_t i = 0; i < s.size();) {
      const Text c = CodePointAt(s, i);
      i += c.size();
      std::memcpy(to + s.size() - i, c.data(), c.size());
    }
  });
}
KernelResult BindElt(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    const NullBits index_nulls(args[0]);
    const Reader<AnyInteger> index(args[0]);
    const std::vector<lift::Argument<std::optional<Text>>> choices(args.begin() + 1, args.end());
    ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<Text>::Make({}, rows));
    ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) -> std::optional<Text> {
      const int64_t i = index_nulls.valid(row) ? index[row].value : 0;
      if (i < 1 || i > static_cast<int64_t>(choices.size())) return std::nullopt;
      return choices[static_cast<size_t>(i - 1)][row];
    }));
    return sink.Finish(type);
  });
}

// --- trimming
// ----------------------------------------------------------------------------------------------------

Text TrimLeft(Text s, Text set) {
  size_t at = 0;
  while (at < s.size()) {
    const Text c = CodePointAt(s, at);
    if (set.find(c) == Text::npos) break;
    at += c.size();
  }
  return s.substr(at);
}
Text TrimRight(Text s, Text set) {
  while (!s.empty()) {
    size_t at = s.size() - 1;
    while (at > 0 && (static_cast<uint8_t>(s[at]) & 0xC0) == 0x80) --at;
    if (set.find(s.substr(at)) == Text::npos) break;
    s = s.substr(0, at);
  }
  return s;
}
template <bool kLeft, bool kRight>
KernelResult BindTrimSides(const Expression& call, const SessionContext&) {
  const auto trim = [](Text s, Text set) {
    if (set.empty()) return s;
    if constexpr (kLeft) s = TrimLeft(s, set);
    if constexpr (kRight) s = TrimRight(s, set);
    return s;
  };
  if (call.args.size() == 1) return Lift<Text, Text>(call, [trim](Text s) { return trim(s, " "); });
  return Lift<Text, Text, Text>(call, trim);
}
// TRIM(side FROM s): options.side is BOTH, LEADING or TRAILING.
KernelResult BindTrim(const Expression& call, const SessionContext& session) {
  const std::string side = call.Option("side", "BOTH");
  if (side == "LEADING") return BindTrimSides<true, false>(call, session);
  if (side == "TRAILING") return BindTrimSides<false, true>(call, session);
  return BindTrimSides<true, true>(call, session);
}

// --- padding and joining
// -----------------------------------------------------------------------------------------

void AppendCycled(Text pad, int64_t count, TextWriter& out) {
  const int64_t length = Utf16Units(pad);
  for (; count >= length; count -= length) out.Append(pad);
  out.Append(Substring(pad, 0, count));
}
// Lengths are UTF-16 units. False is NULL.
template <bool kLeft>
bool Pad(Text s, int64_t length, Text pad, TextWriter& out) {
  if (length < 0 || pad.empty()) return false;
  const int64_t units = Utf16Units(s);
  if (units != CodePoints(s) || Utf16Units(pad) != CodePoints(pad)) {
    const std::u16string wide = ToUtf16(s);
    const std::u16string wide_pad = ToUtf16(pad);
    const auto missing = static_cast<size_t>(std::max<int64_t>(length - units, 0));
    std::u16string filling;
    while (filling.size() < missing) filling += wide_pad;
    filling.resize(missing);
    const auto kept = wide.substr(0, static_cast<size_t>(length));
    out.Append(FromUtf16(kLeft ? filling + kept : kept + filling));
    return true;
  }
  if (units >= length) {
    out.Append(Substring(s, 0, length));
    return true;
  }
  if (kLeft) AppendCycled(pad, length - units, out);
  out.Append(s);
  if (!kLeft) AppendCycled(pad, length - units, out);
  return true;
}
template <bool kLeft>
KernelResult BindPad(const Expression& call, const SessionContext&) {
  return Lift<Text, Text, AnyInteger, Text>(
      call, [](Text s, AnyInteger length, Text pad, TextWriter& out) {
        return Pad<kLeft>(s, length.value, pad, out);
      });
}
KernelResult BindRepeat(const Expression& call, const SessionContext&) {
  return Lift<Text, Text, AnyInteger>(call, [](Text s, AnyInteger count, TextWriter& out) {
    for (int64_t i = 0; i < count.value; ++i) out.Append(s);
  });
}
KernelResult BindConcat(const Expression& call, const SessionContext& session) {
  if (call.type.kind == TypeKind::kArray) return BindArrayConcat(call, session);
  if (call.args.size() == 2) {
    return Lift<Text, Text, Text>(call, [](Text a, Text b, TextWriter& out) {
      out.Append(a);
      out.Append(b);
    });
  }
  return LiftAll<Text, Text>(call, [](std::span<const Text> parts, TextWriter& out) {
    for (const Text part : parts) out.Append(part);
  });
}
// The separator's NULL makes NULL; other NULLs are skipped.
KernelResult BindConcatWs(const Expression& call, const SessionContext&) {
  return LiftAll<Text, std::optional<Text>>(
      call, [](std::span<const std::optional<Text>> parts, TextWriter& out) {
        if (!parts[0].has_value()) return false;
        bool first = true;
        for (const auto& part : parts.subspan(1)) {
          if (!part.has_value()) continue;
          if (!first) out.Append(*parts[0]);
          out.Append(*part);
          first = false;
        }
        return true;
      });
}

// --- replacing
// ---------------------------------------------------------------------------------------------------

// Java's String.replace: an empty needle is found before each UTF-16 unit and at the end.
void Replace(Text s, Text needle, Text replacement, TextWriter& out) {
  if (needle.empty()) {
    std::string unit;
    for (const char16_t c : ToUtf16(s)) {
      out.Append(replacement);
      unit.clear();
      AppendUtf16({&c, 1}, &unit);
      out.Append(unit);
    }
    out.Append(replacement);
    return;
  }
  size_t from = 0;
  for (size_t at; (at = s.find(needle, from)) != Text::npos; from = at + needle.size()) {
    out.Append(s.substr(from, at - from));
    out.Append(replacement);
  }
  out.Append(s.substr(from));
}
KernelResult BindReplace(const Expression& call, const SessionContext&) {
  return Lift<Text, Text, Text, Text>(call, Replace);
}

// TRANSLATE(s, from, to): the i-th code point of `from` becomes the i-th of `to`, or nothing.
class Translator {
 public:
  bool operator()(std::optional<Text> s, std::optional<Text> from, std::optional<Text> to,
                  TextWriter& out) {
    if (!s.has_value()) return false;
    if (s->empty() || !from.has_value() || from->empty()) {
      out.Append(*s);
      return true;
    }
    if (*from != from_ || to.value_or(Text()) != to_) Learn(*from, to.value_or(Text()));
    for (size_t i = 0; i < s->size();) {
      const Text c = CodePointAt(*s, i);
      i += c.size();
      const auto found = dictionary_.find(std::string(c));
      out.Append(found == dictionary_.end() ? c : Text(found->second));
    }
    return true;
  }

 private:
  void Learn(Text from, Text to) {
    from_ = from;
    to_ = to;
    dictionary_.clear();
    for (size_t i = 0, j = 0; i < from.size();) {
      const Text key = CodePointAt(from, i);
      const Text value = j < to.size() ? CodePointAt(to, j) : Text();
      dictionary_.emplace(key, value);
      i += key.size();
      j += value.size();
    }
  }
  std::string from_;
  std::string to_;
  std::unordered_map<std::string, std::string> dictionary_;
};
KernelResult BindTranslate(const Expression& call, const SessionContext&) {
  return Lift<Text, std::optional<Text>, std::optional<Text>, std::optional<Text>>(call,
                                                                                   Translator());
}

// OVERLAY(s PLACING r FROM start [FOR length]) in UTF-16 units.
void Overlay(Text s, Text r, int64_t start, int64_t length, TextWriter& out) {
  const int64_t units = Utf16Units(s);
  if (start <= 0 || start > units) {
    out.Append(s);
    return;
  }
  const auto keeps_tail = [&] { return length > 0 && start + length <= units; };
  if (units != CodePoints(s)) {
    const std::u16string wide = ToUtf16(s);
    out.Append(FromUtf16(wide.substr(0, static_cast<size_t>(start - 1))));
    out.Append(r);
    if (keeps_tail()) out.Append(FromUtf16(wide.substr(static_cast<size_t>(start - 1 + length))));
    return;
  }
  out.Append(Substring(s, 0, start - 1));
  out.Append(r);
  if (keeps_tail()) out.Append(Substring(s, start - 1 + length, kIntMax));
}
KernelResult BindOverlay(const Expression& call, const SessionContext&) {
  if (call.args.size() == 3) {
    return Lift<Text, Text, Text, AnyInteger>(
        call, [](Text s, Text r, AnyInteger start, TextWriter& out) {
          Overlay(s, r, start.value, Utf16Units(r), out);
        });
  }
  return Lift<Text, Text, Text, AnyInteger, AnyInteger>(
      call, [](Text s, Text r, AnyInteger start, AnyInteger length, TextWriter& out) {
        Overlay(s, r, start.value, static_cast<int32_t>(length.value), out);
      });
}

// --- characters
// --------------------------------------------------------------------------------------------------

// Flink gives the first byte, signed.
KernelResult BindAscii(const Expression& call, const SessionContext&) {
  return WithInteger(call, call.type.kind, [&]<typename T>() -> KernelResult {
    return Lift<T, Text>(call, [](Text s) -> T {
      return s.empty() ? T{0} : static_cast<T>(static_cast<int8_t>(s[0]));
    });
  });
}
KernelResult BindChr(const Expression& call, const SessionContext&) {
  return Lift<Text, AnyInteger>(
      call, [scratch = std::string()](AnyInteger code, TextWriter& out) mutable {
        if (code.value < 0) return;
        scratch.clear();
        AppendUtf8(static_cast<uint32_t>(code.value & 0xFF), &scratch);
        out.Append(scratch);
      });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "upper", .bind = BindUpper},
    {.name = "lower", .bind = BindLower},
    {.name = "initcap", .bind = BindInitCap},
    {.name = "char_length", .bind = BindCharLength},
    {.name = "substring", .bind = BindSubstring},
    {.name = "left", .bind = BindLeft},
    {.name = "right", .bind = BindRight},
    {.name = "reverse", .bind = BindReverse},
    {.name = "elt", .bind = BindElt},
    {.name = "trim", .bind = BindTrim},
    {.name = "ltrim", .bind = BindTrimSides<true, false>},
    {.name = "rtrim", .bind = BindTrimSides<false, true>},
    {.name = "btrim", .bind = BindTrimSides<true, true>},
    {.name = "lpad", .bind = BindPad<true>},
    {.name = "rpad", .bind = BindPad<false>},
    {.name = "repeat", .bind = BindRepeat},
    {.name = "concat", .bind = BindConcat},
    {.name = "concat_operator", .bind = BindConcat},
    {.name = "concat_ws", .bind = BindConcatWs},
    {.name = "replace", .bind = BindReplace},
    {.name = "translate", .bind = BindTranslate},
    {.name = "overlay", .bind = BindOverlay},
    {.name = "ascii", .bind = BindAscii},
    {.name = "chr", .bind = BindChr},
};

}  // namespace

std::span<const FunctionSpec> StringFunctions() { return kFunctions; }

}  // namespace sabot
