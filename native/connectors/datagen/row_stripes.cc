// Taking, splitting and dealing out stripes.
#include "connectors/datagen/row_stripes.h"

#include <algorithm>
#include <utility>

namespace sabot {

int64_t RowStripes::num_left() const {
  int64_t num_rows = 0;
  for (const auto& [next, step] : stripes_) {
    if (num_rows_ == INT64_MAX) return INT64_MAX;
    if (next < num_rows_) num_rows += (num_rows_ - next + step - 1) / step;
  }
  return num_rows;
}

int64_t RowStripes::Take() {
  Stripe& first = *std::ranges::min_element(stripes_, {}, &Stripe::next);
  return std::exchange(first.next, first.next + first.step);
}

void RowStripes::Write(ByteWriter& to) const {
  to.U32(static_cast<uint32_t>(stripes_.size()));
  for (const auto& [next, step] : stripes_) {
    to.I64(next);
    to.I64(step);
  }
}

arrow::Status RowStripes::Read(ByteReader& from) {
  for (uint32_t count = from.U32(); count > 0 && from.ok(); --count) {
    Stripe stripe;
    stripe.next = from.I64();
    stripe.step = from.I64();
    if (!from.ok() || stripe.next < 0 || stripe.step < 1)
      return arrow::Status::Invalid("a damaged snapshot");
    if (stripe.next < num_rows_) stripes_.push_back(stripe);
  }
  return arrow::Status::OK();
}

void RowStripes::KeepShare(int subtask, int parallelism) {
  const std::vector<Stripe> all = std::exchange(stripes_, {});
  const auto num_stripes = static_cast<int64_t>(all.size());
  for (int64_t i = 0; i < num_stripes; ++i) {
    const auto& [next, step] = all[static_cast<size_t>(i)];
    if (num_stripes >= parallelism) {
      if (i % parallelism == subtask) stripes_.push_back({next, step});
    } else if (subtask % num_stripes == i) {
      const int64_t num_readers = (parallelism - i - 1) / num_stripes + 1;
      stripes_.push_back({next + subtask / num_stripes * step, step * num_readers});
    }
  }
}

}  // namespace sabot
