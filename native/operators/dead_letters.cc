// dead_letters: what another operator could not take.
//
//   kafka_source   -- dead letters -->   dead_letters     +I[bytes, key, ..., 'not JSON', ...]
//
// Its input edge says `deadLetters`; rows go on as they are. No state.
#include "plan/dead_letter_schema.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class DeadLetterRows final : public StatelessOperator {
 public:
  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    ARROW_RETURN_NOT_OK(out.Emit(in));
    return Progress::kDone;
  }
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext&) {
  if (!ToArrow(node.schema)->Equals(*ToArrow(DeadLetterSchema())))
    return node.Error("its schema is not that of dead letters");
  if (!ToArrow(node.input_schemas[0])->Equals(*ToArrow(DeadLetterSchema())))
    return node.Error("its input is not the dead letters of an operator");
  return std::make_unique<DeadLetterRows>();
}

}  // namespace

extern const OperatorSpec kDeadLetters{.name = "dead_letters", .num_inputs = 1, .make = &Make};

}  // namespace sabot
