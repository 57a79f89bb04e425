// Says of late rows what they look like: the first few in full, then at most one line a minute, and
// the rest at the end of input.
//
//   rows (a, 3) ... late   ->   warn("A row came too late and is dropped: k = a, t = 3; ...")
//                               warn("1204 more rows came too late and are dropped, the last: ...")
//
// State: none that counts; it begins anew after a restart.
#pragma once

#include <cstdint>
#include <span>

#include "batch/batch.h"

namespace sabot {

struct OperatorContext;

class LateRowLog {
 public:
  void Add(const OperatorContext& context, const Batch& batch, std::span<const int32_t> rows);
  void Finish(const OperatorContext& context);

 private:
  int num_shown_ = 0;
  int64_t num_unshown_ = 0;
  int64_t quiet_until_ms_ = 0;
};

}  // namespace sabot
