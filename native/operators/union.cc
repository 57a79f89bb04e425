// union: the rows of all inputs, in order of arrival.
//
//   in 0   +I[1]      +I[3]        out   +I[1] +I[2] +I[3]
//   in 1         +I[2]             the watermark is the least of the inputs' (the gate's doing)
//
// No state. Columns take the output's names.
#include "stream/operator.h"

namespace sabot {
namespace {

class Union final : public StatelessOperator {
 public:
  explicit Union(const Schema& schema) : schema_(ToArrow(schema)) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    ARROW_ASSIGN_OR_RAISE(Batch renamed, in.WithColumns(schema_, in.rows->columns()));
    renamed.split = kNoSplit;
    ARROW_RETURN_NOT_OK(out.Emit(std::move(renamed)));
    return Progress::kDone;
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext&) {
  const auto schema = ToArrow(node.schema);
  for (const Schema& input : node.input_schemas) {
    if (input.size() != node.schema.size())
      return node.Error("inputs differ in their number of columns");
    for (size_t i = 0; i < input.size(); ++i) {
      if (!ToArrow(input[i].type)->Equals(schema->field(static_cast<int>(i))->type())) {
        return node.Error("column " + std::to_string(i) + " differs in type between inputs");
      }
    }
  }
  return std::make_unique<Union>(node.schema);
}

}  // namespace

extern const OperatorSpec kUnion{.name = "union", .num_inputs = kAnyInputs, .make = &Make};

}  // namespace sabot
