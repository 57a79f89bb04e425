// NOT, and the tests for NULL, TRUE and FALSE. AND and OR are special forms of the evaluator.
//
//   b         T F N          is_true   T F F      is_null   F F T
//   not b     F T N          is_false  F T F      ...
#include <span>

#include "expressions/lift.h"

namespace sabot {
namespace {

// The words of a BOOLEAN column: bit i is row i's; `values` is unspecified where `valid` is 0.
template <typename F>
KernelPtr LiftWords(F f) {
  return LiftBatch([f](std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(auto writer, FixedWriter<bool>::Make(rows));
    const arrow::ArrayData& data = *args[0].array->data();
    const bool typed_null = data.type->id() == arrow::Type::NA;
    const bool boolean = data.type->id() == arrow::Type::BOOL;
    const uint8_t* const values = boolean ? data.buffers[1]->data() : nullptr;
    const uint8_t* const nulls =
        data.MayHaveNulls() && !typed_null ? data.buffers[0]->data() : nullptr;
    for (int64_t start = 0; start < rows; start += 64) {
      const int64_t size = std::min<int64_t>(64, rows - start);
      const uint64_t value = values == nullptr ? 0 : BitWord(values, start + data.offset, size);
      const uint64_t valid = typed_null         ? 0
                             : nulls == nullptr ? ~uint64_t{0}
                                                : BitWord(nulls, start + data.offset, size);
      const uint64_t result = f(value, valid);
      std::memcpy(writer.data() + start / 8, &result, static_cast<size_t>((size + 7) / 8));
    }
    return writer.Finish(arrow::boolean(), nullptr);
  });
}

template <typename F>
KernelResult BindWords(const Expression& call, bool boolean, F f) {
  if (call.args.size() != 1) return NoSuchCall(call);
  const TypeKind kind = call.args[0].type.kind;
  if (boolean && kind != TypeKind::kBoolean && kind != TypeKind::kNull) return NoSuchCall(call);
  return LiftWords(f);
}

KernelResult BindNot(const Expression& call, const SessionContext&) {
  if (call.args.size() != 1) return NoSuchCall(call);
  return LiftBatch([](std::span<const Vector> args, int64_t rows) -> arrow::Result<ArrayPtr> {
    ARROW_ASSIGN_OR_RAISE(auto validity, IntersectValidity(args, {}, rows));
    if (validity.none) return arrow::MakeArrayOfNull(arrow::boolean(), rows);
    ARROW_ASSIGN_OR_RAISE(auto writer, FixedWriter<bool>::Make(rows));
    const arrow::ArrayData& data = *args[0].array->data();
    for (int64_t start = 0; start < rows; start += 64) {
      const int64_t size = std::min<int64_t>(64, rows - start);
      const uint64_t result = ~BitWord(data.buffers[1]->data(), start + data.offset, size);
      std::memcpy(writer.data() + start / 8, &result, static_cast<size_t>((size + 7) / 8));
    }
    return writer.Finish(arrow::boolean(), std::move(validity.bits));
  });
}

KernelResult BindIsNull(const Expression& call, const SessionContext&) {
  return BindWords(call, false, [](uint64_t, uint64_t valid) { return ~valid; });
}
KernelResult BindIsNotNull(const Expression& call, const SessionContext&) {
  return BindWords(call, false, [](uint64_t, uint64_t valid) { return valid; });
}
KernelResult BindIsTrue(const Expression& call, const SessionContext&) {
  return BindWords(call, true, [](uint64_t value, uint64_t valid) { return value & valid; });
}
KernelResult BindIsNotTrue(const Expression& call, const SessionContext&) {
  return BindWords(call, true, [](uint64_t value, uint64_t valid) { return ~(value & valid); });
}
KernelResult BindIsFalse(const Expression& call, const SessionContext&) {
  return BindWords(call, true, [](uint64_t value, uint64_t valid) { return ~value & valid; });
}
KernelResult BindIsNotFalse(const Expression& call, const SessionContext&) {
  return BindWords(call, true, [](uint64_t value, uint64_t valid) { return value | ~valid; });
}

constexpr FunctionSpec kFunctions[] = {
    {.name = "not", .bind = &BindNot},
    {.name = "is_null", .bind = &BindIsNull},
    {.name = "is_not_null", .bind = &BindIsNotNull},
    {.name = "is_true", .bind = &BindIsTrue},
    {.name = "is_not_true", .bind = &BindIsNotTrue},
    {.name = "is_false", .bind = &BindIsFalse},
    {.name = "is_not_false", .bind = &BindIsNotFalse},
};

}  // namespace

std::span<const FunctionSpec> LogicFunctions() { return kFunctions; }

}  // namespace sabot
