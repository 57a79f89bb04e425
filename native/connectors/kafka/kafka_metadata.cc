// Columns of metadata, message by message.
#include "connectors/kafka/kafka_metadata.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"

namespace sabot {

arrow::Result<KafkaMetadata> KafkaMetadata::Read(const PlanNode& node) {
  KafkaMetadata metadata;
  if (const nlohmann::json* columns = node.Member("metadata"); columns != nullptr) {
    for (const auto& each : *columns) {
      ARROW_ASSIGN_OR_RAISE(auto column, ReadColumn(node, each));
      metadata.columns_.push_back(std::move(column));
    }
  }
  return metadata;
}

arrow::Result<KafkaMetadata::Column> KafkaMetadata::ReadColumn(const PlanNode& node,
                                                               const nlohmann::json& json) {
  static const std::map<std::string, std::pair<Key, TypeKind>> kKeys = {
      {"topic", {Key::kTopic, TypeKind::kVarchar}},
      {"partition", {Key::kPartition, TypeKind::kInteger}},
      {"offset", {Key::kOffset, TypeKind::kBigint}},
      {"timestamp", {Key::kTimestamp, TypeKind::kTimestampLtz}},
      {"timestamp-type", {Key::kTimestampType, TypeKind::kVarchar}},
      {"leader-epoch", {Key::kLeaderEpoch, TypeKind::kInteger}},
      {"headers", {Key::kHeaders, TypeKind::kMap}},
  };
  if (!json.is_object() || !json.contains("type") || !json.contains("key"))
    return node.Error("a metadata column needs name, type and key");
  const std::string key = json["key"].is_string() ? json["key"].get<std::string>() : "";
  const auto found = kKeys.find(key);
  if (found == kKeys.end()) {
    return UserError("unknown-metadata", key,
                     "there is no metadata column '" + key +
                         "'; known: topic, partition, offset, timestamp, timestamp-type, "
                         "leader-epoch, headers");
  }
  ARROW_ASSIGN_OR_RAISE(const Type type, DecodeType(json["type"]));
  if (type.kind != found->second.second ||
      (type.kind == TypeKind::kTimestampLtz && type.precision != 3)) {
    return node.Error("metadata column '" + key + "' cannot be " + ToString(type));
  }
  return Column{found->second.first, std::make_unique<ColumnBuffer>(type)};
}

void KafkaMetadata::Append(const KafkaQueue& queue, const TopicPartition& partition,
                           std::span<const KafkaMessage> messages) {
  for (Column& column : columns_) {
    for (const KafkaMessage& message : messages) AppendTo(column, queue, partition, message);
  }
}

void KafkaMetadata::AppendTo(Column& column, const KafkaQueue& queue,
                             const TopicPartition& partition, const KafkaMessage& message) {
  static constexpr const char* kTimestampTypes[] = {"NoTimestampType", "CreateTime",
                                                    "LogAppendTime"};
  ColumnBuffer& to = *column.buffer;
  switch (column.key) {
    case Key::kTopic:
      to.AppendBytes(partition.topic);
      break;
    case Key::kPartition:
      to.AppendFixed(partition.partition);
      break;
    case Key::kOffset:
      to.AppendFixed(message.offset);
      break;
    case Key::kTimestamp:
      to.AppendFixed(queue.Timestamp(message).first);
      break;
    case Key::kTimestampType:
      to.AppendBytes(kTimestampTypes[static_cast<size_t>(queue.Timestamp(message).second)]);
      break;
    case Key::kLeaderEpoch: {
      const int32_t epoch = queue.LeaderEpoch(message);
      if (epoch < 0) {
        to.AppendNull();
      } else {
        to.AppendFixed(epoch);
      }
      break;
    }
    case Key::kHeaders:
      AppendHeaders(to, queue, message);
      break;
  }
}

// Of equal names the last one counts.
void KafkaMetadata::AppendHeaders(ColumnBuffer& column, const KafkaQueue& queue,
                                  const KafkaMessage& message) {
  queue.Headers(message, &headers_);
  for (size_t i = 0; i < headers_.size(); ++i) {
    const bool again =
        std::any_of(headers_.begin() + static_cast<ptrdiff_t>(i) + 1, headers_.end(),
                    [&](const KafkaHeader& later) { return later.name == headers_[i].name; });
    if (again) continue;
    column.child(0).AppendBytes(headers_[i].name);
    if (headers_[i].value.data() == nullptr) {
      column.child(1).AppendNull();
    } else {
      column.child(1).AppendBytes(headers_[i].value);
    }
  }
  column.AppendList();
}

arrow::Result<std::vector<ArrayPtr>> KafkaMetadata::Flush() {
  std::vector<ArrayPtr> arrays;
  for (Column& column : columns_) {
    ARROW_ASSIGN_OR_RAISE(auto array, column.buffer->Finish());
    arrays.push_back(std::move(array));
  }
  return arrays;
}

}  // namespace sabot
