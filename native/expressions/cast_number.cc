// Casts among numbers, BOOLEAN and intervals, as Java's primitives convert: integers wrap, floating
// point to integers saturates (NaN is 0), decimals are cut towards zero and then wrap; what does
// not fit a DECIMAL is NULL.
#include <bit>
#include <cmath>
#include <limits>

#include "expressions/cast.h"
#include "expressions/decimal.h"

namespace sabot {
namespace {

// (long) d, (int) d; smaller integers go through int and wrap.
template <typename To, typename From>
To Saturate(From value) {
  using Wide = std::conditional_t<(sizeof(To) < 8), int32_t, int64_t>;
  // 2^31 and 2^63 are exact in both floating types.
  constexpr auto kLimit = -static_cast<From>(std::numeric_limits<Wide>::min());
  if (std::isnan(value)) return 0;
  if (value >= kLimit) return static_cast<To>(std::numeric_limits<Wide>::max());
  if (value < -kLimit) return static_cast<To>(std::numeric_limits<Wide>::min());
  return static_cast<To>(static_cast<Wide>(value));
}

template <typename To, typename From>
To Convert(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return Saturate<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

template <typename From>
KernelResult FromPrimitive(const Cast& cast) {
  const auto to = [&]<typename To>() -> KernelResult {
    return Lift<To, From>(cast.call, [](From value) { return Convert<To>(value); });
  };
  if (cast.to.kind == TypeKind::kBoolean) return to.template operator()<bool>();
  if (cast.to.kind == TypeKind::kIntervalYearMonth) return to.template operator()<int32_t>();
  if (cast.to.kind == TypeKind::kIntervalDayTime) return to.template operator()<int64_t>();
  if (cast.to.kind != TypeKind::kDecimal) return WithNumber(cast.call, cast.to.kind, to);
  const auto [precision, scale] = std::pair(cast.to.precision, cast.to.scale);
  if constexpr (std::is_floating_point_v<From>) {
    return Lift<Int128, From>(
        cast.call, [precision, scale](From value) -> arrow::Result<std::optional<Int128>> {
          if (!std::isfinite(value)) {
            const char letter = std::isnan(value) ? 'N' : 'I';
            return CastError(std::isnan(value) ? "NaN"
                             : value < 0       ? "-Infinity"
                                               : "Infinity",
                             std::string("Character ") + letter +
                                 " is neither a decimal digit number, decimal point, nor \"e\" "
                                 "notation exponential mark.");
          }
          return DecimalFromDouble(static_cast<double>(value), precision, scale);
        });
  } else {
    return Lift<Int128, From>(cast.call, [precision, scale](From value) {
      return Rescale(static_cast<Int128>(value), 0, precision, scale);
    });
  }
}

KernelResult FromDecimal(const Cast& cast) {
  const int32_t from_scale = cast.from.scale;
  if (cast.to.kind == TypeKind::kDecimal) {
    const auto [precision, scale] = std::pair(cast.to.precision, cast.to.scale);
    if (scale == from_scale && precision >= cast.from.precision) {
      return Lift<Int128, Int128>(cast.call, [](Int128 value) { return value; });
    }
    return Lift<Int128, Int128>(
        cast.call, [=](Int128 value) { return Rescale(value, from_scale, precision, scale); });
  }
  if (cast.to.kind == TypeKind::kBoolean) {
    return Lift<bool, Int128>(cast.call, [](Int128 value) { return value != 0; });
  }
  return WithNumber(cast.call, cast.to.kind, [&]<typename To>() -> KernelResult {
    if constexpr (std::is_floating_point_v<To>) {
      return Lift<To, Int128>(cast.call, [from_scale](Int128 value) {
        return static_cast<To>(DecimalToDouble(value, from_scale));
      });
    } else {
      const Int128 divisor = PowerOfTen(from_scale);
      return Lift<To, Int128>(cast.call,
                              [divisor](Int128 value) { return static_cast<To>(value / divisor); });
    }
  });
}

}  // namespace

KernelResult BindCastNumber(const Cast& cast) {
  switch (cast.from.kind) {
    case TypeKind::kDecimal:
      return FromDecimal(cast);
    case TypeKind::kBoolean:
      return FromPrimitive<bool>(cast);
    case TypeKind::kIntervalYearMonth:
      return FromPrimitive<int32_t>(cast);
    case TypeKind::kIntervalDayTime:
      return FromPrimitive<int64_t>(cast);
    default:
      return WithNumber(cast.call, cast.from.kind,
                        [&]<typename From>() { return FromPrimitive<From>(cast); });
  }
}

}  // namespace sabot
