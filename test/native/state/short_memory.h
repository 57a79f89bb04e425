// State whose rows and keys all lie on disk between two changes.
#pragma once

#include <memory>

#include "base/file_system.h"
#include "base/memory_budget.h"
#include "state/cold_backends.h"
#include "state/state_tiers.h"

namespace sabot::test {

struct ShortMemory {
  MemoryBudget budget{{.limit_bytes = 1}, [] { return int64_t{0}; }};
  std::unique_ptr<ColdBackend> backend = MakeModelBackend();
  MemoryFileSystem files;
  StateTiers tiers{
      {.budget = &budget, .backend = backend.get(), .files = &files, .folder = "/state"}};
};

}  // namespace sabot::test
