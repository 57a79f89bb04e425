// What the job's owner is told of a failure.
#pragma once

#include <arrow/status.h>

#include <string>

#include "sabot/engine.h"

namespace sabot {

// `operator_name`: which operator is to blame, if one is.
JobError ToJobError(const arrow::Status& status, std::string operator_name = {});

}  // namespace sabot
