// Timestamps with digits below their unit (batch/timestamp_remainder.h), as whole nanoseconds.
//
//   tick 36000123 ms, remainder 456789 ns  ->  36000123456789
//
// Kernels work on ticks. One whose result shows the other digits is given a second form here, which
// runs on the batches that have some.
#pragma once

#include "batch/timestamp_remainder.h"
#include "expressions/lift.h"

namespace sabot {

// NanosReader(vector, type)[row]: nanoseconds since 1970.
class NanosReader {
 public:
  NanosReader(const Vector& vector, const Type& type)
      : ticks_(vector),
        remainders_(RemaindersOf(*vector.array->data())),
        nanos_per_tick_(1'000'000'000 / TicksPerSecond(type.precision)),
        mask_(vector.constant ? 0 : -1) {}
  Int128 operator[](int64_t row) const {
    return Int128{ticks_[row]} * nanos_per_tick_ + remainder(row);
  }
  int32_t remainder(int64_t row) const {
    return remainders_ == nullptr ? 0 : remainders_[row & mask_];
  }

 private:
  Reader<int64_t> ticks_;
  const int32_t* remainders_;
  int64_t nanos_per_tick_;
  int64_t mask_;
};

// `by_nanos` where an argument has remainders, else `by_ticks`.
KernelPtr OnRemainders(KernelPtr by_ticks, KernelPtr by_nanos);

// A function whose result keeps the remainders of args[moved], which it moves by whole ticks.
KernelPtr KeepRemainders(KernelPtr by_ticks, size_t moved);

// A function that sees args[0] as TIMESTAMP(9) where it has remainders; by ticks all the same in a
// batch with a year that nanoseconds do not reach.
KernelResult BindAtNanos(const Expression& call, const SessionContext& session,
                         decltype(FunctionSpec::bind) bind);

}  // namespace sabot
