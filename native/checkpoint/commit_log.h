// The commit log of a job's checkpoint folder: which process owns the job, and which checkpoints
// count.
//
//   log/1 claim   attempt 1              log/4 claim   attempt 4, restored from epoch 9
//   log/2 commit  attempt 1, epoch 1     log/5 commit  attempt 4, epoch 10
//   log/3 commit  attempt 1, epoch 9
//
// Entries are consecutive, and each is created exclusively: of two processes that want to write
// entry n only one can. Whoever finds its next entry taken has been replaced (fenced) and must
// stop; so a process that comes back after it was thought dead commits nothing. The number of a
// claim is the attempt's. Entries that no reader needs any more are removed from the front; so an
// entry that such a process still manages to write, far behind, is followed by a gap, and counts
// for nothing.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/object_store.h"

namespace sabot {

struct LogEntry {
  enum class Kind : uint8_t { kClaim, kCommit };
  int64_t number = 0;
  Kind kind = Kind::kClaim;
  int64_t attempt = 0;
  int64_t lineage = 0;  // The claim that began from nothing.
  // Of a commit: the checkpoint. Of a claim: the epoch that it goes on from, 0 for none.
  int64_t epoch = 0;
  int64_t checkpoint_attempt = 0;  // The attempt that took the checkpoint of `epoch`.
  uint64_t manifest_checksum = 0;  // Of a commit.
  std::string owner;               // Who claims: for messages to people.
};

class CommitLog {
 public:
  explicit CommitLog(ObjectStore& store) : store_(store) {}

  // Reads the entries behind the last gap. A damaged one is an error.
  arrow::Result<std::vector<LogEntry>> Read();
  // Writes entry `entry.number`; false if somebody else has, or has written later ones. After an
  // error the entry may be there or not: Find tells.
  arrow::Result<bool> Append(const LogEntry& entry);
  // The entry, if it exists.
  arrow::Result<std::optional<LogEntry>> Find(int64_t number);
  // Removes entries below `number`, lowest first.
  arrow::Status RemoveBelow(int64_t number);

 private:
  arrow::Result<std::vector<int64_t>> Numbers();  // Of all entries there are, ascending.
  arrow::Result<std::vector<LogEntry>> ReadBehindGap(const std::vector<int64_t>& numbers);

  ObjectStore& store_;
};

}  // namespace sabot
