// The commit topic, as whoever starts a job, or has lost it, reads it.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "connectors/kafka/kafka_client.h"
#include "connectors/kafka/kafka_commit_record.h"

namespace sabot {

inline constexpr char kKafkaCommitTopic[] = "__sabot_commits";

struct NewestCommitRecord {
  std::optional<KafkaCommitRecord> record;
  std::string key;     // Of the record.
  int64_t offset = 0;  // Likewise.
  int64_t end = 0;     // Everything before it was read.
};

// To the end of the topic, or as far as transactions are over.
enum class CommitsUntil : uint8_t { kEnd, kStable };

// The newest record under one of the keys that `consumer` sees. Waits for a broker.
arrow::Result<NewestCommitRecord> ReadNewestCommitRecord(
    KafkaConsumer& consumer, const std::set<std::string, std::less<>>& keys, CommitsUntil until,
    Clock& clock);

}  // namespace sabot
