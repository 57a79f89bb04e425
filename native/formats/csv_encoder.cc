// Batches as CSV, as Flink's `csv` format writes them.
//
//   id: [1, 2], s: ["a b", null]   ->   1,"a b"\n2,\n
//
// Quoting follows Jackson: text that is longer than 24 characters or has a character up to the
// delimiter or quote in it is quoted. No state.
#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cstring>

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/number_text.h"
#include "base/temporal_text.h"
#include "formats/csv_options.h"
#include "formats/decoders.h"

namespace sabot {
namespace {

constexpr size_t kUncheckedLength = 24;  // Jackson quotes longer text without looking.

class CsvEncoder final : public Encoder {
 public:
  CsvEncoder(Schema schema, CsvOptions options)
      : schema_(std::move(schema)), options_(std::move(options)) {
    safe_from_ = static_cast<unsigned char>(options_.delimiter);
    if (options_.quote)
      safe_from_ = std::max(safe_from_, static_cast<unsigned char>(*options_.quote));
    safe_from_ = static_cast<unsigned char>(std::max<int>(safe_from_, '\r') + 1);
  }

  arrow::Status Encode(const Batch& batch, std::string* out) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      WriteRow(batch, row, out);
      out->push_back('\n');
    }
    return arrow::Status::OK();
  }

  arrow::Status EncodeMessages(const Batch& batch, EncodedMessages* out) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      WriteRow(batch, row, &out->bytes);
      out->ends.push_back(static_cast<int64_t>(out->bytes.size()));
    }
    return arrow::Status::OK();
  }

 private:
  void WriteRow(const Batch& batch, int64_t row, std::string* out) {
    for (size_t i = 0; i < schema_.size(); ++i) {
      if (i > 0) out->push_back(options_.delimiter);
      text_.clear();
      const bool is_text =
          AppendValue(schema_[i].type, *batch.column(static_cast<int>(i)), row, &text_);
      if (is_text && NeedsQuotes(text_)) {
        AppendQuoted(text_, out);
      } else {
        out->append(text_);
      }
    }
  }

  bool NeedsQuotes(std::string_view text) const {
    if (!options_.quote) return false;
    if (text.size() > kUncheckedLength) return true;
    return std::any_of(text.begin(), text.end(), [this](char c) {
      return static_cast<unsigned char>(c) < safe_from_ ||
             (options_.escape && c == *options_.escape);
    });
  }

  void AppendQuoted(std::string_view text, std::string* out) const {
    const char quote = *options_.quote;
    out->push_back(quote);
    for (const char c : text) {
      if (c == quote || (options_.escape && c == *options_.escape))
        out->push_back(options_.escape.value_or(quote));
      out->push_back(c);
    }
    out->push_back(quote);
  }

  // Whether it is text, which may need quotes; numbers and booleans never do.
  bool AppendValue(const Type& type, const arrow::Array& array, int64_t row,
                   std::string* out) const {
    if (array.IsNull(row)) {
      out->append(options_.null_literal.value_or(""));
      return false;
    }
    switch (type.kind) {
      case TypeKind::kBoolean:
        out->append(static_cast<const arrow::BooleanArray&>(array).Value(row) ? "true" : "false");
        return false;
      case TypeKind::kTinyint:
        AppendInteger(static_cast<const arrow::Int8Array&>(array).Value(row), out);
        return false;
      case TypeKind::kSmallint:
        AppendInteger(static_cast<const arrow::Int16Array&>(array).Value(row), out);
        return false;
      case TypeKind::kInteger:
        AppendInteger(static_cast<const arrow::Int32Array&>(array).Value(row), out);
        return false;
      case TypeKind::kIntervalYearMonth:
        AppendInteger(static_cast<const arrow::MonthIntervalArray&>(array).Value(row), out);
        return false;
      case TypeKind::kBigint:
        AppendInteger(static_cast<const arrow::Int64Array&>(array).Value(row), out);
        return false;
      case TypeKind::kIntervalDayTime:
        AppendInteger(static_cast<const arrow::DurationArray&>(array).Value(row), out);
        return false;
      case TypeKind::kFloat:
        AppendFloat(static_cast<const arrow::FloatArray&>(array).Value(row), out);
        return false;
      case TypeKind::kDouble:
        AppendDouble(static_cast<const arrow::DoubleArray&>(array).Value(row), out);
        return false;
      case TypeKind::kDecimal: {
        Int128 value = 0;
        std::memcpy(&value, static_cast<const arrow::Decimal128Array&>(array).GetValue(row),
                    sizeof(value));
        if (options_.scientific_decimals) {
          AppendDecimalStripped(value, type.scale, out);
        } else {
          AppendDecimal(value, type.scale, out);
        }
        return false;
      }
      case TypeKind::kChar:
      case TypeKind::kVarchar:
        out->append(static_cast<const arrow::StringArray&>(array).GetView(row));
        return true;
      case TypeKind::kBinary:
      case TypeKind::kVarbinary:
        AppendBase64(static_cast<const arrow::BinaryArray&>(array).GetView(row), out);
        return true;
      case TypeKind::kDate:
        AppendDate(static_cast<const arrow::Date32Array&>(array).Value(row), out);
        return true;
      case TypeKind::kTime:
        AppendTimeOfDay(static_cast<const arrow::Time32Array&>(array).Value(row) * 1'000'000LL,
                        kFractionNeeded, out);
        return true;
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz:
        AppendTimestamp(static_cast<const arrow::TimestampArray&>(array).Value(row),
                        TicksPerSecond(type.precision), ' ', kFractionNeeded, out);
        if (type.kind == TypeKind::kTimestampLtz) out->push_back('Z');
        return true;
      case TypeKind::kArray: {
        const auto& list = static_cast<const arrow::ListArray&>(array);
        for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
          if (i > list.value_offset(row)) out->append(options_.array_delimiter);
          AppendValue(type.children[0], *list.values(), i, out);
        }
        return true;
      }
      case TypeKind::kRow: {
        const auto& record = static_cast<const arrow::StructArray&>(array);
        for (size_t i = 0; i < type.children.size(); ++i) {
          if (i > 0) out->append(options_.array_delimiter);
          AppendValue(type.children[i], *record.field(static_cast<int>(i)), row, out);
        }
        return true;
      }
      default:
        SABOT_CHECK(false);  // Refused by MakeCsvSinkEncoder.
    }
  }

  const Schema schema_;
  const CsvOptions options_;
  unsigned char safe_from_ = 0;
  std::string text_;
};

}  // namespace

arrow::Result<std::unique_ptr<Encoder>> MakeCsvSinkEncoder(const Schema& schema,
                                                           const PlanNode& node) {
  ARROW_ASSIGN_OR_RAISE(CsvOptions options, CsvOptions::Read(node));
  for (const Field& field : schema) {
    if (field.type.kind == TypeKind::kMap || field.type.kind == TypeKind::kMultiset ||
        field.type.kind == TypeKind::kNull) {
      return UserError(
          "unsupported-type", field.name,
          "format 'csv' cannot write column '" + field.name + "' of type " + ToString(field.type));
    }
    for (const Type& child : field.type.children) {
      if (!child.children.empty()) {
        return UserError("unsupported-type", field.name,
                         "format 'csv' cannot write column '" + field.name +
                             "': " + ToString(field.type) + " is nested twice");
      }
    }
  }
  return std::make_unique<CsvEncoder>(schema, std::move(options));
}

}  // namespace sabot
