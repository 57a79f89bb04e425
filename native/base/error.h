// Errors with a stable code. Every failure is an arrow::Status; an ErrorDetail on it carries what a
// user interface needs: the kind (as in the parity cases), the identifier, the place.
#pragma once

#include <arrow/status.h>

#include <string>
#include <utility>

namespace sabot {

class ErrorDetail final : public arrow::StatusDetail {
 public:
  ErrorDetail(std::string kind, std::string identifier)
      : kind_(std::move(kind)), identifier_(std::move(identifier)) {}
  const char* type_id() const override { return "sabot::ErrorDetail"; }
  std::string ToString() const override { return kind_ + " (" + identifier_ + ")"; }
  const std::string& kind() const { return kind_; }
  const std::string& identifier() const { return identifier_; }

 private:
  std::string kind_;
  std::string identifier_;
};

// The user's data or script is wrong. `kind` is stable: "runtime-cast", "bad-record", "io", ...
arrow::Status UserError(std::string kind, std::string identifier, std::string message);

// The detail of a status made by UserError, or nullptr.
const ErrorDetail* DetailOf(const arrow::Status& status);

}  // namespace sabot
