// Records of a batch, whole and damaged.
#include "connectors/kafka/kafka_record_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace sabot::test {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;

std::string Varint(int64_t value) {
  auto bits = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  std::string bytes;
  for (; bits >= 0x80; bits >>= 7) bytes += static_cast<char>((bits & 0x7F) | 0x80);
  return bytes + static_cast<char>(bits);
}

std::string Bytes(const std::optional<std::string>& bytes) {
  if (!bytes) return Varint(-1);
  return Varint(static_cast<int64_t>(bytes->size())) + *bytes;
}

std::string Record(int64_t timestamp_delta, int64_t offset_delta,
                   const std::optional<std::string>& key, const std::optional<std::string>& value,
                   const std::string& headers = Varint(0)) {
  const std::string body = std::string(1, '\0') + Varint(timestamp_delta) + Varint(offset_delta) +
                           Bytes(key) + Bytes(value) + headers;
  return Varint(static_cast<int64_t>(body.size())) + body;
}

TEST(KafkaRecordBatch, GivesRecordsWhereTheyLie) {
  const std::string long_value(100'000, 'v');
  const std::string headers = Varint(2) + Bytes("a") + Bytes("1") + Bytes("b") + Bytes({});
  const std::string records = Record(0, 0, {}, {}) + Record(-5, 3, "k", "", headers) +
                              Record(int64_t{1} << 40, 1'000'000, "", long_value);
  KafkaRecordReader reader(records, 7);
  KafkaMessage message;
  ASSERT_TRUE(reader.Next(&message));
  EXPECT_EQ(message.offset, 7);
  EXPECT_EQ(message.key.data(), nullptr);
  EXPECT_EQ(message.value.data(), nullptr);
  EXPECT_EQ(KafkaTimestampDelta(message), 0);
  std::vector<KafkaHeader> found;
  ReadKafkaHeaders(message, &found);
  EXPECT_THAT(found, IsEmpty());

  ASSERT_TRUE(reader.Next(&message));
  EXPECT_EQ(message.offset, 10);
  EXPECT_EQ(message.key, "k");
  EXPECT_NE(message.value.data(), nullptr);
  EXPECT_EQ(message.value, "");
  EXPECT_EQ(KafkaTimestampDelta(message), -5);
  ReadKafkaHeaders(message, &found);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "a");
  EXPECT_EQ(found[0].value, "1");
  EXPECT_EQ(found[1].name, "b");
  EXPECT_EQ(found[1].value.data(), nullptr);

  ASSERT_TRUE(reader.Next(&message));
  EXPECT_EQ(message.offset, 1'000'007);
  EXPECT_EQ(message.value, long_value);
  EXPECT_EQ(message.value.data(), records.data() + records.size() - long_value.size() - 1);
  EXPECT_EQ(KafkaTimestampDelta(message), int64_t{1} << 40);
  EXPECT_TRUE(reader.done());
}

// Every cut and every changed byte: damage is said, or the views stay inside.
TEST(KafkaRecordBatch, NeverReadsBeyondDamage) {
  const std::string headers = Varint(1) + Bytes("name") + Bytes("text");
  const std::string whole = Record(3, 0, "key", "value", headers) + Record(4, 1, {}, "x", headers);
  const auto read = [](const std::string& given) {
    // On the heap, to the byte: a sanitizer sees every step too far.
    const std::vector<char> records(given.begin(), given.end());
    KafkaRecordReader reader({records.data(), records.size()}, 0);
    KafkaMessage message;
    std::vector<KafkaHeader> found;
    size_t sum = 0;
    int count = 0;
    while (!reader.done() && reader.Next(&message)) {
      ++count;
      KafkaTimestampDelta(message);
      ReadKafkaHeaders(message, &found);
      for (const char c : message.key) sum += static_cast<uint8_t>(c);
      for (const char c : message.value) sum += static_cast<uint8_t>(c);
      for (const KafkaHeader& header : found) sum += header.name.size() + header.value.size();
    }
    EXPECT_LE(sum, 255 * given.size());
    return std::pair(count, reader.done());
  };
  EXPECT_THAT(read(whole), Pair(2, true));
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto [count, done] = read(whole.substr(0, size));
    const size_t first = whole.size() - Record(4, 1, {}, "x", headers).size();
    EXPECT_EQ(done, size == 0 || size == first) << size;
    EXPECT_EQ(count, size < first ? 0 : 1) << size;
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = whole;
      changed[at] = static_cast<char>(value);
      read(changed);
    }
  }
}

TEST(KafkaRecordBatch, TakesNoNumberThatCannotBe) {
  KafkaMessage message;
  for (const int64_t offset_delta : {int64_t{-1}, int64_t{1} << 31, INT64_MAX}) {
    const std::string record = Record(0, offset_delta, "k", "v");
    EXPECT_FALSE(KafkaRecordReader(record, 7).Next(&message)) << offset_delta;
  }
  const std::string body = std::string(1, '\0') + Varint(0) + Varint(0) + Varint(-2) + Bytes("v");
  const std::string record = Varint(static_cast<int64_t>(body.size())) + body;
  EXPECT_FALSE(KafkaRecordReader(record, 7).Next(&message));
}

TEST(KafkaRecordBatch, SaysThatANumberDoesNotEnd) {
  const std::string endless(20, '\xFF');
  KafkaRecordReader reader(endless, 0);
  KafkaMessage message;
  EXPECT_FALSE(reader.Next(&message));
}

}  // namespace
}  // namespace sabot::test
