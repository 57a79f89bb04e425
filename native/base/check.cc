// Reports a failed SABOT_CHECK and ends the process.
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace sabot {

void CheckFailed(const char* file, int line, const char* expression) noexcept {
  std::fprintf(stderr, "sabot: internal check failed at %s:%d: %s\n", file, line, expression);
  std::fflush(stderr);
  std::abort();
}

}  // namespace sabot
