// KeyedTable over a log: keys that grow old in it, rows too large for it, a disk that fails.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/file_system.h"
#include "base/memory_budget.h"
#include "state/cold_backends.h"
#include "state/cold_log.h"
#include "state/keyed_table_rig.h"
#include "state/state_tiers.h"

namespace sabot::test {
namespace {

// All that can goes to disk after every element.
class KeyedTableLogTest : public testing::Test {
 protected:
  std::unique_ptr<StateTiers> NewTiers() {
    return std::make_unique<StateTiers>(TiersOptions{.budget = &budget_,
                                                     .backend = backend_.get(),
                                                     .files = &files_,
                                                     .folder = "/state",
                                                     .log_part = 1});
  }

  static arrow::Status Put(KeyedTable& table, int key, int64_t count, const std::string& text) {
    Slot slot = kNoSlot;
    ARROW_RETURN_NOT_OK(
        table.LookupOrInsert(Encoded("key " + std::to_string(key)), std::span(&slot, 1), nullptr));
    table.cells().at<int64_t>(kCount, slot) = count;
    table.cells().set_bytes(kText, slot, text);
    return arrow::Status::OK();
  }

  MemoryFileSystem files_;
  MemoryBudget budget_{{.limit_bytes = 1}, [] { return int64_t{0}; }};
  std::unique_ptr<ColdBackend> backend_ = MakeModelBackend();
};

TEST_F(KeyedTableLogTest, KeysGrowOldOnDisk) {
  for (const auto update : {TtlUpdate::kCreateAndWrite, TtlUpdate::kReadAndWrite}) {
    const auto tiers = NewTiers();
    KeyedTableLayout layout = RigLayout(false);
    layout.ttl_ms = 100;
    layout.ttl_update = update;
    KeyedTable table("t", layout, tiers.get());
    const auto key = [](int i) { return Encoded("key " + std::to_string(i)); };
    table.BeginBatch(1'000);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(Put(table, i, i, "text").ok());
    ASSERT_TRUE(tiers->MakeRoom().ok());
    ASSERT_EQ(table.num_keys(), 0);
    ASSERT_EQ(tiers->log()->num_rows(), 50);
    table.BeginBatch(1'060);
    for (int i = 0; i < 50; i += 2)
      EXPECT_NE(table.Read(key(i).key(0), key(i).hash(0)).ValueOrDie(), kNoSlot);
    ASSERT_TRUE(tiers->MakeRoom().ok());
    ASSERT_EQ(table.num_keys(), 0);
    table.BeginBatch(1'100);
    const bool lives = update == TtlUpdate::kReadAndWrite;
    EXPECT_EQ(std::ssize(ModelOf(table)), lives ? 25 : 0);
    table.BeginBatch(1'160);
    EXPECT_EQ(std::ssize(ModelOf(table)), 0);
    // A key that comes again begins anew, and what has expired makes room.
    ASSERT_TRUE(Put(table, 0, 7, "new").ok());
    for (int i = 1'000; i < 1'100; ++i) {
      ASSERT_TRUE(Put(table, i, 1, "text").ok());
      ASSERT_TRUE(tiers->MakeRoom().ok());
    }
    const Model model = ModelOf(table);
    EXPECT_EQ(std::ssize(model), 101);
    EXPECT_EQ(model.at("key 0").count, 7);
    EXPECT_LE(tiers->log()->num_rows(), 130);
  }
}

// A row may become too large for the log, and small again; the newer one counts.
TEST_F(KeyedTableLogTest, LargeRowsGoToTheStore) {
  const auto tiers = NewTiers();
  auto table = std::make_unique<KeyedTable>("t", RigLayout(false), tiers.get());
  Model expected;
  std::mt19937_64 random(5);
  for (int round = 0; round < 400; ++round) {
    const int key = static_cast<int>(random() % 20);
    const std::string text(random() % 2 == 0 ? 10 : 5'000, static_cast<char>('a' + random() % 26));
    ASSERT_TRUE(Put(*table, key, round, text).ok());
    ModelKey& model = expected["key " + std::to_string(key)];
    model.count = round;
    model.text = text;
    if (random() % 5 == 0) {
      const EncodedKeys erased = Encoded("key " + std::to_string(random() % 20));
      const Slot slot = table->Fetch(erased.key(0), erased.hash(0)).ValueOrDie();
      if (slot != kNoSlot) {
        AddTo(&expected, *table, slot);
        std::string name;
        Model one;
        AddTo(&one, *table, slot);
        expected.erase(one.begin()->first);
        table->Erase(slot);
      }
    }
    ASSERT_TRUE(tiers->MakeRoom().ok());
    ASSERT_EQ(table->num_keys(), 0);
    if (round % 20 == 0) {
      ASSERT_EQ(ModelOf(*table), expected);
    }
  }
  // A snapshot has them all.
  SnapshotWriter writer;
  ASSERT_TRUE(table->Snapshot(writer).ok());
  MemorySnapshot snapshot;
  ASSERT_TRUE(writer.WriteAll(snapshot).ok());
  SnapshotChain chain;
  chain.snapshots.push_back(&snapshot.sections());
  KeyedTable restored("t", RigLayout(false));
  ASSERT_TRUE(restored.Restore(SnapshotReader({chain}, {})).ok());
  EXPECT_EQ(ModelOf(restored), expected);
}

// Keys that are only read leave nothing behind when they go; what is changed after reading is not
// lost.
TEST_F(KeyedTableLogTest, ReadingWritesNothing) {
  const auto tiers = NewTiers();
  KeyedTable table("t", RigLayout(false), tiers.get());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Put(table, i, i, "text").ok());
  ASSERT_TRUE(tiers->MakeRoom().ok());
  const int64_t spilled = tiers->spilled_bytes();
  for (int i = 0; i < 100; ++i) {
    const EncodedKeys key = Encoded("key " + std::to_string(i));
    const Slot slot = table.Fetch(key.key(0), key.hash(0)).ValueOrDie();
    ASSERT_EQ(table.cells().at<int64_t>(kCount, slot), i);
    if (i % 10 == 0) {
      table.Touch(slot);
      table.cells().at<int64_t>(kCount, slot) = 1'000 + i;
    }
    ASSERT_TRUE(tiers->MakeRoom().ok());
  }
  EXPECT_GT(tiers->spilled_bytes(), spilled);
  EXPECT_LT(tiers->spilled_bytes(), spilled + spilled / 5);
  const Model model = ModelOf(table);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(model.at("key " + std::to_string(i)).count, i % 10 == 0 ? 1'000 + i : i);
}

TEST_F(KeyedTableLogTest, SaysSoWhenTheDiskIsFull) {
  int64_t num_failures = 0;
  for (int64_t operations = 0;; ++operations) {
    int64_t left = operations;
    files_.SetFault([&](std::string_view operation, const std::string& path) {
      const bool fails = operation != "remove" && --left < 0;
      return fails ? UserError("io", path, "No space left on device") : arrow::Status::OK();
    });
    const auto tiers = NewTiers();
    KeyedTable table("t", RigLayout(false), tiers.get());
    arrow::Status status;
    for (int i = 0; i < 200 && status.ok(); ++i) {
      status = Put(table, i * 7 % 60, i, "text");
      if (status.ok()) status = tiers->MakeRoom();
    }
    if (status.ok()) break;
    ASSERT_NE(DetailOf(status), nullptr) << status;
    ASSERT_EQ(DetailOf(status)->kind(), "io");
    ++num_failures;
  }
  EXPECT_GT(num_failures, 20);
}

}  // namespace
}  // namespace sabot::test
