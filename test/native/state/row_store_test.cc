// Rows by key and their incremental snapshots against models: arrival order, release, compaction,
// barriers with tiny pieces, restores.
#include "state/row_store.h"

#include <arrow/array.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

#include "harness.h"
#include "state/row_lists.h"
#include "state/short_memory.h"

namespace sabot {
namespace {

const Schema& RowSchema() {
  static const Schema schema = test::MakeSchema({"k VARCHAR", "v BIGINT"});
  return schema;
}

Batch RandomBatch(std::mt19937_64& random, int64_t rows, int64_t keys) {
  std::string json = "[";
  for (int64_t row = 0; row < rows; ++row) {
    json += (row > 0 ? ", [\"k" : "[\"k") + std::to_string(random() % static_cast<uint64_t>(keys)) +
            "\", " + std::to_string(random() % 1'000) + "]";
  }
  return test::MakeBatch(RowSchema(), json + "]");
}

std::string KeyOf(const Batch& batch, int64_t row) {
  return std::string(static_cast<const arrow::StringArray&>(*batch.column(0)).GetView(row));
}
int64_t ValueOf(const arrow::RecordBatch& rows, int64_t row) {
  return static_cast<const arrow::Int64Array&>(*rows.column(1)).Value(row);
}

// Rows by key, and what the model says: values by key, newest first.
using Lists = std::map<std::string, std::deque<int64_t>>;

Lists ListsOf(RowLists& rows) {
  Lists lists;
  for (const RowId id : rows.store().LiveRows()) {
    const RowRef row = rows.store().Ref(id);
    lists[KeyOf(Batch{row.batch->Slice(0), nullptr, kNoSplit}, row.row)];
  }
  EncodedKeys keys;
  for (auto& [key, values] : lists) {
    const Batch batch = test::MakeBatch(RowSchema(), "[[\"" + key + "\", 0]]");
    EXPECT_TRUE(RowLists::EncodeKeys(batch, {0}, &keys).ok());
    for (const RowId id : rows.RowsOf(keys.key(0), keys.hash(0)).ValueOrDie()) {
      const RowRef row = rows.store().Ref(id);
      values.push_back(ValueOf(*row.batch, row.row));
    }
  }
  return lists;
}

using test::ShortMemory;

enum class Memory { kEnough, kShort };

class Rows {
 public:
  explicit Rows(uint64_t seed, Memory memory = Memory::kEnough)
      : random_(seed), memory_(memory == Memory::kShort ? new ShortMemory : nullptr) {}

  void Change(int64_t rows_max) {
    ChangeInMemory(rows_max);
    if (memory_ == nullptr) return;
    ASSERT_TRUE(memory_->tiers.MakeRoom().ok());
    ASSERT_LE(lists_->store().pooled_bytes(), lists_->store().size_bytes() / 1'024);
    ASSERT_TRUE(memory_->files.Paths().empty());
  }

  void ChangeInMemory(int64_t rows_max) {
    EncodedKeys keys;
    const Batch batch = RandomBatch(random_, 1 + static_cast<int64_t>(random_()) % rows_max, 9);
    ASSERT_TRUE(RowLists::EncodeKeys(batch, {0}, &keys).ok());
    const uint64_t dice = random_() % 10;
    if (dice < 6) {
      std::vector<int32_t> wanted;
      for (int32_t row = 0; row < static_cast<int32_t>(batch.num_rows()); ++row) {
        if (random_() % 4 == 0) continue;
        wanted.push_back(row);
        model_[KeyOf(batch, row)].push_front(ValueOf(*batch.rows, row));
      }
      ASSERT_TRUE(lists_->Add(batch, keys, wanted).ok());
    } else if (dice < 9) {
      ASSERT_TRUE(lists_->BeginPops(keys).ok());
      for (int64_t row = 0; row < batch.num_rows(); ++row) {
        const auto at = model_.find(KeyOf(batch, row));
        ASSERT_EQ(lists_->Pop(keys.key(row), keys.hash(row)), at != model_.end());
        if (at == model_.end()) continue;
        at->second.pop_front();
        if (at->second.empty()) model_.erase(at);
      }
    } else {
      const auto below = static_cast<int64_t>(random_() % 700);
      const arrow::Status pruned = lists_->Prune([&](RowId id) {
        const RowRef row = lists_->store().Ref(id);
        return ValueOf(*row.batch, row.row) < below;
      });
      ASSERT_TRUE(pruned.ok()) << pruned;
      for (auto& [key, values] : model_) {
        std::erase_if(values, [&](int64_t value) { return value < below; });
      }
      std::erase_if(model_, [](const auto& entry) { return entry.second.empty(); });
    }
  }

  static std::unique_ptr<RowLists> Empty(StateTiers* tiers = nullptr) {
    return std::make_unique<RowLists>("rows", RowSchema(), std::vector<int>{0}, tiers);
  }
  std::unique_ptr<RowLists> EmptyHere() const {
    return Empty(memory_ == nullptr ? nullptr : &memory_->tiers);
  }
  void Replace(std::unique_ptr<RowLists> lists, Lists model) {
    lists_ = std::move(lists);
    model_ = std::move(model);
  }
  RowLists& lists() { return *lists_; }
  const Lists& model() const { return model_; }
  std::mt19937_64& random() { return random_; }

 private:
  std::mt19937_64 random_;
  std::unique_ptr<ShortMemory> memory_;
  std::unique_ptr<RowLists> lists_ = EmptyHere();
  Lists model_;
};

Lists RestoredAt(int parallelism, const SnapshotChain& chain) {
  Lists all;
  for (int subtask = 0; subtask < parallelism; ++subtask) {
    const auto lists = Rows::Empty();
    const arrow::Status status =
        lists->Restore(SnapshotReader({chain}, KeyGroupsOf(subtask, parallelism)));
    EXPECT_TRUE(status.ok()) << status;
    all.merge(ListsOf(*lists));
  }
  return all;
}

void RunChain(uint64_t seed, Memory memory, int num_steps, int64_t rows_max, size_t piece_bytes,
              int64_t* num_deltas) {
  Rows subject(seed, memory);
  std::mt19937_64& random = subject.random();
  std::deque<MemorySnapshot> chain;
  std::unique_ptr<SnapshotWriter> writer;
  MemorySnapshot snapshot;
  Lists frozen;
  for (int step = 0; step < num_steps; ++step) {
    subject.Change(rows_max);
    if (writer == nullptr) {
      if (random() % 4 != 0) continue;
      writer = std::make_unique<SnapshotWriter>(random() % 6 == 0 ? SnapshotMode::kSavepoint
                                                                  : SnapshotMode::kIncremental);
      ASSERT_TRUE(subject.lists().Snapshot(*writer).ok());
      snapshot = MemorySnapshot();
      frozen = subject.model();
      continue;
    }
    if (random() % 40 == 0) {
      writer.reset();
      continue;
    }
    if (random() % 60 == 0) subject.Replace(subject.EmptyHere(), {});
    const auto done = writer->WritePiece(snapshot, piece_bytes);
    ASSERT_TRUE(done.ok()) << done.status();
    if (!*done) continue;
    const int parallelism = random() % 2 == 0 ? 3 : 1;
    if (writer->mode() == SnapshotMode::kSavepoint) {
      ASSERT_EQ(RestoredAt(parallelism, {{&snapshot.sections()}, {}}), frozen);
      writer.reset();
      continue;
    }
    *num_deltas += writer->num_earlier() > 0 ? 1 : 0;
    ASSERT_LE(writer->num_earlier(), std::ssize(chain));
    while (std::ssize(chain) > writer->num_earlier()) chain.pop_front();
    chain.push_back(std::move(snapshot));
    writer.reset();
    SnapshotChain view;
    for (const MemorySnapshot& each : chain) view.snapshots.push_back(&each.sections());
    ASSERT_EQ(RestoredAt(parallelism, view), frozen);
    if (random() % 5 != 0) continue;
    auto restored = subject.EmptyHere();
    ASSERT_TRUE(restored->Restore(SnapshotReader({view}, {}, true)).ok());
    subject.Replace(std::move(restored), frozen);
  }
  writer.reset();
  ASSERT_EQ(ListsOf(subject.lists()), subject.model());
}

TEST(RowLists, ChainsAgreeWithAModelUnderRandomChanges) {
  int64_t num_deltas = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RunChain(seed, seed % 2 == 0 ? Memory::kShort : Memory::kEnough, 400, 8, 200, &num_deltas);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(num_deltas, 100);
}

TEST(RowLists, ChainsAgreeWithAModelWhereTheStoreIsCompacted) {
  int64_t num_deltas = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RunChain(seed, seed % 2 == 0 ? Memory::kShort : Memory::kEnough, 60, 20'000, 100'000,
             &num_deltas);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(num_deltas, 1);
}

// A TTL may be given and taken away between two runs: rows stored without an age begin one.
TEST(RowLists, RowsMayBeginToAgeAndCeaseTo) {
  const auto fresh = [](int64_t ttl_ms) {
    return std::make_unique<RowLists>("rows", RowSchema(), std::vector<int>{0}, nullptr, ttl_ms);
  };
  const Batch batch = test::MakeBatch(RowSchema(), R"([["a", 1], ["a", 2], ["b", 3]])");
  EncodedKeys keys;
  ASSERT_TRUE(RowLists::EncodeKeys(batch, {0}, &keys).ok());
  const std::vector<int32_t> wanted = {0, 1, 2};
  auto rows = fresh(0);
  ASSERT_TRUE(rows->Add(batch, keys, wanted).ok());
  const Lists whole = ListsOf(*rows);
  int64_t now = 100;
  for (const int64_t ttl_ms : {1'000, 0, 1'000, 1'000}) {
    SnapshotWriter writer(SnapshotMode::kFull);
    ASSERT_TRUE(rows->Snapshot(writer).ok());
    MemorySnapshot snapshot;
    ASSERT_TRUE(writer.WriteAll(snapshot).ok());
    rows = fresh(ttl_ms);
    ASSERT_TRUE(rows->BeginBatch(now += 600).ok());
    ASSERT_TRUE(
        rows->Restore(SnapshotReader({SnapshotChain{{&snapshot.sections()}, {}}}, {}, true)).ok());
    EXPECT_EQ(ListsOf(*rows), whole);
  }
  const std::vector<RowId> of_b = rows->RowsOf(keys.key(2), keys.hash(2)).ValueOrDie();
  ASSERT_EQ(of_b.size(), 1u);
  EXPECT_FALSE(rows->Expired(of_b[0]));
  ASSERT_TRUE(rows->BeginBatch(now + 2'000).ok());
  EXPECT_EQ(ListsOf(*rows), Lists());
}

TEST(RowStore, ADiskThatIsFullLosesNoRow) {
  ShortMemory memory;
  RowStore store(ToArrow(RowSchema()), &memory.tiers);
  std::mt19937_64 random(7);
  const Batch batch = RandomBatch(random, 100, 5);
  const RowId first = store.Append(batch.rows);
  memory.files.SetFault([](std::string_view operation, const std::string&) {
    return operation == "append" ? arrow::Status::IOError("no space left on device")
                                 : arrow::Status::OK();
  });
  const arrow::Status status = memory.tiers.MakeRoom();
  EXPECT_NE(status.message().find("no space left"), std::string::npos) << status;
  EXPECT_TRUE(memory.files.Paths().empty());
  EXPECT_TRUE(store.Ref(first).batch->Equals(*batch.rows));
  memory.files.SetFault({});
  ASSERT_TRUE(memory.tiers.MakeRoom().ok());
  EXPECT_EQ(store.pooled_bytes(), 0);
  EXPECT_TRUE(store.Ref(first).batch->Equals(*batch.rows));
}

// A process may map so many files and no more.
TEST(RowStore, ManySmallBatchesTakeFewFiles) {
  ShortMemory memory;
  RowStore store(ToArrow(RowSchema()), &memory.tiers);
  int num_files = 0;
  memory.files.SetFault([&](std::string_view operation, const std::string&) {
    num_files += operation == "create" ? 1 : 0;
    return arrow::Status::OK();
  });
  std::mt19937_64 random(7);
  const Batch batch = RandomBatch(random, 1, 5);
  for (int i = 0; i < 30'000; ++i) {
    store.Append(batch.rows);
    ASSERT_TRUE(memory.tiers.MakeRoom().ok());
  }
  EXPECT_LE(store.pooled_bytes(), store.size_bytes() / 500);
  EXPECT_LT(num_files, 6'000);
}

TEST(RowStore, IsCompactedOnDisk) {
  ShortMemory memory;
  RowStore store(ToArrow(RowSchema()), &memory.tiers);
  std::mt19937_64 random(7);
  const Batch batch = RandomBatch(random, 1'000, 5);
  for (int i = 0; i < 300; ++i) store.Append(batch.rows);
  for (const RowId id : store.LiveRows()) {
    if (store.sequence(id) % 5 > 1) store.Release(id);
  }
  RowId newest = kNoRow;
  for (const RowId id : store.LiveRows()) {
    store.set_next(id, newest);
    newest = id;
  }
  ASSERT_TRUE(memory.tiers.MakeRoom().ok());
  ASSERT_TRUE(store.WantsCompaction());
  EXPECT_EQ(store.pooled_bytes(), 0);
  const RowMoves moves = store.Compact().ValueOrDie();
  EXPECT_LT(store.pooled_bytes(), 100'000);
  newest = moves.To(newest);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(store.num_rows(), 120'000);
    EXPECT_EQ(store.num_dead_rows(), 0);
    uint64_t expected = 299'996;
    for (RowId id = newest; id != kNoRow; id = store.next(id)) {
      const uint64_t sequence = store.sequence(id);
      ASSERT_EQ(sequence, expected);
      ASSERT_EQ(store.IdOf(sequence), id);
      const RowRef row = store.Ref(id);
      ASSERT_EQ(ValueOf(*row.batch, row.row),
                ValueOf(*batch.rows, static_cast<int64_t>(sequence % 1'000)));
      expected -= sequence % 5 == 1 ? 1 : 4;
    }
    EXPECT_EQ(expected, static_cast<uint64_t>(-4));
    // Links that change come back, and go again.
    store.set_next(newest, kNoRow);
    store.set_next(newest, newest - 1);
    ASSERT_TRUE(memory.tiers.MakeRoom().ok());
    EXPECT_LT(store.memory_bytes(), 10'000);
  }
}

TEST(RowLists, DamagedBytesAreNoCrash) {
  Rows subject(5);
  std::deque<MemorySnapshot> chain;
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 10; ++j) subject.Change(8);
    SnapshotWriter writer;
    ASSERT_TRUE(subject.lists().Snapshot(writer).ok());
    while (std::ssize(chain) > writer.num_earlier()) chain.pop_front();
    ASSERT_TRUE(writer.WriteAll(chain.emplace_back()).ok());
  }
  std::mt19937_64 random(11);
  int num_refused = 0;
  for (int round = 0; round < 5'000; ++round) {
    std::vector<SnapshotSections> damaged;
    for (const MemorySnapshot& each : chain) damaged.push_back(each.sections());
    auto& pieces = damaged[random() % damaged.size()].at("rows").pieces;
    std::string_view& piece = pieces[random() % pieces.size()];
    std::string text(piece);
    if (text.empty()) continue;
    if (random() % 3 == 0) {
      text.resize(random() % (text.size() + 1));
    } else {
      for (size_t i = random() % text.size(), end = i + random() % 5;
           i < std::min(end, text.size()); ++i)
        text[i] = static_cast<char>(random());
    }
    piece = text;
    SnapshotChain view;
    for (const SnapshotSections& each : damaged) view.snapshots.push_back(&each);
    const auto lists = Rows::Empty();
    if (!lists->Restore(SnapshotReader({view}, {})).ok()) ++num_refused;
  }
  EXPECT_GT(num_refused, 1'000);
}

}  // namespace
}  // namespace sabot
