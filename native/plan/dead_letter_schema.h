// The columns of dead letters: what an operator could not take, and why.
//
//   value, key, headers, topic, partition, offset, timestamp, file, error, job, operator,
//   failed_at, attempts
//
// lib/plan/dead-letters.ts has the same for the planner.
#pragma once

#include "batch/type.h"

namespace sabot {

const Schema& DeadLetterSchema();

}  // namespace sabot
