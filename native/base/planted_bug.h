// Mistakes that tests plant into the recovery protocol, one at a time, to see that the simulation
// finds them.
//
// Only what is compiled with SABOT_PLANTED_BUGS can have them; in the addon IsPlanted is a
// constant. A file that asks is one of plantable_sources in CMakeLists.txt: the tests have objects
// of their own of those.
#pragma once

#include <cstdint>

namespace sabot {

enum class PlantedBug : uint8_t {
  kNone,
  kNoSync,                // Files count as durable when they are written.
  kNoAlignment,           // Gates hold no channel back while a barrier is on its way.
  kCommitBeforeManifest,  // The log names a checkpoint whose manifest is not there yet.
  kLostTimer,             // Restored windows do not remember when they end.
  kStaleEpoch,            // A snapshot of an earlier barrier is taken for one of this barrier.
};

void PlantBug(PlantedBug bug);  // In tests.

#ifdef SABOT_PLANTED_BUGS
bool IsPlanted(PlantedBug bug);
#else
constexpr bool IsPlanted(PlantedBug) { return false; }
#endif

}  // namespace sabot
