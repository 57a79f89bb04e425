// What a task has of each operator of its chain.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "state/state_tiers.h"
#include "stream/exchange.h"
#include "stream/late_row_log.h"
#include "stream/operator.h"

namespace sabot {

// One operator of a chain with what it needs; `name` and `uid` are the plan's.
struct TaskOperator {
  std::unique_ptr<StateTiers> tiers;  // Outlives the operator.
  std::unique_ptr<Operator> op;
  std::unique_ptr<OperatorContext> context;
  std::unique_ptr<OperatorMetrics> metrics;
  std::string name;
  std::string uid;
  int node_id = 0;
  int num_inputs = 1;
  // Who reads its late rows, of each of its inputs.
  std::vector<std::vector<std::unique_ptr<Exchange>>> late_outputs;
  LateRowLog late_row_log;
  // Who reads what it could not take.
  std::vector<std::unique_ptr<Exchange>> dead_letter_outputs;
};

}  // namespace sabot
