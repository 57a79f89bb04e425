// The one that is planted.
#include "base/planted_bug.h"

#include <atomic>

namespace sabot {
namespace {

std::atomic<PlantedBug> planted{PlantedBug::kNone};

}  // namespace

void PlantBug(PlantedBug bug) { planted = bug; }

bool IsPlanted(PlantedBug bug) { return planted.load(std::memory_order_relaxed) == bug; }

}  // namespace sabot
