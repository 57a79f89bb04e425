// What an operator does where it says nothing: watermarks and status pass, the rest is done.
#include "stream/operator.h"

#include "base/check.h"

namespace sabot {

arrow::Result<Progress> Operator::Produce(Collector&) {
  SABOT_CHECK(false);  // Only sources are asked to produce.
}

arrow::Result<Progress> Operator::OnWatermark(Watermark watermark, Collector& out) {
  ARROW_RETURN_NOT_OK(out.Emit(watermark));
  return Progress::kDone;
}

arrow::Result<Progress> Operator::OnStatus(StreamStatus status, Collector& out) {
  ARROW_RETURN_NOT_OK(out.Emit(status));
  return Progress::kDone;
}

arrow::Result<Progress> Operator::OnTimer(int64_t, Collector&) { return Progress::kDone; }

arrow::Result<Progress> Operator::OnEndOfInput(int, Collector&) { return Progress::kDone; }

StateCursor Operator::ReadState(std::optional<StateKey>) { return nullptr; }

arrow::Status Operator::OnCommitted(int64_t) { return arrow::Status::OK(); }

arrow::Result<Progress> Operator::Resume(Collector&) {
  SABOT_CHECK(false);  // Only an operator that suspends is resumed, and then it overrides this.
}

}  // namespace sabot
