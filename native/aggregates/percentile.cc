// percentile: PERCENTILE(value, percentage [, frequency]), interpolated between the neighbours; the
// percentage may be an array.
//
//   PERCENTILE(x, 0.5) over 3, 5, 10, 20  ->  7.5
//
// State: an ordered child, value (as DOUBLE) -> how often; the percentages.
#include <arrow/array/array_decimal.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>

#include <cmath>
#include <cstring>

#include "aggregates/decimal.h"
#include "aggregates/encoded_value.h"
#include "aggregates/families.h"
#include "aggregates/row_aggregate.h"
#include "base/error.h"
#include "base/hash.h"

namespace sabot {
namespace {

// Any numeric column as doubles.
arrow::Result<std::vector<double>> ToDoubles(const arrow::Array& array, const Type& type) {
  std::vector<double> values(static_cast<size_t>(array.length()));
  const bool known = VisitPhysical(type, [&]<typename T>(T) {
    if constexpr (!std::is_same_v<T, std::string_view>) {
      Argument<T> argument;
      argument.Bind(array);
      for (size_t i = 0; i < values.size(); ++i) {
        if constexpr (std::is_same_v<T, Int128>) {
          values[i] = DecimalToDouble(argument[static_cast<int64_t>(i)], type.scale);
        } else {
          values[i] = static_cast<double>(argument[static_cast<int64_t>(i)]);
        }
      }
    }
  });
  SABOT_CHECK(known);
  return values;
}

class Percentile final : public RowAggregate {
 public:
  // Rows without a value are skipped; the frequency, too, must be there.
  explicit Percentile(const AggregateCall& call)
      : RowAggregate(call.type, 1),
        types_(call.arg_types),
        many_(call.type.kind == TypeKind::kArray) {}

  void Place(KeyedTableLayout& layout) override {
    percentages_ = static_cast<int>(layout.cells.size());
    layout.cells.push_back({"percentages", CellSpec::Kind::kBytes});
    child_ = static_cast<int>(layout.children.size());
    layout.children.push_back({{{"count", CellSpec::Kind::kFixed8}}, true});
  }

 protected:
  arrow::Status Bind(const AggregateRows& rows) override {
    args_.assign(rows.args.begin(), rows.args.end());
    ARROW_ASSIGN_OR_RAISE(const std::vector<double> doubles, ToDoubles(*rows.args[0], types_[0]));
    arrow::DoubleBuilder builder;
    ARROW_RETURN_NOT_OK(builder.AppendValues(doubles));
    ARROW_ASSIGN_OR_RAISE(const ArrayPtr column, builder.Finish());
    ARROW_RETURN_NOT_OK(values_.Encode({&column, 1}, rows.length()));
    frequencies_.clear();
    if (rows.args.size() > 2) {
      ARROW_ASSIGN_OR_RAISE(frequencies_, ToDoubles(*rows.args[2], types_[2]));
    }
    return arrow::Status::OK();
  }

  arrow::Status Change(KeyedTable& table, Slot slot, int64_t row, bool retract) override {
    if (!table.cells().has_bytes(percentages_, slot))
      ARROW_RETURN_NOT_OK(SetPercentages(table, slot, row));
    int64_t times = 1;
    if (!frequencies_.empty()) {
      if (args_[2]->IsNull(row)) return arrow::Status::OK();
      times = static_cast<int64_t>(frequencies_[static_cast<size_t>(row)]);
      if (times <= 0) return arrow::Status::OK();
    }
    Count(table, slot, values_.key(row), values_.hash(row), retract ? -times : times);
    return arrow::Status::OK();
  }

  arrow::Status MergeSlot(KeyedTable& into, Slot to, const KeyedTable& other, Slot from) override {
    if (other.cells().has_bytes(percentages_, from)) {
      into.cells().set_bytes(percentages_, to, other.cells().bytes(percentages_, from));
    }
    const ChildTable& child = other.child(child_);
    for (const Slot element : child.Elements(from)) {
      const std::string_view value = child.element(element);
      Count(into, to, value, HashBytes(value), child.cells().at<int64_t>(0, element));
    }
    return arrow::Status::OK();
  }

  arrow::Status Append(const KeyedTable& table, Slot slot,
                       arrow::ArrayBuilder& builder) const override {
    const ChildTable& child = table.child(child_);
    std::vector<std::pair<double, int64_t>> values;  // And how many come up to and with each.
    int64_t total = 0;
    std::string scratch;
    for (const Slot element : child.Elements(slot)) {
      const int64_t count = child.cells().at<int64_t>(0, element);
      if (count <= 0) continue;
      total += count;
      values.emplace_back(DecodeFlat<double>(child.element(element), scratch), total);
    }
    if (total == 0) return builder.AppendNull();
    const std::string_view bytes = table.cells().bytes(percentages_, slot);
    std::vector<double> percentages(bytes.size() / sizeof(double));
    std::memcpy(percentages.data(), bytes.data(), bytes.size());
    if (!many_) {
      return static_cast<arrow::DoubleBuilder&>(builder).Append(
          At(values, percentages[0] * static_cast<double>(total - 1)));
    }
    auto& lists = static_cast<arrow::ListBuilder&>(builder);
    ARROW_RETURN_NOT_OK(lists.Append());
    auto& elements = static_cast<arrow::DoubleBuilder&>(*lists.value_builder());
    for (const double percentage : percentages) {
      ARROW_RETURN_NOT_OK(elements.Append(At(values, percentage * static_cast<double>(total - 1))));
    }
    return arrow::Status::OK();
  }

 private:
  static double At(const std::vector<std::pair<double, int64_t>>& values, double position) {
    const double lower = std::floor(position);
    const double upper = std::ceil(position);
    const auto value_at = [&](double rank) {
      const auto wanted = static_cast<int64_t>(rank) + 1;
      const auto found =
          std::lower_bound(values.begin(), values.end(), wanted,
                           [](const auto& value, int64_t up_to) { return value.second < up_to; });
      return found->first;
    };
    const double low = value_at(lower);
    const double high = value_at(upper);
    if (lower == upper || low == high) return low;
    return (upper - position) * low + (position - lower) * high;
  }

  arrow::Status SetPercentages(KeyedTable& table, Slot slot, int64_t row) {
    const arrow::Array& column = *args_[1];
    std::vector<double> percentages;
    if (many_) {
      const auto& lists = static_cast<const arrow::ListArray&>(column);
      const ArrayPtr list = lists.value_slice(row);
      ARROW_ASSIGN_OR_RAISE(percentages, ToDoubles(*list, types_[1].children[0]));
    } else {
      const ArrayPtr one = column.Slice(row, 1);
      ARROW_ASSIGN_OR_RAISE(percentages, ToDoubles(*one, types_[1]));
    }
    for (const double percentage : percentages) {
      if (!(percentage >= 0 && percentage <= 1)) {
        return UserError("runtime-argument", "PERCENTILE",
                         "A percentage of PERCENTILE lies outside 0 to 1.");
      }
    }
    table.cells().set_bytes(
        percentages_, slot,
        {reinterpret_cast<const char*>(percentages.data()), percentages.size() * sizeof(double)});
    return arrow::Status::OK();
  }

  void Count(KeyedTable& table, Slot slot, std::string_view value, uint64_t hash,
             int64_t change) const {
    ChildTable& child = table.child(child_);
    bool inserted;
    const Slot element = child.FindOrInsert(slot, value, hash, &inserted);
    child.Touch(element);
    int64_t& count = child.cells().at<int64_t>(0, element);
    count += change;
    if (count == 0) child.Erase(element);
  }

  std::vector<Type> types_;
  bool many_;
  int percentages_ = -1;
  int child_ = -1;
  std::vector<ArrayPtr> args_;
  EncodedKeys values_;
  std::vector<double> frequencies_;
};

arrow::Result<std::unique_ptr<Aggregate>> Make(const AggregateCall& call, bool) {
  if (call.args.size() < 2 || call.args.size() > 3 || !call.arg_types[0].is_numeric())
    return UnsupportedArgument(call);
  const Type& percentage = call.arg_types[1];
  const bool many = percentage.kind == TypeKind::kArray;
  if (!(many ? percentage.children[0] : percentage).is_numeric() ||
      many != (call.type.kind == TypeKind::kArray)) {
    return UnsupportedArgument(call);
  }
  if (call.args.size() == 3 && !call.arg_types[2].is_exact_integer())
    return UnsupportedArgument(call);
  return std::make_unique<Percentile>(call);
}

}  // namespace

extern const AggregateSpec kPercentile{"percentile", &Make};

}  // namespace sabot
