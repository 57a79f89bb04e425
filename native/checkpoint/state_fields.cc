// Keys, windows and aggregates belong together by their order, columns of rows by name, or by
// their order where names do not tell, states of functions by name.
#include "checkpoint/state_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "state/stored_columns.h"

namespace sabot {
namespace {

using Fields = std::vector<StateField>;

constexpr std::array<std::string_view, 5> kParts{"key", "window", "aggregate", "row", "state"};

std::string Because(std::string text, std::string_view why) {
  if (!why.empty()) text.append(" (").append(why).append(")");
  return text;
}

class Changes {
 public:
  void Renamed(const StateField& was, const StateField& is) {
    if (was.name != is.name && !(IsMadeUp(was.name) && IsMadeUp(is.name)))
      Append(renamed_, "'" + was.name + "' is '" + is.name + "' now");
  }
  void Widened(const StateField& was, const StateField& is) {
    Append(migrated_, "'" + was.name + "' was " + was.type + " and is " + is.type);
  }
  void Appended(const StateField& field) {
    Append(migrated_,
           "'" + field.name + "' (" + field.type + ") is new and NULL in rows from before");
  }
  void Begun(const StateField& field) {
    Append(migrated_, "'" + field.name + "' (" + field.type + ") is new and empty at first");
  }
  void Gone(const StateField& field) {
    Append(changed_, "'" + field.name + "' (" + field.type + ") is gone");
  }
  void Retyped(const StateField& was, const StateField& is, std::string_view why) {
    Append(changed_, Because("'" + was.name + "' was " + was.type + " and is " + is.type, why));
  }
  void Added(const StateField& field, std::string_view why) {
    Append(changed_, Because("'" + field.name + "' (" + field.type + ") is new", why));
  }

  FieldsChange Sum() {
    if (!changed_.empty()) return {FieldsFate::kChanged, changed_};
    if (migrated_.empty())
      return {renamed_.empty() ? FieldsFate::kKept : FieldsFate::kRenamed, renamed_};
    if (!renamed_.empty()) Append(migrated_, renamed_);
    return {FieldsFate::kMigrated, migrated_};
  }

 private:
  static void Append(std::string& text, const std::string& sentence) {
    text += (text.empty() ? "" : "; ") + sentence;
  }
  std::string renamed_;
  std::string migrated_;
  std::string changed_;
};

const StateField* Find(const Fields& fields, const std::string& name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const StateField& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

// What was recorded without parts is kept, or not.
FieldsChange CompareOrder(const Fields& was, const Fields& is) {
  Changes changes;
  const auto same_type = [](const StateField& a, const StateField& b) { return a.type == b.type; };
  if (std::equal(was.begin(), was.end(), is.begin(), is.end(), same_type)) {
    for (size_t i = 0; i < was.size(); ++i) changes.Renamed(was[i], is[i]);
    return changes.Sum();
  }
  for (const StateField& field : was) {
    const StateField* const now = Find(is, field.name);
    if (now == nullptr) {
      changes.Gone(field);
    } else if (now->type != field.type) {
      changes.Retyped(field, *now, "");
    }
  }
  for (const StateField& field : is) {
    if (Find(was, field.name) == nullptr) changes.Added(field, "");
  }
  FieldsChange sum = changes.Sum();
  if (sum.fate != FieldsFate::kChanged)
    sum = {FieldsFate::kChanged, "its fields are in another order"};
  return sum;
}

// --- types ---

// "DECIMAL(10, 2)" -> DECIMAL, 10, 2.
struct SizedType {
  std::string_view name;
  int64_t size = 0;
  int64_t scale = 0;
};

SizedType Sized(std::string_view type) {
  if (type == "STRING") return {"VARCHAR", INT64_MAX};
  if (type == "BYTES") return {"VARBINARY", INT64_MAX};
  const size_t open = type.find('(');
  if (open == std::string_view::npos || type.back() != ')') return {type};
  SizedType sized{type.substr(0, open)};
  const char* const end = type.data() + type.size() - 1;
  auto at = std::from_chars(type.data() + open + 1, end, sized.size).ptr;
  while (at < end && (*at == ',' || *at == ' ')) ++at;
  if (at < end) at = std::from_chars(at, end, sized.scale).ptr;
  return at == end ? sized : SizedType{type};
}

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// nullopt: every value of the old type is one of the new. Else why not; empty where there is no
// more to say.
std::optional<std::string> NotWidened(std::string_view was, std::string_view is, bool compared) {
  static constexpr std::array<std::string_view, 4> kIntegers{"TINYINT", "SMALLINT", "INT",
                                                             "BIGINT"};
  const auto from = std::find(kIntegers.begin(), kIntegers.end(), was);
  if (from != kIntegers.end() && std::find(from, kIntegers.end(), is) != kIntegers.end())
    return std::nullopt;
  if (was == "FLOAT" && is == "DOUBLE") {
    if (!compared) return std::nullopt;
    return "the same number is another one as DOUBLE";
  }
  const SizedType before = Sized(was);
  const SizedType now = Sized(is);
  const bool decimals =
      before.name == "DECIMAL" && now.name == "DECIMAL" && before.scale == now.scale;
  const bool texts = IsOneOf(before.name, {"CHAR", "VARCHAR"}) && now.name == "VARCHAR";
  const bool binaries = IsOneOf(before.name, {"BINARY", "VARBINARY"}) && now.name == "VARBINARY";
  if ((decimals || texts || binaries) && before.size <= now.size) return std::nullopt;
  return "";
}

// "BIGINT of DECIMAL(10, 2), STRING" -> its types.
std::vector<std::string_view> PartsOf(std::string_view type) {
  std::vector<std::string_view> parts;
  const size_t of = type.find(" of ");
  parts.push_back(type.substr(0, of));
  if (of == std::string_view::npos) return parts;
  std::string_view rest = type.substr(of + 4);
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '(' || rest[i] == '<') ++depth;
    if (rest[i] == ')' || rest[i] == '>') --depth;
    if (depth != 0 || rest[i] != ',') continue;
    parts.push_back(rest.substr(begin, i - begin));
    begin = i + 2;
  }
  parts.push_back(rest.substr(std::min(begin, rest.size())));
  return parts;
}

std::string FunctionOf(const StateField& field) {
  return field.name.substr(0, field.name.find('('));
}

std::optional<std::string> AggregateNotWidened(const StateField& was, const StateField& is,
                                               bool taken_back) {
  static constexpr std::string_view kDistinct = "(DISTINCT ";
  const std::string function = FunctionOf(was);
  const bool distinct = was.name.find(kDistinct) != std::string::npos;
  if (function != FunctionOf(is) || distinct != (is.name.find(kDistinct) != std::string::npos))
    return "";
  // The second ones keep every value where rows are taken back.
  const bool widening =
      IsOneOf(function, {"COUNT", "SUM", "SUM0", "$SUM0", "AVG", "MIN", "MAX"}) ||
      (!taken_back && IsOneOf(function, {"FIRST_VALUE", "LAST_VALUE", "LISTAGG"}));
  if (!widening) return "what " + function + " keeps is not converted";
  const auto before = PartsOf(was.type);
  const auto now = PartsOf(is.type);
  if (before.size() != now.size()) return "";
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] == now[i]) continue;
    auto why = NotWidened(before[i], now[i], distinct || taken_back);
    if (why) return why;
  }
  return std::nullopt;
}

// --- parts ---

void CompareField(const StateField& was, const StateField& is, Changes& changes) {
  if (was.type == is.type) return changes.Renamed(was, is);
  const bool taken_back = was.part->taken_back || is.part->taken_back;
  std::optional<std::string> why = "";
  if (was.part->of == StatePart::Of::kAggregate) {
    why = AggregateNotWidened(was, is, taken_back);
  } else if (was.part->of != StatePart::Of::kWindow) {
    why = NotWidened(was.type, is.type, was.part->of == StatePart::Of::kKey || taken_back);
  }
  if (why) return changes.Retyped(was, is, *why);
  changes.Widened(was, is);
  changes.Renamed(was, is);
}

void CompareNew(const StateField& field, bool named, Changes& changes) {
  if (field.part->of == StatePart::Of::kAggregate)
    return changes.Added(field, "it would lack the rows from before");
  if (field.part->of != StatePart::Of::kRow || !named) return changes.Added(field, "");
  if (field.part->taken_back)
    return changes.Added(field, "rows that are taken back would not be found again");
  if (field.part->required)
    return changes.Added(field, "it is NOT NULL, and rows from before have no value");
  changes.Appended(field);
}

std::vector<std::string> NamesOf(const Fields& fields) {
  std::vector<std::string> names;
  for (const StateField& field : fields) names.push_back(field.name);
  return names;
}

void ComparePart(const Fields& was, const Fields& is, bool rows, Changes& changes) {
  const auto pairs = rows ? PairByName(NamesOf(was), NamesOf(is)) : std::nullopt;
  std::set<const StateField*> found;
  for (size_t i = 0; i < was.size(); ++i) {
    const size_t at = pairs ? (*pairs)[i] : i;
    const StateField* const now = at < is.size() ? &is[at] : nullptr;
    found.insert(now);
    if (now == nullptr) {
      changes.Gone(was[i]);
    } else {
      CompareField(was[i], *now, changes);
    }
  }
  for (const StateField& field : is) {
    if (!found.contains(&field)) CompareNew(field, pairs.has_value(), changes);
  }
}

// What a function keeps goes by its names, and each on its own.
void CompareStates(const Fields& was, const Fields& is, Changes& changes) {
  for (const StateField& field : was) {
    const StateField* const now = Find(is, field.name);
    if (now == nullptr) {
      changes.Gone(field);
    } else if (now->type != field.type) {
      changes.Retyped(field, *now, "");
    }
  }
  for (const StateField& field : is) {
    if (Find(was, field.name) == nullptr) changes.Begun(field);
  }
}

Fields OfPart(const Fields& fields, StatePart::Of of, int input) {
  Fields chosen;
  for (const StateField& field : fields) {
    if (field.part->of == of && field.part->input == input) chosen.push_back(field);
  }
  return chosen;
}

}  // namespace

FieldsChange CompareFields(const Fields& was, const Fields& is) {
  if (was.empty() || is.empty()) return {};
  const auto told = [](const StateField& field) { return field.part.has_value(); };
  if (!std::all_of(was.begin(), was.end(), told) || !std::all_of(is.begin(), is.end(), told))
    return CompareOrder(was, is);
  using Of = StatePart::Of;
  Changes changes;
  for (const auto& [of, input] :
       {std::pair{Of::kKey, 0}, std::pair{Of::kKey, 1}, std::pair{Of::kWindow, 0},
        std::pair{Of::kAggregate, 0}, std::pair{Of::kRow, 0}, std::pair{Of::kRow, 1}}) {
    ComparePart(OfPart(was, of, input), OfPart(is, of, input), of == Of::kRow, changes);
  }
  CompareStates(OfPart(was, Of::kState, 0), OfPart(is, Of::kState, 0), changes);
  return changes.Sum();
}

nlohmann::json ToJson(const StateField& field) {
  nlohmann::json to = {field.name, field.type};
  if (!field.part) return to;
  nlohmann::json part = {{"of", kParts[static_cast<size_t>(field.part->of)]}};
  if (field.part->input != 0) part["input"] = field.part->input;
  if (field.part->taken_back) part["takenBack"] = true;
  if (field.part->required) part["required"] = true;
  to.push_back(std::move(part));
  return to;
}

std::optional<StateField> ReadStateField(const nlohmann::json& from) {
  if (!from.is_array() || from.size() < 2 || from.size() > 3 || !from[0].is_string() ||
      !from[1].is_string())
    return std::nullopt;
  StateField field{from[0].get<std::string>(), from[1].get<std::string>()};
  if (from.size() == 2) return field;
  const nlohmann::json& part = from[2];
  if (!part.is_object() || !part.contains("of") || !part["of"].is_string()) return std::nullopt;
  const auto of = std::find(kParts.begin(), kParts.end(), part["of"].get<std::string>());
  if (of == kParts.end()) return std::nullopt;
  const auto is_true = [&part](const char* name) {
    const auto at = part.find(name);
    return at != part.end() && at->is_boolean() && at->get<bool>();
  };
  const auto input = part.find("input");
  field.part = {.of = static_cast<StatePart::Of>(of - kParts.begin()),
                .input = input != part.end() && *input == 1 ? 1 : 0,
                .taken_back = is_true("takenBack"),
                .required = is_true("required")};
  return field;
}

}  // namespace sabot
