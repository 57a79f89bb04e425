// What the commit topic says of a job: which checkpoint the rows that readers see belong to, and
// how far its sources had read then. The groups' offsets say the same, in the same transaction.
//
//   fraud-/0/0   ->   {"version": 1, "folder": ..., "epoch": 7, ..., "positions": {"g": {"in": [[0,
//   17], [1, 9]]}}}
#pragma once

#include <arrow/result.h>

#include <optional>
#include <string>
#include <string_view>

#include "connectors/kafka/kafka_positions.h"
#include "stream/job_commit.h"

namespace sabot {

struct KafkaCommitRecord {
  CommitPoint point;
  KafkaGroupPositions positions;  // Of sources on the commit's cluster.
};

std::string EncodeCommitRecord(const KafkaCommitRecord& record);
arrow::Result<KafkaCommitRecord> DecodeCommitRecord(std::string_view bytes);

// Whose offsets of a group they are: goes with each. At most 4,096 bytes, as brokers have it.
struct OffsetOwner {
  std::string job;  // The record's key; of a long one the beginning.
  std::string folder_id;
  int64_t lineage = 0;
  int64_t attempt = 0;
  int64_t epoch = 0;

  bool operator==(const OffsetOwner&) const = default;
};
OffsetOwner OwnerOfOffsets(std::string_view record_key, const CommitPoint& point);
std::string EncodeOffsetOwner(const OffsetOwner& owner);
// Nothing: another program's.
std::optional<OffsetOwner> DecodeOffsetOwner(std::string_view metadata);

}  // namespace sabot
