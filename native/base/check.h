// SABOT_CHECK: always-on assertions for our own bugs. A failed check ends the process: the
// checkpoint makes that safe, going on with broken state would not be.
#pragma once

namespace sabot {

[[noreturn]] void CheckFailed(const char* file, int line, const char* expression) noexcept;

}  // namespace sabot

#define SABOT_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::sabot::CheckFailed(__FILE__, __LINE__, #expression))
