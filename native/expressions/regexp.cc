// REGEXP and its family. A pattern that Java rejects gives FALSE (REGEXP) or NULL (the others), as
// in Flink.
#include <bit>

#include "base/hash_map_order.h"
#include "expressions/any_integer.h"
#include "expressions/lift.h"
#include "expressions/list_writer.h"
#include "expressions/regex.h"
#include "expressions/unicode.h"

namespace sabot {
namespace {

using Text = std::string_view;

// A literal pattern is compiled once; so is any other, at its first row.
KernelResult BindRegexp(const Expression& call, const SessionContext&) {
  return Lift<bool, Text, Text>(
      call, [cache = std::make_shared<RegexCache>()](Text s, Text pattern) -> arrow::Result<bool> {
        if (pattern.empty()) return false;
        ARROW_ASSIGN_OR_RAISE(Regex* const regex, cache->Get(pattern));
        if (regex == nullptr) return false;
        return regex->Find(s, 0);
      });
}

arrow::Result<std::optional<Text>> Extract(RegexCache& cache, Text s, Text pattern, int64_t group) {
  ARROW_ASSIGN_OR_RAISE(Regex* const regex, cache.Get(pattern));
  if (regex == nullptr) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(const bool found, regex->Find(s, 0));
  if (!found || group < 0 || group > regex->num_groups()) return std::nullopt;
  return regex->group(static_cast<int>(group));
}
KernelResult BindRegexpExtract(const Expression& call, const SessionContext&) {
  const auto cache = std::make_shared<RegexCache>();
  if (call.args.size() == 2) {
    return Lift<Text, Text, Text>(
        call, [cache](Text s, Text pattern) { return Extract(*cache, s, pattern, 0); });
  }
  return Lift<Text, Text, Text, AnyInteger>(call, [cache](Text s, Text pattern, AnyInteger group) {
    return Extract(*cache, s, pattern, static_cast<int32_t>(group.value));
  });
}

// The replacement is text: Flink quotes it, so $1 is not a group.
arrow::Result<bool> Replace(RegexCache& cache, Text s, Text pattern, Text replacement,
                            TextWriter& out) {
  ARROW_ASSIGN_OR_RAISE(Regex* const regex, cache.Get(pattern));
  if (regex == nullptr) return false;
  size_t copied = 0;
  ARROW_RETURN_NOT_OK(regex->ForEach(
      s,
      [&] {
        out.Append(s.substr(copied, regex->start() - copied));
        out.Append(replacement);
        copied = regex->end();
        return true;
      },
      // A pair that is torn apart becomes two '?'.
      [&](size_t at) {
        out.Append('?');
        out.Append(replacement);
        out.Append('?');
        copied = at + 4;
        return true;
      }));
  out.Append(s.substr(std::min(copied, s.size())));
  return true;
}
KernelResult BindRegexpReplace(const Expression& call, const SessionContext&) {
  return Lift<Text, Text, Text, Text>(
      call, [cache = std::make_shared<RegexCache>()](Text s, Text pattern, Text replacement,
                                                     TextWriter& out) {
        return Replace(*cache, s, pattern, replacement, out);
      });
}

KernelResult BindRegexpCount(const Expression& call, const SessionContext&) {
  return Lift<int32_t, Text, Text>(
      call,
      [cache = std::make_shared<RegexCache>()](
          Text s, Text pattern) -> arrow::Result<std::optional<int32_t>> {
        ARROW_ASSIGN_OR_RAISE(Regex* const regex, cache->Get(pattern));
        if (regex == nullptr) return std::nullopt;
        int32_t count = 0;
        ARROW_RETURN_NOT_OK(
            regex->ForEach(s, [&] { return ++count > 0; }, [&](size_t) { return ++count > 0; }));
        return count;
      });
}
// The 1-based UTF-16 unit of the first match, 0 if there is none.
KernelResult BindRegexpInstr(const Expression& call, const SessionContext&) {
  return Lift<int32_t, Text, Text>(
      call,
      [cache = std::make_shared<RegexCache>()](
          Text s, Text pattern) -> arrow::Result<std::optional<int32_t>> {
        ARROW_ASSIGN_OR_RAISE(Regex* const regex, cache->Get(pattern));
        if (regex == nullptr) return std::nullopt;
        ARROW_ASSIGN_OR_RAISE(const bool found, regex->Find(s, 0));
        return found ? static_cast<int32_t>(Utf16Units(s.substr(0, regex->start())) + 1) : 0;
      });
}
KernelResult BindRegexpSubstr(const Expression& call, const SessionContext&) {
  return Lift<Text, Text, Text>(call,
                                [cache = std::make_shared<RegexCache>()](Text s, Text pattern) {
                                  return Extract(*cache, s, pattern, 0);
                                });
}

// REGEXP_EXTRACT_ALL(s, pattern[, group]): group 1 by default.
arrow::Status AppendAll(RegexCache& cache, Text s, Text pattern, int64_t group,
                        TextListWriter& out) {
  ARROW_ASSIGN_OR_RAISE(Regex* const regex, cache.Get(pattern));
  if (regex == nullptr || group < 0 || group > regex->num_groups()) return out.EndNull();
  arrow::Status status;
  ARROW_RETURN_NOT_OK(regex->ForEach(
      s, [&] { return (status = out.Append(regex->group(static_cast<int>(group)))).ok(); },
      [&](size_t) { return (status = out.Append(Text())).ok(); }));
  ARROW_RETURN_NOT_OK(status);
  return out.EndRow();
}
KernelResult BindRegexpExtractAll(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type), cache = std::make_shared<RegexCache>()](
                       std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(const Validity validity, IntersectValidity(args, {}, rows));
    TextListWriter out;
    if (validity.none) {
      for (int64_t row = 0; row < rows; ++row) ARROW_RETURN_NOT_OK(out.EndNull());
      return out.Finish(type);
    }
    const Reader<Text> texts(args[0]);
    const Reader<Text> patterns(args[1]);
    ARROW_ASSIGN_OR_RAISE(const ArrayPtr first_group,
                          arrow::MakeArrayFromScalar(arrow::Int32Scalar(1), 1));
    const Reader<AnyInteger> groups(args.size() > 2 ? args[2] : Vector{first_group, true});
    for (int64_t row = 0; row < rows; ++row) {
      if (validity.bits != nullptr && !arrow::bit_util::GetBit(validity.data(), row)) {
        ARROW_RETURN_NOT_OK(out.EndNull());
        continue;
      }
      ARROW_RETURN_NOT_OK(AppendAll(*cache, texts[row], patterns[row], groups[row].value, out));
    }
    return out.Finish(type);
  });
}

// --- STR_TO_MAP
// --------------------------------------------------------------------------------------------------

// Java's String.split(regex, limit); limit 0 drops the empty parts at the end.
arrow::Result<std::vector<Text>> Split(Regex& regex, Text s, size_t limit) {
  std::vector<Text> parts;
  size_t from = 0;
  ARROW_RETURN_NOT_OK(regex.ForEach(
      s,
      [&] {
        if (limit > 0 && parts.size() + 1 == limit) return false;
        if (regex.end() == 0) return true;  // An empty match at the beginning splits nothing off.
        parts.push_back(s.substr(from, regex.start() - from));
        from = regex.end();
        return true;
      },
      [](size_t) { return true; }));
  parts.push_back(s.substr(from));
  if (parts.size() == 1) return parts;
  while (limit == 0 && !parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

// java.lang.String's hash.
uint32_t JavaStringHash(Text text) {
  uint32_t hash = 0;
  for (const char16_t unit : ToUtf16(text)) hash = hash * 31 + unit;
  return hash;
}

class StrToMap {
 public:
  arrow::Status Append(Text s, Text pairs, Text key_value, TextMapWriter& out) {
    ARROW_ASSIGN_OR_RAISE(Regex* const pair_regex, pair_cache_.Get(pairs));
    ARROW_ASSIGN_OR_RAISE(Regex* const key_regex, key_cache_.Get(key_value));
    if (pair_regex == nullptr || key_regex == nullptr) {
      return arrow::Status::Invalid("STR_TO_MAP: not a regular expression: '",
                                    pair_regex == nullptr ? pairs : key_value, "'");
    }
    entries_.clear();
    size_t expected = 0;
    if (!s.empty()) {
      ARROW_ASSIGN_OR_RAISE(const auto parts, Split(*pair_regex, s, 0));
      expected = parts.size();
      for (const Text part : parts) {
        ARROW_ASSIGN_OR_RAISE(const auto entry, Split(*key_regex, part, 2));
        if (entry.size() < 2) {
          Put(part, std::nullopt);
        } else {
          Put(entry[0], entry[1]);
        }
      }
    }
    // In the order of the hash map that Flink makes, which has room for as many entries as there
    // are parts.
    std::vector<uint32_t> hashes;
    for (const auto& [key, value] : entries_) hashes.push_back(JavaStringHash(key));
    for (const size_t place : HashMapOrder(hashes, std::bit_ceil((expected * 4 + 2) / 3))) {
      const auto& [key, value] = entries_[place];
      ARROW_RETURN_NOT_OK(out.Append(key, value));
    }
    return out.EndRow();
  }

 private:
  // The last value of a key counts.
  void Put(Text key, std::optional<Text> value) {
    for (auto& entry : entries_) {
      if (entry.first == key) {
        entry.second = value;
        return;
      }
    }
    entries_.emplace_back(key, value);
  }

  RegexCache pair_cache_;
  RegexCache key_cache_;
  std::vector<std::pair<Text, std::optional<Text>>> entries_;
};
KernelResult BindStrToMap(const Expression& call, const SessionContext&) {
  return LiftBatch([type = ToArrow(call.type), state = std::make_shared<StrToMap>()](
                       std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    const std::vector<lift::Argument<std::optional<Text>>> in(args.begin(), args.end());
    TextMapWriter out;
    for (int64_t row = 0; row < rows; ++row) {
      const auto s = in[0][row];
      const auto pairs = in.size() > 1 ? in[1][row] : std::optional<Text>(",");
      const auto key_value = in.size() > 1 ? in[2][row] : std::optional<Text>("=");
      if (s.has_value() && pairs.has_value() && key_value.has_value()) {
        ARROW_RETURN_NOT_OK(state->Append(*s, *pairs, *key_value, out));
      } else {
        ARROW_RETURN_NOT_OK(out.EndNull());
      }
    }
    return out.Finish(type);
  });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "regexp", .selective = true, .bind = BindRegexp},
    {.name = "regexp_extract", .selective = true, .bind = BindRegexpExtract},
    {.name = "regexp_replace", .selective = true, .bind = BindRegexpReplace},
    {.name = "regexp_count", .selective = true, .bind = BindRegexpCount},
    {.name = "regexp_instr", .selective = true, .bind = BindRegexpInstr},
    {.name = "regexp_substr", .selective = true, .bind = BindRegexpSubstr},
    {.name = "regexp_extract_all", .selective = true, .bind = BindRegexpExtractAll},
    {.name = "str_to_map", .selective = true, .bind = BindStrToMap},
};

}  // namespace

std::span<const FunctionSpec> RegexpFunctions() { return kFunctions; }

}  // namespace sabot
