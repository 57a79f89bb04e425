// Mathematics: rounding, absolute values and signs, powers, logarithms, trigonometry, greatest and
// least. Floating point follows java.lang.Math; ROUND and TRUNCATE of it go
// by the decimal digits that are printed: ROUND(1.005, 2) is 1.01.
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>

#include "base/error.h"
#include "expressions/cast.h"
#include "expressions/decimal.h"
#include "expressions/java_math.h"
#include "expressions/lift.h"

namespace sabot {
namespace {

// --- rounding ---

enum class Rounding { kHalfUp, kDown };

// Rounds by decimal digits: the text of the value is cut after digit `places`.
template <Rounding rounding>
double RoundByDigits(double value, int64_t places) {
  char text[40];
  char* const end =
      std::to_chars(text, text + sizeof(text), std::fabs(value), std::chars_format::scientific).ptr;
  const char* const e = std::find(text, end, 'e');
  std::string digits(1, text[0]);
  if (e - text > 2) digits.append(text + 2, static_cast<size_t>(e - text - 2));
  int exponent = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
  const int64_t kept = exponent + 1 + places;
  if (kept >= static_cast<int64_t>(digits.size())) return value == 0 ? 0.0 : value;
  if (kept < 0) return 0.0;
  const bool up = rounding == Rounding::kHalfUp && digits[static_cast<size_t>(kept)] >= '5';
  digits.resize(static_cast<size_t>(kept));
  digits.insert(digits.begin(), '0');  // For the carry.
  if (up) {
    auto at = digits.rbegin();
    for (; *at == '9'; ++at) *at = '0';
    ++*at;
  }
  // 0d.ddd * 10^exponent, written as an integer times a power of ten.
  digits.append("e").append(std::to_string(-places));
  double rounded = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), rounded);
  return rounded == 0 ? 0.0 : std::copysign(rounded, value);
}

template <Rounding rounding>
arrow::Result<double> RoundDouble(double value, int64_t places) {
  if (!std::isfinite(value)) {
    const std::string text = std::isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";
    return UserError("runtime-arithmetic", text,
                     std::string("Character ") + (std::isnan(value) ? 'N' : 'I') +
                         " is neither a decimal digit number, decimal point, nor \"e\" notation "
                         "exponential mark.");
  }
  // In doubles, where the digit after the last is not in doubt.
  constexpr double kPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
  if (places >= 0 && places <= 9) {
    const double power = kPowers[places];
    const double scaled = std::fabs(value) * power;
    if (scaled < 4'294'967'296.0) {
      constexpr double kDoubt = 1e-5;
      const double whole = std::floor(scaled);
      const double rest = scaled - whole;
      const double edge =
          rounding == Rounding::kHalfUp ? std::fabs(rest - 0.5) : std::min(rest, 1 - rest);
      if (edge > kDoubt) {
        const double rounded =
            (whole + (rounding == Rounding::kHalfUp && rest > 0.5 ? 1 : 0)) / power;
        return rounded == 0 ? 0.0 : std::copysign(rounded, value);
      }
    }
  }
  return RoundByDigits<rounding>(value, places);
}

template <Rounding rounding>
Int128 RoundUnscaled(Int128 value, Int128 unit) {
  return rounding == Rounding::kHalfUp ? DivideHalfUp(value, unit) : value / unit;
}

// An integer to tens, hundreds, ...: places is negative.
template <Rounding rounding, typename T>
T RoundInteger(T value, int64_t places) {
  if (places >= 0) return value;
  if (places < -18) return 0;
  const Int128 unit = PowerOfTen(static_cast<int32_t>(-places));
  return static_cast<T>(RoundUnscaled<rounding>(value, unit) * unit);
}

template <Rounding rounding>
std::optional<Int128> RoundDecimal(Int128 value, int64_t places, int32_t scale, const Type& to) {
  if (places >= scale) return Rescale(value, scale, to.precision, to.scale);
  const int64_t dropped = scale - places;
  if (dropped > kDecimalDigitsMax) return 0;
  const Int128 rounded = RoundUnscaled<rounding>(value, PowerOfTen(static_cast<int32_t>(dropped)));
  return Rescale(rounded, static_cast<int32_t>(places), to.precision, to.scale);
}

// ROUND(x), ROUND(x, places), TRUNCATE likewise.
template <Rounding rounding>
KernelResult BindRounding(const Expression& call, const SessionContext&) {
  if (call.args.empty() || call.args.size() > 2) return NoSuchCall(call);
  const auto lift = [&]<typename T>(auto round) -> KernelResult {
    if (call.args.size() == 1)
      return Lift<T, T>(call, [round](T value) { return round(value, 0); });
    return WithInteger(call, call.args[1].type.kind, [&]<typename P>() -> KernelResult {
      return Lift<T, T, P>(call, [round](T value, P places) { return round(value, places); });
    });
  };
  const TypeKind kind = call.args[0].type.kind;
  if (kind == TypeKind::kDecimal) {
    return lift.template operator()<Int128>(
        [scale = call.args[0].type.scale, to = call.type](Int128 value, int64_t places) {
          return RoundDecimal<rounding>(value, places, scale, to);
        });
  }
  return WithNumber(call, kind, [&]<typename T>() -> KernelResult {
    if constexpr (std::is_floating_point_v<T>) {
      return lift.template operator()<T>([](T value, int64_t places) -> arrow::Result<T> {
        ARROW_ASSIGN_OR_RAISE(const double rounded,
                              RoundDouble<rounding>(static_cast<double>(value), places));
        return static_cast<T>(rounded);
      });
    } else {
      return lift.template operator()<T>(
          [](T value, int64_t places) { return RoundInteger<rounding>(value, places); });
    }
  });
}

bool IsExact(const Expression& call) {
  return !call.args.empty() && !call.args[0].type.is_floating();
}

// FLOOR and CEIL of numbers.
template <bool up>
KernelResult BindWhole(const Expression& call, const SessionContext&) {
  if (call.args.size() != 1) return NoSuchCall(call);
  const Type& from = call.args[0].type;
  if (from.kind == TypeKind::kDecimal) {
    return Lift<Int128, Int128>(call, [unit = PowerOfTen(from.scale),
                                       to = call.type](Int128 value) {
      const Int128 quotient = value / unit;
      const bool exact = quotient * unit == value;
      const Int128 whole = quotient + (exact ? 0 : up ? value > 0 : -static_cast<int>(value < 0));
      return Rescale(whole, 0, to.precision, to.scale);
    });
  }
  return WithNumber(call, from.kind, [&]<typename T>() -> KernelResult {
    return Lift<T, T>(call, [](T value) -> T {
      if constexpr (std::is_floating_point_v<T>) {
        return up ? std::ceil(value) : std::floor(value);
      } else {
        return value;
      }
    });
  });
}

// --- signs ---

KernelResult BindAbs(const Expression& call, const SessionContext&) {
  if (call.args.size() != 1) return NoSuchCall(call);
  if (call.type.kind == TypeKind::kDecimal) {
    return Lift<Int128, Int128>(call, [](Int128 value) { return value < 0 ? -value : value; });
  }
  return WithNumber(call, call.args[0].type.kind, [&]<typename T>() -> KernelResult {
    return Lift<T, T>(call, [](T value) -> T {
      if constexpr (std::is_floating_point_v<T>) {
        return std::fabs(value);
      } else {  // The least value has no positive: it stays, as in Java.
        return value < 0 ? static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(value)) : value;
      }
    });
  });
}

KernelResult BindSign(const Expression& call, const SessionContext&) {
  if (call.args.size() != 1) return NoSuchCall(call);
  if (call.type.kind == TypeKind::kDecimal) {
    return Lift<Int128, Int128>(call, [to = call.type](Int128 value) {
      return Rescale(value > 0 ? 1 : value < 0 ? -1 : 0, 0, to.precision, to.scale);
    });
  }
  return WithNumber(call, call.args[0].type.kind, [&]<typename T>() -> KernelResult {
    return Lift<T, T>(call, [](T value) -> T {
      if constexpr (std::is_floating_point_v<T>) {
        return value > 0 ? T{1} : value < 0 ? T{-1} : value;  // Zeros and NaN stay.
      } else {
        return static_cast<T>((value > 0) - (value < 0));
      }
    });
  });
}

// --- functions of doubles ---

// Casts the arguments to DOUBLE first, where they are other numbers.
KernelResult OverDoubles(const Expression& call, const SessionContext& session, KernelPtr kernel) {
  Type number;
  number.kind = TypeKind::kDouble;
  std::vector<std::shared_ptr<Kernel>> casts(call.args.size());
  bool any = false;
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (!call.args[i].type.is_numeric()) return NoSuchCall(call);
    if (call.args[i].type.kind == TypeKind::kDouble) continue;
    ARROW_ASSIGN_OR_RAISE(casts[i], BindElementCast(call.args[i].type, number, session));
    any = true;
  }
  if (!any) return kernel;
  return LiftBatch([casts = std::move(casts), inner = std::shared_ptr<Kernel>(std::move(kernel))](
                       std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    std::vector<Vector> doubles(args.begin(), args.end());
    for (size_t i = 0; i < casts.size(); ++i) {
      if (casts[i] == nullptr) continue;
      ARROW_ASSIGN_OR_RAISE(doubles[i], casts[i]->Run(args.subspan(i, 1), rows));
    }
    ARROW_ASSIGN_OR_RAISE(auto result, inner->Run(doubles, rows));
    return result.array;  // One row if all are constant, and then `rows` is 1.
  });
}

template <double (*function)(double)>
KernelResult BindUnary(const Expression& call, const SessionContext& session) {
  if (call.args.size() != 1 || call.type.kind != TypeKind::kDouble) return NoSuchCall(call);
  return OverDoubles(call, session,
                     Lift<double, double>(call, [](double x) { return function(x); }));
}

template <double (*function)(double, double)>
KernelResult BindBinary(const Expression& call, const SessionContext& session) {
  if (call.args.size() != 2 || call.type.kind != TypeKind::kDouble) return NoSuchCall(call);
  return OverDoubles(call, session, Lift<double, double, double>(call, [](double x, double y) {
                       return function(x, y);
                     }));
}

double Cot(double x) { return 1.0 / std::tan(x); }
double Log2(double x) { return std::log(x) / std::log(2.0); }
double LogOfBase(double base, double x) { return std::log(x) / std::log(base); }
// Flink's is POWER(x, 0.5): of minus infinity it is infinity, of minus zero zero.
double SquareRoot(double x) { return x > 0 ? std::sqrt(x) : std::pow(x, 0.5); }
double Degrees(double x) { return x * 57.29577951308232; }
double Radians(double x) { return x * 0.017453292519943295; }
// Java differs from C: 1 to the power of NaN, and of the infinities, is NaN.
double Power(double x, double y) {
  if (std::isnan(y)) return y;
  if (std::isinf(y) && std::fabs(x) == 1) return std::numeric_limits<double>::quiet_NaN();
  return std::pow(x, y);
}

KernelResult BindLog(const Expression& call, const SessionContext& session) {
  return call.args.size() == 1 ? BindUnary<std::log>(call, session)
                               : BindBinary<LogOfBase>(call, session);
}

template <double value>
KernelResult BindConstant(const Expression& call, const SessionContext&) {
  if (!call.args.empty() || call.type.kind != TypeKind::kDouble) return NoSuchCall(call);
  return Lift<double>(call, [] { return value; });
}

// --- greatest, least ---

// NULL if any argument is. The first stays unless a later one is strictly beyond it, so NaN in
// front wins.
template <bool greatest>
KernelResult BindExtreme(const Expression& call, const SessionContext&) {
  if (call.args.empty()) return NoSuchCall(call);
  for (const Expression& arg : call.args) {
    if (arg.type.kind != call.type.kind && !(arg.type.is_string() && call.type.is_string()))
      return NoSuchCall(call);
    if (arg.type.scale != call.type.scale) return NoSuchCall(call);
  }
  return WithScalar(call, call.type.kind, [&]<typename T>() -> KernelResult {
    return LiftAll<T, T>(call, [](std::span<const T> values) -> T {
      T extreme = values[0];
      for (const T value : values.subspan(1)) {
        if (greatest ? value > extreme : value < extreme) extreme = value;
      }
      return extreme;
    });
  });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "round",
     .selective = true,
     .bind = &BindRounding<Rounding::kHalfUp>,
     .total = &IsExact},
    {.name = "truncate",
     .selective = true,
     .bind = &BindRounding<Rounding::kDown>,
     .total = &IsExact},
    {.name = "floor", .bind = &BindWhole<false>},
    {.name = "ceil", .bind = &BindWhole<true>},
    {.name = "abs", .bind = &BindAbs},
    {.name = "sign", .bind = &BindSign},
    {.name = "power", .bind = &BindBinary<Power>},
    {.name = "sqrt", .bind = &BindUnary<SquareRoot>},
    {.name = "exp", .bind = &BindUnary<std::exp>},
    {.name = "ln", .bind = &BindUnary<std::log>},
    {.name = "log", .bind = &BindLog},
    {.name = "log2", .bind = &BindUnary<Log2>},
    {.name = "log10", .bind = &BindUnary<JavaLog10>},
    {.name = "sin", .bind = &BindUnary<std::sin>},
    {.name = "cos", .bind = &BindUnary<std::cos>},
    {.name = "tan", .bind = &BindUnary<std::tan>},
    {.name = "cot", .bind = &BindUnary<Cot>},
    {.name = "asin", .bind = &BindUnary<JavaAsin>},
    {.name = "acos", .bind = &BindUnary<JavaAcos>},
    {.name = "atan", .bind = &BindUnary<JavaAtan>},
    {.name = "atan2", .bind = &BindBinary<JavaAtan2>},
    {.name = "sinh", .bind = &BindUnary<JavaSinh>},
    {.name = "cosh", .bind = &BindUnary<JavaCosh>},
    {.name = "tanh", .bind = &BindUnary<std::tanh>},
    {.name = "degrees", .bind = &BindUnary<Degrees>},
    {.name = "radians", .bind = &BindUnary<Radians>},
    {.name = "pi", .bind = &BindConstant<std::numbers::pi>},
    {.name = "e", .bind = &BindConstant<std::numbers::e>},
    {.name = "greatest", .bind = &BindExtreme<true>},
    {.name = "least", .bind = &BindExtreme<false>},
};

}  // namespace

std::span<const FunctionSpec> MathematicsFunctions() { return kFunctions; }

}  // namespace sabot
