// A whole job under simulation: graph, checkpoints, files, time. Dies when told to; what it left in
// its files is what the next attempt finds.
//
//   RunAttempt(plan, files, {.seed = 7, .crash_step = 90})  ->  kFinished | kStopped | kFailed |
//                                                               kCrashed
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "checkpoint/coordinator.h"
#include "user_function_model.h"

namespace sabot::test {

struct TakenCheckpoint {
  int64_t bytes_new = 0;
  int64_t bytes_total = 0;
  int64_t duration_ms = 0;  // Virtual time, from the barrier on.
};

struct Attempt {
  enum class End : uint8_t { kFinished, kStopped, kFailed, kCrashed };
  End end = End::kFinished;
  arrow::Status status;
  uint64_t num_steps = 0;
  int64_t num_checkpoints = 0;
  std::vector<TakenCheckpoint> checkpoints;  // All but the last one.
  int64_t restored_epoch = 0;
  int64_t late_rows = 0;
  int64_t spilled_bytes = 0;
  std::optional<arrow::Status> savepoint;  // What became of it.
  std::string last_savepoint;              // As the statistics had it when that was answered.
  std::vector<std::string> lines;          // What result sinks have handed out.
  std::vector<std::string> warnings;
};

class KafkaModel;
class SimulatedDisk;

struct AttemptOptions {
  uint64_t seed = 0;
  uint64_t crash_step = UINT64_MAX;  // The process is gone after so many steps.
  uint64_t savepoint_step = 0;       // A savepoint is asked for; 0: none.
  std::string savepoint_path = {};
  SimulatedDisk* disk = nullptr;                 // In front of the files; the caller crashes it.
  bool stop = false;                             // The job ends with it.
  bool drain = false;                            // After event time has come to its end.
  std::function<void()> on_savepoint = nullptr;  // It has been taken.
  int64_t channel_bytes_max = 3000;              // Small: back-pressure is part of it.
  int64_t sink_lines_per_second = 0;             // How fast results are taken; 0: at once.
  UserFunctionModel* owner = nullptr;            // Whose functions operators may call.
  KafkaModel* kafka = nullptr;                   // Its brokers.
};

// `plan` is docs/plan.md's JSON; its paths are those of `files`.
Attempt RunAttempt(const std::string& plan, MemoryFileSystem& files, const AttemptOptions& options);

}  // namespace sabot::test
