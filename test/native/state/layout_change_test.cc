// Tables that are restored with a wider layout hold what a table would that had had it from the
// beginning: keys, cells and elements, over a chain of a base and deltas, at another parallelism,
// in memory and on disk.
#include "state/layout_change.h"

#include <arrow/type.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "arrays.h"
#include "base/hash.h"
#include "base/memory_budget.h"
#include "state/cold_backends.h"
#include "state/keyed_table_rig.h"
#include "state/state_tiers.h"

namespace sabot::test {
namespace {

using Kind = CellSpec::Kind;
using Number = CellSpec::Number;
using TypePtr = std::shared_ptr<arrow::DataType>;

constexpr char kUnhashed[] = "after";  // At the end of every key.

struct Width {
  TypePtr integer;
  bool wide;
};
const Width kNarrow{arrow::int32(), false};
const Width kWide{arrow::int64(), true};

// Keyed by (integer, text), with a number of each kind, a text, and a set of integers.
KeyedTableLayout LayoutOf(const Width& width, int64_t ttl_ms = 0) {
  KeyedTableLayout layout;
  layout.cells = {{"text", Kind::kBytes},
                  {"flag", Kind::kFixed1},
                  width.wide ? CellSpec{"sum", Kind::kFixed8, Number::kInt64}
                             : CellSpec{"sum", Kind::kFixed1, Number::kInt8},
                  width.wide ? CellSpec{"mean", Kind::kFixed8, Number::kDouble}
                             : CellSpec{"mean", Kind::kFixed4, Number::kFloat},
                  {"decimal", Kind::kFixed16},
                  width.wide ? CellSpec{"least", Kind::kFixed4, Number::kInt32}
                             : CellSpec{"least", Kind::kFixed4, Number::kInt16}};
  layout.keys = {width.integer, arrow::utf8()};
  layout.unhashed_bytes = sizeof(kUnhashed) - 1;
  ChildSpec values;
  values.cells = {width.wide ? CellSpec{"times", Kind::kFixed8, Number::kInt64}
                             : CellSpec{"times", Kind::kFixed4, Number::kInt32}};
  values.ordered = true;
  values.values = {width.integer};
  ChildSpec anything;
  anything.cells = {{"note", Kind::kBytes}};
  layout.children = {values, anything};
  layout.ttl_ms = ttl_ms;
  return layout;
}

std::string EncodedInteger(const Width& width, int64_t value) {
  std::string bytes;
  const ArrayPtr array = Array(width.integer, "[" + std::to_string(value) + "]");
  EXPECT_TRUE(EncodeValue(*array, 0, bytes).ok());
  return bytes;
}

std::string KeyOf(const Width& width, int64_t number) {
  std::string key = EncodedInteger(width, number);
  const ArrayPtr text = Array(arrow::utf8(), "[\"k" + std::to_string(number) + "\"]");
  EXPECT_TRUE(EncodeValue(*text, 0, key).ok());
  return key + kUnhashed;
}

template <typename T>
T& At(KeyedTable& table, int column, Slot slot) {
  return table.cells().at<T>(column, slot);
}

Slot SlotOf(KeyedTable& table, const Width& width, int64_t number) {
  const std::string key = KeyOf(width, number);
  const uint64_t hash = HashBytes(key.data(), key.size() - table.layout().unhashed_bytes);
  bool inserted;
  const Slot slot = table.LookupOrInsert(key, hash, &inserted);
  table.Touch(slot);
  return slot;
}

// What belongs to a key, made from one value. Negative ones show whether signs are extended.
void Put(KeyedTable& table, const Width& width, int64_t number, int64_t value) {
  const Slot slot = SlotOf(table, width, number);
  CellColumns& cells = table.cells();
  if (value % 3 == 0) {
    cells.clear_bytes(0, slot);
  } else {
    cells.set_bytes(0, slot, "text " + std::to_string(value));
  }
  At<uint8_t>(table, 1, slot) = static_cast<uint8_t>(value % 2 == 0);
  if (width.wide) {
    At<int64_t>(table, 2, slot) = -value % 100;
    At<double>(table, 3, slot) = static_cast<double>(value) / 4;
    At<int32_t>(table, 5, slot) = static_cast<int32_t>(-3 * value);
  } else {
    At<int8_t>(table, 2, slot) = static_cast<int8_t>(-value % 100);
    At<float>(table, 3, slot) = static_cast<float>(value) / 4;
    At<int16_t>(table, 5, slot) = static_cast<int16_t>(-3 * value);
  }
  At<std::array<int64_t, 2>>(table, 4, slot) = {value, -1};
  bool inserted;
  for (int64_t element = -1; element <= 1; ++element) {
    const std::string bytes = EncodedInteger(width, element * value);
    ChildTable& values = table.child(0);
    const Slot at = values.FindOrInsert(slot, bytes, HashBytes(bytes), &inserted);
    values.Touch(at);
    if (width.wide) {
      values.cells().at<int64_t>(0, at) = -value;
    } else {
      values.cells().at<int32_t>(0, at) = static_cast<int32_t>(-value);
    }
  }
  const Slot note = table.child(1).FindOrInsert(slot, "raw", HashBytes("raw"), &inserted);
  table.child(1).Touch(note);
  table.child(1).cells().set_bytes(0, note, std::to_string(value));
}

// A base and three deltas with keys and elements that change and go.
constexpr int kSnapshots = 4;
void Work(KeyedTable& table, const Width& width, int round) {
  const int64_t first = round * 40;
  for (int64_t number = first; number < first + 200; ++number)
    Put(table, width, number - 100, number % 97 + round);
  for (int64_t number = first; number < first + 20; ++number) {
    const Slot slot = SlotOf(table, width, number);
    if (number % 2 == 0) {
      table.Erase(slot);
    } else {
      const std::string zero = EncodedInteger(width, 0);
      table.child(0).Erase(slot, zero, HashBytes(zero));
    }
  }
}

using Contents = std::map<std::string, std::string>;

void AddContents(KeyedTable& table, Contents* contents) {
  KeyedTable::Scan keys(table);
  while (true) {
    const auto slots = keys.Next(50);
    ASSERT_TRUE(slots.ok()) << slots.status();
    if (slots->empty()) return;
    for (const Slot slot : *slots) {
      ByteWriter bytes;
      table.WriteSlot(slot, bytes);
      ASSERT_TRUE(contents->emplace(table.key(slot), bytes.Take()).second);
    }
  }
}

class LayoutChangeTest : public testing::Test {
 protected:
  LayoutChangeTest() { std::filesystem::remove_all(root_); }
  ~LayoutChangeTest() override { std::filesystem::remove_all(root_); }

  void KeepSnapshot(KeyedTable& table, Chain* chain) {
    SnapshotWriter writer;
    ASSERT_TRUE(table.Snapshot(writer).ok());
    MemorySnapshot snapshot;
    ASSERT_TRUE(writer.WriteAll(snapshot).ok());
    chain->Keep(std::move(snapshot), writer.num_earlier());
  }

  const std::string root_ = testing::TempDir() + "sabot-layout-change-" + std::to_string(getpid());
};

TEST_F(LayoutChangeTest, ATableIsAsIfItHadAlwaysHadTheWiderLayout) {
  KeyedTable narrow("t", LayoutOf(kNarrow));
  KeyedTable wide("t", LayoutOf(kWide));
  Chain chain;
  for (int round = 0; round < kSnapshots; ++round) {
    Work(narrow, kNarrow, round);
    Work(wide, kWide, round);
    KeepSnapshot(narrow, &chain);
  }
  ASSERT_GT(chain.snapshots.size(), 1u);
  Contents expected;
  AddContents(wide, &expected);
  ASSERT_GT(expected.size(), 200u);

  for (const bool on_disk : {false, true}) {
    for (const int parallelism : {1, 3}) {
      Contents restored;
      for (int subtask = 0; subtask < parallelism; ++subtask) {
        MemoryBudget budget({.limit_bytes = on_disk ? 20'000 : MemoryBudget::kUnlimited},
                            [] { return int64_t{0}; });
        const auto rocksdb = MakeRocksdbBackend({.memory_bytes = 1 << 20});
        StateTiers tiers(
            TiersOptions{.budget = &budget,
                         .backend = on_disk ? rocksdb.get() : nullptr,
                         .folder = root_ + "/" + std::to_string(parallelism * 10 + subtask)});
        KeyedTable table("t", LayoutOf(kWide), &tiers);
        // All old key groups may hold keys of this subtask.
        const auto status =
            table.Restore(SnapshotReader({chain.view()}, KeyGroupsOf(subtask, parallelism)));
        ASSERT_TRUE(status.ok()) << status;
        if (on_disk) {
          EXPECT_LT(table.num_keys(), 100);
        }
        AddContents(table, &restored);
      }
      EXPECT_EQ(restored, expected);
    }
  }
}

TEST_F(LayoutChangeTest, TheNextSnapshotIsABase) {
  KeyedTable narrow("t", LayoutOf(kNarrow));
  Work(narrow, kNarrow, 0);
  Chain chain;
  KeepSnapshot(narrow, &chain);
  for (const bool migrates : {true, false}) {
    KeyedTable table("t", LayoutOf(migrates ? kWide : kNarrow));
    ASSERT_TRUE(table.Restore(SnapshotReader({chain.view()}, {}, true)).ok());
    SnapshotWriter writer;
    ASSERT_TRUE(table.Snapshot(writer).ok());
    MemorySnapshot snapshot;
    ASSERT_TRUE(writer.WriteAll(snapshot).ok());
    EXPECT_EQ(writer.num_earlier(), migrates ? 0 : 1);
  }
}

TEST_F(LayoutChangeTest, NothingGetsNarrower) {
  KeyedTable wide("t", LayoutOf(kWide));
  Put(wide, kWide, 1, 1);
  Chain chain;
  KeepSnapshot(wide, &chain);
  KeyedTable narrow("t", LayoutOf(kNarrow));
  const arrow::Status status = narrow.Restore(SnapshotReader({chain.view()}, {}));
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find("another layout"), std::string::npos);
  for (const auto change : {+[](KeyedTableLayout& layout) { layout.keys.pop_back(); },
                            +[](KeyedTableLayout& layout) { layout.keys[0] = arrow::utf8(); },
                            +[](KeyedTableLayout& layout) { layout.cells.pop_back(); },
                            +[](KeyedTableLayout& layout) { layout.children.pop_back(); },
                            +[](KeyedTableLayout& layout) { layout.children[0].values.clear(); }}) {
    KeyedTableLayout layout = LayoutOf(kWide);
    change(layout);
    KeyedTable other("t", layout);
    EXPECT_FALSE(other.Restore(SnapshotReader({chain.view()}, {})).ok());
  }
}

TEST_F(LayoutChangeTest, KeysKeepTheirAge) {
  KeyedTable narrow("t", LayoutOf(kNarrow, 100));
  narrow.BeginBatch(1'000);
  Put(narrow, kNarrow, 1, 5);
  narrow.BeginBatch(1'050);
  Put(narrow, kNarrow, 2, 5);
  Chain chain;
  KeepSnapshot(narrow, &chain);
  for (const Width& width : {kNarrow, kWide}) {
    KeyedTable table("t", LayoutOf(width, 100));
    table.BeginBatch(1'090);
    ASSERT_TRUE(table.Restore(SnapshotReader({chain.view()}, {})).ok());
    EXPECT_EQ(table.LiveSlots().size(), 2u);
    table.BeginBatch(1'120);
    ASSERT_EQ(table.LiveSlots().size(), 1u);
    EXPECT_EQ(table.key(table.LiveSlots()[0]), KeyOf(width, 2));
  }
}

}  // namespace
}  // namespace sabot::test
