// What travels between operators, in order: rows, and the control elements between them.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <variant>

#include "batch/batch.h"

namespace sabot {

inline constexpr int64_t kWatermarkMin = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kWatermarkMax = std::numeric_limits<int64_t>::max();

// No row with event time <= millis is expected any more.
struct Watermark {
  int64_t millis = kWatermarkMin;
};

// An idle channel holds no watermark back until it is active again. A source says so of its splits
// too: active when a split is assigned, idle when it has ended; the watermark assigner keeps those
// to itself.
struct StreamStatus {
  bool idle = false;
  int32_t split = kNoSplit;
  // Assigned but not read yet, because the reader is busy with others: its silence is no idleness.
  bool waiting = false;
  // Of a split, for people (a file, a partition); told once.
  std::shared_ptr<const std::string> name = nullptr;
};

enum class BarrierKind : uint8_t { kCheckpoint, kSavepoint };

struct Barrier {
  int64_t id = 0;
  BarrierKind kind = BarrierKind::kCheckpoint;
};

// What a source does around a barrier.
enum class AtBarrier : uint8_t {
  kGoOn,
  kHold,   // It produces nothing behind it, until it is released.
  kDrain,  // The same, and event time comes to its end before the barrier.
};

struct EndOfInput {};

using Element = std::variant<Batch, Watermark, StreamStatus, Barrier, EndOfInput>;

}  // namespace sabot
