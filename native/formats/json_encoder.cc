// Batches as JSON lines: the rendering of results, and Flink's `json` format.
//
//   a: [1, null], d: [1.50, 2.00]  ->  {"a":1,"d":1.50}\n{"a":null,"d":2.00}\n        results
//                                      {"a":1,"d":1.5}\n{"a":null,"d":2}\n            the format
//
// No state.
#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/util/decimal.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/number_text.h"
#include "base/temporal_text.h"
#include "formats/decoders.h"
#include "formats/format_options.h"
#include "formats/json_scan.h"

namespace sabot {
namespace {

enum class NullKeys : uint8_t { kFail, kDrop, kLiteral };

struct JsonWriteOptions {
  bool results = false;
  bool with_op = false;
  bool iso_timestamps = false;
  bool plain_decimals = false;
  bool omit_nulls = false;
  NullKeys null_keys = NullKeys::kFail;
  std::string null_key = "null";
};

Int128 DecimalAt(const arrow::Array& array, int64_t row) {
  Int128 value = 0;
  std::memcpy(&value, static_cast<const arrow::Decimal128Array&>(array).GetValue(row),
              sizeof(value));
  return value;
}

// Writes the values of one column (or child).
class ValueWriter {
 public:
  ValueWriter(const Type& type, const JsonWriteOptions& options);
  arrow::Status Write(const arrow::Array& array, int64_t row, std::string* out) const;

 private:
  arrow::Status WriteRow(const arrow::Array& array, int64_t row, std::string* out) const;
  arrow::Status WriteMap(const arrow::Array& array, int64_t row, std::string* out) const;
  void WriteTimestamp(int64_t ticks, std::string* out) const;
  void WriteBytes(std::string_view bytes, std::string* out) const;
  template <typename Float>
  void WriteFloating(Float value, void (*append)(Float, std::string*), std::string* out) const;

  const Type& type_;
  const JsonWriteOptions& options_;
  std::vector<ValueWriter> children_;
  std::vector<std::string> labels_;  // `"name":`
};

ValueWriter::ValueWriter(const Type& type, const JsonWriteOptions& options)
    : type_(type), options_(options) {
  for (const Type& child : type.children) children_.emplace_back(child, options);
  for (const std::string& name : type.names) {
    std::string label;
    AppendJsonString(name, &label);
    labels_.push_back(label + ":");
  }
}

template <typename Float>
void ValueWriter::WriteFloating(Float value, void (*append)(Float, std::string*),
                                std::string* out) const {
  const bool quoted = !std::isfinite(value);  // Not JSON numbers; Jackson quotes them too.
  if (quoted) out->push_back('"');
  append(value, out);
  if (quoted) out->push_back('"');
}

void ValueWriter::WriteTimestamp(int64_t ticks, std::string* out) const {
  const int64_t ticks_per_second = TicksPerSecond(type_.precision);
  out->push_back('"');
  if (options_.iso_timestamps) {
    AppendTimestamp(ticks, ticks_per_second, 'T', kFractionNeeded, out);
  } else {
    AppendTimestamp(ticks, ticks_per_second, ' ',
                    options_.results ? type_.precision : kFractionNeeded, out);
  }
  if (type_.kind == TypeKind::kTimestampLtz) out->push_back('Z');
  out->push_back('"');
}

void ValueWriter::WriteBytes(std::string_view bytes, std::string* out) const {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  if (!options_.results) {
    AppendBase64(bytes, out);
  } else {
    for (const char c : bytes) {
      out->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out->push_back(kHex[static_cast<unsigned char>(c) & 15]);
    }
  }
  out->push_back('"');
}

arrow::Status ValueWriter::Write(const arrow::Array& array, int64_t row, std::string* out) const {
  if (array.IsNull(row)) {
    out->append("null");
    return arrow::Status::OK();
  }
  switch (type_.kind) {
    case TypeKind::kBoolean:
      out->append(static_cast<const arrow::BooleanArray&>(array).Value(row) ? "true" : "false");
      break;
    case TypeKind::kTinyint:
      AppendInteger(static_cast<const arrow::Int8Array&>(array).Value(row), out);
      break;
    case TypeKind::kSmallint:
      AppendInteger(static_cast<const arrow::Int16Array&>(array).Value(row), out);
      break;
    case TypeKind::kInteger:
      AppendInteger(static_cast<const arrow::Int32Array&>(array).Value(row), out);
      break;
    case TypeKind::kBigint:
      AppendInteger(static_cast<const arrow::Int64Array&>(array).Value(row), out);
      break;
    case TypeKind::kFloat:
      WriteFloating(static_cast<const arrow::FloatArray&>(array).Value(row), &AppendFloat, out);
      break;
    case TypeKind::kDouble:
      WriteFloating(static_cast<const arrow::DoubleArray&>(array).Value(row), &AppendDouble, out);
      break;
    case TypeKind::kDecimal:
      if (options_.results || options_.plain_decimals) {
        AppendDecimal(DecimalAt(array, row), type_.scale, out);
      } else {
        AppendDecimalStripped(DecimalAt(array, row), type_.scale, out);
      }
      break;
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      AppendJsonString(static_cast<const arrow::StringArray&>(array).GetView(row), out);
      break;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      WriteBytes(static_cast<const arrow::BinaryArray&>(array).GetView(row), out);
      break;
    case TypeKind::kDate:
      out->push_back('"');
      AppendDate(static_cast<const arrow::Date32Array&>(array).Value(row), out);
      out->push_back('"');
      break;
    case TypeKind::kTime:
      out->push_back('"');
      AppendTimeOfDay(static_cast<const arrow::Time32Array&>(array).Value(row) * 1'000'000LL,
                      options_.results ? std::min(type_.precision, 3) : kFractionNeeded, out);
      out->push_back('"');
      break;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      WriteTimestamp(static_cast<const arrow::TimestampArray&>(array).Value(row), out);
      break;
    case TypeKind::kIntervalYearMonth:
      out->push_back('"');
      AppendJavaPeriod(static_cast<const arrow::MonthIntervalArray&>(array).Value(row), out);
      out->push_back('"');
      break;
    case TypeKind::kIntervalDayTime:
      out->push_back('"');
      AppendJavaDuration(static_cast<const arrow::DurationArray&>(array).Value(row), out);
      out->push_back('"');
      break;
    case TypeKind::kArray: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      out->push_back('[');
      for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
        if (i > list.value_offset(row)) out->push_back(',');
        RETURN_NOT_OK(children_[0].Write(*list.values(), i, out));
      }
      out->push_back(']');
      break;
    }
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return WriteMap(array, row, out);
    case TypeKind::kRow:
      return WriteRow(array, row, out);
    case TypeKind::kNull:
      out->append("null");
      break;
  }
  return arrow::Status::OK();
}

arrow::Status ValueWriter::WriteRow(const arrow::Array& array, int64_t row,
                                    std::string* out) const {
  const auto& record = static_cast<const arrow::StructArray&>(array);
  char separator = '{';
  for (size_t i = 0; i < children_.size(); ++i) {
    const auto field = record.field(static_cast<int>(i));
    if (options_.omit_nulls && field->IsNull(row)) continue;
    out->push_back(separator);
    separator = ',';
    out->append(labels_[i]);
    RETURN_NOT_OK(children_[i].Write(*field, row, out));
  }
  if (separator == '{') out->push_back('{');
  out->push_back('}');
  return arrow::Status::OK();
}

arrow::Status ValueWriter::WriteMap(const arrow::Array& array, int64_t row,
                                    std::string* out) const {
  const auto& map = static_cast<const arrow::MapArray&>(array);
  std::vector<std::pair<std::string, std::string>> entries;
  for (int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
    std::string key;
    if (map.keys()->IsNull(i)) {
      if (!options_.results && options_.null_keys == NullKeys::kDrop) continue;
      if (!options_.results && options_.null_keys == NullKeys::kFail) {
        return UserError("null-map-key", "json.map-null-key.mode",
                         "a map has a NULL key, which JSON cannot hold; set "
                         "'json.map-null-key.mode' to DROP or LITERAL");
      }
      key = options_.null_key;
    } else {
      RETURN_NOT_OK(children_[0].Write(*map.keys(), i, &key));
    }
    // Keys are text: what is written bare gets quotes.
    if (key.empty() || key[0] != '"') {
      std::string quoted;
      AppendJsonString(key, &quoted);
      key = std::move(quoted);
    }
    std::string value;
    if (type_.kind == TypeKind::kMultiset) {
      AppendInteger(static_cast<const arrow::Int32Array&>(*map.items()).Value(i), &value);
    } else {
      RETURN_NOT_OK(children_[1].Write(*map.items(), i, &value));
    }
    entries.emplace_back(std::move(key), std::move(value));
  }
  if (options_.results) {
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      // Without the closing quote, so that a prefix comes first.
      return std::string_view(a.first).substr(0, a.first.size() - 1) <
             std::string_view(b.first).substr(0, b.first.size() - 1);
    });
  }
  out->push_back('{');
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) out->push_back(',');
    out->append(entries[i].first);
    out->push_back(':');
    out->append(entries[i].second);
  }
  out->push_back('}');
  return arrow::Status::OK();
}

class JsonEncoder final : public Encoder {
 public:
  JsonEncoder(const Schema& schema, JsonWriteOptions options) : options_(std::move(options)) {
    row_type_.kind = TypeKind::kRow;
    for (const Field& field : schema) {
      row_type_.names.push_back(field.name);
      row_type_.children.push_back(field.type);
    }
    for (size_t i = 0; i < schema.size(); ++i) {
      writers_.emplace_back(row_type_.children[i], options_);
      std::string label;
      AppendJsonString(row_type_.names[i], &label);
      labels_.push_back(label + ":");
    }
  }

  arrow::Status Encode(const Batch& batch, std::string* out) override {
    const auto columns = ColumnsOf(batch);
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      RETURN_NOT_OK(WriteRow(columns, batch, row, out));
      out->push_back('\n');
    }
    return arrow::Status::OK();
  }

  arrow::Status EncodeMessages(const Batch& batch, EncodedMessages* out) override {
    const auto columns = ColumnsOf(batch);
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      RETURN_NOT_OK(WriteRow(columns, batch, row, &out->bytes));
      out->ends.push_back(static_cast<int64_t>(out->bytes.size()));
    }
    return arrow::Status::OK();
  }

 private:
  std::vector<const arrow::Array*> ColumnsOf(const Batch& batch) const {
    std::vector<const arrow::Array*> columns;
    for (const auto& column : batch.rows->columns()) columns.push_back(column.get());
    SABOT_CHECK(columns.size() == writers_.size());
    return columns;
  }

  arrow::Status WriteRow(const std::vector<const arrow::Array*>& columns, const Batch& batch,
                         int64_t row, std::string* out) const {
    static constexpr const char* kOps[] = {"+I", "-U", "+U", "-D"};
    out->push_back('{');
    bool first = true;
    if (options_.with_op) {
      out->append("\"op\":\"").append(kOps[static_cast<size_t>(batch.kind(row))]).push_back('"');
      first = false;
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      if (options_.omit_nulls && columns[i]->IsNull(row)) continue;
      if (!first) out->push_back(',');
      first = false;
      out->append(labels_[i]);
      RETURN_NOT_OK(writers_[i].Write(*columns[i], row, out));
    }
    out->push_back('}');
    return arrow::Status::OK();
  }

  const JsonWriteOptions options_;
  Type row_type_;
  std::vector<ValueWriter> writers_;
  std::vector<std::string> labels_;
};

}  // namespace

std::unique_ptr<Encoder> MakeJsonEncoder(const Schema& schema, JsonStyle style) {
  JsonWriteOptions options;
  options.results = style.results;
  options.with_op = style.with_op;
  return std::make_unique<JsonEncoder>(schema, std::move(options));
}

arrow::Result<std::unique_ptr<Encoder>> MakeJsonSinkEncoder(const Schema& schema,
                                                            const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(const FormatOptions options, FormatOptions::Read(node, kJsonOptionNames));
  JsonWriteOptions write;
  write.iso_timestamps = options.String("json.timestamp-format.standard", "SQL") == "ISO-8601";
  ARROW_ASSIGN_OR_RAISE(write.plain_decimals,
                        options.Bool("json.encode.decimal-as-plain-number", false));
  ARROW_ASSIGN_OR_RAISE(write.omit_nulls, options.Bool("json.encode.ignore-null-fields", false));
  const std::string mode = options.String("json.map-null-key.mode", "FAIL");
  if (mode == "FAIL") {
    write.null_keys = NullKeys::kFail;
  } else if (mode == "DROP") {
    write.null_keys = NullKeys::kDrop;
  } else if (mode == "LITERAL") {
    write.null_keys = NullKeys::kLiteral;
  } else {
    return UserError(
        "invalid-option", "json.map-null-key.mode",
        "option 'json.map-null-key.mode' must be FAIL, DROP or LITERAL, not '" + mode + "'");
  }
  write.null_key = options.String("json.map-null-key.literal", "null");
  return std::make_unique<JsonEncoder>(schema, std::move(write));
}

}  // namespace sabot
