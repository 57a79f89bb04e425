// What commit records and offsets say, read back; and bytes that are none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/kafka/kafka_commit_record.h"

namespace sabot {
namespace {

using ::testing::HasSubstr;

constexpr size_t kMetadataBytesMax = 4'096;  // Of brokers.

CommitPoint Point() {
  CommitPoint point;
  point.folder_id = "0123456789abcdef";
  point.lineage = 3;
  point.attempt = 5;
  point.epoch = 7;
  point.manifest_checksum = 0xFEDC'BA98'7654'3210;
  return point;
}

TEST(KafkaCommitRecord, IsReadAsItWasWritten) {
  KafkaCommitRecord record;
  record.point = Point();
  record.positions["g"][{"in", 0}] = 17;
  record.positions["g"][{"in", 11}] = 5'000'000'000;
  record.positions["\"h\""][{"a.b", 2}] = 0;
  const auto read = DecodeCommitRecord(EncodeCommitRecord(record));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->point, record.point);
  EXPECT_EQ(read->positions, record.positions);
}

TEST(KafkaCommitRecord, OfBeforeThereWerePositionsHasNone) {
  const auto read = DecodeCommitRecord(
      R"({"version": 1, "folder": "f", "lineage": 1, "attempt": 1, "epoch": 2, "manifest": "ff"})");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->point.epoch, 2);
  EXPECT_TRUE(read->positions.empty());
}

TEST(KafkaCommitRecord, OtherBytesAreNone) {
  const auto message = [](std::string_view bytes) {
    return DecodeCommitRecord(bytes).status().message();
  };
  EXPECT_THAT(message("x"), HasSubstr("no commit record"));
  EXPECT_THAT(message(R"({"version": 9})"), HasSubstr("version 9"));
  EXPECT_THAT(message(R"({"version": 1, "folder": "f"})"), HasSubstr("missing"));
  EXPECT_THAT(message(R"({"version": 1, "folder": "f", "lineage": 1, "attempt": 1, "epoch": 2,
                          "manifest": "ff", "positions": {"g": {"in": [[0]]}}})"),
              HasSubstr("positions"));
}

TEST(KafkaCommitRecord, OffsetsSayWhoseTheyAre) {
  const OffsetOwner owner = OwnerOfOffsets("fraud-/0/0", Point());
  EXPECT_EQ(DecodeOffsetOwner(EncodeOffsetOwner(owner)), owner);
  EXPECT_EQ(DecodeOffsetOwner(""), std::nullopt);
  EXPECT_EQ(DecodeOffsetOwner("ckpt=7"), std::nullopt);
  EXPECT_EQ(DecodeOffsetOwner(R"({"epoch": 7})"), std::nullopt);
}

TEST(KafkaCommitRecord, BrokersTakeMetadataOfAJobOfAnyName) {
  for (const std::string_view character : {"x", "\x01", "\"", "\xC3\xA9", "\xF0\x9F\x98\x80"}) {
    std::string name;
    while (name.size() < 5'000) name += character;
    const OffsetOwner owner = OwnerOfOffsets(name, Point());
    const std::string metadata = EncodeOffsetOwner(owner);
    EXPECT_LE(metadata.size(), kMetadataBytesMax);
    EXPECT_EQ(DecodeOffsetOwner(metadata), owner);
  }
}

}  // namespace
}  // namespace sabot
