// What kernels ask about the call they are bound to.
#include "expressions/lift.h"

#include <arrow/scalar.h>

namespace sabot {
namespace {

const arrow::Scalar* ValueOf(const Expression& arg) {
  if (arg.form != Expression::Form::kLiteral || arg.literal == nullptr || !arg.literal->is_valid) {
    return nullptr;
  }
  return arg.literal.get();
}

}  // namespace

arrow::Status NoSuchCall(const Expression& call) {
  std::string text = "The plan is malformed: no function " + call.function + "(";
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (i > 0) text += ", ";
    text += ToString(call.args[i].type);
  }
  return arrow::Status::Invalid(text, ") to ", ToString(call.type), ".");
}

bool IsNullLiteral(const Expression& arg) {
  return arg.form == Expression::Form::kLiteral && ValueOf(arg) == nullptr;
}

std::optional<std::string> TextLiteral(const Expression& arg) {
  const arrow::Scalar* const value = ValueOf(arg);
  if (value == nullptr || !(arg.type.is_string() || arg.type.is_bytes())) return std::nullopt;
  return static_cast<const arrow::BaseBinaryScalar&>(*value).value->ToString();
}

std::optional<int64_t> IntegerLiteral(const Expression& arg) {
  const arrow::Scalar* const value = ValueOf(arg);
  if (value == nullptr) return std::nullopt;
  switch (value->type->id()) {
    case arrow::Type::INT8:
      return static_cast<const arrow::Int8Scalar&>(*value).value;
    case arrow::Type::INT16:
      return static_cast<const arrow::Int16Scalar&>(*value).value;
    case arrow::Type::INT32:
      return static_cast<const arrow::Int32Scalar&>(*value).value;
    case arrow::Type::INT64:
      return static_cast<const arrow::Int64Scalar&>(*value).value;
    case arrow::Type::DATE32:
      return static_cast<const arrow::Date32Scalar&>(*value).value;
    case arrow::Type::TIME32:
      return static_cast<const arrow::Time32Scalar&>(*value).value;
    case arrow::Type::INTERVAL_MONTHS:
      return static_cast<const arrow::MonthIntervalScalar&>(*value).value;
    case arrow::Type::TIMESTAMP:
      return static_cast<const arrow::TimestampScalar&>(*value).value;
    case arrow::Type::DURATION:
      return static_cast<const arrow::DurationScalar&>(*value).value;
    default:
      return std::nullopt;
  }
}

std::optional<bool> BooleanLiteral(const Expression& arg) {
  const arrow::Scalar* const value = ValueOf(arg);
  if (value == nullptr || value->type->id() != arrow::Type::BOOL) return std::nullopt;
  return static_cast<const arrow::BooleanScalar&>(*value).value;
}

}  // namespace sabot
