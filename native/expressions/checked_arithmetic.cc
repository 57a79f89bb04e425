// Arithmetic of JavaScript's bigints as far as 64 bits go: checked_plus, checked_minus,
// checked_times, checked_divide and checked_mod over BIGINT NOT NULL.
//
//   checked_times(2^40, 2^40)   ->   error: the batch runs in V8, which has all the digits
//
// SQL's own arithmetic (arithmetic.cc) wraps instead.
#include <limits>
#include <span>

#include "base/error.h"
#include "expressions/lift.h"

namespace sabot {
namespace {

// Each returns whether the result does not fit.
struct Plus {
  bool operator()(int64_t l, int64_t r, int64_t* out) const {
    return __builtin_add_overflow(l, r, out);
  }
};
struct Minus {
  bool operator()(int64_t l, int64_t r, int64_t* out) const {
    return __builtin_sub_overflow(l, r, out);
  }
};
struct Times {
  bool operator()(int64_t l, int64_t r, int64_t* out) const {
    return __builtin_mul_overflow(l, r, out);
  }
};

bool Traps(int64_t l, int64_t r) {
  return r == 0 || (l == std::numeric_limits<int64_t>::min() && r == -1);
}
struct Divide {
  bool operator()(int64_t l, int64_t r, int64_t* out) const {
    const bool traps = Traps(l, r);
    *out = traps ? 0 : l / r;
    return traps;
  }
};
struct Mod {
  bool operator()(int64_t l, int64_t r, int64_t* out) const {
    const bool traps = Traps(l, r);
    *out = traps ? 0 : l % r;
    return traps;
  }
};

bool IsBigint(const Type& type) { return type.kind == TypeKind::kBigint && !type.nullable; }

template <typename Operation>
KernelResult BindChecked(const Expression& call, const SessionContext&) {
  if (call.args.size() != 2 || !IsBigint(call.args[0].type) || !IsBigint(call.args[1].type)) {
    return NoSuchCall(call);
  }
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector> args,
                                               int64_t rows) -> arrow::Result<ArrayPtr> {
    const Reader<int64_t> left(args[0]);
    const Reader<int64_t> right(args[1]);
    ARROW_ASSIGN_OR_RAISE(auto writer, FixedWriter<int64_t>::Make(rows));
    auto* const out = reinterpret_cast<int64_t*>(writer.data());
    bool overflows = false;
    for (int64_t row = 0; row < rows; ++row) {
      overflows |= Operation{}(left[row], right[row], out + row);
    }
    if (overflows) return UserError("runtime-arithmetic", "", "A bigint needs more than 64 bits.");
    return writer.Finish(type, nullptr);
  });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "checked_plus", .selective = true, .bind = &BindChecked<Plus>},
    {.name = "checked_minus", .selective = true, .bind = &BindChecked<Minus>},
    {.name = "checked_times", .selective = true, .bind = &BindChecked<Times>},
    {.name = "checked_divide", .selective = true, .bind = &BindChecked<Divide>},
    {.name = "checked_mod", .selective = true, .bind = &BindChecked<Mod>},
};

}  // namespace

std::span<const FunctionSpec> CheckedArithmeticFunctions() { return kFunctions; }

}  // namespace sabot
