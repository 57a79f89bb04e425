// KeyedTable's incremental snapshots against a model: random changes, barriers, tiny pieces written
// between them, snapshots given up, tables that go before they are written, restores. A failing
// seed is printed and replays exactly.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "base/hash.h"
#include "state/keyed_table_rig.h"

namespace sabot::test {
namespace {

KeyedTableLayout Layout() { return RigLayout(); }

Model RestoredAt(int parallelism, const SnapshotChain& chain) {
  Model all;
  for (int subtask = 0; subtask < parallelism; ++subtask) {
    const KeyGroups own = KeyGroupsOf(subtask, parallelism);
    KeyedTable table("t", Layout());
    const arrow::Status status = table.Restore(SnapshotReader({chain}, own));
    EXPECT_TRUE(status.ok()) << status;
    for (const Slot slot : table.LiveSlots()) EXPECT_TRUE(own.holds(table.hash(slot)));
    all.merge(ModelOf(table));
  }
  return all;
}

void RunSeed(uint64_t seed, int64_t* num_deltas) {
  const auto fresh = [] { return std::make_unique<KeyedTable>("t", Layout()); };
  Subject subject(seed, fresh());
  std::mt19937_64& random = subject.random();
  RandomSnapshots snapshots(random);
  for (int step = 0; step < 3'000; ++step) {
    subject.Change();
    const auto written = snapshots.Step(subject, fresh);
    if (!written) continue;
    ASSERT_EQ(RestoredAt(random() % 3 == 0 ? 3 : 1, snapshots.chain()), written->frozen);
    if (written->mode == SnapshotMode::kSavepoint) continue;
    *num_deltas += written->num_earlier > 0 ? 1 : 0;
    if (random() % 6 != 0) continue;
    auto restored = fresh();
    ASSERT_TRUE(restored->Restore(SnapshotReader({snapshots.chain()}, {}, true)).ok());
    subject.Replace(std::move(restored), written->frozen);
  }
  snapshots.GiveUp();
  ASSERT_EQ(ModelOf(subject.table()), subject.model());
}

TEST(KeyedTableSnapshot, ChainsAgreeWithAModelUnderRandomChanges) {
  int64_t num_deltas = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RunSeed(seed, &num_deltas);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(num_deltas, 500);  // Otherwise the test would prove little.
}

MemorySnapshot SnapshotOf(KeyedTable& table, SnapshotMode mode, int* num_earlier) {
  SnapshotWriter writer(mode);
  EXPECT_TRUE(table.Snapshot(writer).ok());
  *num_earlier = writer.num_earlier();
  MemorySnapshot snapshot;
  EXPECT_TRUE(writer.WriteAll(snapshot).ok());
  return snapshot;
}

TEST(KeyedTableSnapshot, DeltasHoldWhatHasChangedAndBasesComeWhenTheyHaveGrown) {
  KeyedTable table("t", Layout());
  bool inserted;
  for (int i = 0; i < 10'000; ++i) {
    const std::string key = "key " + std::to_string(i);
    table.cells().at<int64_t>(kCount, table.LookupOrInsert(key, HashBytes(key), &inserted)) = i;
  }
  int num_earlier = 0;
  const MemorySnapshot base = SnapshotOf(table, SnapshotMode::kIncremental, &num_earlier);
  EXPECT_EQ(num_earlier, 0);
  EXPECT_EQ(SnapshotOf(table, SnapshotMode::kIncremental, &num_earlier).size_bytes(), 19);
  EXPECT_EQ(num_earlier, 1);  // A header only: nothing has changed.
  int num_bases = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 100; ++i) {
      const std::string key = "key " + std::to_string((round * 100 + i) % 10'000);
      ++table.cells().at<int64_t>(kCount, table.LookupOrInsert(key, HashBytes(key), &inserted));
    }
    const MemorySnapshot next = SnapshotOf(table, SnapshotMode::kIncremental, &num_earlier);
    num_bases += num_earlier == 0 ? 1 : 0;
    if (num_earlier > 0) {
      EXPECT_LT(next.size_bytes(), base.size_bytes() / 90);
    }
  }
  EXPECT_GE(num_bases, 3);
  EXPECT_LE(num_bases, 4);
  SnapshotOf(table, SnapshotMode::kFull, &num_earlier);
  EXPECT_EQ(num_earlier, 0);
}

// So many that their rows and index lie in huge pages.
TEST(KeyedTableSnapshot, ALargeTableComesBackWholeAndGrowsOn) {
  constexpr int kKeys = 700'000;
  KeyedTable table("t", Layout());
  const auto key_of = [](int i) { return "a key of more than 16 bytes " + std::to_string(i); };
  const auto count = [&](KeyedTable& of, int i) -> int64_t& {
    bool inserted;
    return of.cells().at<int64_t>(kCount,
                                  of.LookupOrInsert(key_of(i), HashBytes(key_of(i)), &inserted));
  };
  for (int i = 0; i < kKeys; ++i) count(table, i) = i;
  int num_earlier = 0;
  const MemorySnapshot whole = SnapshotOf(table, SnapshotMode::kFull, &num_earlier);
  KeyedTable restored("t", Layout());
  ASSERT_TRUE(restored.Restore(SnapshotReader(whole.sections())).ok());
  ASSERT_EQ(restored.num_keys(), kKeys);
  for (int i = 0; i < 2 * kKeys; ++i) ASSERT_EQ(count(restored, i), i < kKeys ? i : 0);
  EXPECT_EQ(restored.num_keys(), 2 * kKeys);
}

// Whatever is in a snapshot's bytes, reading ends with a table or an error.
TEST(KeyedTableSnapshot, DamagedBytesAreNoCrash) {
  Subject subject(5, std::make_unique<KeyedTable>("t", Layout()));
  Chain chain;
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 100; ++j) subject.Change();
    int num_earlier = 0;
    MemorySnapshot next = SnapshotOf(subject.table(), SnapshotMode::kIncremental, &num_earlier);
    chain.Keep(std::move(next), num_earlier);
  }
  std::mt19937_64 random(11);
  int num_refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<SnapshotSections> damaged;
    std::deque<std::string> bytes;
    for (const MemorySnapshot& each : chain.snapshots) damaged.push_back(each.sections());
    auto& pieces = damaged[random() % damaged.size()].at("t").pieces;
    std::string_view& piece = pieces[random() % pieces.size()];
    std::string text(piece);
    if (text.empty()) continue;
    switch (random() % 3) {
      case 0:
        text.resize(random() % (text.size() + 1));
        break;
      case 1:
        text.insert(random() % text.size(), 1, static_cast<char>(random()));
        break;
      default:
        for (size_t i = random() % text.size(), end = i + random() % 9;
             i < std::min(end, text.size()); ++i)
          text[i] = static_cast<char>(random());
    }
    piece = bytes.emplace_back(std::move(text));
    SnapshotChain view;
    for (const SnapshotSections& each : damaged) view.snapshots.push_back(&each);
    KeyedTable table("t", Layout());
    if (!table.Restore(SnapshotReader({view}, KeyGroupsOf(0, 1 + static_cast<int>(random() % 2))))
             .ok())
      ++num_refused;
  }
  EXPECT_GT(num_refused, 5'000);
}

}  // namespace
}  // namespace sabot::test
