// keyed_broadcast_process: rows and timers that a function of the job's owner processes with the
// state of their keys and with broadcast state at hand, and broadcast rows that it processes too.
//
//   broadcast rows  [rule 1, > 5]                             [rule 1, > 7]
//   rows                          [a, 6] [a, 9]                             [a, 6] [a, 8]
//   out             (count of what is above, by key)
//                                 [a, 1] [a, 2]                                    [a, 3]
//
// As keyed_process; all subtasks are sent all broadcast rows, as in broadcast_process. Before a
// function is asked anything its mirror has the whole map; a broadcast row is in the map when the
// function is called for it. That function may ask for all keys of a state: they cross in pieces
// before the next row of either input. Event time is that of the rows.
//
// State: that of keyed_process, and the broadcast rows by key, the same in every subtask.
#include <utility>

#include "operators/keyed_process.h"
#include "operators/mirrored_map.h"
#include "stream/operator.h"

namespace sabot {
namespace {

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto map, MirroredMap::Make(node, kBroadcastInput, context));
  return MakeKeyedProcess(node, context, std::move(map));
}

}  // namespace

extern const OperatorSpec kKeyedBroadcastProcess{.name = "keyed_broadcast_process",
                                                 .num_inputs = 2,
                                                 .stateful = true,
                                                 .own_task = true,
                                                 .untimed_input = kBroadcastInput,
                                                 .make = &Make};

}  // namespace sabot
