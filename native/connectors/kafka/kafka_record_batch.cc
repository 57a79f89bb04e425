// Reading records.
#include "connectors/kafka/kafka_record_batch.h"

namespace sabot {
namespace {

constexpr int kVarintBytesMax = 10;

// Zigzag, seven bits a byte, the least first. False: it does not end in time.
inline bool ReadVarint(const char*& at, const char* end, int64_t* value) {
  uint64_t bits = 0;
  for (int i = 0; i < kVarintBytesMax && at != end; ++i) {
    const auto byte = static_cast<uint8_t>(*at++);
    bits |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      *value = static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
      return true;
    }
  }
  return false;
}

// A length and so many bytes; -1: none.
inline bool ReadBytes(const char*& at, const char* end, std::string_view* bytes) {
  int64_t length = 0;
  if (!ReadVarint(at, end, &length) || length < -1 || length > end - at) return false;
  if (length < 0) {
    *bytes = {};
    return true;
  }
  *bytes = {at, static_cast<size_t>(length)};
  at += length;
  return true;
}

}  // namespace

bool KafkaRecordReader::Next(KafkaMessage* message) {
  int64_t length = 0;
  const char* at = at_;
  if (!ReadVarint(at, end_, &length) || length < 1 || length > end_ - at) return false;
  const char* const end = at + length;
  message->record = {at, static_cast<size_t>(length)};
  ++at;  // Attributes: none are in use.
  int64_t timestamp_delta = 0;
  int64_t offset_delta = 0;
  if (!ReadVarint(at, end, &timestamp_delta) || !ReadVarint(at, end, &offset_delta) ||
      offset_delta < 0 || offset_delta > INT32_MAX || !ReadBytes(at, end, &message->key) ||
      !ReadBytes(at, end, &message->value))
    return false;
  message->offset = base_offset_ + offset_delta;
  at_ = end;
  return true;
}

int64_t KafkaTimestampDelta(const KafkaMessage& message) {
  const char* at = message.record.data() + 1;
  int64_t delta = 0;
  ReadVarint(at, message.record.data() + message.record.size(), &delta);
  return delta;
}

void ReadKafkaHeaders(const KafkaMessage& message, std::vector<KafkaHeader>* headers) {
  headers->clear();
  const char* const end = message.record.data() + message.record.size();
  const char* at = message.record.data() + 1;
  int64_t skipped = 0;
  std::string_view bytes;
  int64_t count = 0;
  if (!ReadVarint(at, end, &skipped) || !ReadVarint(at, end, &skipped) ||
      !ReadBytes(at, end, &bytes) || !ReadBytes(at, end, &bytes) || !ReadVarint(at, end, &count))
    return;
  for (; count > 0; --count) {
    KafkaHeader header;
    if (!ReadBytes(at, end, &header.name) || !ReadBytes(at, end, &header.value))
      return headers->clear();
    headers->push_back(header);
  }
}

}  // namespace sabot
