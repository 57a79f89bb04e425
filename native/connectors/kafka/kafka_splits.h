// Which partitions a subtask reads, from where and up to where.
//
//   topic a, 3 partitions, startup earliest, bounded latest   ->   subtask 0 of 2: a-0 from 0 to
//   17, a-2 from 5 to 9
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/kafka_client.h"
#include "plan/plan.h"
#include "state/snapshot.h"

namespace sabot {

inline constexpr int64_t kNoEnd = INT64_MAX;

// Offsets as the table's options give them.
struct KafkaOffsets {
  enum class Mode : uint8_t {
    kEarliest,
    kLatest,
    kGroupOffsets,
    kTimestamp,
    kSpecificOffsets,
    kUnbounded,
  };
  enum class Reset : uint8_t { kNone, kEarliest, kLatest };
  Mode mode = Mode::kUnbounded;
  int64_t timestamp_ms = 0;
  std::map<int32_t, int64_t> offsets;  // By partition.
  Reset reset = Reset::kNone;          // Where the group has committed nothing.

  // The member `name` of the node's config, an object.
  static arrow::Result<KafkaOffsets> Read(const PlanNode& node, const char* name);
};

struct KafkaSplit {
  TopicPartition partition;
  std::string topic_id;
  int64_t position = 0;  // The next offset to read.
  int64_t end = kNoEnd;
  int32_t number = 0;  // Of this subtask; not state.

  bool ended() const { return position >= end; }
  void Write(ByteWriter& to) const;
  static KafkaSplit Read(ByteReader& from);
};

// The subtask that reads the partition, as Flink deals them out.
int OwnerOf(const TopicPartition& partition, int parallelism);

// Looks positions and ends up; waits for a broker.
arrow::Result<std::vector<KafkaSplit>> FindPositions(KafkaConsumer& consumer,
                                                     std::vector<KafkaSplit> splits,
                                                     const KafkaOffsets& startup,
                                                     const KafkaOffsets& bounded);

}  // namespace sabot
