// Arithmetic of integers and floating point: plus, minus, times, divide, mod, negate.
// DECIMAL is in decimal.cc, intervals in interval_arithmetic.cc; the rest of mathematics in
// mathematics.cc.
//
// Integers wrap as Java's do; division by zero fails with "/ by zero". FLOAT and DOUBLE follow IEEE
// 754.
#include <cmath>
#include <span>

#include "base/error.h"
#include "expressions/arithmetic.h"
#include "expressions/lift.h"

namespace sabot {
namespace {

// Java's wrapping arithmetic: unsigned, then back. Small types promote to int first, so cast at the
// end.
template <typename T>
using Wide = std::conditional_t<(sizeof(T) < 8), uint32_t, uint64_t>;

struct Plus {
  template <typename T>
  T operator()(T l, T r) const {
    if constexpr (std::is_floating_point_v<T>) {
      return l + r;
    } else {
      return static_cast<T>(static_cast<Wide<T>>(l) + static_cast<Wide<T>>(r));
    }
  }
};
struct Minus {
  template <typename T>
  T operator()(T l, T r) const {
    if constexpr (std::is_floating_point_v<T>) {
      return l - r;
    } else {
      return static_cast<T>(static_cast<Wide<T>>(l) - static_cast<Wide<T>>(r));
    }
  }
};
struct Times {
  template <typename T>
  T operator()(T l, T r) const {
    if constexpr (std::is_floating_point_v<T>) {
      return l * r;
    } else {
      return static_cast<T>(static_cast<Wide<T>>(l) * static_cast<Wide<T>>(r));
    }
  }
};

template <typename T>
T DivideNonZero(T l, T r) {
  if (r == -1) return Minus{}(T{0}, l);  // MIN / -1 wraps and does not trap.
  return static_cast<T>(l / r);
}
template <typename L, typename R>
auto RemainderNonZero(L l, R r) {
  using T = std::common_type_t<L, R>;
  return r == -1 ? T{0} : static_cast<T>(static_cast<T>(l) % static_cast<T>(r));
}

bool BothAre(const Expression& call, TypeKind kind) {
  return call.args.size() == 2 && call.args[0].type.kind == kind && call.args[1].type.kind == kind;
}

template <typename Operation>
KernelResult BindSum(const Expression& call) {
  const TypeKind kind = call.type.kind;
  if (!BothAre(call, kind)) return NoSuchCall(call);
  return WithNumber(call, kind, [&]<typename T>() -> KernelResult {
    return Lift<T, T, T>(call, [](T l, T r) { return Operation{}(l, r); });
  });
}

// The literal divisor, if it is an integer other than zero and -1.
std::optional<int64_t> PlainDivisor(const Expression& call) {
  const auto divisor = IntegerLiteral(call.args[1]);
  return divisor.has_value() && *divisor != 0 && *divisor != -1 ? divisor : std::nullopt;
}

KernelResult BindNumberDivide(const Expression& call) {
  const TypeKind kind = call.type.kind;
  if (!BothAre(call, kind)) return NoSuchCall(call);
  return WithNumber(call, kind, [&]<typename T>() -> KernelResult {
    if constexpr (std::is_floating_point_v<T>) {
      return Lift<T, T, T>(call, [](T l, T r) { return l / r; });
    } else {
      if (const auto divisor = PlainDivisor(call)) {
        return Lift<T, T, T>(
            call, [d = static_cast<T>(*divisor)](T l, T) { return static_cast<T>(l / d); });
      }
      return Lift<T, T, T>(call, [](T l, T r) -> arrow::Result<T> {
        if (r == 0) return DivisionByZero();
        return DivideNonZero(l, r);
      });
    }
  });
}

KernelResult BindNumberMod(const Expression& call) {
  const TypeKind left = call.args[0].type.kind;
  const TypeKind right = call.args[1].type.kind;
  if (call.type.is_floating()) {
    if (!BothAre(call, call.type.kind)) return NoSuchCall(call);
    return WithNumber(call, call.type.kind, [&]<typename T>() -> KernelResult {
      if constexpr (std::is_floating_point_v<T>) {
        return Lift<T, T, T>(call, [](T l, T r) { return std::fmod(l, r); });
      } else {
        return NoSuchCall(call);
      }
    });
  }
  // The operands keep their own width: MOD(BIGINT, INT) is an INT of the full remainder.
  return WithInteger(call, left, [&]<typename L>() -> KernelResult {
    return WithInteger(call, right, [&]<typename R>() -> KernelResult {
      return WithInteger(call, call.type.kind, [&]<typename T>() -> KernelResult {
        if (const auto divisor = PlainDivisor(call)) {
          return Lift<T, L, R>(call, [d = static_cast<R>(*divisor)](L l, R) {
            return static_cast<T>(static_cast<std::common_type_t<L, R>>(l) % d);
          });
        }
        return Lift<T, L, R>(call, [](L l, R r) -> arrow::Result<T> {
          if (r == 0) return DivisionByZero();
          return static_cast<T>(RemainderNonZero(l, r));
        });
      });
    });
  });
}

// By the operands: numbers here, decimals and intervals in their own files.
template <KernelResult (*numbers)(const Expression&), KernelResult (*decimals)(const Expression&),
          KernelResult (*intervals)(const Expression&, const SessionContext&)>
KernelResult BindBinary(const Expression& call, const SessionContext& session) {
  if (call.args.size() != 2) return NoSuchCall(call);
  if (call.type.is_exact_integer() || call.type.is_floating()) return numbers(call);
  if (call.type.kind == TypeKind::kDecimal) return decimals(call);
  return intervals(call, session);
}

KernelResult BindNegate(const Expression& call, const SessionContext&) {
  if (call.args.size() != 1) return NoSuchCall(call);
  if (call.type.kind == TypeKind::kDecimal) {
    return Lift<Int128, Int128>(call, [](Int128 value) { return -value; });
  }
  const auto negate = [&]<typename T>() -> KernelResult {
    return Lift<T, T>(call, [](T value) {
      if constexpr (std::is_floating_point_v<T>) {
        return -value;
      } else {
        return Minus{}(T{0}, value);
      }
    });
  };
  if (call.type.kind == TypeKind::kIntervalYearMonth) return negate.template operator()<int32_t>();
  if (call.type.kind == TypeKind::kIntervalDayTime) return negate.template operator()<int64_t>();
  return WithNumber(call, call.type.kind, negate);
}

// Floating point does not fail, nor does a literal divisor other than zero.
bool DivisionIsTotal(const Expression& call) {
  return call.type.is_floating() ||
         (call.args.size() == 2 && IntegerLiteral(call.args[1]).value_or(0) != 0);
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "plus", .bind = &BindBinary<BindSum<Plus>, BindDecimalPlus, BindIntervalPlus>},
    {.name = "minus", .bind = &BindBinary<BindSum<Minus>, BindDecimalMinus, BindIntervalMinus>},
    {.name = "times", .bind = &BindBinary<BindSum<Times>, BindDecimalTimes, BindIntervalTimes>},
    {.name = "divide",
     .selective = true,
     .bind = &BindBinary<BindNumberDivide, BindDecimalDivide, BindIntervalDivide>,
     .total = &DivisionIsTotal},
    {.name = "mod",
     .selective = true,
     .bind = &BindBinary<BindNumberMod, BindDecimalMod, BindIntervalMod>,
     .total = &DivisionIsTotal},
    {.name = "negate", .bind = &BindNegate},
};

}  // namespace

arrow::Status DivisionByZero() { return UserError("runtime-arithmetic", "", "/ by zero"); }

std::span<const FunctionSpec> ArithmeticFunctions() { return kFunctions; }

}  // namespace sabot
