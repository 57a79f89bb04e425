// limit: so many rows in order of arrival, in one subtask.
//
//   offset 1, fetch 1     in    +I[5]  +I[3]  +I[4]
//                         out          +I[3]
//
// State: how many rows have come.
#include <algorithm>

#include "base/error.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class Limit final : public Operator {
 public:
  // Rows first..end pass.
  Limit(int64_t first, int64_t end) : first_(first), end_(end) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    if (!in.insert_only()) {
      return UserError("unsupported-limit", "LIMIT",
                       "LIMIT of an updating query needs an ORDER BY, as yet");
    }
    const int64_t begin = std::clamp<int64_t>(first_ - seen_, 0, in.num_rows());
    const int64_t end = std::clamp<int64_t>(end_ - seen_, begin, in.num_rows());
    seen_ += in.num_rows();
    if (begin < end) ARROW_RETURN_NOT_OK(out.Emit(in.Slice(begin, end - begin)));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    to.PutInt64("seen", seen_);
    return arrow::Status::OK();
  }
  arrow::Status Restore(const SnapshotReader& from) override {
    seen_ = 0;
    for (const std::string_view part : from.All("seen"))
      seen_ = std::max(seen_, ByteReader(part).I64());
    return arrow::Status::OK();
  }

 private:
  int64_t first_;
  int64_t end_;
  int64_t seen_ = 0;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext&) {
  ARROW_ASSIGN_OR_RAISE(const int64_t offset, node.Int("offset", 0));
  ARROW_ASSIGN_OR_RAISE(const int64_t fetch, node.Int("fetch", INT64_MAX));
  if (offset < 0 || fetch < 0) return node.Error("offset and fetch must not be negative");
  return std::make_unique<Limit>(offset, fetch > INT64_MAX - offset ? INT64_MAX : offset + fetch);
}

}  // namespace

extern const OperatorSpec kLimit{.name = "limit", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
