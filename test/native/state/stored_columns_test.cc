// Rows that are restored into a store with other columns: wider types, columns that are new or in
// another place, by key and by rank.
#include "state/stored_columns.h"

#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "harness.h"
#include "state/ranked_rows.h"
#include "state/row_lists.h"

namespace sabot::test {
namespace {

const Schema kBefore = MakeSchema({"k INT", "v VARCHAR", "n DECIMAL(5, 2)"});
const Schema kAfter = MakeSchema({"k BIGINT", "note VARCHAR", "n DECIMAL(9, 2)", "v VARCHAR"});

MemorySnapshot SnapshotOf(RowLists& rows, int* num_earlier) {
  SnapshotWriter writer;
  EXPECT_TRUE(rows.Snapshot(writer).ok());
  *num_earlier = writer.num_earlier();
  MemorySnapshot snapshot;
  EXPECT_TRUE(writer.WriteAll(snapshot).ok());
  return snapshot;
}

void Add(RowLists& rows, const Schema& schema, const char* json) {
  const Batch batch = MakeBatch(schema, json);
  EncodedKeys keys;
  ASSERT_TRUE(RowLists::EncodeKeys(batch, rows.keys(), &keys).ok());
  std::vector<int32_t> all(static_cast<size_t>(batch.num_rows()));
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int32_t>(i);
  ASSERT_TRUE(rows.Add(batch, keys, all).ok());
}

// A row's columns as text.
std::vector<std::string> TextsOf(const RowStore& store, RowId id) {
  std::vector<std::string> texts;
  const RecordBatchPtr row = store.Gather(std::vector<RowId>{id}).ValueOrDie();
  for (const auto& column : row->columns())
    texts.push_back(column->GetScalar(0).ValueOrDie()->ToString());
  return texts;
}

// Rows of a key as text, newest first.
std::vector<std::string> RowsOf(RowLists& rows, const char* key) {
  const Schema schema = {rows.schema()[0]};
  const Batch batch = MakeBatch(schema, std::string("[[") + key + "]]");
  EncodedKeys keys;
  EXPECT_TRUE(RowLists::EncodeKeys(batch, {0}, &keys).ok());
  std::vector<std::string> texts;
  for (const RowId id : rows.RowsOf(keys.key(0), keys.hash(0)).ValueOrDie()) {
    std::string text;
    for (const std::string& column : TextsOf(rows.store(), id)) text += column + " ";
    texts.push_back(text);
  }
  return texts;
}

TEST(StoredColumns, RowsByKeyHaveTheWiderTypesAndNullWhereAColumnIsNew) {
  RowLists before("rows", kBefore, {0}, nullptr);
  Add(before, kBefore, R"([[1, "a", "1.50"], [-2, "b", "2.00"]])");
  int num_earlier = 0;
  const MemorySnapshot base = SnapshotOf(before, &num_earlier);
  Add(before, kBefore, R"([[1, null, "-7.25"]])");
  const MemorySnapshot delta = SnapshotOf(before, &num_earlier);
  ASSERT_EQ(num_earlier, 1);
  const SnapshotChain chain{{&base.sections(), &delta.sections()}, {}};

  for (const int64_t ttl_ms : {0, 100}) {
    std::vector<std::string> ones, twos;
    for (int subtask = 0; subtask < 3; ++subtask) {
      RowLists after("rows", kAfter, {0}, nullptr, ttl_ms);
      ASSERT_TRUE(after.BeginBatch(1'000).ok());
      const auto status = after.Restore(SnapshotReader({chain}, KeyGroupsOf(subtask, 3)));
      ASSERT_TRUE(status.ok()) << status;
      const auto add = [](std::vector<std::string>* to, const std::vector<std::string>& from) {
        to->insert(to->end(), from.begin(), from.end());
      };
      add(&ones, RowsOf(after, "1"));
      add(&twos, RowsOf(after, "-2"));
      EXPECT_EQ(after.store().LiveRows().size(),
                RowsOf(after, "1").size() + RowsOf(after, "-2").size());
    }
    const std::string added = ttl_ms == 0 ? "" : "null ";
    EXPECT_EQ(ones,
              (std::vector<std::string>{"1 null -7.25 null " + added, "1 null 1.50 a " + added}));
    EXPECT_EQ(twos, (std::vector<std::string>{"-2 null 2.00 b " + added}));
  }
}

TEST(StoredColumns, TheNextSnapshotIsABase) {
  RowLists before("rows", kBefore, {0}, nullptr);
  Add(before, kBefore, R"([[1, "a", "1.50"]])");
  int num_earlier = 0;
  const MemorySnapshot base = SnapshotOf(before, &num_earlier);
  const Schema renamed = MakeSchema({"key INT", "value VARCHAR", "n DECIMAL(5, 2)"});
  for (const auto& [schema, expected] :
       {std::pair(kAfter, 0), std::pair(renamed, 0), std::pair(kBefore, 1)}) {
    RowLists after("rows", schema, {0}, nullptr);
    ASSERT_TRUE(after.Restore(SnapshotReader({{{&base.sections()}, {}}}, {}, true)).ok());
    EXPECT_EQ(RowsOf(after, "1").size(), 1u);
    SnapshotOf(after, &num_earlier);
    EXPECT_EQ(num_earlier, expected);
  }
}

TEST(StoredColumns, RanksGoByTheConvertedRows) {
  const std::vector<SortKey> by_n = {{.column = 2, .descending = true, .nulls_first = false}};
  RankedRows before("top", kBefore, {0}, by_n, 2, Ties::kOldestFirst, nullptr);
  const Batch batch =
      MakeBatch(kBefore, R"([[1, "a", "1.00"], [1, "b", "3.00"], [1, "c", "2.00"]])");
  ASSERT_TRUE(before.Begin(batch).ok());
  for (int64_t row = 0; row < 3; ++row) ASSERT_TRUE(before.Insert(row).ok());
  ASSERT_TRUE(before.End().ok());
  SnapshotWriter writer;
  ASSERT_TRUE(before.Snapshot(writer).ok());
  MemorySnapshot snapshot;
  ASSERT_TRUE(writer.WriteAll(snapshot).ok());

  RankedRows after("top", kAfter, {0}, by_n, 2, Ties::kOldestFirst, nullptr);
  const auto status = after.Restore(SnapshotReader(snapshot.sections()));
  ASSERT_TRUE(status.ok()) << status;
  const Batch more = MakeBatch(kAfter, R"([[1, "new", "2.50", "d"]])");
  ASSERT_TRUE(after.Begin(more).ok());
  ASSERT_TRUE(after.Insert(0).ok());
  ASSERT_TRUE(after.End().ok());
  std::string order;
  const auto groups = after.Groups();
  const std::vector<Slot> all = [&] {
    const auto next = groups->Next(10).ValueOrDie();
    return std::vector<Slot>(next.begin(), next.end());
  }();
  ASSERT_EQ(all.size(), 1u);
  for (Slot at = after.First(all[0]); at != kNoSlot; at = after.After(at)) {
    const std::vector<std::string> texts = TextsOf(after.store(), after.RowOf(at));
    order += texts[3] + texts[1];
  }
  EXPECT_EQ(order, "bnulldnew");
}

TEST(StoredColumns, WhatIsLostIsRefused) {
  const auto fits = [](std::vector<std::string> stored, std::vector<std::string> now) {
    return StoredColumns(ToArrow(MakeSchema(stored)), ToArrow(MakeSchema(now))).fit();
  };
  EXPECT_TRUE(fits({"a INT"}, {"b BIGINT"}));
  EXPECT_TRUE(fits({"a INT", "b INT"}, {"b INT", "a INT"}));
  EXPECT_TRUE(fits({"a INT", "a INT"}, {"a INT", "b INT"}));
  EXPECT_TRUE(fits({"a INT", "$key0 INT"}, {"$key1 INT", "b INT", "a INT"}));
  EXPECT_FALSE(fits({"a INT", "$key0 INT"}, {"a INT", "$key0 INT", "$key1 INT"}));
  EXPECT_FALSE(fits({"a BIGINT"}, {"a INT"}));
  EXPECT_FALSE(fits({"a INT", "b INT"}, {"a INT"}));
  EXPECT_FALSE(fits({"a INT"}, {"c INT", "b INT"}));
  EXPECT_FALSE(fits({"a INT", "b VARCHAR"}, {"b INT", "a VARCHAR"}));
}

}  // namespace
}  // namespace sabot::test
