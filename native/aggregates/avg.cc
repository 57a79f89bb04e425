// avg: AVG of integers truncates to the argument's type, FLOAT and DOUBLE divide in double, DECIMAL
// rounds half up into the result's scale.
//
//   AVG(INT) over 1, 2  ->  1        AVG(DECIMAL(10,2)) over 0.01, 0.02  ->  0.015000
//
// State: the sum (BIGINT, DOUBLE or DECIMAL(38, s)) and the count.
#include <type_traits>

#include "aggregates/cell_handle.h"
#include "aggregates/decimal.h"
#include "aggregates/families.h"
#include "aggregates/value_aggregate.h"

namespace sabot {
namespace {

template <typename T>
struct Avg {
  using Out = T;
  using Total =
      std::conditional_t<std::is_same_v<T, Int128>, Int128,
                         std::conditional_t<std::is_floating_point_v<T>, double, int64_t>>;
  static constexpr bool kTellsChange = false;
  static constexpr size_t kNumArgs = 1;

  explicit Avg(int extra_digits) : extra_digits_(extra_digits) {}

  void Place(KeyedTableLayout& layout) {
    sum_.Place(layout, "sum");
    count_.Place(layout, "count");
    if (kDecimal) overflowed_.Place(layout, "overflowed");
  }
  void Locate(const CellColumns& cells) {
    sum_.Locate(cells);
    count_.Locate(cells);
    if (kDecimal) overflowed_.Locate(cells);
  }
  arrow::Status Bind(const AggregateRows& rows) {
    arg_.Bind(*rows.args[0]);
    return arrow::Status::OK();
  }
  bool Add(KeyedTable&, Slot, char* cells, int64_t row) {
    Put(cells, static_cast<Total>(arg_[row]), false);
    ++count_(cells);
    return true;
  }
  bool Remove(KeyedTable&, Slot, char* cells, int64_t row) {
    Put(cells, static_cast<Total>(arg_[row]), true);
    --count_(cells);
    return true;
  }
  bool Get(const KeyedTable&, Slot, const char* cells, Out* out) const {
    const int64_t count = count_(cells);
    if (count == 0) return false;
    if constexpr (kDecimal) {
      return overflowed_(cells) == 0 && DivideDecimal(sum_(cells), count, extra_digits_, out);
    } else if constexpr (std::is_floating_point_v<T>) {
      *out = static_cast<T>(sum_(cells) / static_cast<double>(count));
    } else {
      // The one quotient that does not fit wraps, as Java's does.
      const bool wraps = count == -1;
      *out = static_cast<T>(wraps ? static_cast<int64_t>(0 - static_cast<uint64_t>(sum_(cells)))
                                  : sum_(cells) / count);
    }
    return true;
  }
  void Merge(KeyedTable&, Slot, char* to, const KeyedTable&, Slot, const char* from) const {
    Put(to, sum_(from), false);
    count_(to) += count_(from);
    if (kDecimal) overflowed_(to) |= overflowed_(from);
  }

 private:
  static constexpr bool kDecimal = std::is_same_v<T, Int128>;

  void Put(char* cells, Total value, bool subtract) const {
    Total& sum = sum_(cells);
    if constexpr (kDecimal) {
      if (!AddDecimal(sum, subtract ? -value : value, &sum)) overflowed_(cells) = 1;
    } else if constexpr (std::is_floating_point_v<Total>) {
      sum = subtract ? sum - value : sum + value;
    } else {
      const auto left = static_cast<uint64_t>(sum);
      const auto right = static_cast<uint64_t>(value);
      sum = static_cast<int64_t>(subtract ? left - right : left + right);
    }
  }

  int extra_digits_;
  CellHandle<Total> sum_;
  CellHandle<int64_t> count_;
  CellHandle<uint8_t> overflowed_;
  Argument<T> arg_;
};

arrow::Result<std::unique_ptr<Aggregate>> Make(const AggregateCall& call, bool) {
  if (call.args.size() != 1 || !call.arg_types[0].is_numeric() ||
      call.arg_types[0].kind != call.type.kind || call.type.scale < call.arg_types[0].scale) {
    return UnsupportedArgument(call);
  }
  std::unique_ptr<Aggregate> made;
  VisitPhysical(call.type, [&]<typename T>(T) {
    if constexpr (!std::is_same_v<T, bool> && !std::is_same_v<T, std::string_view>) {
      made = MakeValueAggregate(Avg<T>(call.type.scale - call.arg_types[0].scale), call.type);
    }
  });
  return made;
}

}  // namespace

extern const AggregateSpec kAvg{"avg", &Make};

}  // namespace sabot
