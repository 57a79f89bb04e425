// Arithmetic of DECIMAL: computed exactly, then rounded into the result's precision and scale.
//
//   DECIMAL(10,2) 1.25  *  DECIMAL(4,3) 0.908  ->  DECIMAL(14,5) 1.13500
//
// Most values fit 128 bits on the way; those that do not take the slow path through 256 bits.
#include "expressions/decimal.h"

#include <arrow/util/decimal.h>

#include <span>

#include "base/error.h"
#include "expressions/arithmetic.h"

namespace sabot {
namespace {

using arrow::Decimal256;
using OptionalDecimal = std::optional<Int128>;

struct Scales {
  int32_t left;
  int32_t right;
  int32_t precision;  // Of the result.
  int32_t scale;
};

Decimal256 Wide(Int128 value) {
  return Decimal256(
      arrow::Decimal128(static_cast<int64_t>(value >> 64), static_cast<uint64_t>(value)));
}

Int128 Narrow(const Decimal256& value) {
  const auto words = value.little_endian_array();
  return static_cast<Int128>((static_cast<UInt128>(words[1]) << 64) | words[0]);
}

OptionalDecimal RescaleWide(Decimal256 value, int32_t from, const Scales& to) {
  if (from > to.scale) value = Decimal256(value.ReduceScaleBy(from - to.scale, true));
  if (from < to.scale) {
    if (value == Decimal256(0)) return 0;
    if (!value.FitsInPrecision(to.precision - (to.scale - from))) return std::nullopt;
    value = Decimal256(value.IncreaseScaleBy(to.scale - from));
  }
  if (!value.FitsInPrecision(to.precision)) return std::nullopt;
  return Narrow(value);
}

// Raises both operands to one scale, if that fits 128 bits.
bool Align(const Scales& scales, Int128* left, Int128* right) {
  const int32_t shift = scales.left - scales.right;
  if (shift == 0) return true;
  Int128* const lower = shift < 0 ? left : right;
  return !__builtin_mul_overflow(*lower, PowerOfTen(shift < 0 ? -shift : shift), lower);
}

template <bool minus>
OptionalDecimal Add(const Scales& scales, Int128 left, Int128 right) {
  const int32_t common = std::max(scales.left, scales.right);
  Int128 l = left;
  Int128 r = right;
  Int128 sum;
  if (Align(scales, &l, &r) &&
      !(minus ? __builtin_sub_overflow(l, r, &sum) : __builtin_add_overflow(l, r, &sum))) {
    return Rescale(sum, common, scales.precision, scales.scale);
  }
  const Decimal256 wide_left(Wide(left).IncreaseScaleBy(common - scales.left));
  const Decimal256 wide_right(Wide(right).IncreaseScaleBy(common - scales.right));
  return RescaleWide(Decimal256(wide_left + (minus ? Decimal256(-wide_right) : wide_right)), common,
                     scales);
}

OptionalDecimal Multiply(const Scales& scales, Int128 left, Int128 right) {
  Int128 product;
  if (!__builtin_mul_overflow(left, right, &product)) {
    return Rescale(product, scales.left + scales.right, scales.precision, scales.scale);
  }
  return RescaleWide(Decimal256(Wide(left) * Wide(right)), scales.left + scales.right, scales);
}

arrow::Status DecimalDivisionByZero(Int128 dividend) {
  return UserError("runtime-arithmetic", "",
                   dividend == 0 ? "Division undefined" : "Division by zero");
}

// Flink rounds twice: to 38 significant digits, then to the result's scale.
OptionalDecimal DivideWide(const Scales& scales, Int128 left, Int128 right) {
  const bool negative = (left < 0) != (right < 0);
  const Decimal256 dividend(Wide(left < 0 ? -left : left));
  const Decimal256 divisor(Wide(right < 0 ? -right : right));
  // The shift that gives the quotient 38 digits; NumDigits tells it up to one.
  int32_t shift = kDecimalDigitsMax - NumDigits(left) + NumDigits(right);
  const auto divide = [&](int32_t by) {
    return *Decimal256(dividend.IncreaseScaleBy(by)).Divide(divisor);
  };
  auto [quotient, rest] = divide(shift - 1);
  if (quotient.FitsInPrecision(kDecimalDigitsMax - 1)) {
    std::tie(quotient, rest) = divide(shift);
  } else {
    --shift;
  }
  if (Decimal256(rest + rest) >= divisor) quotient = Decimal256(quotient + Decimal256(1));
  if (negative) quotient = Decimal256(-quotient);
  return RescaleWide(quotient, shift + scales.left - scales.right, scales);
}

arrow::Result<OptionalDecimal> Divide(const Scales& scales, Int128 left, Int128 right) {
  if (right == 0) return DecimalDivisionByZero(left);
  const int32_t shift = scales.scale - scales.left + scales.right;
  Int128 dividend;
  // With a divisor below 10^18 and a quotient below 10^19 rounding once and twice agree.
  if (shift >= 0 && shift <= kDecimalDigitsMax && FitsPrecision(right, 18) &&
      !__builtin_mul_overflow(left, PowerOfTen(shift), &dividend)) {
    const Int128 quotient =
        right < 0 ? DivideHalfUp(-dividend, -right) : DivideHalfUp(dividend, right);
    if (FitsPrecision(quotient, 19)) {
      return FitsPrecision(quotient, scales.precision) ? OptionalDecimal(quotient) : std::nullopt;
    }
  }
  return DivideWide(scales, left, right);
}

arrow::Result<OptionalDecimal> Remainder(const Scales& scales, Int128 left, Int128 right) {
  if (right == 0) return DecimalDivisionByZero(left);
  const int32_t common = std::max(scales.left, scales.right);
  Int128 l = left;
  Int128 r = right;
  if (Align(scales, &l, &r)) return Rescale(l % r, common, scales.precision, scales.scale);
  const Decimal256 dividend(Wide(left).IncreaseScaleBy(common - scales.left));
  const Decimal256 divisor(Wide(right).IncreaseScaleBy(common - scales.right));
  ARROW_ASSIGN_OR_RAISE(const auto parts, dividend.Divide(divisor));
  if (!parts.first.FitsInPrecision(kDecimalDigitsMax)) {
    return UserError("runtime-arithmetic", "", "Division impossible");
  }
  return RescaleWide(parts.second, common, scales);
}

// An exact integer operand as decimals of scale 0.
arrow::Result<Vector> AsDecimals(const Vector& vector, int64_t rows) {
  const auto widen = [&]<typename T>() -> arrow::Result<Vector> {
    const int64_t length = vector.constant ? 1 : rows;
    ARROW_ASSIGN_OR_RAISE(auto writer, FixedWriter<Int128>::Make(length));
    ARROW_ASSIGN_OR_RAISE(auto validity, IntersectValidity({&vector, 1}, {}, length));
    const Reader<T> values(vector);
    const auto type = arrow::decimal128(kDecimalDigitsMax, 0);
    if (validity.none) {
      ARROW_ASSIGN_OR_RAISE(auto nulls, arrow::MakeArrayOfNull(type, length));
      return Vector{std::move(nulls), vector.constant};
    }
    for (int64_t row = 0; row < length; ++row) writer.Set(row, values.Load(row));
    return Vector{writer.Finish(type, std::move(validity.bits)), vector.constant};
  };
  switch (vector.array->type_id()) {
    case arrow::Type::INT8:
      return widen.template operator()<int8_t>();
    case arrow::Type::INT16:
      return widen.template operator()<int16_t>();
    case arrow::Type::INT32:
      return widen.template operator()<int32_t>();
    case arrow::Type::INT64:
      return widen.template operator()<int64_t>();
    default:
      return vector;
  }
}

template <auto operation>
KernelResult BindDecimal(const Expression& call) {
  for (const Expression& arg : call.args) {
    if (arg.type.kind != TypeKind::kDecimal && !arg.type.is_exact_integer())
      return NoSuchCall(call);
  }
  const Type& left = call.args[0].type;
  const Type& right = call.args[1].type;
  const Scales scales{left.kind == TypeKind::kDecimal ? left.scale : 0,
                      right.kind == TypeKind::kDecimal ? right.scale : 0, call.type.precision,
                      call.type.scale};
  auto kernel = Lift<Int128, Int128, Int128>(
      call, [scales](Int128 l, Int128 r) { return operation(scales, l, r); });
  if (left.kind == right.kind) return kernel;
  return LiftBatch([kernel = std::shared_ptr<Kernel>(std::move(kernel))](
                       std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    std::array<Vector, 2> decimals;
    ARROW_ASSIGN_OR_RAISE(decimals[0], AsDecimals(args[0], rows));
    ARROW_ASSIGN_OR_RAISE(decimals[1], AsDecimals(args[1], rows));
    ARROW_ASSIGN_OR_RAISE(auto result, kernel->Run(decimals, rows));
    return result.array;  // One row if both are constant, and then `rows` is 1.
  });
}

}  // namespace

int32_t NumDigits(Int128 value) {
  const UInt128 magnitude = Magnitude(value);
  int32_t digits = 1;
  while (digits <= kDecimalDigitsMax && magnitude >= static_cast<UInt128>(PowerOfTen(digits)))
    ++digits;
  return digits;
}

KernelResult BindDecimalPlus(const Expression& call) { return BindDecimal<Add<false>>(call); }
KernelResult BindDecimalMinus(const Expression& call) { return BindDecimal<Add<true>>(call); }
KernelResult BindDecimalTimes(const Expression& call) { return BindDecimal<Multiply>(call); }
KernelResult BindDecimalDivide(const Expression& call) { return BindDecimal<Divide>(call); }
KernelResult BindDecimalMod(const Expression& call) { return BindDecimal<Remainder>(call); }

}  // namespace sabot
