// stddev_pop, stddev_samp, var_pop, var_samp: Welford's running mean and sum of squared distances,
// as Flink computes them: in DOUBLE, then cast to the argument's type (integers truncate and
// saturate, DECIMAL rounds half up).
//
//   VAR_POP(INT) over 3, 5, 10  ->  8        VAR_SAMP over one value -> NULL
//
// State: count, mean, sum of squared distances from it.
#include <cmath>
#include <limits>
#include <type_traits>

#include "aggregates/cell_handle.h"
#include "aggregates/decimal.h"
#include "aggregates/families.h"
#include "aggregates/value_aggregate.h"

namespace sabot {
namespace {

template <typename T>
struct Variance {
  using Out = T;
  // Flink computes count and squares apart, and emits a row when either changes.
  static constexpr bool kTellsChange = true;
  static constexpr size_t kNumArgs = 1;

  Variance(bool sample, bool root, int arg_scale, int scale)
      : sample_(sample), root_(root), arg_scale_(arg_scale), scale_(scale) {}

  void Place(KeyedTableLayout& layout) {
    count_.Place(layout, "count");
    mean_.Place(layout, "mean");
    squares_.Place(layout, "squares");
  }
  void Locate(const CellColumns& cells) {
    count_.Locate(cells);
    mean_.Locate(cells);
    squares_.Locate(cells);
  }
  arrow::Status Bind(const AggregateRows& rows) {
    arg_.Bind(*rows.args[0]);
    return arrow::Status::OK();
  }
  bool Add(KeyedTable&, Slot, char* cells, int64_t row) {
    const double value = Value(row);
    const double from_old = value - mean_(cells);
    mean_(cells) += from_old / static_cast<double>(++count_(cells));
    squares_(cells) += from_old * (value - mean_(cells));
    return true;
  }
  bool Remove(KeyedTable&, Slot, char* cells, int64_t row) {
    const double value = Value(row);
    if (--count_(cells) == 0) {
      mean_(cells) = 0;
      squares_(cells) = 0;
      return true;
    }
    const double from_old = value - mean_(cells);
    mean_(cells) -= from_old / static_cast<double>(count_(cells));
    squares_(cells) -= from_old * (value - mean_(cells));
    return true;
  }
  bool Get(const KeyedTable&, Slot, const char* cells, Out* out) const {
    const int64_t count = count_(cells);
    if (count == 0 || (sample_ && count == 1)) return false;
    double value = squares_(cells) / static_cast<double>(sample_ ? count - 1 : count);
    if (root_) value = std::pow(value, 0.5);
    if constexpr (std::is_same_v<T, Int128>) {
      return DoubleToDecimal(value, scale_, out);
    } else if constexpr (std::is_floating_point_v<T>) {
      *out = static_cast<T>(value);
    } else {
      *out = Saturate(value);
    }
    return true;
  }
  void Merge(KeyedTable&, Slot, char* to, const KeyedTable&, Slot, const char* from) const {
    const auto left = static_cast<double>(count_(to));
    const auto right = static_cast<double>(count_(from));
    const double both = left + right;
    if (right == 0) return;
    count_(to) += count_(from);
    if (both == 0) {
      mean_(to) = 0;
      squares_(to) = 0;
      return;
    }
    const double distance = mean_(from) - mean_(to);
    mean_(to) += distance * right / both;
    squares_(to) += squares_(from) + distance * distance * left * right / both;
  }

 private:
  double Value(int64_t row) const {
    if constexpr (std::is_same_v<T, Int128>) {
      return DecimalToDouble(arg_[row], arg_scale_);
    } else {
      return static_cast<double>(arg_[row]);
    }
  }
  // Java's casts: to INT or BIGINT saturating, narrower types by way of INT.
  static T Saturate(double value) {
    using Wide = std::conditional_t<sizeof(T) == 8, int64_t, int32_t>;
    if (std::isnan(value)) return 0;
    if (value >= static_cast<double>(std::numeric_limits<Wide>::max())) {
      return static_cast<T>(std::numeric_limits<Wide>::max());
    }
    if (value <= static_cast<double>(std::numeric_limits<Wide>::min())) {
      return static_cast<T>(std::numeric_limits<Wide>::min());
    }
    return static_cast<T>(static_cast<Wide>(value));
  }

  bool sample_;
  bool root_;
  int arg_scale_;
  int scale_;
  CellHandle<int64_t> count_;
  CellHandle<double> mean_;
  CellHandle<double> squares_;
  Argument<T> arg_;
};

template <bool kSample, bool kRoot>
arrow::Result<std::unique_ptr<Aggregate>> Make(const AggregateCall& call, bool) {
  if (call.args.size() != 1 || !call.arg_types[0].is_numeric() ||
      call.arg_types[0].kind != call.type.kind) {
    return UnsupportedArgument(call);
  }
  std::unique_ptr<Aggregate> made;
  VisitPhysical(call.type, [&]<typename T>(T) {
    if constexpr (!std::is_same_v<T, bool> && !std::is_same_v<T, std::string_view>) {
      made = MakeValueAggregate(
          Variance<T>(kSample, kRoot, call.arg_types[0].scale, call.type.scale), call.type);
    }
  });
  return made;
}

}  // namespace

extern const AggregateSpec kStddevPop{"stddev_pop", &Make<false, true>};
extern const AggregateSpec kStddevSamp{"stddev_samp", &Make<true, true>};
extern const AggregateSpec kVarPop{"var_pop", &Make<false, false>};
extern const AggregateSpec kVarSamp{"var_samp", &Make<true, false>};

}  // namespace sabot
