// print_sink: rows as lines of text, as Flink's print connector writes them.
//
//   (1, 'a'), -D (2, NULL)   ->   "1> +I[1, a]\n", "1> -D[2, null]\n"   to the job's channel
//   "stdout" or "stderr"
//
// A line begins with the identifier, if there is one, and the number of the subtask, if there are
// several. State: none (a line that is not delivered yet is before the barrier, for the operator is
// blocked).
#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <cstring>

#include "base/check.h"
#include "base/number_text.h"
#include "base/temporal_text.h"
#include "stream/operator.h"

namespace sabot {
namespace {

void AppendValue(const Type& type, const arrow::Array& array, int64_t row, std::string* out);

void AppendElements(const Type& type, const arrow::Array& values, int64_t begin, int64_t end,
                    std::string* out) {
  out->push_back('[');
  for (int64_t i = begin; i < end; ++i) {
    if (i > begin) out->append(", ");
    AppendValue(type, values, i, out);
  }
  out->push_back(']');
}

void AppendMap(const Type& type, const arrow::MapArray& map, int64_t row, std::string* out) {
  Type count;
  count.kind = TypeKind::kInteger;
  const Type& value = type.kind == TypeKind::kMap ? type.children[1] : count;
  out->push_back('{');
  for (int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
    if (i > map.value_offset(row)) out->append(", ");
    AppendValue(type.children[0], *map.keys(), i, out);
    out->push_back('=');
    AppendValue(value, *map.items(), i, out);
  }
  out->push_back('}');
}

void AppendValue(const Type& type, const arrow::Array& array, int64_t row, std::string* out) {
  if (array.IsNull(row)) {
    out->append("null");
    return;
  }
  switch (type.kind) {
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
      AppendFloat(static_cast<const arrow::FloatArray&>(array).Value(row), out);
      break;
    case TypeKind::kDouble:
      AppendDouble(static_cast<const arrow::DoubleArray&>(array).Value(row), out);
      break;
    case TypeKind::kDecimal: {
      Int128 value = 0;
      std::memcpy(&value, static_cast<const arrow::Decimal128Array&>(array).GetValue(row),
                  sizeof(value));
      AppendJavaDecimal(value, type.scale, out);
      break;
    }
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      out->append(static_cast<const arrow::StringArray&>(array).GetView(row));
      break;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: {
      const std::string_view bytes = static_cast<const arrow::BinaryArray&>(array).GetView(row);
      out->push_back('[');
      for (size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0) out->append(", ");
        AppendInteger(static_cast<int8_t>(bytes[i]), out);
      }
      out->push_back(']');
      break;
    }
    case TypeKind::kDate:
      AppendDate(static_cast<const arrow::Date32Array&>(array).Value(row), out);
      break;
    case TypeKind::kTime:
      AppendJavaTime(static_cast<const arrow::Time32Array&>(array).Value(row) * 1'000'000LL, out);
      break;
    case TypeKind::kTimestamp:
      AppendJavaTimestamp(static_cast<const arrow::TimestampArray&>(array).Value(row),
                          TicksPerSecond(type.precision), out);
      break;
    case TypeKind::kTimestampLtz:
      AppendJavaInstant(static_cast<const arrow::TimestampArray&>(array).Value(row),
                        TicksPerSecond(type.precision), out);
      out->push_back('Z');
      break;
    case TypeKind::kIntervalYearMonth:
      AppendJavaPeriod(static_cast<const arrow::MonthIntervalArray&>(array).Value(row), out);
      break;
    case TypeKind::kIntervalDayTime:
      AppendJavaDuration(static_cast<const arrow::DurationArray&>(array).Value(row), out);
      break;
    case TypeKind::kArray: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      AppendElements(type.children[0], *list.values(), list.value_offset(row),
                     list.value_offset(row + 1), out);
      break;
    }
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      AppendMap(type, static_cast<const arrow::MapArray&>(array), row, out);
      break;
    case TypeKind::kRow: {
      const auto& record = static_cast<const arrow::StructArray&>(array);
      out->append("+I[");
      for (size_t i = 0; i < type.children.size(); ++i) {
        if (i > 0) out->append(", ");
        AppendValue(type.children[i], *record.field(static_cast<int>(i)), row, out);
      }
      out->push_back(']');
      break;
    }
    case TypeKind::kNull:
      out->append("null");
      break;
  }
}

class PrintSink final : public StatelessOperator {
 public:
  PrintSink(Schema schema, std::string prefix, std::string channel, OperatorContext& context)
      : schema_(std::move(schema)),
        prefix_(std::move(prefix)),
        channel_(std::move(channel)),
        context_(context) {}

  arrow::Result<Progress> Process(int, const Batch& batch, Collector& out) override {
    static constexpr const char* kKinds[] = {"+I[", "-U[", "+U[", "-D["};
    SABOT_CHECK(lines_.empty());
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      lines_.append(prefix_).append(kKinds[static_cast<size_t>(batch.kind(row))]);
      for (size_t i = 0; i < schema_.size(); ++i) {
        if (i > 0) lines_.append(", ");
        AppendValue(schema_[i].type, *batch.column(static_cast<int>(i)), row, &lines_);
      }
      lines_.append("]\n");
    }
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector&) override {
    if (!context_.deliver(channel_, lines_)) return Progress::kBlocked;
    lines_.clear();
    return Progress::kDone;
  }

 private:
  const Schema schema_;
  const std::string prefix_;
  const std::string channel_;
  OperatorContext& context_;
  std::string lines_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(std::string prefix, node.String("identifier", ""));
  ARROW_ASSIGN_OR_RAISE(const bool standard_error, node.Bool("standardError", false));
  if (context.parallelism > 1) {
    if (!prefix.empty()) prefix += ":";
    prefix += std::to_string(context.subtask + 1);
  }
  if (!prefix.empty()) prefix += "> ";
  return std::make_unique<PrintSink>(node.input_schemas[0], std::move(prefix),
                                     standard_error ? "stderr" : "stdout", context);
}

}  // namespace

extern const OperatorSpec kPrintSink{.name = "print_sink", .num_inputs = 1, .make = &Make};

}  // namespace sabot
