// One seed's story: a job that dies, whose disk fails, that is too slow for its checkpoints, and is
// started again at other parallelisms, until its input has ended.
//
//   DisturbedRun run = Disturb(seed)   ->   run.wrong: empty, or what a user would complain about
#pragma once

#include <cstdint>
#include <string>

namespace sabot::test {

struct DisturbedRun {
  // Rows lost or doubled, even for a moment; an attempt that failed though nothing was wrong with
  // its disk.
  std::string wrong;
  std::string kind;  // What disturbs it.
  uint64_t num_crashes = 0;
  uint64_t num_failed_attempts = 0;  // That a fault of the disk explains.
  uint64_t num_disk_failures = 0;
  uint64_t num_lost_syncs = 0;
  uint64_t num_restores_behind_first = 0;
  uint64_t num_spilling_attempts = 0;  // Whose state did not fit into memory.
  bool gave_up = false;  // A damaged checkpoint was found, and the job refused to go on.
};

DisturbedRun Disturb(uint64_t seed);

}  // namespace sabot::test
