// A whole graph under simulation, once, with functions of the job's owner: a barrier may cut it,
// and it may go on from what such a one has left.
#pragma once

#include <arrow/status.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/graph_snapshot.h"
#include "user_function_model.h"

namespace sabot::test {

struct GraphRun {
  arrow::Status status;
  std::vector<std::string> lines;  // Of the result sink.
  size_t lines_before_barrier = 0;
  std::shared_ptr<GraphSnapshot> snapshot;  // nullptr: the run has ended before the barrier had.
};

// `barrier_step`: of the scheduler; 0: there is none. `from`: nullptr: from the beginning.
GraphRun RunGraph(const std::string& plan, UserFunctionModel& owner, uint64_t seed,
                  uint64_t barrier_step, const GraphSnapshot* from);

}  // namespace sabot::test
