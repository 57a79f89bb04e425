// JSON made of values: JSON_OBJECT, JSON_ARRAY, JSON_STRING.
//
//   json_object('b', 1, 'a', NULL)  options onNull: NULL, ABSENT   ->  {"a":null,"b":1}
//
// Keys are sorted, as Flink's serializer does. options.json ("1,3") lists the positions of
// arguments that are JSON already: calls of json_object, json_array and json.
#include <algorithm>
#include <charconv>
#include <functional>

#include "base/number_text.h"
#include "expressions/java_number.h"
#include "expressions/json_document.h"
#include "expressions/lift.h"
#include "expressions/temporal.h"

namespace sabot {
namespace {

using Text = std::string_view;

// Appends the value of a row, which is not NULL.
using AppendValue = std::function<void(int64_t row, std::string* out)>;

void AppendBase64(Text bytes, std::string* out) {
  constexpr Text kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    const size_t size = std::min<size_t>(3, bytes.size() - i);
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < size ? static_cast<uint8_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k)
      out->push_back(k <= size ? kDigits[group >> (18 - 6 * k) & 63] : '=');
  }
}

void AppendNumber(double value, std::string* out) {
  const std::string text = JavaDouble(value);
  // NaN and the infinities are not numbers in JSON.
  if (text.back() < '0' || text.back() > '9') {
    AppendJacksonString(text, out);
  } else {
    out->append(BigDecimalText(text));
  }
}

// 2024-02-29T12:34:56.7: the fraction has as few digits as it can.
void AppendTimestamp(int64_t ticks, int64_t ticks_per_second, bool zoned, std::string* out) {
  char buffer[kTemporalTextMax];
  char* end = FormatTimestamp(ticks,
                              ticks_per_second == 1000        ? 3
                              : ticks_per_second == 1'000'000 ? 6
                                                              : 9,
                              buffer);
  while (end[-1] == '0') --end;
  if (end[-1] == '.') --end;
  std::string text(buffer, end);
  std::replace(text.begin(), text.end(), ' ', 'T');
  out->append("\"" + text + (zoned ? "Z\"" : "\""));
}

struct Column {
  std::shared_ptr<NullBits> nulls;
  AppendValue append;

  void operator()(int64_t row, std::string* out) const {
    if (nulls->valid(row)) {
      append(row, out);
    } else {
      out->append("null");
    }
  }
};

arrow::Result<Column> MakeColumn(const Type& type, const Vector& vector);

template <typename T, typename F>
AppendValue Of(const Vector& vector, F f) {
  return [reader = Reader<T>(vector), f](int64_t row, std::string* out) { f(reader[row], out); };
}
template <typename T>
AppendValue OfInteger(const Vector& vector) {
  return Of<T>(vector, [](T value, std::string* out) { out->append(std::to_string(value)); });
}

// {"key":value,...} of the entries of a map, or of a row's fields, sorted by key.
void AppendSorted(std::vector<std::pair<std::string, std::string>>& members, std::string* out) {
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  out->push_back('{');
  for (size_t i = 0; i < members.size(); ++i) {
    // Of equal keys the last one counts.
    if (i + 1 < members.size() && members[i].first == members[i + 1].first) continue;
    if (out->back() != '{') out->push_back(',');
    AppendJacksonString(members[i].first, out);
    out->push_back(':');
    out->append(members[i].second);
  }
  out->push_back('}');
}

arrow::Result<AppendValue> OfNested(const Type& type, const Vector& vector) {
  if (type.kind == TypeKind::kRow) {
    const auto& row = static_cast<const arrow::StructArray&>(*vector.array);
    std::vector<Column> fields;
    for (size_t i = 0; i < type.children.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(
          auto field,
          MakeColumn(type.children[i], {row.field(static_cast<int>(i)), vector.constant}));
      fields.push_back(std::move(field));
    }
    return [fields, names = type.names](int64_t at, std::string* out) {
      std::vector<std::pair<std::string, std::string>> members;
      for (size_t i = 0; i < fields.size(); ++i)
        fields[i](at, &members.emplace_back(names[i], "").second);
      AppendSorted(members, out);
    };
  }
  if (type.kind == TypeKind::kArray) {
    const auto& list = static_cast<const arrow::ListArray&>(*vector.array);
    ARROW_ASSIGN_OR_RAISE(auto element, MakeColumn(type.children[0], {list.values(), false}));
    return [lists = Reader<ListSlice>(vector), element](int64_t at, std::string* out) {
      const ListSlice slice = lists[at];
      out->push_back('[');
      for (int64_t i = slice.begin; i < slice.end; ++i) {
        if (i > slice.begin) out->push_back(',');
        element(i, out);
      }
      out->push_back(']');
    };
  }
  const auto& map = static_cast<const arrow::MapArray&>(*vector.array);
  if (!type.children[0].is_string()) {
    return arrow::Status::NotImplemented("JSON of ", ToString(type),
                                         ": only maps from text have a JSON form");
  }
  Type value_type;
  value_type.kind = TypeKind::kInteger;
  if (type.kind == TypeKind::kMap) value_type = type.children[1];
  ARROW_ASSIGN_OR_RAISE(auto value, MakeColumn(value_type, {map.items(), false}));
  return [maps = Reader<ListSlice>(vector), keys = Reader<Text>(Vector{map.keys(), false}), value](
             int64_t at, std::string* out) {
    const ListSlice slice = maps[at];
    std::vector<std::pair<std::string, std::string>> members;
    for (int64_t i = slice.begin; i < slice.end; ++i)
      value(i, &members.emplace_back(keys[i], "").second);
    AppendSorted(members, out);
  };
}

arrow::Result<AppendValue> OfType(const Type& type, const Vector& vector) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return Of<bool>(vector,
                      [](bool value, std::string* out) { out->append(value ? "true" : "false"); });
    case TypeKind::kTinyint:
      return OfInteger<int8_t>(vector);
    case TypeKind::kSmallint:
      return OfInteger<int16_t>(vector);
    case TypeKind::kInteger:
      return OfInteger<int32_t>(vector);
    case TypeKind::kBigint:
      return OfInteger<int64_t>(vector);
    case TypeKind::kFloat:
      return Of<float>(vector, [](float value, std::string* out) { AppendNumber(value, out); });
    case TypeKind::kDouble:
      return Of<double>(vector, AppendNumber);
    case TypeKind::kDecimal:
      return Of<Int128>(vector, [scale = type.scale](Int128 value, std::string* out) {
        AppendJavaDecimal(value, scale, out);
      });
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return Of<Text>(vector, AppendJacksonString);
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return Of<Text>(vector, [](Text value, std::string* out) {
        out->push_back('"');
        AppendBase64(value, out);
        out->push_back('"');
      });
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return Of<int64_t>(
          vector,
          [zoned = type.kind == TypeKind::kTimestampLtz, ticks = TicksPerSecond(type.precision)](
              int64_t value, std::string* out) { AppendTimestamp(value, ticks, zoned, out); });
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kRow:
      return OfNested(type, vector);
    case TypeKind::kNull:
      return AppendValue([](int64_t, std::string*) {});
    default:
      return arrow::Status::NotImplemented("Type '", ToString(type),
                                           "' is not scalar or cannot be converted into JSON.");
  }
}

arrow::Result<Column> MakeColumn(const Type& type, const Vector& vector) {
  Column column{std::make_shared<NullBits>(vector), {}};
  if (vector.array->type_id() == arrow::Type::NA) {
    column.append = [](int64_t, std::string*) {};
  } else {
    ARROW_ASSIGN_OR_RAISE(column.append, OfType(type, vector));
  }
  return column;
}

// Which arguments are JSON already: options.json, "1,3".
std::vector<bool> RawArguments(const Expression& call) {
  std::vector<bool> raw(call.args.size());
  const std::string listed = call.Option("json");
  for (size_t from = 0; from < listed.size();) {
    size_t position = raw.size();
    const auto end = std::from_chars(listed.data() + from, listed.data() + listed.size(), position);
    if (position < raw.size()) raw[position] = true;
    from = static_cast<size_t>(end.ptr - listed.data()) + 1;
  }
  return raw;
}

// Writes every row of JSON_OBJECT or JSON_ARRAY.
template <bool kObject>
KernelResult BindContainer(const Expression& call, const SessionContext&) {
  const bool absent = call.Option("onNull", kObject ? "NULL" : "ABSENT") == "ABSENT";
  return LiftBatch([call, absent, raw = RawArguments(call)](
                       std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    std::vector<Column> columns;
    for (size_t i = 0; i < args.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto column, MakeColumn(call.args[i].type, args[i]));
      if (raw[i] || (kObject && i % 2 == 0)) {
        column.append = Of<Text>(args[i], [](Text text, std::string* out) { out->append(text); });
      }
      columns.push_back(std::move(column));
    }
    ARROW_ASSIGN_OR_RAISE(auto out, TextWriter::Make(rows));
    std::string text;
    std::vector<std::pair<std::string, std::string>> members;
    for (int64_t row = 0; row < rows; ++row) {
      text.clear();
      members.clear();
      for (size_t i = kObject ? 1 : 0; i < columns.size(); i += kObject ? 2 : 1) {
        if (absent && !columns[i].nulls->valid(row)) continue;
        auto& member = members.emplace_back();
        if (kObject) columns[i - 1](row, &member.first);
        columns[i](row, &member.second);
      }
      if constexpr (kObject) {
        AppendSorted(members, &text);
      } else {
        text = "[";
        for (const auto& member : members) {
          if (text.size() > 1) text.push_back(',');
          text += member.second;
        }
        text.push_back(']');
      }
      out.Append(text);
      out.EndRow();
    }
    return out.Finish(ToArrow(call.type), nullptr);
  });
}

KernelResult BindJsonString(const Expression& call, const SessionContext&) {
  return LiftBatch([call](std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(const Column column, MakeColumn(call.args[0].type, args[0]));
    ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<Text>::Make({}, rows));
    TextWriter& out = sink.writer();
    std::string text;
    ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) {
      if (!column.nulls->valid(row)) return false;
      text.clear();
      column.append(row, &text);
      out.Append(text);
      return true;
    }));
    return sink.Finish(ToArrow(call.type));
  });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "json_object", .bind = BindContainer<true>},
    {.name = "json_array", .bind = BindContainer<false>},
    {.name = "json_string", .bind = BindJsonString},
};

}  // namespace

std::span<const FunctionSpec> JsonConstructFunctions() { return kFunctions; }

}  // namespace sabot
