// Which rows of a table a subtask has yet to make.
//
//   3 subtasks:  0 3 6 ...   1 4 7 ...   2 5 8 ...
//   made 3, 0 and 1 of them, then restored at 2:  9 12 15 ...   2 5 8 ...   and   1 4 7 ...
#pragma once

#include <arrow/status.h>

#include <cstdint>
#include <vector>

#include "state/snapshot.h"

namespace sabot {

class RowStripes {
 public:
  // num_rows is INT64_MAX for a table without end.
  explicit RowStripes(int64_t num_rows) : num_rows_(num_rows) {}

  // The share of a subtask that starts from the beginning.
  void Begin(int subtask, int parallelism) { stripes_ = {{subtask, parallelism}}; }

  int64_t num_left() const;
  // The first row that is left.
  int64_t Take();

  void Write(ByteWriter& to) const;
  // Adds what another subtask had left.
  arrow::Status Read(ByteReader& from);
  // Keeps a subtask's share of all that was read: every n-th stripe; where there are fewer stripes
  // than subtasks, every n-th row of one.
  void KeepShare(int subtask, int parallelism);
  void Clear() { stripes_.clear(); }

 private:
  // The rows next, next + step, next + 2 step, ...
  struct Stripe {
    int64_t next = 0;
    int64_t step = 1;
  };

  const int64_t num_rows_;
  std::vector<Stripe> stripes_;
};

}  // namespace sabot
