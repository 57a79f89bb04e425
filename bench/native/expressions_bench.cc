// What the hot expressions cost per row. Numbers are rows per second over batches of 16,384 rows.
//
//   ninja -C build sabot_native_bench && build/sabot_native_bench --benchmark_filter=Expression
#include <arrow/builder.h>
#include <arrow/scalar.h>
#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>

#include "expressions/evaluator.h"

namespace sabot {
namespace {

constexpr int64_t kRows = 16'384;

Type Make(TypeKind kind, int32_t precision = 0, int32_t scale = 0) {
  Type type;
  type.kind = kind;
  type.precision = precision;
  type.scale = scale;
  return type;
}
const Type kBigint = Make(TypeKind::kBigint);
const Type kBoolean = Make(TypeKind::kBoolean);
const Type kText = Make(TypeKind::kVarchar);

std::shared_ptr<const nlohmann::json> NoOptions() {
  static const auto kNone = std::make_shared<const nlohmann::json>(nlohmann::json::object());
  return kNone;
}

Expression Column(const Type& type, int column) {
  Expression expression;
  expression.form = Expression::Form::kColumn;
  expression.type = type;
  expression.column = column;
  expression.options = NoOptions();
  return expression;
}
Expression Literal(const Type& type, int64_t value) {
  Expression expression;
  expression.type = type;
  expression.literal = std::make_shared<arrow::Int64Scalar>(value);
  expression.options = NoOptions();
  return expression;
}
Expression Call(const char* function, const Type& type, std::vector<Expression> args) {
  Expression expression;
  expression.form = Expression::Form::kCall;
  expression.type = type;
  expression.function = function;
  expression.args = std::move(args);
  expression.options = NoOptions();
  return expression;
}

// Column 0 and 1: BIGINT; 2: the same as text; 3: DECIMAL(12, 2). One row in ten of column 1 is
// NULL.
std::vector<ArrayPtr> Columns() {
  arrow::Int64Builder left;
  arrow::Int64Builder right;
  arrow::StringBuilder text;
  arrow::Decimal128Builder decimal(arrow::decimal128(12, 2));
  uint64_t random = 1;
  for (int64_t row = 0; row < kRows; ++row) {
    random = random * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    const auto value = static_cast<int64_t>(random >> 40);
    static_cast<void>(left.Append(value));
    static_cast<void>(value % 10 == 0 ? right.AppendNull() : right.Append(value / 3));
    static_cast<void>(text.Append(std::to_string(value)));
    static_cast<void>(decimal.Append(arrow::Decimal128(value)));
  }
  return {left.Finish().ValueOrDie(), right.Finish().ValueOrDie(), text.Finish().ValueOrDie(),
          decimal.Finish().ValueOrDie()};
}

void Run(benchmark::State& state, const Expression& expression) {
  const auto columns = Columns();
  auto bound = Bind(expression, {}).ValueOrDie();
  for (auto _ : state) {
    auto result = bound->Evaluate(columns, kRows);
    if (!result.ok()) state.SkipWithError(result.status().ToString().c_str());
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

Expression Left() { return Column(kBigint, 0); }
Expression Right() { return Column(kBigint, 1); }

#define SABOT_EXPRESSION_BENCH(name, ...)                                     \
  void Expression##name(benchmark::State& state) { Run(state, __VA_ARGS__); } \
  BENCHMARK(Expression##name)

SABOT_EXPRESSION_BENCH(Plus, Call("plus", kBigint, {Left(), Right()}));
SABOT_EXPRESSION_BENCH(PlusLiteral, Call("plus", kBigint, {Left(), Literal(kBigint, 7)}));
SABOT_EXPRESSION_BENCH(DivideLiteral, Call("divide", kBigint, {Left(), Literal(kBigint, 7)}));
SABOT_EXPRESSION_BENCH(ModLiteralIsZero,
                       Call("equals", kBoolean,
                            {Call("mod", kBigint, {Left(), Literal(kBigint, 123)}),
                             Literal(kBigint, 0)}));
SABOT_EXPRESSION_BENCH(LessThan, Call("less_than", kBoolean, {Left(), Right()}));
SABOT_EXPRESSION_BENCH(LessThanLiteral,
                       Call("less_than", kBoolean, {Left(), Literal(kBigint, 1'000'000)}));
SABOT_EXPRESSION_BENCH(AndOfTwo,
                       Call("and", kBoolean,
                            {Call("less_than", kBoolean, {Left(), Literal(kBigint, 1'000'000)}),
                             Call("greater_than", kBoolean, {Right(), Literal(kBigint, 10)})}));
SABOT_EXPRESSION_BENCH(DecimalTimes, Call("times", Make(TypeKind::kDecimal, 24, 4),
                                          {Column(Make(TypeKind::kDecimal, 12, 2), 3),
                                           Column(Make(TypeKind::kDecimal, 12, 2), 3)}));
SABOT_EXPRESSION_BENCH(DecimalDivide, Call("divide", Make(TypeKind::kDecimal, 27, 15),
                                           {Column(Make(TypeKind::kDecimal, 12, 2), 3),
                                            Column(Make(TypeKind::kDecimal, 12, 2), 3)}));
SABOT_EXPRESSION_BENCH(CastToText, Call("cast", kText, {Left()}));
SABOT_EXPRESSION_BENCH(CastFromText, Call("cast", kBigint, {Column(kText, 2)}));
SABOT_EXPRESSION_BENCH(TextEquals, Call("equals", kBoolean, {Column(kText, 2), Column(kText, 2)}));
SABOT_EXPRESSION_BENCH(CaseOfTwo,
                       Call("case", kBigint,
                            {Call("less_than", kBoolean, {Left(), Literal(kBigint, 8'000'000)}),
                             Left(), Right()}));
SABOT_EXPRESSION_BENCH(CaseWithDivision,
                       Call("case", kBigint,
                            {Call("less_than", kBoolean, {Left(), Literal(kBigint, 8'000'000)}),
                             Call("divide", kBigint,
                                  {Literal(kBigint, 100),
                                   Call("plus", kBigint, {Left(), Literal(kBigint, 1)})}),
                             Right()}));

void ExpressionSelectTrue(benchmark::State& state) {
  const auto columns = Columns();
  auto bound = Bind(Call("less_than", kBoolean, {Left(), Literal(kBigint, state.range(0))}), {})
                   .ValueOrDie();
  const auto condition = bound->Evaluate(columns, kRows).ValueOrDie();
  std::vector<int32_t> rows;
  for (auto _ : state) {
    static_cast<void>(SelectTrue(condition, kRows, &rows));
    benchmark::DoNotOptimize(rows.data());
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(ExpressionSelectTrue)->Arg(100'000)->Arg(8'000'000);

}  // namespace
}  // namespace sabot
