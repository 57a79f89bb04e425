// What Flink 2.3 answered: flink_answers.jsonl has a call a line, {"function", "args", "type",
// "zone", "options"}, with "rows": the arguments and, last, the result, as text; null is NULL.
#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/util/decimal.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/number_text.h"
#include "expressions/evaluate.h"
#include "expressions/temporal.h"

namespace sabot::test {
namespace {

using nlohmann::json;

std::shared_ptr<arrow::Scalar> ScalarOf(const Type& type, const json& text) {
  const auto arrow_type = ToArrow(type);
  if (text.is_null()) return arrow::MakeNullScalar(arrow_type);
  std::string value = text.get<std::string>();
  const auto fixed = [&](auto number) {
    return arrow::MakeScalar(arrow_type, number).ValueOrDie();
  };
  switch (type.kind) {
    case TypeKind::kBoolean:
      return fixed(value == "true");
    case TypeKind::kTinyint:
      return fixed(static_cast<int8_t>(std::stol(value)));
    case TypeKind::kSmallint:
      return fixed(static_cast<int16_t>(std::stol(value)));
    case TypeKind::kInteger:
    case TypeKind::kIntervalYearMonth:
      return fixed(static_cast<int32_t>(std::stol(value)));
    case TypeKind::kBigint:
    case TypeKind::kIntervalDayTime:
      return fixed(static_cast<int64_t>(std::stoll(value)));
    case TypeKind::kFloat: {
      float number = 0;
      EXPECT_TRUE(ParseJavaFloat(value, &number)) << value;
      return fixed(number);
    }
    case TypeKind::kDouble: {
      double number = 0;
      EXPECT_TRUE(ParseJavaDouble(value, &number)) << value;
      return fixed(number);
    }
    case TypeKind::kDecimal: {
      Int128 number = 0;
      EXPECT_EQ(ParseDecimal(value, type.precision, type.scale, &number), DecimalParse::kOk)
          << value;
      const arrow::Decimal128 decimal(static_cast<int64_t>(number >> 64),
                                      static_cast<uint64_t>(number));
      return std::make_shared<arrow::Decimal128Scalar>(decimal, arrow_type);
    }
    case TypeKind::kDate:
      return fixed(*ParseDate(value));
    case TypeKind::kTime:
      return fixed(*ParseTime(value));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      if (value.back() == 'Z') value.pop_back();
      if (value.find('-') > 4) value = "+" + value;  // Five digits of year.
      return fixed(*ToTicks(*ParseTimestamp(value), type.precision));
    default:
      return fixed(value);
  }
}

Argument Column(const Type& type, const json& rows, size_t index) {
  auto builder = arrow::MakeBuilder(ToArrow(type)).ValueOrDie();
  for (const json& row : rows)
    EXPECT_TRUE(builder->AppendScalar(*ScalarOf(type, row.at(index))).ok());
  Argument column;
  column.expression.form = Expression::Form::kColumn;
  column.expression.type = type;
  column.expression.column = 0;
  column.columns = {builder->Finish().ValueOrDie()};
  return column;
}

// The results differ in the last place at most: C's mathematics and Java's are both that exact.
bool Near(double left, double right) {
  if (std::isnan(left) || std::isnan(right)) return std::isnan(left) == std::isnan(right);
  if (left == right) return std::signbit(left) == std::signbit(right);
  return std::fabs(left - right) <= 4e-16 * std::fabs(right);
}

bool Same(const Type& type, const arrow::Array& got, int64_t row, const json& expected) {
  const auto wanted = ScalarOf(type, expected);
  const auto scalar = got.GetScalar(row).ValueOrDie();
  if (type.kind == TypeKind::kDouble && scalar->is_valid && wanted->is_valid) {
    return Near(static_cast<const arrow::DoubleScalar&>(*scalar).value,
                static_cast<const arrow::DoubleScalar&>(*wanted).value);
  }
  if (type.kind == TypeKind::kFloat && scalar->is_valid && wanted->is_valid) {
    const float left = static_cast<const arrow::FloatScalar&>(*scalar).value;
    const float right = static_cast<const arrow::FloatScalar&>(*wanted).value;
    return std::isnan(left) ? std::isnan(right) : left == right;
  }
  return scalar->Equals(*wanted);
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

TEST(FlinkAnswersTest, AllAgree) {
  std::ifstream file(std::string(SABOT_TEST_FOLDER) + "/native/expressions/flink_answers.jsonl");
  ASSERT_TRUE(file.good());
  int64_t num_rows = 0;
  std::string line;
  while (std::getline(file, line)) {
    json call = json::parse(line);
    json& rows = call.at("rows");
    const std::string name = call.at("function");
    const std::string type_name = call.at("type");
    const Type type = TypeOf(type_name);
    if (type.is_bytes()) {
      for (json& row : rows) {
        if (row.back().is_string()) row.back() = FromHex(row.back());
      }
    }
    std::vector<Argument> args;
    std::string label = name + "(";
    for (size_t i = 0; i < call.at("args").size(); ++i) {
      const std::string arg = call.at("args").at(i);
      args.push_back(Column(TypeOf(arg), rows, i));
      label += arg + " ";
    }
    label += "-> " + type_name;
    const Argument bound_call =
        Call(name, type_name, std::move(args), call.value("options", json::object()).dump());
    SessionContext session;
    session.time_zone = call.value("zone", "UTC");
    auto bound = Bind(bound_call.expression, session);
    ASSERT_TRUE(bound.ok()) << label << bound.status().ToString();
    const auto length = static_cast<int64_t>(rows.size());
    auto values = (*bound)->Evaluate(bound_call.columns, length);
    ASSERT_TRUE(values.ok()) << label << values.status().ToString();
    const auto array = Materialize(*values, length).ValueOrDie();
    ASSERT_TRUE(array->ValidateFull().ok()) << label;
    ASSERT_TRUE(array->type()->Equals(*ToArrow(type))) << label << array->type()->ToString();
    for (int64_t row = 0; row < length; ++row) {
      const json& expected = rows.at(static_cast<size_t>(row));
      EXPECT_TRUE(Same(type, *array, row, expected.back()))
          << label << " of " << expected.dump() << " is "
          << array->GetScalar(row).ValueOrDie()->ToString();
      ++num_rows;
    }
  }
  EXPECT_GT(num_rows, 4'000);
}

}  // namespace
}  // namespace sabot::test
