// json_objectagg, json_arrayagg: values as one JSON text; objects with sorted keys, arrays in order
// of arrival.
//
//   JSON_OBJECTAGG(KEY k VALUE v) over ('b', 1), ('a', NULL)  ->  {"a":null,"b":1}
//
// Options: "onNull" is "null" or "absent" (default: null for objects, absent for arrays); "json":
// true says that the value argument is JSON text already (JSON_STRING of it), which nested,
// temporal and floating-point values need. State: objects: an ordered child, key -> JSON text;
// arrays: the JSON texts in order of arrival.
#include <arrow/array/array_decimal.h>
#include <arrow/array/builder_binary.h>
#include <arrow/type.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "aggregates/arrival_list.h"
#include "aggregates/encoded_value.h"
#include "aggregates/families.h"
#include "aggregates/row_aggregate.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/number_text.h"

namespace sabot {
namespace {

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20) {
          out += "\\u00";
          out += c < 0x10 ? '0' : '1';
          out += "0123456789ABCDEF"[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

// A value column as JSON texts.
class JsonTexts {
 public:
  static bool Supports(const Type& type, bool is_json) {
    if (is_json) return type.is_string();
    return type.is_exact_integer() || type.is_string() || type.kind == TypeKind::kBoolean ||
           type.kind == TypeKind::kDecimal || type.is_floating();
  }
  explicit JsonTexts(bool is_json) : is_json_(is_json) {}

  void Bind(const ArrayPtr& array) { array_ = array; }
  bool null(int64_t row) const { return array_->IsNull(row); }
  std::string_view operator[](int64_t row) {
    text_.clear();
    if (array_->IsNull(row)) return text_ += "null";
    switch (array_->type_id()) {
      case arrow::Type::STRING: {
        const std::string_view text = static_cast<const arrow::StringArray&>(*array_).GetView(row);
        if (is_json_) return text_ += text;
        AppendQuoted(text, text_);
        return text_;
      }
      case arrow::Type::BOOL:
        return text_ +=
               static_cast<const arrow::BooleanArray&>(*array_).Value(row) ? "true" : "false";
      case arrow::Type::INT8:
        return text_ += std::to_string(static_cast<const arrow::Int8Array&>(*array_).Value(row));
      case arrow::Type::INT16:
        return text_ += std::to_string(static_cast<const arrow::Int16Array&>(*array_).Value(row));
      case arrow::Type::INT32:
        return text_ += std::to_string(static_cast<const arrow::Int32Array&>(*array_).Value(row));
      case arrow::Type::INT64:
        return text_ += std::to_string(static_cast<const arrow::Int64Array&>(*array_).Value(row));
      case arrow::Type::FLOAT: {
        const float value = static_cast<const arrow::FloatArray&>(*array_).Value(row);
        AppendFloat(value, &text_);
        if (!std::isfinite(value)) text_ = '"' + text_ + '"';
        return text_;
      }
      case arrow::Type::DOUBLE: {
        const double value = static_cast<const arrow::DoubleArray&>(*array_).Value(row);
        AppendDouble(value, &text_);
        if (!std::isfinite(value)) text_ = '"' + text_ + '"';
        return text_;
      }
      default:
        return text_ += static_cast<const arrow::Decimal128Array&>(*array_).FormatValue(row);
    }
  }

 private:
  bool is_json_;
  ArrayPtr array_;
  std::string text_;
};

class JsonObjectagg final : public RowAggregate {
 public:
  JsonObjectagg(const Type& type, bool absent_on_null, bool is_json)
      : RowAggregate(type, 0), absent_on_null_(absent_on_null), texts_(is_json) {}

  void Place(KeyedTableLayout& layout) override {
    child_ = static_cast<int>(layout.children.size());
    layout.children.push_back({{{"value", CellSpec::Kind::kBytes}}, true});
  }

 protected:
  arrow::Status Bind(const AggregateRows& rows) override {
    key_array_ = rows.args[0];
    texts_.Bind(rows.args[1]);
    return keys_.Encode(rows.args.first(1), rows.length());
  }
  arrow::Status Change(KeyedTable& table, Slot slot, int64_t row, bool retract) override {
    if (key_array_->IsNull(row)) {
      return UserError("runtime-json", "JSON_OBJECTAGG",
                       "A key of JSON_OBJECTAGG is NULL; keys must not be.");
    }
    if (absent_on_null_ && texts_.null(row)) return arrow::Status::OK();
    ChildTable& child = table.child(child_);
    if (retract) {
      child.Erase(slot, keys_.key(row), keys_.hash(row));
      return arrow::Status::OK();
    }
    bool inserted;
    const Slot element = child.FindOrInsert(slot, keys_.key(row), keys_.hash(row), &inserted);
    if (!inserted) return Twice(keys_.key(row));
    child.cells().set_bytes(0, element, texts_[row]);
    return arrow::Status::OK();
  }
  arrow::Status MergeSlot(KeyedTable& into, Slot to, const KeyedTable& other, Slot from) override {
    const ChildTable& child = other.child(child_);
    for (const Slot element : child.Elements(from)) {
      const std::string_view key = child.element(element);
      bool inserted;
      const Slot merged = into.child(child_).FindOrInsert(to, key, HashBytes(key), &inserted);
      if (!inserted) return Twice(key);
      into.child(child_).cells().set_bytes(0, merged, child.cells().bytes(0, element));
    }
    return arrow::Status::OK();
  }
  arrow::Status Append(const KeyedTable& table, Slot slot,
                       arrow::ArrayBuilder& builder) const override {
    const ChildTable& child = table.child(child_);
    std::string text = "{";
    std::string scratch;
    for (const Slot element : child.Elements(slot)) {
      if (text.size() > 1) text += ',';
      AppendQuoted(DecodeFlat<std::string_view>(child.element(element), scratch), text);
      text += ':';
      text += child.cells().bytes(0, element);
    }
    text += '}';
    return static_cast<arrow::StringBuilder&>(builder).Append(text);
  }

 private:
  static arrow::Status Twice(std::string_view key) {
    std::string scratch;
    return UserError("runtime-json", "JSON_OBJECTAGG",
                     "Key '" + std::string(DecodeFlat<std::string_view>(key, scratch)) +
                         "' comes twice in JSON_OBJECTAGG; keys must be unique.");
  }

  bool absent_on_null_;
  JsonTexts texts_;
  ArrayPtr key_array_;
  EncodedKeys keys_;
  int child_ = -1;
};

class JsonArrayagg final : public RowAggregate {
 public:
  JsonArrayagg(const Type& type, bool absent_on_null, bool is_json, bool retracts)
      : RowAggregate(type, absent_on_null ? 1 : 0), texts_(is_json), list_(retracts) {}

  void Place(KeyedTableLayout& layout) override { list_.Place(layout); }

 protected:
  arrow::Status Bind(const AggregateRows& rows) override {
    texts_.Bind(rows.args[0]);
    return arrow::Status::OK();
  }
  arrow::Status Change(KeyedTable& table, Slot slot, int64_t row, bool retract) override {
    // Encoded as texts, so that no value is a prefix of another: JSON texts hold no zero byte.
    encoded_.clear();
    encoded_ += '\x01';
    encoded_ += texts_[row];
    encoded_.append("\0\x01", 2);
    if (retract) {
      list_.Remove(table, slot, encoded_);
    } else {
      list_.Append(table, slot, encoded_);
    }
    return arrow::Status::OK();
  }
  arrow::Status MergeSlot(KeyedTable& into, Slot to, const KeyedTable& other, Slot from) override {
    list_.Merge(into, to, other, from);
    return arrow::Status::OK();
  }
  arrow::Status Append(const KeyedTable& table, Slot slot,
                       arrow::ArrayBuilder& builder) const override {
    std::string text = "[";
    list_.ForEach(table, slot, [&](std::string_view encoded) {
      if (text.size() > 1) text += ',';
      text += encoded.substr(1, encoded.size() - 3);
    });
    text += ']';
    return static_cast<arrow::StringBuilder&>(builder).Append(text);
  }

 private:
  JsonTexts texts_;
  ArrivalList list_;
  std::string encoded_;
};

arrow::Result<std::unique_ptr<Aggregate>> MakeObject(const AggregateCall& call, bool) {
  const bool is_json = call.options->value("json", false);
  if (call.args.size() != 2 || !call.arg_types[0].is_string() ||
      !JsonTexts::Supports(call.arg_types[1], is_json)) {
    return UnsupportedArgument(call);
  }
  const bool absent = call.options->value("onNull", "null") == "absent";
  return std::make_unique<JsonObjectagg>(call.type, absent, is_json);
}

arrow::Result<std::unique_ptr<Aggregate>> MakeArray(const AggregateCall& call,
                                                    bool input_retracts) {
  const bool is_json = call.options->value("json", false);
  if (call.args.size() != 1 || !JsonTexts::Supports(call.arg_types[0], is_json))
    return UnsupportedArgument(call);
  const bool absent = call.options->value("onNull", "absent") == "absent";
  return std::make_unique<JsonArrayagg>(call.type, absent, is_json, input_retracts);
}

}  // namespace

extern const AggregateSpec kJsonObjectagg{"json_objectagg", &MakeObject};
extern const AggregateSpec kJsonArrayagg{"json_arrayagg", &MakeArray};

}  // namespace sabot
