// What a checkpoint consists of: manifest.json, written last. A checkpoint without a valid manifest
// does not exist.
//
//   {"manifest": {"version": 1, "job": "...", "attempt": 2, "epoch": 7, "operators": [{"uid":
//   "...",
//     "subtasks": [{"files": [{"name": "state/...", "size": 9, "checksum": "..."}]}]}]},
//    "checksum": "..."}                                   of the text of the member before it
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sabot {

// What one subtask wrote at one barrier: an object of the store, or, where it is small, the bytes
// themselves.
struct StateFile {
  std::string name;  // In the store; of a savepoint, in its own folder. Empty: in line.
  int64_t size = 0;
  uint64_t checksum = 0;  // HashBytes of all of it.
  std::string bytes;      // In line.

  bool operator==(const StateFile&) const = default;
};

// One subtask's state: its files oldest first, each adding to those before it.
struct SubtaskState {
  std::vector<StateFile> files;
};

// What kind of part of the state a field is: decides what may become of it.
struct StatePart {
  enum class Of : uint8_t { kKey, kWindow, kAggregate, kRow };
  Of of = Of::kKey;
  int input = 0;            // 0 or 1.
  bool taken_back = false;  // Rows may be taken back: they are looked for by what they hold.
  bool required = false;    // A column of rows that is never NULL.

  bool operator==(const StatePart&) const = default;
};

// What an operator's state holds, as the plan says it: for comparing and for messages.
struct StateField {
  std::string name;
  std::string type;
  std::optional<StatePart> part = {};  // Absent: recorded before there were parts.

  bool operator==(const StateField&) const = default;
};

struct OperatorState {
  std::string uid;
  std::string name;                    // The operator's word, for messages.
  std::vector<SubtaskState> subtasks;  // By number: their count is the parallelism it was taken at.
  bool holds_state = false;
  std::vector<StateField> fields = {};  // Empty: the plan does not say.
  // For readers: JSON that DecodeStateOperator reads. Empty: there is nothing to look at.
  std::string definition = {};
};

enum class CheckpointKind : uint8_t { kCheckpoint, kSavepoint };

inline constexpr char kManifestName[] = "manifest.json";

struct Manifest {
  std::string job;
  CheckpointKind kind = CheckpointKind::kCheckpoint;
  int64_t lineage = 0;  // The attempt that began from nothing.
  int64_t attempt = 0;
  int64_t epoch = 0;
  int64_t taken_ms = 0;  // Processing time of the trigger.
  // The savepoint that the job stopped with: its files are the checkpoint's. Else empty: they are
  // where the manifest is.
  std::string files_at;
  bool drained = false;   // Event time had been brought to its end: its windows have fired.
  bool finished = false;  // All input had ended: there is nothing to go on with.
  bool output_visible =
      false;  // Committing it showed rows that an earlier checkpoint would repeat.
  bool transactional =
      false;  // It counts by a transaction (CommitAuthority), not by the log alone.
  std::vector<OperatorState> operators;
};

std::string EncodeManifest(const Manifest& manifest);
// An error says what is wrong with the bytes: torn, damaged, or of a later version.
arrow::Result<Manifest> DecodeManifest(std::string_view bytes);

// 16 hex digits.
std::string ChecksumText(uint64_t checksum);

}  // namespace sabot
