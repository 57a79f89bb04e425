// What CheckpointFolder's own files share: the names of its parts.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/object_store.h"
#include "checkpoint/manifest.h"

namespace sabot {

inline constexpr std::string_view kCheckpointPrefix = "chk-";
// Beside the manifest, once output of the checkpoint is visible.
inline constexpr char kCommittedName[] = "/committed";

std::string CheckpointName(int64_t epoch, int64_t attempt);

// Of this folder of the store; fails unless it is the one with this checksum.
arrow::Result<Manifest> ReadManifest(ObjectStore& store, const std::string& checkpoint,
                                     uint64_t checksum);

}  // namespace sabot
