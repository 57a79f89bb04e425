// RateLimit: how many rows a subtask of a source may have produced by now.
//
//   10 rows a second, 2 subtasks:   after 300 ms 3 rows are due: subtask 0 one, subtask 1 two
//
// Shares are exact: together the subtasks are given what is due, no row more or less. A source that
// had nothing to read does not make up for more than a second. Begins anew with every attempt.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sabot {

class RateLimit {
 public:
  RateLimit(int64_t rows_per_second, int subtask, int parallelism)
      : rows_per_second_(rows_per_second),
        subtask_(subtask),
        parallelism_(parallelism),
        second_rows_((rows_per_second + parallelism - 1) / parallelism) {}

  // The clock says `now_ms`; `produced`: rows so far.
  void Advance(int64_t now_ms, int64_t produced) {
    if (begin_ms_ == kNever) begin_ms_ = now_ms;
    const int64_t of_all = (now_ms - begin_ms_) * rows_per_second_ / 1'000;
    const int64_t due = (of_all + subtask_) / parallelism_;
    forfeited_ = std::max(forfeited_, due - second_rows_ - produced);
    allowed_ = due - forfeited_;
  }
  int64_t allowed() const { return allowed_; }

  // When one more row than `produced` becomes due; INT64_MAX: it is already.
  int64_t NextMillis(int64_t produced) const {
    if (begin_ms_ == kNever || allowed_ > produced) return INT64_MAX;
    const int64_t of_all = (produced + 1 + forfeited_) * parallelism_ - subtask_;
    return begin_ms_ + (of_all * 1'000 + rows_per_second_ - 1) / rows_per_second_;
  }

 private:
  static constexpr int64_t kNever = INT64_MIN;

  int64_t rows_per_second_;
  int subtask_;
  int parallelism_;
  int64_t second_rows_;
  int64_t begin_ms_ = kNever;
  int64_t forfeited_ = 0;
  int64_t allowed_ = 0;
};

}  // namespace sabot
