// Dealing out partitions, and finding where to begin and to end.
#include "connectors/kafka/kafka_splits.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace sabot {
namespace {

arrow::Result<std::vector<int64_t>> LookUp(KafkaConsumer& consumer,
                                           const std::vector<KafkaSplit>& splits,
                                           OffsetQuery::At at, int64_t timestamp_ms = 0) {
  std::vector<OffsetQuery> queries;
  for (const KafkaSplit& split : splits) queries.push_back({split.partition, at, timestamp_ms});
  return consumer.ListOffsets(queries);
}

// Of the group; where it has committed nothing, what `reset` says.
arrow::Result<std::vector<int64_t>> GroupOffsets(KafkaConsumer& consumer,
                                                 const std::vector<KafkaSplit>& splits,
                                                 KafkaOffsets::Reset reset) {
  std::vector<TopicPartition> partitions;
  for (const KafkaSplit& split : splits) partitions.push_back(split.partition);
  ARROW_ASSIGN_OR_RAISE(const auto committed, consumer.Committed(partitions));
  std::vector<int64_t> instead;
  std::vector<int64_t> offsets;
  for (size_t i = 0; i < committed.size(); ++i) {
    if (!committed[i] && reset == KafkaOffsets::Reset::kNone) {
      return UserError("no-committed-offset", ToString(partitions[i]),
                       "the consumer group has committed no offset for topic '" +
                           partitions[i].topic + "', partition " +
                           std::to_string(partitions[i].partition) +
                           "; say where to begin: 'scan.startup.mode' = 'earliest-offset' or "
                           "'latest-offset', or 'properties.auto.offset.reset'");
    }
    if (!committed[i] && instead.empty()) {
      ARROW_ASSIGN_OR_RAISE(
          instead, LookUp(consumer, splits,
                          reset == KafkaOffsets::Reset::kEarliest ? OffsetQuery::At::kEarliest
                                                                  : OffsetQuery::At::kLatest));
    }
    offsets.push_back(committed[i] ? *committed[i] : instead[i]);
  }
  return offsets;
}

arrow::Result<std::vector<int64_t>> Offsets(KafkaConsumer& consumer,
                                            const std::vector<KafkaSplit>& splits,
                                            const KafkaOffsets& wanted) {
  using Mode = KafkaOffsets::Mode;
  switch (wanted.mode) {
    case Mode::kEarliest:
      return LookUp(consumer, splits, OffsetQuery::At::kEarliest);
    case Mode::kLatest:
      return LookUp(consumer, splits, OffsetQuery::At::kLatest);
    case Mode::kTimestamp:
      return LookUp(consumer, splits, OffsetQuery::At::kTimestamp, wanted.timestamp_ms);
    case Mode::kGroupOffsets:
      return GroupOffsets(consumer, splits, wanted.reset);
    case Mode::kSpecificOffsets: {
      std::vector<KafkaSplit> others;
      for (const KafkaSplit& split : splits) {
        if (!wanted.offsets.contains(split.partition.partition)) others.push_back(split);
      }
      // As Flink: where the group is, else at the beginning.
      std::vector<int64_t> of_others;
      if (!others.empty()) {
        ARROW_ASSIGN_OR_RAISE(of_others,
                              GroupOffsets(consumer, others, KafkaOffsets::Reset::kEarliest));
      }
      std::vector<int64_t> offsets;
      size_t next_other = 0;
      for (const KafkaSplit& split : splits) {
        const auto given = wanted.offsets.find(split.partition.partition);
        offsets.push_back(given != wanted.offsets.end() ? given->second : of_others[next_other++]);
      }
      return offsets;
    }
    case Mode::kUnbounded:
      break;
  }
  return std::vector<int64_t>(splits.size(), kNoEnd);
}

// String.hashCode of a name in ASCII.
int32_t JavaHash(std::string_view text) {
  uint32_t hash = 0;
  for (const char c : text) hash = 31 * hash + static_cast<unsigned char>(c);
  return static_cast<int32_t>(hash);
}

}  // namespace

arrow::Result<KafkaOffsets> KafkaOffsets::Read(const PlanNode& node, const char* name) {
  static const std::map<std::string, Mode> kModes = {
      {"earliest", Mode::kEarliest},
      {"latest", Mode::kLatest},
      {"group-offsets", Mode::kGroupOffsets},
      {"timestamp", Mode::kTimestamp},
      {"specific-offsets", Mode::kSpecificOffsets},
      {"unbounded", Mode::kUnbounded},
  };
  const nlohmann::json* from = node.Member(name);
  if (from == nullptr || !from->is_object()) return node.Error(std::string(name) + " is missing");
  KafkaOffsets offsets;
  try {
    const auto mode = kModes.find(from->at("mode").get<std::string>());
    if (mode == kModes.end()) return node.Error(std::string(name) + " has an unknown mode");
    offsets.mode = mode->second;
    if (offsets.mode == Mode::kTimestamp)
      offsets.timestamp_ms = from->at("timestampMs").get<int64_t>();
    if (offsets.mode == Mode::kSpecificOffsets) {
      for (const auto& each : from->at("offsets"))
        offsets.offsets[each.at("partition").get<int32_t>()] = each.at("offset").get<int64_t>();
    }
    const std::string reset = from->value("reset", "none");
    if (reset == "earliest") {
      offsets.reset = Reset::kEarliest;
    } else if (reset == "latest") {
      offsets.reset = Reset::kLatest;
    } else if (reset != "none") {
      return node.Error(std::string(name) + " has an unknown reset");
    }
  } catch (const nlohmann::json::exception& error) {
    return node.Error(std::string(name) + ": " + error.what());
  }
  return offsets;
}

void KafkaSplit::Write(ByteWriter& to) const {
  to.Bytes(partition.topic);
  to.U32(static_cast<uint32_t>(partition.partition));
  to.Bytes(topic_id);
  to.I64(position);
  to.I64(end);
}

KafkaSplit KafkaSplit::Read(ByteReader& from) {
  KafkaSplit split;
  split.partition.topic = from.Bytes();
  split.partition.partition = static_cast<int32_t>(from.U32());
  split.topic_id = from.Bytes();
  split.position = from.I64();
  split.end = from.I64();
  return split;
}

int OwnerOf(const TopicPartition& partition, int parallelism) {
  const uint32_t hash = static_cast<uint32_t>(JavaHash(partition.topic)) * 31 & 0x7FFFFFFF;
  const int start = static_cast<int>(hash % static_cast<uint32_t>(parallelism));
  return (start + partition.partition) % parallelism;
}

arrow::Result<std::vector<KafkaSplit>> FindPositions(KafkaConsumer& consumer,
                                                     std::vector<KafkaSplit> splits,
                                                     const KafkaOffsets& startup,
                                                     const KafkaOffsets& bounded) {
  if (splits.empty()) return splits;
  ARROW_ASSIGN_OR_RAISE(const auto positions, Offsets(consumer, splits, startup));
  ARROW_ASSIGN_OR_RAISE(const auto ends, Offsets(consumer, splits, bounded));
  for (size_t i = 0; i < splits.size(); ++i) {
    splits[i].position = positions[i];
    splits[i].end = ends[i];
  }
  return splits;
}

}  // namespace sabot
