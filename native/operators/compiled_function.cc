// compiled_function: columns of a TypeScript function that was compiled to native expressions,
// some of which can fail where JavaScript does not.
//
//   a * b   in   +I[2, 3]                          out  +I[2, 3, 6]
//           in   +I[2, 3]  +I[2^40, 2^40]          the function itself is asked for both rows
//
// bigint arithmetic is checked 64-bit arithmetic: a batch in which it overflows, or any other
// kernel fails, runs in V8 instead, whose answer or error is the function's. No state.
#include <utility>

#include "expressions/evaluator.h"
#include "operators/failed_rows.h"
#include "operators/row_call.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class CompiledFunction final : public StatelessOperator {
 public:
  CompiledFunction(std::vector<std::unique_ptr<BoundExpression>> expressions, RowCall call,
                   std::unique_ptr<FailedRows> failed, std::vector<int> reads,
                   std::shared_ptr<arrow::Schema> read_schema, const Schema& schema)
      : expressions_(std::move(expressions)),
        call_(std::move(call)),
        failed_(std::move(failed)),
        reads_(std::move(reads)),
        read_schema_(std::move(read_schema)),
        schema_(ToArrow(schema)) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    std::vector<ArrayPtr> results;
    if (Evaluate(in, &results).ok()) {
      ARROW_RETURN_NOT_OK(Append(in, results, out));
      return Progress::kDone;
    }
    std::vector<ArrayPtr> read;
    for (const int column : reads_) read.push_back(in.column(column));
    in_ = in;
    ARROW_RETURN_NOT_OK(
        call_.Begin(*arrow::RecordBatch::Make(read_schema_, in.num_rows(), std::move(read))));
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    ARROW_ASSIGN_OR_RAISE(const auto reply, call_.Take());
    if (!reply) return Progress::kBlocked;
    if (reply->failed != nullptr) {
      ARROW_RETURN_NOT_OK(failed_->Add(in_, *reply->failed));
      ARROW_ASSIGN_OR_RAISE(in_, FailedRows::Without(in_, *reply->failed));
    }
    if (reply->more || reply->rows == nullptr || reply->rows->num_rows() != in_.num_rows()) {
      return WrongReply();
    }
    ARROW_RETURN_NOT_OK(Append(in_, reply->rows->columns(), out));
    ARROW_RETURN_NOT_OK(failed_->letters().Flush(out));
    in_ = Batch();
    return Progress::kDone;
  }

 private:
  arrow::Status Evaluate(const Batch& in, std::vector<ArrayPtr>* results) {
    for (const auto& expression : expressions_) {
      ARROW_ASSIGN_OR_RAISE(const Vector value,
                            expression->Evaluate(in.rows->columns(), in.num_rows()));
      ARROW_ASSIGN_OR_RAISE(auto column, Materialize(value, in.num_rows()));
      results->push_back(std::move(column));
    }
    return arrow::Status::OK();
  }

  arrow::Status Append(const Batch& in, const std::vector<ArrayPtr>& results, Collector& out) {
    std::vector<ArrayPtr> columns = in.rows->columns();
    columns.insert(columns.end(), results.begin(), results.end());
    ARROW_ASSIGN_OR_RAISE(Batch wider, in.WithColumns(schema_, std::move(columns)));
    return out.Emit(std::move(wider));
  }

  const std::vector<std::unique_ptr<BoundExpression>> expressions_;
  RowCall call_;
  const std::unique_ptr<FailedRows> failed_;
  const std::vector<int> reads_;
  const std::shared_ptr<arrow::Schema> read_schema_;
  const std::shared_ptr<arrow::Schema> schema_;
  Batch in_;  // While blocked: no barrier comes then.
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto reads, node.Columns("reads"));
  ARROW_ASSIGN_OR_RAISE(const auto expressions, node.Exprs("expressions"));
  const Schema& input = node.input_schemas[0];
  if (input.size() + expressions.size() != node.schema.size()) {
    return node.Error("expressions do not fit the schema");
  }
  std::vector<std::unique_ptr<BoundExpression>> bound;
  for (const Expression& expression : expressions) {
    ARROW_ASSIGN_OR_RAISE(auto each, Bind(expression, context.session));
    bound.push_back(std::move(each));
  }
  Schema read;
  for (const int column : reads) read.push_back(input[static_cast<size_t>(column)]);
  const Schema results(node.schema.begin() + static_cast<ptrdiff_t>(input.size()),
                       node.schema.end());
  ARROW_ASSIGN_OR_RAISE(auto call, RowCall::Open(node, context, ToArrow(results)));
  ARROW_ASSIGN_OR_RAISE(auto failed, FailedRows::Make(node, context, 0));
  return std::make_unique<CompiledFunction>(std::move(bound), std::move(call), std::move(failed),
                                            std::move(reads), ToArrow(read), node.schema);
}

}  // namespace

extern const OperatorSpec kCompiledFunction{
    .name = "compiled_function", .num_inputs = 1, .make = &Make};

}  // namespace sabot
