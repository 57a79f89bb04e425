// Statuses that carry a stable kind and an identifier.
#include "base/error.h"

#include <cstring>
#include <memory>

namespace sabot {

arrow::Status UserError(std::string kind, std::string identifier, std::string message) {
  return arrow::Status(arrow::StatusCode::Invalid, std::move(message),
                       std::make_shared<ErrorDetail>(std::move(kind), std::move(identifier)));
}

const ErrorDetail* DetailOf(const arrow::Status& status) {
  if (status.detail() == nullptr) return nullptr;
  if (std::strcmp(status.detail()->type_id(), "sabot::ErrorDetail") != 0) return nullptr;
  return static_cast<const ErrorDetail*>(status.detail().get());
}

}  // namespace sabot
