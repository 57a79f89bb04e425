// The record's JSON, and that of offsets' metadata.
#include "connectors/kafka/kafka_commit_record.h"

#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

namespace sabot {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr size_t kOwnerJobBytesMax = 600;  // Escaped, they may be six times as many.

bool IsInt(const json& object, const char* name) {
  return object.contains(name) && object[name].is_number_integer();
}
bool IsText(const json& object, const char* name) {
  return object.contains(name) && object[name].is_string();
}

// Records of before have none.
bool ReadPositions(const json& groups, KafkaGroupPositions* positions) {
  if (!groups.is_object()) return false;
  for (const auto& [group, topics] : groups.items()) {
    if (!topics.is_object()) return false;
    for (const auto& [topic, offsets] : topics.items()) {
      if (!offsets.is_array()) return false;
      for (const json& each : offsets) {
        if (!each.is_array() || each.size() != 2 || !each[0].is_number_integer() ||
            !each[1].is_number_integer()) {
          return false;
        }
        (*positions)[group][{topic, each[0].get<int32_t>()}] = each[1].get<int64_t>();
      }
    }
  }
  return true;
}

}  // namespace

std::string EncodeCommitRecord(const KafkaCommitRecord& record) {
  const CommitPoint& point = record.point;
  char checksum[17];
  std::snprintf(checksum, sizeof(checksum), "%016llx",
                static_cast<unsigned long long>(point.manifest_checksum));
  json positions = json::object();
  for (const auto& [group, offsets] : record.positions) {
    for (const auto& [partition, offset] : offsets)
      positions[group][partition.topic].push_back({partition.partition, offset});
  }
  return json({{"version", kVersion},
               {"folder", point.folder_id},
               {"lineage", point.lineage},
               {"attempt", point.attempt},
               {"epoch", point.epoch},
               {"manifest", checksum},
               {"owner", point.owner},
               {"positions", std::move(positions)}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

arrow::Result<KafkaCommitRecord> DecodeCommitRecord(std::string_view bytes) {
  const json object = json::parse(bytes, nullptr, false);
  if (!object.is_object() || !IsInt(object, "version"))
    return arrow::Status::Invalid("it is no commit record of sabot's");
  if (object["version"] != kVersion) {
    return arrow::Status::Invalid("it is of version ", object["version"].dump(),
                                  ", this sabot reads ", kVersion);
  }
  if (!IsText(object, "folder") || !IsText(object, "manifest") || !IsInt(object, "lineage") ||
      !IsInt(object, "attempt") || !IsInt(object, "epoch")) {
    return arrow::Status::Invalid("a member is missing or of another type");
  }
  KafkaCommitRecord record;
  CommitPoint& point = record.point;
  point.folder_id = object["folder"].get<std::string>();
  point.lineage = object["lineage"].get<int64_t>();
  point.attempt = object["attempt"].get<int64_t>();
  point.epoch = object["epoch"].get<int64_t>();
  const auto checksum = object["manifest"].get<std::string>();
  const char* const end = checksum.data() + checksum.size();
  const auto parsed = std::from_chars(checksum.data(), end, point.manifest_checksum, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return arrow::Status::Invalid("its checksum is none");
  if (IsText(object, "owner")) point.owner = object["owner"].get<std::string>();
  if (object.contains("positions") && !ReadPositions(object["positions"], &record.positions))
    return arrow::Status::Invalid("its positions are none");
  return record;
}

OffsetOwner OwnerOfOffsets(std::string_view record_key, const CommitPoint& point) {
  size_t size = std::min(record_key.size(), kOwnerJobBytesMax);
  // Not in the midst of a character.
  while (size > 0 && size < record_key.size() &&
         (static_cast<unsigned char>(record_key[size]) & 0xC0) == 0x80) {
    --size;
  }
  return {std::string(record_key.substr(0, size)), point.folder_id, point.lineage, point.attempt,
          point.epoch};
}

std::string EncodeOffsetOwner(const OffsetOwner& owner) {
  return json({{"sabot", owner.job},
               {"folder", owner.folder_id},
               {"lineage", owner.lineage},
               {"attempt", owner.attempt},
               {"epoch", owner.epoch}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<OffsetOwner> DecodeOffsetOwner(std::string_view metadata) {
  const json object = json::parse(metadata, nullptr, false);
  if (!object.is_object() || !IsText(object, "sabot") || !IsText(object, "folder") ||
      !IsInt(object, "lineage") || !IsInt(object, "attempt") || !IsInt(object, "epoch")) {
    return std::nullopt;
  }
  return OffsetOwner{object["sabot"].get<std::string>(), object["folder"].get<std::string>(),
                     object["lineage"].get<int64_t>(), object["attempt"].get<int64_t>(),
                     object["epoch"].get<int64_t>()};
}

}  // namespace sabot
