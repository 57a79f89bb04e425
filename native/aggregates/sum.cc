// sum, sum0: SUM keeps its argument's type. Integers wrap around, FLOAT adds in float, DECIMAL over
// 38 digits is NULL.
//
//   SUM(TINYINT) over 127, 1  ->  -128        SUM over no value -> NULL, $SUM0 -> 0
//
// State: the sum, whether it is there, and how many values it has if values can be taken back.
#include <type_traits>

#include "aggregates/cell_handle.h"
#include "aggregates/decimal.h"
#include "aggregates/families.h"
#include "aggregates/value_aggregate.h"

namespace sabot {
namespace {

// left + right, or left - right; false: overflow of a DECIMAL.
template <typename T>
bool Combine(T left, T right, bool subtract, T* out) {
  if constexpr (std::is_same_v<T, Int128>) {
    return AddDecimal(left, subtract ? -right : right, out);
  } else if constexpr (std::is_floating_point_v<T>) {
    *out = subtract ? left - right : left + right;
  } else {
    using Bits = std::make_unsigned_t<T>;
    const auto a = static_cast<uint64_t>(static_cast<Bits>(left));
    const auto b = static_cast<uint64_t>(static_cast<Bits>(right));
    *out = static_cast<T>(static_cast<Bits>(subtract ? a - b : a + b));
  }
  return true;
}

template <typename T>
struct Sum {
  using Out = T;
  static constexpr bool kTellsChange = false;
  static constexpr size_t kNumArgs = 1;

  explicit Sum(bool retracts) : retracts_(retracts) {}

  void Place(KeyedTableLayout& layout) {
    sum_.Place(layout, "sum");
    has_.Place(layout, "has_sum");
    if (retracts_) count_.Place(layout, "count");
  }
  void Locate(const CellColumns& cells) {
    sum_.Locate(cells);
    has_.Locate(cells);
    if (retracts_) count_.Locate(cells);
  }
  arrow::Status Bind(const AggregateRows& rows) {
    arg_.Bind(*rows.args[0]);
    return arrow::Status::OK();
  }
  bool Add(KeyedTable&, Slot, char* cells, int64_t row) {
    Put(cells, arg_[row], false);
    if (retracts_) ++count_(cells);
    return true;
  }
  bool Remove(KeyedTable&, Slot, char* cells, int64_t row) {
    Put(cells, arg_[row], true);
    if (retracts_) --count_(cells);
    return true;
  }
  bool Get(const KeyedTable&, Slot, const char* cells, Out* out) const {
    *out = sum_(cells);
    return has_(cells) != 0 && (!retracts_ || count_(cells) != 0);
  }
  void Merge(KeyedTable&, Slot, char* to, const KeyedTable&, Slot, const char* from) const {
    if (has_(from) != 0) Put(to, sum_(from), false);
    if (retracts_) count_(to) += count_(from);
  }

 private:
  // An overflow loses the sum; the next value starts a new one, as in Flink.
  void Put(char* cells, T value, bool subtract) const {
    T& sum = sum_(cells);
    const T left = has_(cells) != 0 ? sum : T{0};
    has_(cells) = Combine(left, value, subtract, &sum) ? 1 : 0;
  }

  bool retracts_;
  CellHandle<T> sum_;
  CellHandle<uint8_t> has_;
  CellHandle<int64_t> count_;
  Argument<T> arg_;
};

template <typename T>
struct Sum0 {
  using Out = T;
  static constexpr bool kTellsChange = false;
  static constexpr size_t kNumArgs = 1;

  void Place(KeyedTableLayout& layout) {
    sum_.Place(layout, "sum");
    overflowed_.Place(layout, "overflowed");
  }
  void Locate(const CellColumns& cells) {
    sum_.Locate(cells);
    overflowed_.Locate(cells);
  }
  arrow::Status Bind(const AggregateRows& rows) {
    arg_.Bind(*rows.args[0]);
    return arrow::Status::OK();
  }
  bool Add(KeyedTable&, Slot, char* cells, int64_t row) {
    Put(cells, arg_[row], false);
    return true;
  }
  bool Remove(KeyedTable&, Slot, char* cells, int64_t row) {
    Put(cells, arg_[row], true);
    return true;
  }
  bool Get(const KeyedTable&, Slot, const char* cells, Out* out) const {
    *out = sum_(cells);
    return overflowed_(cells) == 0;
  }
  void Merge(KeyedTable&, Slot, char* to, const KeyedTable&, Slot, const char* from) const {
    Put(to, sum_(from), false);
    overflowed_(to) |= overflowed_(from);
  }

 private:
  void Put(char* cells, T value, bool subtract) const {
    T& sum = sum_(cells);
    if (!Combine(sum, value, subtract, &sum)) overflowed_(cells) = 1;
  }

  CellHandle<T> sum_;
  CellHandle<uint8_t> overflowed_;
  Argument<T> arg_;
};

template <bool kZero>
arrow::Result<std::unique_ptr<Aggregate>> Make(const AggregateCall& call, bool input_retracts) {
  if (call.args.size() != 1 || !call.arg_types[0].is_numeric() ||
      call.arg_types[0].kind != call.type.kind || call.arg_types[0].scale != call.type.scale) {
    return UnsupportedArgument(call);
  }
  std::unique_ptr<Aggregate> made;
  VisitPhysical(call.type, [&]<typename T>(T) {
    if constexpr (!std::is_same_v<T, bool> && !std::is_same_v<T, std::string_view>) {
      if constexpr (kZero) {
        made = MakeValueAggregate(Sum0<T>(), call.type);
      } else {
        made = MakeValueAggregate(Sum<T>(input_retracts), call.type);
      }
    }
  });
  return made;
}

}  // namespace

extern const AggregateSpec kSum{"sum", &Make<false>};
extern const AggregateSpec kSum0{"sum0", &Make<true>};

}  // namespace sabot
