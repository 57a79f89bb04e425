// What a record has beside its bytes, as columns.
//
//   topic 'bids', partition 0, offset 7, headers [k: v]   ->   'bids', 0, 7, {'k': v}
#pragma once

#include <arrow/result.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

#include "connectors/kafka/kafka_client.h"
#include "formats/column_buffer.h"
#include "plan/plan.h"

namespace sabot {

class KafkaMetadata {
 public:
  // The columns that the node names, in its order.
  static arrow::Result<KafkaMetadata> Read(const PlanNode& node);

  size_t num_columns() const { return columns_.size(); }
  // Records of one partition, of the queue's last Poll.
  void Append(const KafkaQueue& queue, const TopicPartition& partition,
              std::span<const KafkaMessage> messages);
  // What was appended since the last call.
  arrow::Result<std::vector<ArrayPtr>> Flush();

 private:
  enum class Key : uint8_t {
    kTopic,
    kPartition,
    kOffset,
    kTimestamp,
    kTimestampType,
    kLeaderEpoch,
    kHeaders
  };
  struct Column {
    Key key = Key::kTopic;
    std::unique_ptr<ColumnBuffer> buffer;
  };
  static arrow::Result<Column> ReadColumn(const PlanNode& node, const nlohmann::json& json);
  void AppendTo(Column& column, const KafkaQueue& queue, const TopicPartition& partition,
                const KafkaMessage& message);
  void AppendHeaders(ColumnBuffer& column, const KafkaQueue& queue, const KafkaMessage& message);

  std::vector<Column> columns_;
  std::vector<KafkaHeader> headers_;  // Of one message.
};

}  // namespace sabot
