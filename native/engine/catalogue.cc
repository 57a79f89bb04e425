// The one list of operators: a new operator is its file and one row here.
#include "engine/catalogue.h"

#include <array>

namespace sabot {

#define SABOT_OPERATORS(X)  \
  X(kBlackholeSink)         \
  X(kBroadcastProcess)      \
  X(kChangelogNormalize)    \
  X(kCompiledFunction)      \
  X(kCurrentWatermark)      \
  X(kDatagenSource)         \
  X(kDeadLetters)           \
  X(kDeduplicate)           \
  X(kExpand)                \
  X(kFileSink)              \
  X(kFileSource)            \
  X(kFilter)                \
  X(kGlobalGroupAggregate)  \
  X(kGlobalWindow)          \
  X(kGroupAggregate)        \
  X(kIntervalJoin)          \
  X(kIterableSource)        \
  X(kJoin)                  \
  X(kKafkaSink)             \
  X(kKafkaSource)           \
  X(kKeyedBroadcastProcess) \
  X(kKeyedProcess)          \
  X(kLateRows)              \
  X(kLimit)                 \
  X(kLocalGroupAggregate)   \
  X(kMaterializeFinal)      \
  X(kNexmarkSource)         \
  X(kNotNull)               \
  X(kPrintSink)             \
  X(kProject)               \
  X(kRank)                  \
  X(kResultSink)            \
  X(kSessionWindow)         \
  X(kSettleConflicts)       \
  X(kTemporalJoin)          \
  X(kTemporalSort)          \
  X(kTopN)                  \
  X(kUnion)                 \
  X(kUnnest)                \
  X(kUpsertMaterialize)     \
  X(kUserFunction)          \
  X(kValuesSource)          \
  X(kWatermarkAssigner)     \
  X(kWindowAggregate)       \
  X(kWindowDeduplicate)     \
  X(kWindowJoin)            \
  X(kWindowRank)            \
  X(kWindowTable)

#define SABOT_DECLARE(name) extern const OperatorSpec name;
SABOT_OPERATORS(SABOT_DECLARE)
#undef SABOT_DECLARE

std::span<const OperatorSpec* const> AllOperators() {
#define SABOT_ADDRESS(name) &name,
  static const std::array kOperators = {SABOT_OPERATORS(SABOT_ADDRESS)};
#undef SABOT_ADDRESS
  return kOperators;
}

const OperatorSpec* FindOperator(std::string_view name) {
  for (const OperatorSpec* spec : AllOperators()) {
    if (spec->name == name) return spec;
  }
  return nullptr;
}

}  // namespace sabot
