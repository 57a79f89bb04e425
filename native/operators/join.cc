// join: the regular inner join of two insert-only streams. Without keys it is a cross join.
//
//   l.k = r.k      left   +I[a, 1]            +I[b, 2]
//                  right            +I[a, x]            +I[b, y]
//                  out              +I[a, 1, a, x]      +I[b, 2, b, y]
//
// State: all rows of both sides by key. Rows with a NULL key match nothing and are not kept. Under
// a state TTL a row meets those alone that come within it, in processing time.
#include "base/error.h"
#include "operators/join_output.h"
#include "operators/state_rows.h"
#include "operators/state_ttl.h"

namespace sabot {
namespace {

class Join final : public Operator {
 public:
  Join(std::array<std::unique_ptr<RowLists>, 2> sides, JoinOutput output, OperatorContext& context)
      : sides_(std::move(sides)),
        output_(std::move(output)),
        clock_(context.clock),
        metrics_(context.metrics) {}

  arrow::Result<Progress> Process(int input, const Batch& in, Collector& out) override {
    for (const auto& side : sides_) ARROW_RETURN_NOT_OK(side->BeginBatch(clock_->NowMillis()));
    RowLists& own = *sides_[static_cast<size_t>(input)];
    ARROW_RETURN_NOT_OK(RowLists::EncodeKeys(in, own.keys(), &keys_));
    RowsWithKeys(in, own.keys(), &rows_);
    // Kept first: the other side's list is what this batch meets, its own rows do not matter to it.
    ARROW_RETURN_NOT_OK(own.Add(in, keys_, rows_));
    ARROW_RETURN_NOT_OK(sides_[static_cast<size_t>(1 - input)]->Heads(keys_, rows_, &heads_));
    metrics_->state_bytes.Set(sides_[0]->size_bytes() + sides_[1]->size_bytes());
    arriving_ = in;
    input_ = input;
    at_ = 0;
    in_list_ = false;
    return Resume(out);
  }

  // Meets row after row of the arriving batch with the other side's list, in bounded pieces.
  arrow::Result<Progress> Resume(Collector& out) override {
    const RowLists& other = *sides_[static_cast<size_t>(1 - input_)];
    for (; at_ < rows_.size(); ++at_) {
      const int32_t row = rows_[at_];
      if (!in_list_) list_ = heads_[at_];
      in_list_ = true;
      for (; list_ != kNoRow; list_ = other.store().next(list_)) {
        if (other.Expired(list_)) continue;
        if (output_.size() >= kJoinPairsMax) {
          ARROW_RETURN_NOT_OK(output_.Flush(arriving_, other.store(), input_, out));
          if (!out.has_room()) return Progress::kMoreOutput;
        }
        output_.Add(row, list_);
      }
      in_list_ = false;
    }
    ARROW_RETURN_NOT_OK(output_.Flush(arriving_, other.store(), input_, out));
    arriving_ = {};
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    ARROW_RETURN_NOT_OK(sides_[0]->Snapshot(to));
    return sides_[1]->Snapshot(to);
  }
  arrow::Status Restore(const SnapshotReader& from) override {
    for (const auto& side : sides_) ARROW_RETURN_NOT_OK(side->BeginBatch(clock_->NowMillis()));
    ARROW_RETURN_NOT_OK(sides_[0]->Restore(from));
    return sides_[1]->Restore(from);
  }
  StateCursor ReadState(std::optional<StateKey> only) override {
    return ReadSides(*sides_[0], *sides_[1], std::move(only));
  }

 private:
  std::array<std::unique_ptr<RowLists>, 2> sides_;
  JoinOutput output_;
  Clock* clock_;
  OperatorMetrics* metrics_;
  // Only while a batch is worked off; a barrier never meets it half-way.
  Batch arriving_;
  int input_ = 0;
  EncodedKeys keys_;
  std::vector<int32_t> rows_;
  std::vector<RowId> heads_;  // For each of them the other side's list.
  size_t at_ = 0;
  RowId list_ = kNoRow;
  bool in_list_ = false;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const std::string type, node.String("joinType"));
  ARROW_ASSIGN_OR_RAISE(const bool left_retracts, node.Bool("leftRetracts", false));
  ARROW_ASSIGN_OR_RAISE(const bool right_retracts, node.Bool("rightRetracts", false));
  if (type != "inner" || left_retracts || right_retracts) {
    return UserError("unsupported-join", type,
                     "Only inner joins of insert-only streams are supported as yet, this is a " +
                         type +
                         (left_retracts || right_retracts ? " join of updating streams" : " join"));
  }
  ARROW_ASSIGN_OR_RAISE(auto left_keys, node.Columns("leftKeys", 0));
  ARROW_ASSIGN_OR_RAISE(auto right_keys, node.Columns("rightKeys", 1));
  if (left_keys.size() != right_keys.size()) return node.Error("keys differ in number");
  ARROW_ASSIGN_OR_RAISE(auto condition, BindJoinCondition(node, context));
  ARROW_ASSIGN_OR_RAISE(const int64_t left_ttl_ms, TtlMillis(node, context, "leftTtl"));
  ARROW_ASSIGN_OR_RAISE(const int64_t right_ttl_ms, TtlMillis(node, context, "rightTtl"));
  std::array<std::unique_ptr<RowLists>, 2> sides = {
      std::make_unique<RowLists>("left", node.input_schemas[0], std::move(left_keys), context.tiers,
                                 left_ttl_ms),
      std::make_unique<RowLists>("right", node.input_schemas[1], std::move(right_keys),
                                 context.tiers, right_ttl_ms)};
  JoinOutput output(node.input_schemas[0], node.input_schemas[1], ToArrow(node.schema),
                    std::move(condition));
  return std::make_unique<Join>(std::move(sides), std::move(output), context);
}

}  // namespace

extern const OperatorSpec kJoin{.name = "join", .num_inputs = 2, .stateful = true, .make = &Make};

}  // namespace sabot
