// How large a record may be: what the client takes, and what the topic does.
#include <algorithm>
#include <cstdlib>

#include "connectors/kafka/librdkafka.h"
#include "connectors/kafka/librdkafka_handle.h"

namespace sabot {
namespace {

constexpr int64_t kRecordOverheadMax = 36;  // Lengths, offset, timestamp, attributes.
constexpr int64_t kHeaderOverheadMax = 20;
constexpr int64_t kBatchOverhead = 61;

std::string Property(const LibrdkafkaHandle& handle, const char* name) {
  char value[64];
  size_t size = sizeof(value);
  return rd_kafka_conf_get(rd_kafka_conf(handle.get()), name, value, &size) == RD_KAFKA_CONF_OK
             ? std::string(value)
             : std::string();
}

// The topic's max.message.bytes; INT64_MAX where this client may not know.
arrow::Result<int64_t> TopicBytesMax(const LibrdkafkaHandle& handle, const std::string& topic) {
  rd_kafka_ConfigResource_t* resource =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  const RdKafkaPtr<rd_kafka_AdminOptions_t> options(
      rd_kafka_AdminOptions_new(handle.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), handle.timeout_ms(), nullptr, 0);
  auto answer = handle.Ask(
      "look up how large records of topic '" + topic + "' may be", [&](rd_kafka_queue_t* answers) {
        rd_kafka_DescribeConfigs(handle.get(), &resource, 1, options.get(), answers);
      });
  rd_kafka_ConfigResource_destroy(resource);
  ARROW_ASSIGN_OR_RAISE(const auto event, std::move(answer));
  size_t count = 0;
  const rd_kafka_ConfigResource_t** resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    if (rd_kafka_ConfigResource_error(resources[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      handle.Warn("how large records of topic '" + topic + "' may be is not known (" +
                  rd_kafka_ConfigResource_error_string(resources[i]) +
                  "): one that the broker finds too large fails the job");
      continue;
    }
    size_t num_entries = 0;
    const rd_kafka_ConfigEntry_t** entries =
        rd_kafka_ConfigResource_configs(resources[i], &num_entries);
    for (size_t k = 0; k < num_entries; ++k) {
      if (std::string_view(rd_kafka_ConfigEntry_name(entries[k])) != "max.message.bytes") continue;
      const char* value = rd_kafka_ConfigEntry_value(entries[k]);
      if (value != nullptr) return std::atoll(value);
    }
  }
  return INT64_MAX;
}

}  // namespace

int64_t KafkaRecordBytes(const KafkaRecord& record) {
  int64_t bytes =
      kRecordOverheadMax + static_cast<int64_t>(record.key.size() + record.value.size());
  for (const KafkaHeader& header : record.headers)
    bytes += kHeaderOverheadMax + static_cast<int64_t>(header.name.size() + header.value.size());
  return bytes;
}

arrow::Result<int64_t> LibrdkafkaRecordBytesMax(const LibrdkafkaHandle& handle,
                                                const std::string& topic) {
  const std::string own = Property(handle, "message.max.bytes");
  const int64_t own_max = own.empty() ? INT64_MAX : std::atoll(own.c_str());
  // The broker looks at what compression has left, which nobody knows before.
  if (const std::string codec = Property(handle, "compression.codec"); codec != "none")
    return own_max;
  ARROW_ASSIGN_OR_RAISE(const int64_t topic_max, TopicBytesMax(handle, topic));
  return std::min(own_max, topic_max - kBatchOverhead);
}

}  // namespace sabot
