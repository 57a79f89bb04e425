// How casts are put together: cast.cc picks by the two types, the files beside it do the work.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "expressions/lift.h"

namespace sabot {

// One cast: from call.args[0].type to call.type. `attempt` is TRY_CAST: what would fail is NULL.
struct Cast {
  const Expression& call;
  const Type& from;
  const Type& to;
  bool attempt;
  const SessionContext& session;
};

KernelResult BindCast(const Cast& cast);        // cast.cc: any two types
KernelResult BindCastToText(const Cast& cast);  // cast_to_text.cc: anything to CHAR, VARCHAR
KernelResult BindCastFromText(
    const Cast& cast);  // cast_from_text.cc: CHAR, VARCHAR to anything else
KernelResult BindCastNumber(
    const Cast& cast);  // cast_number.cc: numbers, BOOLEAN, intervals among themselves
KernelResult BindCastTemporal(
    const Cast& cast);  // cast_temporal.cc: DATE, TIME, TIMESTAMP, TIMESTAMP_LTZ
KernelResult BindCastNested(
    const Cast& cast);  // cast_nested.cc: ARRAY, MAP, MULTISET, ROW to their own kind

// The cast of nested values: from one element type to another.
KernelResult BindElementCast(const Type& from, const Type& to, const SessionContext& session);

// Values as they are.
KernelPtr PassThrough();

// The error of a cast that Flink ends with "`message`"; `value` is the offending text.
arrow::Status CastError(std::string_view value, std::string message);

// A cast that can fail: parse(value) is nullopt where it does, fail(value) then says why.
template <typename Out, typename In, typename Parse, typename Fail>
KernelPtr LiftParse(const Cast& cast, Parse parse, Fail fail) {
  if (cast.attempt) {
    return Lift<Out, In>(cast.call,
                         [parse](In value) mutable -> std::optional<Out> { return parse(value); });
  }
  return Lift<Out, In>(cast.call, [parse, fail](In value) mutable -> arrow::Result<Out> {
    if (const std::optional<Out> parsed = parse(value)) return *parsed;
    return fail(value);
  });
}

}  // namespace sabot
