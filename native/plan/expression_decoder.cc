// Expressions from the plan's JSON.
#include <arrow/buffer.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/checked_cast.h>
#include <arrow/util/decimal.h>

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "plan/plan.h"

namespace sabot {
namespace {

using nlohmann::json;
using ScalarPtr = std::shared_ptr<arrow::Scalar>;

arrow::Status LiteralError(const json& value, const Type& type) {
  return UserError(
      "plan", "", "The plan is malformed: " + value.dump() + " is no literal of " + ToString(type));
}

arrow::Result<int64_t> Integer(const json& value, const Type& type) {
  if (value.is_number_integer()) return value.get<int64_t>();
  if (!value.is_string()) return LiteralError(value, type);
  const auto& text = value.get_ref<const std::string&>();
  int64_t number = 0;
  const auto end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc() || stop != end) return LiteralError(value, type);
  return number;
}

arrow::Result<double> Floating(const json& value, const Type& type) {
  if (value.is_number()) return value.get<double>();
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  return LiteralError(value, type);
}

arrow::Result<std::string> FromHex(const json& value, const Type& type) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (!value.is_string()) return LiteralError(value, type);
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() % 2 != 0) return LiteralError(value, type);
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return LiteralError(value, type);
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

// A scalar of an integer-backed type (integers, temporals, intervals).
arrow::Result<ScalarPtr> FixedScalar(int64_t number, const std::shared_ptr<arrow::DataType>& type) {
  switch (arrow::internal::checked_cast<const arrow::FixedWidthType&>(*type).bit_width()) {
    case 8:
      return arrow::MakeScalar(type, static_cast<int8_t>(number));
    case 16:
      return arrow::MakeScalar(type, static_cast<int16_t>(number));
    case 32:
      return arrow::MakeScalar(type, static_cast<int32_t>(number));
    default:
      return arrow::MakeScalar(type, number);
  }
}

arrow::Result<ScalarPtr> DecodeLiteral(const json& value, const Type& type) {
  const auto arrow_type = ToArrow(type);
  if (value.is_null()) return arrow::MakeNullScalar(arrow_type);
  switch (type.kind) {
    case TypeKind::kBoolean:
      if (!value.is_boolean()) return LiteralError(value, type);
      return std::make_shared<arrow::BooleanScalar>(value.get<bool>());
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime: {
      ARROW_ASSIGN_OR_RAISE(const int64_t number, Integer(value, type));
      return FixedScalar(number, arrow_type);
    }
    case TypeKind::kFloat: {
      ARROW_ASSIGN_OR_RAISE(const double number, Floating(value, type));
      return std::make_shared<arrow::FloatScalar>(static_cast<float>(number));
    }
    case TypeKind::kDouble: {
      ARROW_ASSIGN_OR_RAISE(const double number, Floating(value, type));
      return std::make_shared<arrow::DoubleScalar>(number);
    }
    case TypeKind::kDecimal: {
      if (!value.is_string()) return LiteralError(value, type);
      arrow::Decimal128 number;
      int32_t precision = 0;
      int32_t scale = 0;
      const auto& text = value.get_ref<const std::string&>();
      if (!arrow::Decimal128::FromString(text, &number, &precision, &scale).ok()) {
        return LiteralError(value, type);
      }
      ARROW_ASSIGN_OR_RAISE(number, number.Rescale(scale, type.scale));
      return std::make_shared<arrow::Decimal128Scalar>(number, arrow_type);
    }
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      if (!value.is_string()) return LiteralError(value, type);
      return std::make_shared<arrow::StringScalar>(value.get<std::string>());
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: {
      ARROW_ASSIGN_OR_RAISE(auto bytes, FromHex(value, type));
      return std::make_shared<arrow::BinaryScalar>(arrow::Buffer::FromString(std::move(bytes)));
    }
    default:
      return LiteralError(value, type);
  }
}

arrow::Result<Expression> DecodeUnchecked(const json& from) {
  Expression expression;
  ARROW_ASSIGN_OR_RAISE(expression.type, DecodeType(from.at("type")));
  expression.options =
      std::make_shared<const json>(from.contains("options") ? from.at("options") : json::object());
  if (from.contains("column")) {
    expression.form = Expression::Form::kColumn;
    expression.column = from.at("column").get<int>();
    return expression;
  }
  if (from.contains("literal")) {
    expression.form = Expression::Form::kLiteral;
    ARROW_ASSIGN_OR_RAISE(expression.literal, DecodeLiteral(from.at("literal"), expression.type));
    return expression;
  }
  expression.form = Expression::Form::kCall;
  expression.function = from.at("call").get<std::string>();
  if (from.contains("args")) {
    for (const json& arg : from.at("args")) {
      ARROW_ASSIGN_OR_RAISE(auto decoded, DecodeUnchecked(arg));
      expression.args.push_back(std::move(decoded));
    }
  }
  return expression;
}

}  // namespace

arrow::Result<Expression> DecodeExpression(const json& from) {
  try {
    return DecodeUnchecked(from);
  } catch (const json::exception& error) {
    return UserError("plan", "", std::string("The plan is malformed: expression: ") + error.what());
  }
}

std::string Expression::Option(const char* name, const std::string& fallback) const {
  const auto found = options->find(name);
  return found == options->end() || !found->is_string() ? fallback : found->get<std::string>();
}

int64_t Expression::IntOption(const char* name, int64_t fallback) const {
  const auto found = options->find(name);
  return found == options->end() || !found->is_number_integer() ? fallback : found->get<int64_t>();
}

bool Expression::BoolOption(const char* name, bool fallback) const {
  const auto found = options->find(name);
  return found == options->end() || !found->is_boolean() ? fallback : found->get<bool>();
}

}  // namespace sabot
