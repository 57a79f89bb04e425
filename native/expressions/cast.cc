// CAST and TRY_CAST: every explicit cast of Flink's, with its results, its rounding and its errors.
//
//   CAST('12.9' AS INT) 12    CAST(3000000000 AS INT) -1294967296    CAST(1e10 AS INT) 2147483647
//   CAST('n1' AS INT) fails   TRY_CAST('n1' AS INT) NULL
#include "expressions/cast.h"

#include <span>

namespace sabot {
namespace {

bool IsNested(const Type& type) {
  return type.kind >= TypeKind::kArray && type.kind <= TypeKind::kRow;
}
bool IsTemporal(const Type& type) {
  return type.kind == TypeKind::kDate || type.kind == TypeKind::kTime || type.is_timestamp();
}

// Whether every value of `from` is one of `to`, in the same form.
bool IsSame(const Type& from, const Type& to) {
  if (from.kind != to.kind && !(from.is_string() && to.is_string()) &&
      !(from.is_bytes() && to.is_bytes()))
    return false;
  if (from.is_string()) return to.kind == TypeKind::kVarchar && from.length <= to.length;
  if (from.is_bytes()) return to.kind == TypeKind::kVarbinary && from.length <= to.length;
  if (from.kind == TypeKind::kDecimal || from.kind == TypeKind::kTime || from.is_timestamp()) {
    return from.precision == to.precision && from.scale == to.scale;
  }
  return !IsNested(from);
}

// BYTES to BINARY(n), VARBINARY(n): cut; BINARY(n) is filled with zeros.
KernelResult BindCastBytes(const Cast& cast) {
  const auto length = static_cast<size_t>(cast.to.length);
  const bool pad = cast.to.kind == TypeKind::kBinary;
  return Lift<std::string_view, std::string_view>(
      cast.call, [length, pad](std::string_view bytes, TextWriter& to) {
        to.Append(bytes.substr(0, length));
        if (pad && bytes.size() < length) to.Append(length - bytes.size(), '\0');
      });
}

template <bool attempt>
KernelResult BindCall(const Expression& call, const SessionContext& session) {
  if (call.args.size() != 1) return NoSuchCall(call);
  return BindCast(Cast{call, call.args[0].type, call.type, attempt, session});
}

// Casts that end the job on no input whatever.
bool IsTotal(const Expression& call) {
  if (call.args.size() != 1) return false;
  const Type& from = call.args[0].type;
  const Type& to = call.type;
  if (IsSame(from, to)) return true;
  const auto plain_number = [](const Type& type) {
    return type.is_numeric() || type.kind == TypeKind::kBoolean;
  };
  if (plain_number(from) && plain_number(to))
    return to.kind != TypeKind::kDecimal || !from.is_floating();
  return to.is_string() && !IsNested(from) && !from.is_bytes();
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "cast", .selective = true, .bind = &BindCall<false>, .total = &IsTotal},
    {.name = "try_cast", .selective = true, .bind = &BindCall<true>, .total = &IsTotal},
};

}  // namespace

std::span<const FunctionSpec> CastFunctions() { return kFunctions; }

KernelPtr PassThrough() {
  return LiftBatch([](std::span<const Vector> args, int64_t) -> arrow::Result<ArrayPtr> {
    return args[0].array;
  });
}

arrow::Status CastError(std::string_view value, std::string message) {
  return UserError("runtime-cast", std::string(value), std::move(message));
}

KernelResult BindCast(const Cast& cast) {
  const Type& from = cast.from;
  const Type& to = cast.to;
  if (from.kind == TypeKind::kNull) {
    return LiftBatch([type = ToArrow(to)](std::span<const Vector>, int64_t rows) {
      return arrow::MakeArrayOfNull(type, rows);
    });
  }
  if (IsSame(from, to)) return PassThrough();
  if (to.is_string()) return BindCastToText(cast);
  if (from.is_string()) return BindCastFromText(cast);
  if (from.is_bytes() && to.is_bytes()) return BindCastBytes(cast);
  if (IsNested(from) && IsNested(to)) return BindCastNested(cast);
  if (IsTemporal(from) && IsTemporal(to)) return BindCastTemporal(cast);
  return BindCastNumber(cast);
}

KernelResult BindElementCast(const Type& from, const Type& to, const SessionContext& session) {
  Expression call;
  call.form = Expression::Form::kCall;
  call.function = "cast";
  call.type = to;
  call.args.resize(1);
  call.args[0].type = from;
  return BindCast(Cast{call, from, to, false, session});
}

}  // namespace sabot
