// KeyedTable: lookups, erasing and reuse, renewal, snapshots by key group.
#include "state/keyed_table.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "arrays.h"
#include "base/hash.h"

namespace sabot {
namespace {

using Kind = CellSpec::Kind;

KeyedTableLayout CountAndText() {
  return {{{"flag", Kind::kFixed1},
           {"count", Kind::kFixed8},
           {"text", Kind::kBytes},
           {"sum", Kind::kFixed16}},
          {{{{"times", Kind::kFixed8}}, false}, {{{"value", Kind::kBytes}}, true}}};
}

ArrayPtr Integers(const std::vector<int64_t>& values) {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return builder.Finish().ValueOrDie();
}

Slot Put(KeyedTable& table, std::string_view key) {
  bool inserted;
  return table.LookupOrInsert(key, HashBytes(key), &inserted);
}

TEST(KeyedTable, GivesEveryRowItsKeysSlot) {
  KeyedTable table("t", CountAndText());
  EncodedKeys keys;
  const std::vector<ArrayPtr> columns{
      Array(arrow::utf8(), R"(["a", "b", "a", null, "a long key, kept in the arena", "b"])")};
  ASSERT_TRUE(keys.Encode(columns, 6).ok());
  std::vector<Slot> slots(6);
  std::vector<int64_t> inserted;
  ASSERT_TRUE(table.LookupOrInsert(keys, slots, &inserted).ok());
  EXPECT_EQ(slots, (std::vector<Slot>{0, 1, 0, 2, 3, 1}));
  EXPECT_EQ(inserted, (std::vector<int64_t>{0, 1, 3, 4}));
  EXPECT_EQ(table.key(3), keys.key(4));

  inserted.clear();
  const std::vector<int32_t> rows{4, 2};
  std::vector<Slot> some(2);
  ASSERT_TRUE(table.LookupOrInsert(keys, rows, some, &inserted).ok());
  EXPECT_EQ(some, (std::vector<Slot>{3, 0}));
  EXPECT_TRUE(inserted.empty());
  EXPECT_EQ(table.Lookup("absent", HashBytes("absent")), kNoSlot);
}

TEST(KeyedTable, ErasedSlotsComeBackZeroed) {
  KeyedTable table("t", CountAndText());
  const Slot slot = Put(table, "a");
  table.cells().at<int64_t>(1, slot) = 7;
  table.cells().set_bytes(2, slot, "words");
  bool inserted;
  table.child(0).FindOrInsert(slot, "x", HashBytes("x"), &inserted);
  table.Erase(slot);
  EXPECT_EQ(table.num_keys(), 0);
  EXPECT_FALSE(table.live(slot));
  EXPECT_EQ(table.Lookup("a", HashBytes("a")), kNoSlot);

  EXPECT_EQ(Put(table, "b"), slot);
  EXPECT_EQ(table.cells().at<int64_t>(1, slot), 0);
  EXPECT_FALSE(table.cells().has_bytes(2, slot));
  EXPECT_EQ(table.child(0).count(slot), 0);
}

TEST(KeyedTable, RenewedKeyStartsAnewWhileTheOldCellsStay) {
  KeyedTable table("t", CountAndText());
  const std::string key = "a key too long to be kept inline";
  const Slot old = Put(table, key);
  table.cells().at<int64_t>(1, old) = 7;
  const Slot renewed = table.Renew(old);
  EXPECT_NE(renewed, old);
  EXPECT_EQ(table.Lookup(key, HashBytes(key)), renewed);
  EXPECT_EQ(table.cells().at<int64_t>(1, renewed), 0);
  EXPECT_EQ(table.cells().at<int64_t>(1, old), 7);
  EXPECT_EQ(table.LiveSlots(), std::vector<Slot>{renewed});
  table.Erase(old);
  EXPECT_EQ(table.key(renewed), key);
  EXPECT_EQ(table.num_keys(), 1);
}

TEST(KeyedTable, KeysOfSeveralValuesAreFoundWhateverTheirLength) {
  // What a slot has room for is reckoned from the first two values.
  KeyedTableLayout layout = CountAndText();
  layout.keys = {arrow::int64(), arrow::int64()};
  KeyedTable table("t", layout);
  std::vector<std::string> keys;
  for (size_t size = 0; size <= 70; ++size) {
    for (size_t differs = 0; differs < size; ++differs) {
      keys.emplace_back(size, 'a');
      keys.back()[differs] = 'b';
    }
    keys.emplace_back(size, 'a');
  }
  for (const std::string& key : keys)
    table.cells().at<int64_t>(1, Put(table, key)) = std::ssize(key);
  ASSERT_EQ(table.num_keys(), std::ssize(keys));
  for (size_t i = 0; i < keys.size(); ++i) {
    const Slot slot = table.Lookup(keys[i], HashBytes(keys[i]));
    ASSERT_NE(slot, kNoSlot);
    EXPECT_EQ(table.key(slot), keys[i]);
    if (i % 3 == 0) table.Erase(slot);
    if (i % 3 == 1) {
      EXPECT_NE(table.Renew(slot), slot);
      table.Erase(slot);
    }
  }
  MemorySnapshot snapshot;
  SnapshotWriter writer;
  ASSERT_TRUE(table.Snapshot(writer).ok());
  ASSERT_TRUE(writer.WriteAll(snapshot).ok());
  KeyedTable restored("t", layout);
  ASSERT_TRUE(restored.Restore(SnapshotReader(snapshot.sections())).ok());
  for (size_t i = 0; i < keys.size(); ++i) {
    const Slot slot = restored.Lookup(keys[i], HashBytes(keys[i]));
    ASSERT_EQ(slot == kNoSlot, i % 3 == 0);
    if (slot == kNoSlot) continue;
    EXPECT_EQ(restored.key(slot), keys[i]);
    EXPECT_EQ(restored.cells().at<int64_t>(1, slot), i % 3 == 1 ? 0 : std::ssize(keys[i]));
  }
}

TEST(KeyedTable, HoldsAMillionKeys) {
  KeyedTable table("t", {{{"count", Kind::kFixed8}}, {}});
  EncodedKeys keys;
  std::vector<Slot> slots(10'000);
  for (int round = 0; round < 2; ++round) {
    for (int64_t from = 0; from < 1'000'000; from += 10'000) {
      std::vector<int64_t> values;
      for (int64_t i = 0; i < 10'000; ++i) values.push_back((from + i) * 2'654'435'761);
      const std::vector<ArrayPtr> columns{Integers(values)};
      ASSERT_TRUE(keys.Encode(columns, 10'000).ok());
      std::vector<int64_t> inserted;
      ASSERT_TRUE(table.LookupOrInsert(keys, slots, &inserted).ok());
      ASSERT_EQ(inserted.size(), round == 0 ? 10'000u : 0u);
      for (size_t i = 0; i < slots.size(); ++i) {
        int64_t& cell = table.cells().at<int64_t>(0, slots[i]);
        ASSERT_EQ(cell, round == 0 ? 0 : values[i]);
        cell = values[i];
      }
    }
  }
  EXPECT_EQ(table.num_keys(), 1'000'000);
  EXPECT_LT(table.size_bytes(), 100'000'000);
}

TEST(KeyedTable, AgreesWithAMapUnderRandomInsertsAndErasures) {
  std::mt19937 random(7);
  KeyedTable table("t", {{{"count", Kind::kFixed8}}, {}});
  std::unordered_map<std::string, int64_t> model;
  for (int step = 0; step < 200'000; ++step) {
    const std::string key = std::string(random() % 30, 'k') + std::to_string(random() % 500);
    if (random() % 3 != 0) {
      table.cells().at<int64_t>(0, Put(table, key)) += step;
      model[key] += step;
    } else {
      const Slot slot = table.Lookup(key, HashBytes(key));
      ASSERT_EQ(slot != kNoSlot, model.erase(key) == 1);
      if (slot != kNoSlot) table.Erase(slot);
    }
  }
  ASSERT_EQ(table.num_keys(), static_cast<int64_t>(model.size()));
  for (const auto& [key, count] : model) {
    const Slot slot = table.Lookup(key, HashBytes(key));
    ASSERT_NE(slot, kNoSlot);
    EXPECT_EQ(table.cells().at<int64_t>(0, slot), count);
  }
}

void Fill(KeyedTable& table, int keys) {
  for (int i = 0; i < keys; ++i) {
    const std::string key =
        "key " + std::to_string(i) + std::string(static_cast<size_t>(i % 20), '.');
    const Slot slot = Put(table, key);
    table.cells().at<uint8_t>(0, slot) = static_cast<uint8_t>(i % 2);
    table.cells().at<int64_t>(1, slot) = i;
    if (i % 3 == 0) table.cells().set_bytes(2, slot, i % 2 == 0 ? "" : key);
    for (int j = 0; j < i % 4; ++j) {
      const std::string element = "element " + std::to_string(j * 7 % 4);
      bool inserted;
      table.child(0).cells().at<int64_t>(
          0, table.child(0).FindOrInsert(slot, element, HashBytes(element), &inserted)) = j;
      table.child(1).cells().set_bytes(
          0, table.child(1).FindOrInsert(slot, element, HashBytes(element), &inserted), key);
    }
  }
}

// Everything that a table holds, as text.
std::string Dump(const KeyedTable& table) {
  std::vector<std::string> lines;
  for (const Slot slot : table.LiveSlots()) {
    ByteWriter bytes;
    table.WriteSlot(slot, bytes);
    lines.push_back(std::string(table.key(slot)) + "=" + bytes.Take());
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

MemorySnapshot SnapshotOf(KeyedTable& table) {
  SnapshotWriter writer;
  EXPECT_TRUE(table.Snapshot(writer).ok());
  MemorySnapshot snapshot;
  EXPECT_TRUE(writer.WriteAll(snapshot).ok());
  return snapshot;
}

TEST(KeyedTable, RestoresFromOneSnapshotAtAnyParallelism) {
  KeyedTable table("t", CountAndText());
  Fill(table, 1'000);
  table.Erase(table.LiveSlots()[17]);
  const MemorySnapshot snapshot = SnapshotOf(table);
  KeyedTable whole("t", CountAndText());
  ASSERT_TRUE(whole.Restore(SnapshotReader(snapshot.sections())).ok());
  EXPECT_EQ(Dump(whole), Dump(table));

  // Three subtasks, and back to one.
  std::vector<MemorySnapshot> parts;
  int64_t keys = 0;
  for (int subtask = 0; subtask < 3; ++subtask) {
    const KeyGroups own = KeyGroupsOf(subtask, 3);
    KeyedTable part("t", CountAndText());
    ASSERT_TRUE(part.Restore(SnapshotReader({{{&snapshot.sections()}, {}}}, own)).ok());
    keys += part.num_keys();
    for (const Slot slot : part.LiveSlots()) EXPECT_TRUE(own.holds(part.hash(slot)));
    parts.push_back(SnapshotOf(part));
  }
  EXPECT_EQ(keys, 999);
  std::vector<SnapshotChain> chains;
  for (const int subtask : {2, 0, 1}) {
    chains.push_back({{&parts[static_cast<size_t>(subtask)].sections()}, KeyGroupsOf(subtask, 3)});
  }
  KeyedTable merged("t", CountAndText());
  ASSERT_TRUE(merged.Restore(SnapshotReader(chains, {})).ok());
  EXPECT_EQ(Dump(merged), Dump(table));
}

TEST(KeyedTable, RefusesTornBytesAndOtherLayouts) {
  KeyedTable table("t", CountAndText());
  Fill(table, 10);
  const MemorySnapshot snapshot = SnapshotOf(table);
  KeyedTable other("t", {{{"count", Kind::kFixed8}}, {}});
  EXPECT_FALSE(other.Restore(SnapshotReader(snapshot.sections())).ok());
  SnapshotSections torn = snapshot.sections();
  torn["t"].pieces.back().remove_suffix(1);
  KeyedTable same("t", CountAndText());
  EXPECT_FALSE(same.Restore(SnapshotReader(torn)).ok());
}

KeyedTableLayout Aging(int64_t ttl_ms) {
  KeyedTableLayout layout = CountAndText();
  layout.ttl_ms = ttl_ms;
  return layout;
}

TEST(KeyedTable, OldKeysAreAsIfTheyHadNeverBeen) {
  KeyedTable table("t", Aging(100));
  table.BeginBatch(1'000);
  const Slot slot = Put(table, "a");
  table.cells().at<int64_t>(1, slot) = 7;
  bool inserted;
  table.child(0).FindOrInsert(slot, "x", HashBytes("x"), &inserted);
  Put(table, "b");
  table.BeginBatch(1'060);
  table.Touch(slot);
  table.BeginBatch(1'100);
  EXPECT_EQ(table.Lookup("b", HashBytes("b")), kNoSlot);
  EXPECT_EQ(table.Lookup("a", HashBytes("a")), slot);
  table.BeginBatch(1'159);
  EXPECT_EQ(table.LiveSlots(), std::vector<Slot>{slot});
  EXPECT_EQ(table.cells().at<int64_t>(1, Put(table, "a")), 7);
  table.BeginBatch(1'259);
  EXPECT_EQ(table.num_keys(), 0);  // Swept.
  const Slot again = table.LookupOrInsert("a", HashBytes("a"), &inserted);
  EXPECT_TRUE(inserted);
  EXPECT_EQ(table.cells().at<int64_t>(1, again), 0);
  EXPECT_EQ(table.child(0).count(again), 0);
}

TEST(KeyedTable, WhoeverReadsAKeyProlongsItsLifeWhereTheLayoutSaysSo) {
  for (const auto update : {TtlUpdate::kCreateAndWrite, TtlUpdate::kReadAndWrite}) {
    KeyedTableLayout layout = Aging(100);
    layout.ttl_update = update;
    KeyedTable table("t", layout);
    table.BeginBatch(1'000);
    Put(table, "a");
    Put(table, "b");
    table.BeginBatch(1'060);
    EXPECT_NE(table.Read("a", HashBytes("a")).ValueOrDie(), kNoSlot);
    // These look, and read nothing.
    EXPECT_NE(table.Lookup("b", HashBytes("b")), kNoSlot);
    EXPECT_NE(table.Fetch("b", HashBytes("b")).ValueOrDie(), kNoSlot);
    EXPECT_EQ(table.LiveSlots().size(), 2u);
    const MemorySnapshot snapshot = SnapshotOf(table);
    KeyedTable restored("t", layout);
    restored.BeginBatch(1'060);
    ASSERT_TRUE(restored.Restore(SnapshotReader(snapshot.sections())).ok());
    const bool lives = update == TtlUpdate::kReadAndWrite;
    for (KeyedTable* const each : {&table, &restored}) {
      each->BeginBatch(1'130);
      EXPECT_EQ(each->Read("a", HashBytes("a")).ValueOrDie() != kNoSlot, lives);
      EXPECT_EQ(each->Read("b", HashBytes("b")).ValueOrDie(), kNoSlot);
      each->BeginBatch(1'190);
      EXPECT_EQ(each->LiveSlots().size(), lives ? 1u : 0u);
    }
  }
}

TEST(KeyedTable, SweepingKeepsUpWithKeysThatComeOnce) {
  KeyedTable table("t", Aging(1'000));
  EncodedKeys keys;
  std::vector<Slot> slots(100);
  for (int64_t now = 0; now < 100'000; now += 10) {
    std::vector<int64_t> values;
    for (int64_t i = 0; i < 100; ++i) values.push_back(now * 10 + i);
    const std::vector<ArrayPtr> columns{Integers(values)};
    ASSERT_TRUE(keys.Encode(columns, 100).ok());
    table.BeginBatch(now);
    ASSERT_TRUE(table.LookupOrInsert(keys, slots, nullptr).ok());
    ASSERT_LE(table.num_keys(), 20'100);  // 10,000 are young enough.
  }
}

TEST(KeyedTable, SnapshotsCarryTheAgeOfKeys) {
  KeyedTable table("t", Aging(100));
  table.BeginBatch(1'000);
  Put(table, "a");
  table.BeginBatch(1'050);
  // Its element comes after it, and must not make it older.
  bool inserted;
  table.child(0).FindOrInsert(Put(table, "b"), "x", HashBytes("x"), &inserted);
  const MemorySnapshot snapshot = SnapshotOf(table);
  KeyedTable restored("t", Aging(100));
  restored.BeginBatch(1'120);
  ASSERT_TRUE(restored.Restore(SnapshotReader(snapshot.sections())).ok());
  EXPECT_EQ(restored.Lookup("a", HashBytes("a")), kNoSlot);
  const Slot restored_b = restored.Lookup("b", HashBytes("b"));
  ASSERT_NE(restored_b, kNoSlot);
  EXPECT_EQ(restored.child(0).count(restored_b), 1);

  // A ttl may be given and taken away: keys without an age begin one.
  KeyedTable ageless("t", Aging(0));
  ASSERT_TRUE(ageless.Restore(SnapshotReader(snapshot.sections())).ok());
  EXPECT_EQ(ageless.num_keys(), 2);
  const MemorySnapshot without = SnapshotOf(ageless);
  KeyedTable young("t", Aging(100));
  young.BeginBatch(5'000);
  ASSERT_TRUE(young.Restore(SnapshotReader(without.sections())).ok());
  young.BeginBatch(5'099);
  EXPECT_EQ(young.LiveSlots().size(), 2u);
  young.BeginBatch(5'100);
  EXPECT_TRUE(young.LiveSlots().empty());
}

}  // namespace
}  // namespace sabot
