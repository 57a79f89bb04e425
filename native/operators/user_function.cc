// user_function: columns that the job's owner computes (a TypeScript function that runs in V8).
//
//   columns [0], reads [1], results [up]     in   +I[1, a]  -U[2, b]
//                                            out  +I[1, A]  -U[2, B]
//
// The columns that the function reads cross as one message, the operator is blocked until the
// results come back, and no thread waits meanwhile. With `flattens` a row may give any number of
// rows: the first column of a reply says which input row each belongs to. No state: an element is
// done when its reply is emitted.
#include <arrow/type.h>

#include <utility>

#include "operators/failed_rows.h"
#include "operators/row_call.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class UserFunctionOperator final : public StatelessOperator {
 public:
  UserFunctionOperator(RowCall call, std::unique_ptr<FailedRows> failed, std::vector<int> columns,
                       std::vector<int> reads, std::shared_ptr<arrow::Schema> read_schema,
                       const Schema& schema, bool flattens)
      : call_(std::move(call)),
        failed_(std::move(failed)),
        columns_(std::move(columns)),
        reads_(std::move(reads)),
        read_schema_(std::move(read_schema)),
        schema_(ToArrow(schema)),
        flattens_(flattens) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    std::vector<ArrayPtr> read;
    read.reserve(reads_.size());
    for (const int column : reads_) read.push_back(in.column(column));
    in_ = in;
    ARROW_RETURN_NOT_OK(
        call_.Begin(*arrow::RecordBatch::Make(read_schema_, in.num_rows(), std::move(read))));
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto reply, call_.Take());
      if (!reply) return Progress::kBlocked;
      if (reply->failed != nullptr) {
        ARROW_RETURN_NOT_OK(failed_->Add(in_, *reply->failed));
        // Those of a function that flattens have no rows in its reply.
        if (!flattens_) {
          ARROW_ASSIGN_OR_RAISE(in_, FailedRows::Without(in_, *reply->failed));
        }
      }
      if (reply->rows != nullptr) {
        ARROW_ASSIGN_OR_RAISE(Batch result, flattens_
                                                ? FlattenReply(in_, columns_, *reply->rows, schema_)
                                                : Appended(*reply->rows));
        ARROW_RETURN_NOT_OK(out.Emit(std::move(result)));
      }
      if (!reply->more) break;
      call_.Continue();
    }
    ARROW_RETURN_NOT_OK(failed_->letters().Flush(out));
    in_ = Batch();
    return Progress::kDone;
  }

 private:
  // The input's columns that go on, then the results, row by row.
  arrow::Result<Batch> Appended(const arrow::RecordBatch& results) const {
    if (results.num_rows() != in_.num_rows()) return WrongReply();
    std::vector<ArrayPtr> columns;
    for (const int column : columns_) columns.push_back(in_.column(column));
    for (const auto& column : results.columns()) columns.push_back(column);
    return in_.WithColumns(schema_, std::move(columns));
  }

  RowCall call_;
  const std::unique_ptr<FailedRows> failed_;
  const std::vector<int> columns_;
  const std::vector<int> reads_;
  const std::shared_ptr<arrow::Schema> read_schema_;
  const std::shared_ptr<arrow::Schema> schema_;
  const bool flattens_;
  Batch in_;  // While blocked: no barrier comes then.
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto columns, node.Columns("columns"));
  ARROW_ASSIGN_OR_RAISE(auto reads, node.Columns("reads"));
  ARROW_ASSIGN_OR_RAISE(const bool flattens, node.Bool("flattens", false));
  if (columns.size() >= node.schema.size()) return node.Error("has no results in its schema");
  Schema read;
  for (const int column : reads) {
    read.push_back(node.input_schemas[0][static_cast<size_t>(column)]);
  }
  const Schema results(node.schema.begin() + static_cast<ptrdiff_t>(columns.size()),
                       node.schema.end());
  auto reply = ToArrow(results);
  if (flattens) {
    ARROW_ASSIGN_OR_RAISE(reply, reply->AddField(0, arrow::field("row", arrow::int32(), false)));
  }
  ARROW_ASSIGN_OR_RAISE(auto call, RowCall::Open(node, context, std::move(reply)));
  ARROW_ASSIGN_OR_RAISE(auto failed, FailedRows::Make(node, context, 0));
  return std::make_unique<UserFunctionOperator>(std::move(call), std::move(failed),
                                                std::move(columns), std::move(reads), ToArrow(read),
                                                node.schema, flattens);
}

}  // namespace

extern const OperatorSpec kUserFunction{
    .name = "user_function", .num_inputs = 1, .own_task = true, .make = &Make};

}  // namespace sabot
