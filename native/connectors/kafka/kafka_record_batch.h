// The records of a batch as brokers store them (Kafka's message format, magic 2), read where they
// lie.
//
//   length | attributes | timestamp delta | offset delta | key | value | headers      all varints
//
// Nothing of it is trusted: what does not fit is damage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "connectors/kafka/kafka_client.h"

namespace sabot {

// A position in the records of a batch.
class KafkaRecordReader {
 public:
  KafkaRecordReader() = default;
  KafkaRecordReader(std::string_view records, int64_t base_offset)
      : at_(records.data()), end_(records.data() + records.size()), base_offset_(base_offset) {}

  bool done() const { return at_ == end_; }
  // The next record's offset, key and value, and where it begins (KafkaMessage::record). False: it
  // is damaged.
  bool Next(KafkaMessage* message);

 private:
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  int64_t base_offset_ = 0;
};

// Of a record that Next has read: what its timestamp is above the batch's base timestamp.
int64_t KafkaTimestampDelta(const KafkaMessage& message);
// Likewise; *headers is replaced. Of what is damaged there are none.
void ReadKafkaHeaders(const KafkaMessage& message, std::vector<KafkaHeader>* headers);

}  // namespace sabot
