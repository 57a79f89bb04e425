// Snapshot sections, key group ranges, byte framing, batches.
#include "state/snapshot.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "arrays.h"

namespace sabot {
namespace {

TEST(Snapshot, ReaderSeesItsKeyGroupsAndEverySubtasksOwnValues) {
  SnapshotWriter first;
  first.Put("rows", "r0", 0);
  first.Put("rows", "r7", 7);
  first.Put("rows too", "other", 7);
  first.PutInt64("watermark", 40);
  SnapshotWriter second;
  second.Put("rows", "r64", 64);
  second.PutInt64("watermark", 30);
  const auto one = first.Take();
  const auto two = second.Take();

  const SnapshotReader reader({&one, &two}, 5, 64);
  EXPECT_EQ(reader.KeyGroups("rows"), (std::vector<std::string_view>{"r7", "r64"}));
  EXPECT_EQ(*reader.GetInt64("watermark"), 30);
  EXPECT_EQ(reader.All("watermark").size(), 2u);
  EXPECT_TRUE(reader.Has("rows"));
  EXPECT_FALSE(reader.Has("absent"));
  EXPECT_FALSE(reader.GetInt64("absent").ok());
}

TEST(Snapshot, ShortValuesTurnTheReaderBad) {
  ByteWriter writer;
  writer.U32(7);
  writer.Bytes("seven");
  const std::string bytes = writer.Take();
  ByteReader whole(bytes);
  EXPECT_EQ(whole.U32(), 7u);
  EXPECT_EQ(whole.Bytes(), "seven");
  EXPECT_TRUE(whole.ok() && whole.done());
  ByteReader torn(std::string_view(bytes).substr(0, bytes.size() - 1));
  EXPECT_EQ(torn.U32(), 7u);
  EXPECT_EQ(torn.Bytes(), "");
  EXPECT_FALSE(torn.ok());
  EXPECT_EQ(torn.U64(), 0u);
}

TEST(Snapshot, BatchesComeBack) {
  const auto schema =
      arrow::schema({arrow::field("a", arrow::int64()), arrow::field("b", arrow::utf8())});
  const auto batch = arrow::RecordBatch::Make(
      schema, 2, {Array(arrow::int64(), "[1, null]"), Array(arrow::utf8(), R"(["x", "y"])")});
  const auto bytes = SerializeBatch(batch);
  ASSERT_TRUE(bytes.ok());
  const auto back = DeserializeBatch(*bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE((*back)->Equals(*batch));
  EXPECT_FALSE(DeserializeBatch("torn").ok());
}

}  // namespace
}  // namespace sabot
