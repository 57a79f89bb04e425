// Snapshots and their chains, key group ranges, byte framing, batches.
#include "state/snapshot.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <memory>

#include "arrays.h"

namespace sabot {
namespace {

// A structure that writes `pieces` pieces, as a base or building on what came before.
class Pieces final : public FrozenState {
 public:
  Pieces(std::vector<std::string> pieces, int num_earlier, bool* confirmed)
      : pieces_(std::move(pieces)), num_earlier_(num_earlier), confirmed_(confirmed) {}
  SectionKind kind() const override {
    return num_earlier_ == 0 ? SectionKind::kBase : SectionKind::kDelta;
  }
  int num_earlier() const override { return num_earlier_; }
  arrow::Status NextPiece(size_t, ByteWriter& piece, bool* last) override {
    *last = at_ + 1 == pieces_.size();
    piece.Append(pieces_[at_].data(), pieces_[at_].size());
    ++at_;
    return arrow::Status::OK();
  }
  void Confirm() override { *confirmed_ = true; }

 private:
  std::vector<std::string> pieces_;
  size_t at_ = 0;
  int num_earlier_;
  bool* confirmed_;
};

TEST(ByteWriter, WritesIntoTheMemoryOfEarlierPieces) {
  ByteWriter first;
  for (int i = 0; i < 1000; ++i) first.U64(1);
  std::string piece = first.Take();
  EXPECT_EQ(piece.size(), 8000u);
  const char* const at = piece.data();
  ByteWriter second(std::move(piece));
  EXPECT_EQ(second.view(), "");
  second.Short("abc");
  second.EndAt(second.Extend(100) + 2);
  EXPECT_EQ(second.size(), 6u);
  const std::string taken = second.Take();
  EXPECT_EQ(taken.size(), 6u);
  EXPECT_EQ(taken.substr(0, 4), std::string("\3abc"));
  EXPECT_EQ(taken.data(), at);
  EXPECT_EQ(second.size(), 0u);
  second.U8(7);
  EXPECT_EQ(second.Take(), "\7");
}

TEST(Snapshot, StructuresAreWrittenPieceByPieceAndConfirmedTogether) {
  bool first = false;
  bool second = false;
  SnapshotWriter writer;
  writer.PutInt64("watermark", 40);
  writer.Freeze("a", std::make_unique<Pieces>(std::vector<std::string>{"1", "2"}, 0, &first));
  writer.Freeze("b", std::make_unique<Pieces>(std::vector<std::string>{"3"}, 5, &second));
  EXPECT_EQ(writer.num_earlier(), 5);
  MemorySnapshot snapshot;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(*writer.WritePiece(snapshot, 1));
    EXPECT_FALSE(first || second);
  }
  EXPECT_TRUE(*writer.WritePiece(snapshot, 1));
  EXPECT_TRUE(first && second);
  const SnapshotSections& sections = snapshot.sections();
  EXPECT_EQ(sections.at("a").pieces, (std::vector<std::string_view>{"1", "2"}));
  EXPECT_EQ(sections.at("a").kind, SectionKind::kBase);
  EXPECT_EQ(sections.at("b").pieces, (std::vector<std::string_view>{"3"}));
  EXPECT_EQ(sections.at("b").kind, SectionKind::kDelta);
}

TEST(Snapshot, ReaderSeesEverySubtasksValuesAndTheChainsOfItsKeyGroups) {
  const auto snapshot = [](int64_t watermark, std::vector<std::string> rows, int num_earlier) {
    bool confirmed;
    SnapshotWriter writer;
    writer.PutInt64("watermark", watermark);
    if (!rows.empty())
      writer.Freeze("rows", std::make_unique<Pieces>(std::move(rows), num_earlier, &confirmed));
    MemorySnapshot to;
    EXPECT_TRUE(writer.WriteAll(to).ok());
    return to;
  };
  const MemorySnapshot a1 = snapshot(10, {"old base"}, 0);
  const MemorySnapshot a2 = snapshot(20, {"base", "more"}, 0);
  const MemorySnapshot a3 = snapshot(30, {"delta"}, 1);
  const MemorySnapshot b = snapshot(25, {"b"}, 0);
  const MemorySnapshot c = snapshot(40, {}, 0);
  const SnapshotReader reader(
      {{{&a1.sections(), &a2.sections(), &a3.sections()}, KeyGroupsOf(0, 3)},
       {{&b.sections()}, KeyGroupsOf(1, 3)},
       {{&c.sections()}, KeyGroupsOf(2, 3)}},
      KeyGroupsOf(0, 4));
  EXPECT_EQ(*reader.GetInt64("watermark"), 25);
  EXPECT_EQ(reader.All("watermark").size(), 3u);
  EXPECT_TRUE(reader.Has("rows"));
  EXPECT_FALSE(reader.Has("absent"));
  EXPECT_FALSE(reader.GetInt64("absent").ok());
  EXPECT_TRUE(reader.Chains("absent")->empty());
  const auto chains = *reader.Chains("rows");
  ASSERT_EQ(chains.size(), 1u);  // b's key groups are not the reader's.
  ASSERT_EQ(chains[0].size(), 2u);
  EXPECT_EQ(chains[0][0]->pieces, (std::vector<std::string_view>{"base", "more"}));
  EXPECT_EQ(chains[0][1]->pieces, (std::vector<std::string_view>{"delta"}));

  const SnapshotReader torn({{{&a1.sections(), &c.sections(), &a3.sections()}, {}}}, {});
  EXPECT_FALSE(torn.Chains("rows").ok());
}

TEST(Snapshot, BroadcastStateOfTheFirstSubtaskIsReadByAll) {
  bool confirmed;
  SnapshotWriter writer;
  writer.Freeze("map", std::make_unique<Pieces>(std::vector<std::string>{"m"}, 0, &confirmed));
  MemorySnapshot first;
  ASSERT_TRUE(writer.WriteAll(first).ok());
  const MemorySnapshot none;
  for (const int parallelism : {1, 2, 3, kMaxParallelism}) {
    for (int subtask = 0; subtask < parallelism; ++subtask) {
      // As the job has them in any order.
      const SnapshotReader reader(
          {{{&none.sections()}, KeyGroupsOf(1, 2)}, {{&first.sections()}, KeyGroupsOf(0, 2)}},
          KeyGroupsOf(subtask, parallelism), parallelism == 2);
      const SnapshotReader all = reader.Broadcast();
      const auto chains = *all.Chains("map");
      ASSERT_EQ(chains.size(), 1u);
      EXPECT_EQ(chains[0][0]->pieces, (std::vector<std::string_view>{"m"}));
      for (uint64_t hash = 0; hash < kMaxParallelism; ++hash) EXPECT_TRUE(all.Owns(hash));
      // Nobody else has a chain to go on with.
      EXPECT_EQ(all.continues(), parallelism == 2 && subtask == 0);
    }
  }
  // A reader of one old subtask that holds none of it.
  const SnapshotReader second({{{&none.sections()}, KeyGroupsOf(1, 2)}}, KeyGroupsOf(1, 2));
  EXPECT_TRUE(second.Broadcast().Chains("map")->empty());
}

TEST(Snapshot, EveryKeyGroupBelongsToOneSubtask) {
  for (int parallelism = 1; parallelism <= kMaxParallelism; ++parallelism) {
    int next = 0;
    for (int subtask = 0; subtask < parallelism; ++subtask) {
      const KeyGroups own = KeyGroupsOf(subtask, parallelism);
      ASSERT_EQ(own.first, next);
      for (int group = own.first; group <= own.last; ++group) {
        ASSERT_EQ(SubtaskOf(group, parallelism), subtask);
      }
      next = own.last + 1;
    }
    ASSERT_EQ(next, kMaxParallelism);
  }
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
