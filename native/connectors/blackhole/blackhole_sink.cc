// blackhole_sink: takes every row and keeps nothing. The task counts the rows. No state.
#include "stream/operator.h"

namespace sabot {
namespace {

class BlackholeSink final : public StatelessOperator {
 public:
  arrow::Result<Progress> Process(int, const Batch&, Collector&) override {
    return Progress::kDone;
  }
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode&, OperatorContext&) {
  return std::make_unique<BlackholeSink>();
}

}  // namespace

extern const OperatorSpec kBlackholeSink{.name = "blackhole_sink", .num_inputs = 1, .make = &Make};

}  // namespace sabot
