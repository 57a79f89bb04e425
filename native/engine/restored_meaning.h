// Whether the state that a checkpoint has of an operator was made by the query that goes on with
// it.
//
//   was '5f1d2c3a.77ab90e1', is '5f1d2c3a.02c4d5e6'   ->   "... was made by another query: other
//   rows
//                                                           come to it. ..."
//
// The plan says what a state means as text (lib/plan/fingerprint.ts), which goes into the
// checkpoint with the operator's definition. A difference is told; it keeps nobody from restoring.
#pragma once

#include <string>
#include <vector>

#include "checkpoint/manifest.h"
#include "plan/plan.h"

namespace sabot {

std::vector<std::string> MeaningWarnings(const Manifest& manifest, const Plan& plan);

}  // namespace sabot
