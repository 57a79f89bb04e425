// datagen_source: rows made up by rule.
//
//   fields [{name: id, kind: sequence, start: 1, end: 3}, {name: x, min: 0, max: 9}]   ->   1 7 | 2
//   0 | 3 9
//
// Row g of the table is subtask g mod parallelism's (row_stripes.h). At most rowsPerSecond rows a
// second over all subtasks, the first second's at once. Random values follow from the operator's
// uid, the subtask and the clock at the start: a simulated run repeats. State: which rows are left,
// and the random sequence.
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/number_text.h"
#include "base/temporal_text.h"
#include "connectors/datagen/row_stripes.h"
#include "formats/column_buffer.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr int64_t kTextLength = 100;  // Flink's defaults.
constexpr int64_t kCollectionLength = 3;
constexpr int64_t kLengthMaximum = 1 << 20;
constexpr uint32_t kStateVersion = 2;

struct FieldRule {
  Type type;
  bool sequence = false;
  double min = 0;  // Of random numbers.
  double max = 0;
  int64_t min_integer = 0;  // Of random integers and sequences.
  int64_t max_integer = 0;
  int64_t length = kTextLength;
  bool variable_length = false;
  int64_t max_past_ms = 0;
  double null_rate = 0;
};

// SplitMix64.
struct RandomSequence {
  uint64_t state = 0;
  uint64_t Next() {
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  int64_t Between(int64_t low, int64_t high) {
    const uint64_t width = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
    return static_cast<int64_t>(static_cast<uint64_t>(low) +
                                (width == 0 ? Next() : Next() % width));
  }
};

class DatagenSource final : public Operator {
 public:
  DatagenSource(std::vector<FieldRule> rules, std::shared_ptr<arrow::Schema> schema,
                int64_t rows_per_second, int64_t num_rows, uint64_t uid_hash,
                OperatorContext& context)
      : rules_(std::move(rules)),
        schema_(std::move(schema)),
        rows_per_second_(rows_per_second),
        uid_hash_(uid_hash),
        context_(context),
        rows_(num_rows) {
    for (const FieldRule& rule : rules_)
      columns_.push_back(std::make_unique<ColumnBuffer>(rule.type));
  }

  arrow::Status Open() override {
    started_ms_ = context_.clock->NowMillis();
    random_.state = uid_hash_ ^ static_cast<uint64_t>(started_ms_) ^
                    (static_cast<uint64_t>(context_.subtask) << 48);
    rows_.Begin(context_.subtask, context_.parallelism);
    return arrow::Status::OK();
  }

  arrow::Result<Progress> Produce(Collector& out) override {
    const int64_t now = context_.clock->NowMillis();
    int64_t rows = std::min(rows_.num_left(), context_.options.batch_max_rows);
    if (rows <= 0) return Progress::kDone;
    rows = std::min(rows, RowsAllowed(now) - num_made_since_start_);
    if (rows <= 0) {
      // Rows that become due soon after the first one go with it in one batch.
      const int64_t first = num_made_since_start_ + 1;
      next_timer_ms_ = std::min(MillisOfRow(first) + context_.options.batch_max_delay_ms,
                                MillisOfRow(first + context_.options.batch_max_rows - 1));
      return Progress::kBlocked;
    }
    next_timer_ms_ = INT64_MAX;
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t row = rows_.Take();
      for (size_t column = 0; column < rules_.size(); ++column)
        AppendValue(rules_[column], row, now, *columns_[column]);
    }
    num_made_since_start_ += rows;
    std::vector<ArrayPtr> arrays;
    arrays.reserve(columns_.size());
    for (auto& column : columns_) {
      ARROW_ASSIGN_OR_RAISE(auto array, column->Finish());
      arrays.push_back(std::move(array));
    }
    Batch batch;
    batch.rows = arrow::RecordBatch::Make(schema_, rows, std::move(arrays));
    ARROW_RETURN_NOT_OK(out.Emit(std::move(batch)));
    return rows_.num_left() == 0 ? Progress::kDone : Progress::kMoreOutput;
  }

  // The clock has reached the time of the next row: Produce is called after this.
  int64_t NextTimer() const override { return next_timer_ms_; }
  arrow::Result<Progress> OnTimer(int64_t, Collector&) override {
    next_timer_ms_ = INT64_MAX;
    return Progress::kDone;
  }

  arrow::Result<Progress> Process(int, const Batch&, Collector&) override {
    SABOT_CHECK(false);  // A source has no inputs.
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    ByteWriter bytes;
    bytes.U32(kStateVersion);
    bytes.I64(context_.subtask);
    bytes.U64(random_.state);
    rows_.Write(bytes);
    to.Put("position", bytes.Take());
    return arrow::Status::OK();
  }

  arrow::Status Restore(const SnapshotReader& from) override {
    rows_.Clear();
    for (const std::string_view part : from.All("position")) {
      ByteReader bytes(part);
      if (bytes.U32() != kStateVersion)
        return arrow::Status::Invalid("datagen_source: a snapshot of another version");
      const int64_t subtask = bytes.I64();
      const uint64_t random = bytes.U64();
      ARROW_RETURN_NOT_OK(rows_.Read(bytes));
      if (!bytes.ok() || !bytes.done())
        return arrow::Status::Invalid("datagen_source: a damaged snapshot");
      if (subtask == context_.subtask) random_.state = random;
    }
    rows_.KeepShare(context_.subtask, context_.parallelism);
    return arrow::Status::OK();
  }

 private:
  double RowsPerMilli() const {
    return static_cast<double>(rows_per_second_) / 1'000 /
           static_cast<double>(context_.parallelism);
  }
  int64_t RowsAllowed(int64_t now) const {
    const double rows = RowsPerMilli() * static_cast<double>(now - started_ms_ + 1'000);
    return static_cast<int64_t>(std::min(rows, 9e18));
  }
  int64_t MillisOfRow(int64_t count) const {
    return started_ms_ - 1'000 +
           static_cast<int64_t>(std::ceil(static_cast<double>(count) / RowsPerMilli()));
  }

  int64_t LengthOf(const FieldRule& rule, int64_t fallback) {
    const int64_t length = rule.length < 0 ? fallback : rule.length;
    return rule.variable_length ? random_.Between(1, std::max<int64_t>(length, 1)) : length;
  }

  void AppendValue(const FieldRule& rule, int64_t row, int64_t now, ColumnBuffer& column);
  void AppendNumber(const FieldRule& rule, int64_t row, ColumnBuffer& column);
  void AppendNested(const FieldRule& rule, int64_t now, ColumnBuffer& column);

  const std::vector<FieldRule> rules_;
  const std::shared_ptr<arrow::Schema> schema_;
  const int64_t rows_per_second_;
  const uint64_t uid_hash_;
  OperatorContext& context_;
  std::vector<std::unique_ptr<ColumnBuffer>> columns_;
  RandomSequence random_;
  RowStripes rows_;
  // Rebuilt on restore: the rate holds from the (re)start on.
  int64_t num_made_since_start_ = 0;
  int64_t started_ms_ = 0;
  int64_t next_timer_ms_ = INT64_MAX;
};

// The rule of a nested value: Flink's defaults of its type.
FieldRule DefaultRule(const Type& type);

void DatagenSource::AppendNumber(const FieldRule& rule, int64_t row, ColumnBuffer& column) {
  const int64_t integer =
      rule.sequence ? rule.min_integer + row : random_.Between(rule.min_integer, rule.max_integer);
  const double real = rule.sequence ? static_cast<double>(integer)
                                    : rule.min + random_.Unit() * (rule.max - rule.min);
  switch (rule.type.kind) {
    case TypeKind::kTinyint:
      return column.AppendFixed(static_cast<int8_t>(integer));
    case TypeKind::kSmallint:
      return column.AppendFixed(static_cast<int16_t>(integer));
    case TypeKind::kInteger:
    case TypeKind::kIntervalYearMonth:
      return column.AppendFixed(static_cast<int32_t>(integer));
    case TypeKind::kBigint:
    case TypeKind::kIntervalDayTime:
      return column.AppendFixed(integer);
    case TypeKind::kFloat:
      return column.AppendFixed(static_cast<float>(real));
    case TypeKind::kDouble:
      return column.AppendFixed(real);
    default: {
      std::string text;
      AppendDouble(real, &text);
      Int128 value = 0;
      if (ParseDecimal(text, rule.type.precision, rule.type.scale, &value) != DecimalParse::kOk)
        return column.AppendNull();
      return column.AppendFixed(value);
    }
  }
}

void DatagenSource::AppendNested(const FieldRule& rule, int64_t now, ColumnBuffer& column) {
  if (rule.type.kind == TypeKind::kRow) {
    for (size_t i = 0; i < rule.type.children.size(); ++i) {
      AppendValue(DefaultRule(rule.type.children[i]), 0, now, column.child(static_cast<int>(i)));
    }
    return column.AppendRow();
  }
  const int64_t length = LengthOf(rule, kCollectionLength);
  for (int64_t i = 0; i < length; ++i) {
    AppendValue(DefaultRule(rule.type.children[0]), 0, now, column.child(0));
    if (rule.type.kind == TypeKind::kMap)
      AppendValue(DefaultRule(rule.type.children[1]), 0, now, column.child(1));
    if (rule.type.kind == TypeKind::kMultiset) column.child(1).AppendFixed<int32_t>(1);
  }
  column.AppendList();
}

void DatagenSource::AppendValue(const FieldRule& rule, int64_t row, int64_t now,
                                ColumnBuffer& column) {
  if (rule.null_rate > 0 && random_.Unit() < rule.null_rate) return column.AppendNull();
  switch (rule.type.kind) {
    case TypeKind::kBoolean:
      return column.AppendBool((random_.Next() & 1) != 0);
    case TypeKind::kChar:
    case TypeKind::kVarchar: {
      if (rule.sequence) return column.AppendBytes(std::to_string(rule.min_integer + row));
      static constexpr char kHex[] = "0123456789abcdef";
      std::string text(static_cast<size_t>(LengthOf(rule, kTextLength)), '0');
      for (char& c : text) c = kHex[random_.Next() & 15];
      return column.AppendBytes(text);
    }
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: {
      std::string bytes(static_cast<size_t>(LengthOf(rule, kTextLength)), '\0');
      for (char& c : bytes) c = static_cast<char>(random_.Next());
      return column.AppendBytes(bytes);
    }
    case TypeKind::kDate:
      return column.AppendFixed(static_cast<int32_t>(now / (kSecondsPerDay * 1'000)));
    case TypeKind::kTime:
      return column.AppendFixed(static_cast<int32_t>(now % (kSecondsPerDay * 1'000)));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      const int64_t past = rule.max_past_ms > 0 ? random_.Between(0, rule.max_past_ms) : 0;
      return column.AppendFixed((now - past) * (TicksPerSecond(rule.type.precision) / 1'000));
    }
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kRow:
      return AppendNested(rule, now, column);
    case TypeKind::kNull:
      return column.AppendNull();
    default:
      return AppendNumber(rule, row, column);
  }
}

FieldRule DefaultRule(const Type& type) {
  FieldRule rule;
  rule.type = type;
  rule.length = -1;
  if (type.is_string() || type.is_bytes())
    rule.length = type.length == kLengthMax ? kTextLength : type.length;
  rule.min = type.kind == TypeKind::kFloat ? std::numeric_limits<float>::lowest()
                                           : std::numeric_limits<double>::lowest() / 2;
  switch (type.kind) {
    case TypeKind::kTinyint:
      rule.min_integer = INT8_MIN;
      rule.max_integer = INT8_MAX;
      break;
    case TypeKind::kSmallint:
      rule.min_integer = INT16_MIN;
      rule.max_integer = INT16_MAX;
      break;
    case TypeKind::kInteger:
    case TypeKind::kIntervalYearMonth:
      rule.min_integer = INT32_MIN;
      rule.max_integer = INT32_MAX;
      break;
    case TypeKind::kDecimal:
      rule.min = -std::pow(10.0, type.precision - type.scale) / 2;
      break;
    default:
      rule.min_integer = INT64_MIN;
      rule.max_integer = INT64_MAX;
  }
  rule.max = -rule.min;
  return rule;
}

// A bound is text; for reals it may have a fraction.
arrow::Status ReadBound(const nlohmann::json& field, const char* name, const std::string& column,
                        int64_t* integer, double* real) {
  if (!field.contains(name)) return arrow::Status::OK();
  const std::string text =
      field[name].is_string() ? field[name].get<std::string>() : field[name].dump();
  if (!ParseJavaDouble(text, real)) {
    return UserError("invalid-option", "fields." + column + "." + name,
                     "option 'fields." + column + "." + name + "' is not a number: '" + text + "'");
  }
  if (!ParseJavaLong(text, integer)) *integer = static_cast<int64_t>(*real);
  return arrow::Status::OK();
}

arrow::Result<FieldRule> ReadRule(const Field& column, const nlohmann::json& field,
                                  int64_t* num_rows) {
  FieldRule rule = DefaultRule(column.type);
  if (field.value("kind", "random") == "sequence") {
    rule.sequence = true;
    int64_t end = 0;
    double ignored = 0;
    ARROW_RETURN_NOT_OK(ReadBound(field, "start", column.name, &rule.min_integer, &ignored));
    ARROW_RETURN_NOT_OK(ReadBound(field, "end", column.name, &end, &ignored));
    if (end < rule.min_integer) {
      return UserError("invalid-option", "fields." + column.name + ".end",
                       "option 'fields." + column.name + ".end' is before its start");
    }
    *num_rows = std::min(*num_rows, end - rule.min_integer + 1);
  } else {
    ARROW_RETURN_NOT_OK(ReadBound(field, "min", column.name, &rule.min_integer, &rule.min));
    ARROW_RETURN_NOT_OK(ReadBound(field, "max", column.name, &rule.max_integer, &rule.max));
    if (rule.min > rule.max || rule.min_integer > rule.max_integer) {
      return UserError("invalid-option", "fields." + column.name + ".max",
                       "option 'fields." + column.name + ".max' is less than its min");
    }
  }
  if (field.contains("length"))
    rule.length = std::clamp<int64_t>(field["length"].get<int64_t>(), 0, kLengthMaximum);
  rule.variable_length = field.value("var-len", false);
  rule.null_rate = field.value("null-rate", 0.0);
  rule.max_past_ms = field.value("max-past", int64_t{0});
  return rule;
}

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const int64_t rows_per_second, node.Int("rowsPerSecond", 10'000));
  ARROW_ASSIGN_OR_RAISE(int64_t num_rows, node.Int("numRows", INT64_MAX));
  if (rows_per_second < 1) {
    return UserError("invalid-option", "rows-per-second",
                     "option 'rows-per-second' must be at least 1");
  }
  const nlohmann::json* fields = node.Member("fields");
  if (fields == nullptr || !fields->is_array() || fields->size() != node.schema.size()) {
    return node.Error("its fields are not its columns");
  }
  std::vector<FieldRule> rules;
  for (size_t i = 0; i < node.schema.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto rule, ReadRule(node.schema[i], (*fields)[i], &num_rows));
    rules.push_back(std::move(rule));
  }
  return std::make_unique<DatagenSource>(std::move(rules), ToArrow(node.schema), rows_per_second,
                                         num_rows, HashBytes(node.uid), context);
}

}  // namespace

extern const OperatorSpec kDatagenSource{
    .name = "datagen_source", .num_inputs = 0, .stateful = true, .make = &Make};

}  // namespace sabot
