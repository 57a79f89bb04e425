// Forward, hash, rebalance and broadcast exchanges.
#include "stream/exchange.h"

#include <arrow/table.h>

#include <algorithm>

namespace sabot {
namespace {

// What waits for more rows: a channel's bound is to hold with it, too.
constexpr int64_t kPieceBytesMax = kChannelBytesMax / 4;

class Forward final : public Exchange {
 public:
  explicit Forward(std::vector<Channel*> targets) : Exchange(std::move(targets)) {}
  arrow::Status Send(const Batch& batch) override {
    targets_[0]->Push(batch);
    return arrow::Status::OK();
  }
  arrow::Status Flush() override { return arrow::Status::OK(); }
};

class BroadcastAll final : public Exchange {
 public:
  explicit BroadcastAll(std::vector<Channel*> targets) : Exchange(std::move(targets)) {}
  arrow::Status Send(const Batch& batch) override {
    for (Channel* target : targets_) target->Push(batch);
    return arrow::Status::OK();
  }
  arrow::Status Flush() override { return arrow::Status::OK(); }
};

class Rebalance final : public Exchange {
 public:
  Rebalance(std::vector<Channel*> targets, size_t next)
      : Exchange(std::move(targets)), next_(next % targets_.size()) {}
  arrow::Status Send(const Batch& batch) override {
    targets_[next_]->Push(batch);
    next_ = (next_ + 1) % targets_.size();
    return arrow::Status::OK();
  }
  arrow::Status Flush() override { return arrow::Status::OK(); }

 private:
  size_t next_;
};

class Hash final : public Exchange {
 public:
  Hash(std::vector<Channel*> targets, std::vector<int> keys, int64_t rows_max)
      : Exchange(std::move(targets)),
        keys_(std::move(keys)),
        rows_max_(rows_max),
        pending_(targets_.size()),
        pending_rows_(targets_.size(), 0),
        pending_bytes_(targets_.size(), 0),
        rows_of_(targets_.size()) {}

  arrow::Status Send(const Batch& batch) override {
    std::vector<ArrayPtr> columns;
    for (const int key : keys_) columns.push_back(batch.column(key));
    ARROW_RETURN_NOT_OK(encoded_.Encode(columns, batch.num_rows()));
    for (auto& rows : rows_of_) rows.clear();
    const auto parallelism = static_cast<int>(targets_.size());
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      const int target = SubtaskOf(KeyGroupOf(encoded_.hash(row)), parallelism);
      rows_of_[static_cast<size_t>(target)].push_back(static_cast<int32_t>(row));
    }
    for (size_t target = 0; target < targets_.size(); ++target) {
      const auto& rows = rows_of_[target];
      if (rows.empty()) continue;
      if (static_cast<int64_t>(rows.size()) == batch.num_rows()) {
        ARROW_RETURN_NOT_OK(Add(target, batch));
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(Batch piece, Take(batch, rows));
      ARROW_RETURN_NOT_OK(Add(target, std::move(piece)));
    }
    return arrow::Status::OK();
  }

  arrow::Status Flush() override {
    for (size_t target = 0; target < targets_.size(); ++target) {
      ARROW_RETURN_NOT_OK(FlushTarget(target));
    }
    return arrow::Status::OK();
  }

 private:
  arrow::Status Add(size_t target, Batch piece) {
    // Row kinds present and absent do not mix in one batch.
    if (!pending_[target].empty() && pending_[target].back().insert_only() != piece.insert_only()) {
      ARROW_RETURN_NOT_OK(FlushTarget(target));
    }
    pending_rows_[target] += piece.num_rows();
    pending_bytes_[target] += SizeBytes(piece);
    pending_[target].push_back(std::move(piece));
    const bool full =
        pending_rows_[target] >= rows_max_ || pending_bytes_[target] >= kPieceBytesMax;
    return full ? FlushTarget(target) : arrow::Status::OK();
  }

  arrow::Status FlushTarget(size_t target) {
    std::vector<Batch>& pieces = pending_[target];
    if (pieces.empty()) return arrow::Status::OK();
    if (pieces.size() == 1) {
      targets_[target]->Push(std::move(pieces[0]));
    } else {
      ARROW_ASSIGN_OR_RAISE(Batch whole, Concatenate(pieces));
      targets_[target]->Push(std::move(whole));
    }
    pieces.clear();
    pending_rows_[target] = 0;
    pending_bytes_[target] = 0;
    return arrow::Status::OK();
  }

  std::vector<int> keys_;
  int64_t rows_max_;
  // Never outlives a barrier or a pause (Flush), so it is no state.
  std::vector<std::vector<Batch>> pending_;
  std::vector<int64_t> pending_rows_;
  std::vector<int64_t> pending_bytes_;
  EncodedKeys encoded_;
  std::vector<std::vector<int32_t>> rows_of_;
};

}  // namespace

arrow::Status Exchange::Broadcast(const Element& element) {
  ARROW_RETURN_NOT_OK(Flush());
  for (Channel* target : targets_) target->Push(element);
  return arrow::Status::OK();
}

bool Exchange::has_room() const {
  return std::all_of(targets_.begin(), targets_.end(),
                     [](const Channel* target) { return target->has_room(); });
}

std::unique_ptr<Exchange> MakeExchange(const PlanInput& edge, std::vector<Channel*> targets,
                                       int sender, int64_t rows_max) {
  if (targets.size() == 1) return std::make_unique<Forward>(std::move(targets));
  switch (edge.exchange) {
    case ExchangeKind::kHash:
      return std::make_unique<Hash>(std::move(targets), edge.keys, rows_max);
    case ExchangeKind::kBroadcast:
      return std::make_unique<BroadcastAll>(std::move(targets));
    default:
      return std::make_unique<Rebalance>(std::move(targets), static_cast<size_t>(sender));
  }
}

}  // namespace sabot
