// The one list of aggregate functions: a new one is its file and one row here.
#pragma once

#include "aggregates/aggregate.h"

#define SABOT_AGGREGATES(X) \
  X(kCount)                 \
  X(kSum)                   \
  X(kSum0)                  \
  X(kAvg)                   \
  X(kMin)                   \
  X(kMax)                   \
  X(kStddevPop)             \
  X(kStddevSamp)            \
  X(kVarPop)                \
  X(kVarSamp)               \
  X(kFirstValue)            \
  X(kLastValue)             \
  X(kListagg)               \
  X(kCollect)               \
  X(kArrayAgg)              \
  X(kJsonObjectagg)         \
  X(kJsonArrayagg)          \
  X(kApproxCountDistinct)   \
  X(kPercentile)

namespace sabot {

#define SABOT_DECLARE(name) extern const AggregateSpec name;
SABOT_AGGREGATES(SABOT_DECLARE)
#undef SABOT_DECLARE

}  // namespace sabot
