// Comparisons: =, <>, <, <=, >, >=, IS [NOT] DISTINCT FROM and IN. BETWEEN is written out by the
// planner.
//
// Numbers compare as Java's primitives do (NaN equals nothing), strings and bytes as unsigned
// bytes, FALSE < TRUE, decimals and timestamps across scales. Rows, arrays and maps have equality
// only.
#include <functional>
#include <span>
#include <unordered_set>

#include "base/check.h"
#include "expressions/evaluator.h"
#include "expressions/exact_timestamp.h"
#include "expressions/lift.h"
#include "expressions/selection.h"
#include "expressions/value_equality.h"

namespace sabot {
namespace {

// Digits after the point of a DECIMAL or TIMESTAMP as it is stored.
int32_t StoredScale(const Type& type) {
  if (type.kind == TypeKind::kDecimal) return type.scale;
  return type.precision <= 3 ? 3 : type.precision <= 6 ? 6 : 9;
}

bool IsNested(TypeKind kind) { return kind >= TypeKind::kArray && kind <= TypeKind::kRow; }

// Whether values of the two types can be compared as stored.
bool SameForm(const Type& left, const Type& right) {
  if (left.kind == TypeKind::kDecimal || left.is_timestamp()) {
    return (left.kind == right.kind || (left.is_timestamp() && right.is_timestamp())) &&
           StoredScale(left) == StoredScale(right);
  }
  return left.kind == right.kind || (left.is_string() && right.is_string()) ||
         (left.is_bytes() && right.is_bytes());
}

template <typename L, typename R, typename Compare>
KernelPtr LiftScaled(const Expression& call, Compare compare) {
  const int32_t left_scale = StoredScale(call.args[0].type);
  const int32_t right_scale = StoredScale(call.args[1].type);
  return Lift<bool, L, R>(call, [=](L left, R right) {
    return compare(CompareScaled(left, left_scale, right, right_scale), 0);
  });
}

// NULL operands against a typed or untyped other one: the result is NULL whatever the type.
KernelPtr LiftNull(const Expression& call) {
  return LiftBatch([type = ToArrow(call.type)](std::span<const Vector>, int64_t rows) {
    return arrow::MakeArrayOfNull(type, rows);
  });
}

// compare(row) is the result where no argument is NULL.
template <typename MakeCompare>
KernelPtr LiftRows(MakeCompare make_compare) {
  return LiftBatch(
      [make_compare](std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
        ARROW_ASSIGN_OR_RAISE(auto validity, IntersectValidity(args, {}, rows));
        if (validity.none) return arrow::MakeArrayOfNull(arrow::boolean(), rows);
        ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<bool>::Make(std::move(validity), rows));
        ARROW_RETURN_NOT_OK(sink.Fill(rows, make_compare(args)));
        return sink.Finish(arrow::boolean());
      });
}

template <typename Compare>
KernelPtr LiftNanos(const Expression& call) {
  return LiftRows([left = call.args[0].type, right = call.args[1].type](auto args) {
    return [l = NanosReader(args[0], left), r = NanosReader(args[1], right)](int64_t row) -> bool {
      return Compare{}(l[row], r[row]);
    };
  });
}

template <typename Compare, bool equality>
KernelResult BindComparison(const Expression& call, const SessionContext&) {
  if (call.args.size() != 2) return NoSuchCall(call);
  const Type& left = call.args[0].type;
  const Type& right = call.args[1].type;
  if (left.kind == TypeKind::kNull || right.kind == TypeKind::kNull) return LiftNull(call);
  if (IsNested(left.kind)) {
    if constexpr (!equality) {
      return NoSuchCall(call);
    } else {
      if (left.kind != right.kind) return NoSuchCall(call);
      return LiftRows([](auto args) {
        return [l = args[0], r = args[1]](int64_t row) -> bool {
          return Compare{}(ValuesEqual(*l.array, l.at(row), *r.array, r.at(row)) ? 0 : 1, 0);
        };
      });
    }
  }
  if (left.is_timestamp() && right.is_timestamp()) {
    auto by_ticks = SameForm(left, right)
                        ? Lift<bool, int64_t, int64_t>(
                              call, [](int64_t l, int64_t r) -> bool { return Compare{}(l, r); })
                        : LiftScaled<int64_t, int64_t>(call, Compare{});
    return OnRemainders(std::move(by_ticks), LiftNanos<Compare>(call));
  }
  if (SameForm(left, right)) {
    return WithScalar(call, left.kind, [&]<typename T>() -> KernelResult {
      return Lift<bool, T, T>(call, [](T l, T r) -> bool { return Compare{}(l, r); });
    });
  }
  if (left.kind == TypeKind::kDecimal && right.kind == TypeKind::kDecimal) {
    return LiftScaled<Int128, Int128>(call, Compare{});
  }
  return NoSuchCall(call);
}

// --- distinct ---

template <bool negated>
KernelPtr LiftDistinctNanos(const Expression& call) {
  return LiftBatch([left_type = call.args[0].type, right_type = call.args[1].type](
                       std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    const NullBits left_nulls(args[0]);
    const NullBits right_nulls(args[1]);
    const NanosReader left(args[0], left_type);
    const NanosReader right(args[1], right_type);
    ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<bool>::Make({}, rows));
    ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) -> bool {
      const bool both = left_nulls.valid(row) && right_nulls.valid(row);
      const bool same =
          both ? left[row] == right[row] : left_nulls.valid(row) == right_nulls.valid(row);
      return same == negated;
    }));
    return sink.Finish(arrow::boolean());
  });
}

template <bool negated>
KernelResult BindDistinctValues(const Expression& call) {
  const Type& left = call.args[0].type;
  const Type& right = call.args[1].type;
  if (SameForm(left, right) && !IsNested(left.kind) && left.kind != TypeKind::kNull) {
    return WithScalar(call, left.kind, [&]<typename T>() -> KernelResult {
      using Value = std::optional<T>;
      return Lift<bool, Value, Value>(call, [](const Value& l, const Value& r) -> bool {
        const bool same =
            l.has_value() && r.has_value() ? *l == *r : l.has_value() == r.has_value();
        return same == negated;
      });
    });
  }
  return LiftBatch([](std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(auto sink, lift::Sink<bool>::Make({}, rows));
    ARROW_RETURN_NOT_OK(sink.Fill(rows, [&](int64_t row) -> bool {
      return ValuesEqual(*args[0].array, args[0].at(row), *args[1].array, args[1].at(row)) ==
             negated;
    }));
    return sink.Finish(arrow::boolean());
  });
}

template <bool negated>
KernelResult BindDistinct(const Expression& call, const SessionContext&) {
  if (call.args.size() != 2) return NoSuchCall(call);
  ARROW_ASSIGN_OR_RAISE(auto by_values, BindDistinctValues<negated>(call));
  if (!call.args[0].type.is_timestamp() || !call.args[1].type.is_timestamp()) return by_values;
  return OnRemainders(std::move(by_values), LiftDistinctNanos<negated>(call));
}

// --- in ---

// Up to here a list of literals is searched linearly.
constexpr size_t kLinearMax = 12;

template <typename T>
struct LiteralSet {
  std::vector<T> values;
  std::unordered_set<T> hashed;  // Empty where linear.
  std::vector<ArrayPtr> owners;  // Of strings.

  bool contains(T value) const {
    if (!hashed.empty()) return hashed.contains(value);
    for (const T& candidate : values) {
      if (candidate == value) return true;
    }
    return false;
  }
};

// All of the list are literals of the value's form.
template <typename T>
KernelResult BindInLiterals(const Expression& call) {
  LiteralSet<T> set;
  bool has_null = false;
  for (size_t i = 1; i < call.args.size(); ++i) {
    if (IsNullLiteral(call.args[i])) {
      has_null = true;
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(auto array, arrow::MakeArrayFromScalar(*call.args[i].literal, 1));
    set.values.push_back(Reader<T>(Vector{array, true})[0]);
    set.owners.push_back(std::move(array));
  }
  if (set.values.size() > kLinearMax) set.hashed.insert(set.values.begin(), set.values.end());
  auto search = [set = std::move(set), has_null](T value) -> std::optional<bool> {
    if (set.contains(value)) return true;
    return has_null ? std::nullopt : std::optional<bool>(false);
  };
  auto kernel = Lift<bool, T>(call, std::move(search));
  return LiftBatch([kernel = std::shared_ptr<Kernel>(std::move(kernel))](
                       std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(auto found, kernel->Run(args.first(1), rows));
    return Materialize(found, rows);
  });
}

// value = a OR value = b OR ..., three-valued.
KernelResult BindInValues(const Expression& call, const SessionContext& session) {
  std::vector<std::shared_ptr<Kernel>> equals;
  for (size_t i = 1; i < call.args.size(); ++i) {
    Expression pair;
    pair.form = Expression::Form::kCall;
    pair.function = "equals";
    pair.type = call.type;
    pair.args = {call.args[0], call.args[i]};
    ARROW_ASSIGN_OR_RAISE(auto kernel, (BindComparison<std::equal_to<>, true>(pair, session)));
    equals.push_back(std::move(kernel));
  }
  return LiftBatch([equals = std::move(equals)](std::span<const Vector> args,
                                                int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(auto truth, Truth::Make(false, rows));
    for (size_t i = 0; i < equals.size(); ++i) {
      const std::array<Vector, 2> pair{args[0], args[i + 1]};
      ARROW_ASSIGN_OR_RAISE(const auto equal, equals[i]->Run(pair, rows));
      truth.Combine(true, equal);
    }
    return truth.Finish();
  });
}

KernelResult BindIn(const Expression& call, const SessionContext& session) {
  if (call.args.size() < 2) return NoSuchCall(call);
  const Type& type = call.args[0].type;
  bool literals =
      !IsNested(type.kind) && type.kind != TypeKind::kNull && type.kind != TypeKind::kDecimal;
  for (size_t i = 1; i < call.args.size(); ++i) {
    const Expression& arg = call.args[i];
    literals = literals && arg.form == Expression::Form::kLiteral &&
               (IsNullLiteral(arg) || SameForm(type, arg.type));
  }
  if (!literals) return BindInValues(call, session);
  ARROW_ASSIGN_OR_RAISE(auto by_set, WithScalar(call, type.kind, [&]<typename T>() -> KernelResult {
                          if constexpr (std::is_same_v<T, Int128>) {
                            return NoSuchCall(call);
                          } else {
                            return BindInLiterals<T>(call);
                          }
                        }));
  if (!type.is_timestamp()) return by_set;
  ARROW_ASSIGN_OR_RAISE(auto by_values, BindInValues(call, session));
  return OnRemainders(std::move(by_set), std::move(by_values));
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "equals", .bind = &BindComparison<std::equal_to<>, true>},
    {.name = "not_equals", .bind = &BindComparison<std::not_equal_to<>, true>},
    {.name = "less_than", .bind = &BindComparison<std::less<>, false>},
    {.name = "less_than_or_equal", .bind = &BindComparison<std::less_equal<>, false>},
    {.name = "greater_than", .bind = &BindComparison<std::greater<>, false>},
    {.name = "greater_than_or_equal", .bind = &BindComparison<std::greater_equal<>, false>},
    {.name = "is_distinct_from", .bind = &BindDistinct<false>},
    {.name = "is_not_distinct_from", .bind = &BindDistinct<true>},
    {.name = "in", .bind = &BindIn},
};

}  // namespace

std::span<const FunctionSpec> ComparisonFunctions() { return kFunctions; }

}  // namespace sabot
