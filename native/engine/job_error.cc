// From a status to kind, identifier and message.
#include "engine/job_error.h"

#include <utility>

#include "base/error.h"

namespace sabot {

JobError ToJobError(const arrow::Status& status, std::string operator_name) {
  JobError error;
  error.message = status.message();
  error.operator_name = std::move(operator_name);
  if (const ErrorDetail* detail = DetailOf(status)) {
    error.kind = detail->kind();
    error.identifier = detail->identifier();
  } else if (status.IsCancelled()) {
    error.kind = "cancelled";
  } else if (status.IsIOError()) {
    error.kind = "io";
  } else {
    error.kind = "internal";
    error.message = status.ToString();
  }
  return error;
}

}  // namespace sabot
