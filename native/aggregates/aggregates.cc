// Finds an aggregate function by name.
#include "aggregates/families.h"

namespace sabot {

arrow::Result<std::unique_ptr<Aggregate>> MakeAggregate(const AggregateCall& call,
                                                        bool input_retracts) {
#define SABOT_ADDRESS(name) &name,
  static const AggregateSpec* const kAll[] = {SABOT_AGGREGATES(SABOT_ADDRESS)};
#undef SABOT_ADDRESS
  for (const AggregateSpec* spec : kAll) {
    if (spec->name == call.function) return spec->make(call, input_retracts);
  }
  return arrow::Status::Invalid(
      "The plan names an aggregate function that this build does not know: '", call.function, "'.");
}

}  // namespace sabot
