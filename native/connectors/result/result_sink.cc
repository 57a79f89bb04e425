// result_sink: a query's rows for the job's owner, on a channel of its own.
//
//   format "json"    ->   JSON lines in DESIGN's rendering; with changelog: {"op":"+I", ...}
//   format "arrow"   ->   one Arrow IPC stream per batch; with changelog its first column is "op"
//   (int8, Flink's RowKind)
//
// State: none (what is not delivered yet is before the barrier, for the operator is blocked).
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "base/check.h"
#include "formats/format.h"
#include "state/snapshot.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class ResultSink final : public StatelessOperator {
 public:
  // Without an encoder: Arrow IPC.
  ResultSink(std::unique_ptr<Encoder> encoder, bool changelog, std::string channel,
             OperatorContext& context)
      : encoder_(std::move(encoder)),
        changelog_(changelog),
        channel_(std::move(channel)),
        context_(context) {}

  arrow::Result<Progress> Process(int, const Batch& batch, Collector& out) override {
    SABOT_CHECK(bytes_.empty());
    if (encoder_ != nullptr) {
      ARROW_RETURN_NOT_OK(encoder_->Encode(batch, &bytes_));
    } else {
      ARROW_ASSIGN_OR_RAISE(const auto rows, WithKinds(batch));
      ARROW_ASSIGN_OR_RAISE(bytes_, SerializeBatch(rows));
    }
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector&) override {
    if (!context_.deliver(channel_, bytes_)) return Progress::kBlocked;
    bytes_.clear();
    return Progress::kDone;
  }

 private:
  arrow::Result<RecordBatchPtr> WithKinds(const Batch& batch) const {
    if (!changelog_) return batch.rows;
    ArrayPtr kinds = batch.kinds;
    if (kinds == nullptr) {
      ARROW_ASSIGN_OR_RAISE(kinds,
                            arrow::MakeArrayFromScalar(arrow::Int8Scalar(0), batch.num_rows()));
    }
    return batch.rows->AddColumn(0, arrow::field("op", arrow::int8(), false), kinds);
  }

  const std::unique_ptr<Encoder> encoder_;
  const bool changelog_;
  const std::string channel_;
  OperatorContext& context_;
  std::string bytes_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const std::string format, node.String("format"));
  ARROW_ASSIGN_OR_RAISE(const bool changelog, node.Bool("changelog", false));
  if (format != "json" && format != "arrow") {
    return node.Error("its format must be 'json' or 'arrow', not '" + format + "'");
  }
  std::unique_ptr<Encoder> encoder;
  if (format == "json")
    encoder = MakeJsonEncoder(node.input_schemas[0], {.results = true, .with_op = changelog});
  ARROW_ASSIGN_OR_RAISE(std::string channel, node.String("channel", "result"));
  return std::make_unique<ResultSink>(std::move(encoder), changelog, std::move(channel), context);
}

}  // namespace

extern const OperatorSpec kResultSink{.name = "result_sink", .num_inputs = 1, .make = &Make};

}  // namespace sabot
