// What a keyed_process is told by its plan.
#pragma once

#include <arrow/result.h>

#include <vector>

#include "operators/keyed_process_state.h"
#include "plan/plan.h"
#include "stream/operator.h"

namespace sabot {

struct KeyedProcessSpec {
  static arrow::Result<KeyedProcessSpec> Read(const PlanNode& node, const OperatorContext& context);

  std::vector<int> keys;
  KeyTypes key_types;
  std::vector<int> reads;
  int time = -1;             // The rows' event time; -1: they have none.
  std::vector<int> outputs;  // How many columns each has.
  std::vector<ProcessState::Spec> states;
};

}  // namespace sabot
