// ColdStore: what RocksDB and the model must both do.
#include "state/cold_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "state/cold_backends.h"
#include "state/cold_keys.h"

namespace sabot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Rows = std::map<std::string, std::string>;

class ColdStoreTest : public testing::TestWithParam<const char*> {
 protected:
  ColdStoreTest() {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(test.name());
    std::replace(name.begin(), name.end(), '/', '-');
    root_ = testing::TempDir() + "sabot-cold-" + name;
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    backend_ = MakeBackend(GetParam());
  }
  ~ColdStoreTest() override {
    backend_.reset();
    std::filesystem::remove_all(root_);
  }

  static std::unique_ptr<ColdBackend> MakeBackend(std::string_view kind) {
    if (kind == "model") return MakeModelBackend();
    return MakeRocksdbBackend({.memory_bytes = 8 << 20});
  }

  std::string Folder(const std::string& name) const { return root_ + "/" + name; }
  std::unique_ptr<ColdStore> Open(const std::string& name) {
    auto opened = backend_->Open(Folder(name));
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    return std::move(opened).ValueOrDie();
  }

  std::string root_;
  std::unique_ptr<ColdBackend> backend_;
};

INSTANTIATE_TEST_SUITE_P(Backends, ColdStoreTest, testing::Values("model", "rocksdb"),
                         [](const auto& each) { return std::string(each.param); });

ColdStore::Table TableOf(ColdStore& store, const std::string& name, ColdTableOptions options = {}) {
  return store.OpenTable(name, options).ValueOrDie();
}

void Put(ColdStore& store, ColdStore::Table table, const Rows& rows) {
  ColdWrites writes;
  for (const auto& [key, value] : rows) writes.Put(table, key, value);
  ASSERT_TRUE(store.Write(writes).ok());
}

arrow::Result<Rows> TryRead(ColdStore& store, ColdStore::Table table, std::string_view from = {},
                            std::string_view to = {}) {
  ARROW_ASSIGN_OR_RAISE(const auto scan, store.Scan(table, from, to));
  Rows rows;
  while (scan->valid()) {
    rows.emplace(scan->key(), scan->value());
    ARROW_RETURN_NOT_OK(scan->Next());
  }
  return rows;
}

Rows Read(ColdStore& store, ColdStore::Table table, std::string_view from = {},
          std::string_view to = {}) {
  return TryRead(store, table, from, to).ValueOrDie();
}

std::vector<std::string> Get(ColdStore& store, ColdStore::Table table,
                             const std::vector<std::string_view>& keys) {
  ColdValues values;
  EXPECT_TRUE(store.MultiGet(table, keys, &values).ok());
  EXPECT_EQ(values.size(), static_cast<int64_t>(keys.size()));
  std::vector<std::string> texts;
  for (size_t i = 0; i < keys.size(); ++i) {
    texts.push_back(values.has(i) ? "=" + std::string(values.value(i)) : "absent");
  }
  return texts;
}

// In words, at most three.
std::string Differences(const Rows& left, const Rows& right) {
  std::string words;
  int found = 0;
  const auto compare = [&](const Rows& here, const Rows& there, const char* side) {
    for (const auto& [key, value] : here) {
      const auto other = there.find(key);
      if (other != there.end() && other->second == value) continue;
      if (++found <= 3) words += key + "=" + value.substr(0, 20) + " only " + side + "; ";
    }
  };
  compare(left, right, "left");
  compare(right, left, "right");
  return words;
}

std::string Number(int64_t number) {
  std::string text = std::to_string(number);
  return std::string(8 - text.size(), '0') + text;
}

TEST_P(ColdStoreTest, AnswersBatchesOfKeysInAnyOrder) {
  const auto store = Open("db");
  const auto table = TableOf(*store, "t");
  Put(*store, table, {{"a", "1"}, {"b", ""}, {"c", "3"}});
  EXPECT_THAT(Get(*store, table, {"a", "b", "bb", "c"}), ElementsAre("=1", "=", "absent", "=3"));
  EXPECT_THAT(Get(*store, table, {"c", "x", "a", "c"}), ElementsAre("=3", "absent", "=1", "=3"));
  EXPECT_THAT(Get(*store, table, {}), IsEmpty());
}

TEST_P(ColdStoreTest, AppliesChangesInOrder) {
  const auto store = Open("db");
  const auto table = TableOf(*store, "t");
  ColdWrites writes;
  writes.Put(table, "a", "1");
  writes.Delete(table, "a");
  writes.Delete(table, "b");
  writes.Put(table, "b", "2");
  writes.Put(table, "c", "3");
  writes.DeleteRange(table, "c", "d");
  writes.Put(table, "d", "4");
  writes.DeleteRange(table, "e", "a");  // Empty.
  ASSERT_TRUE(store->Write(writes).ok());
  EXPECT_EQ(Read(*store, table), (Rows{{"b", "2"}, {"d", "4"}}));
  writes.Clear();
  EXPECT_EQ(writes.size(), 0);
  ASSERT_TRUE(store->Write(writes).ok());
}

TEST_P(ColdStoreTest, DeletesByPrefixAndToTheEnd) {
  const auto store = Open("db");
  const auto table = TableOf(*store, "t");
  Put(*store, table,
      {{"a", ""}, {"b", ""}, {"b1", ""}, {"b\xff", ""}, {"c", ""}, {"\xfe\xff", ""}});
  ColdWrites writes;
  writes.DeleteRange(table, "b", EndOfPrefix("b"));
  ASSERT_TRUE(store->Write(writes).ok());
  EXPECT_EQ(Read(*store, table), (Rows{{"a", ""}, {"c", ""}, {"\xfe\xff", ""}}));
  writes.Clear();
  writes.Put(table, "x", "");
  writes.DeleteRange(table, "d", {});
  ASSERT_TRUE(store->Write(writes).ok());
  EXPECT_EQ(Read(*store, table), (Rows{{"a", ""}, {"c", ""}}));
  writes.Clear();
  writes.DeleteRange(table, "d", {});
  writes.DeleteRange(table, {}, {});
  ASSERT_TRUE(store->Write(writes).ok());
  EXPECT_THAT(Read(*store, table), IsEmpty());
}

TEST_P(ColdStoreTest, ScansRangesAsTheyWere) {
  const auto store = Open("db");
  const auto table = TableOf(*store, "t");
  Put(*store, table, {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
  EXPECT_EQ(Read(*store, table, "b", "d"), (Rows{{"b", "2"}, {"c", "3"}}));
  EXPECT_EQ(Read(*store, table, "bb", {}), (Rows{{"c", "3"}, {"d", "4"}}));
  EXPECT_THAT(Read(*store, table, "c", "b"), IsEmpty());

  const auto scan = store->Scan(table, {}, {}).ValueOrDie();
  Put(*store, table, {{"a", "new"}, {"aa", "new"}});
  EXPECT_EQ(scan->key(), "a");
  EXPECT_EQ(scan->value(), "1");
  ASSERT_TRUE(scan->Next().ok());
  EXPECT_EQ(scan->key(), "b");
  ASSERT_TRUE(scan->Seek("cc").ok());
  EXPECT_EQ(scan->key(), "d");
  ASSERT_TRUE(scan->Seek("a").ok());
  EXPECT_EQ(scan->value(), "1");
  ASSERT_TRUE(scan->Seek("e").ok());
  EXPECT_FALSE(scan->valid());
}

TEST_P(ColdStoreTest, KeepsTablesApart) {
  const auto store = Open("db");
  const auto left = TableOf(*store, "left");
  const auto right = TableOf(*store, "right", {.expires = true});
  EXPECT_EQ(TableOf(*store, "left"), left);
  Put(*store, left, {{"a", "left"}});
  Put(*store, right, {{"a", "right at most"}});
  EXPECT_THAT(Get(*store, left, {"a"}), ElementsAre("=left"));
  EXPECT_THAT(Get(*store, right, {"a"}), ElementsAre("=right at most"));
}

TEST_P(ColdStoreTest, CompactionDropsRowsWhoseTimeHasCome) {
  const auto store = Open("db");
  const auto expiring = TableOf(*store, "expiring", {.expires = true});
  const auto kept = TableOf(*store, "kept");
  const auto until = [](int64_t ms) {
    return std::string(reinterpret_cast<const char*>(&ms), sizeof(ms)) + "value";
  };
  const Rows rows{{"a", until(10)}, {"b", until(20)}, {"c", until(INT64_MAX)}};
  Put(*store, expiring, rows);
  Put(*store, kept, rows);
  ASSERT_TRUE(store->Compact(expiring).ok());
  EXPECT_EQ(Read(*store, expiring), rows);
  store->SetProcessingTime(10);
  ASSERT_TRUE(store->Compact(expiring).ok());
  ASSERT_TRUE(store->Compact(kept).ok());
  EXPECT_EQ(Read(*store, expiring), (Rows{{"b", until(20)}, {"c", until(INT64_MAX)}}));
  EXPECT_EQ(Read(*store, kept), rows);
  // An older version of a dropped row does not come back.
  Put(*store, expiring, {{"b", until(1000)}});
  Put(*store, expiring, {{"b", until(5)}});
  ASSERT_TRUE(store->Compact(expiring).ok());
  EXPECT_EQ(Read(*store, expiring), (Rows{{"c", until(INT64_MAX)}}));
}

// RocksDB keeps a checksum of every block.
TEST(ColdStoreRocksdb, DamageIsAnErrorAndNeverOtherRows) {
  const std::string folder = testing::TempDir() + "sabot-cold-damage";
  std::filesystem::remove_all(folder);
  {
    const auto backend = MakeRocksdbBackend({.memory_bytes = 1 << 20});
    const auto store = backend->Open(folder).ValueOrDie();
    const auto table = TableOf(*store, "t");
    Rows rows;
    for (int i = 0; i < 20'000; ++i)
      rows[Number(i)] = "value of " + std::to_string(i * 7919 % 3001);
    Put(*store, table, rows);
    ASSERT_TRUE(store->Compact(table).ok());
    ASSERT_EQ(Differences(Read(*store, table), rows), "");
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".sst") continue;
      std::fstream file(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(static_cast<std::streamoff>(entry.file_size() / 3));
      file.write("damage", 6);
    }
    const auto read = TryRead(*store, table);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(DetailOf(read.status())->kind(), "state-damaged");
  }
  std::filesystem::remove_all(folder);
}

TEST(ColdStoreRocksdb, StaysWithinItsMemory) {
  const std::string folder = testing::TempDir() + "sabot-cold-memory";
  std::filesystem::remove_all(folder);
  constexpr int64_t kMemory = int64_t{8} << 20;
  {
    const auto backend = MakeRocksdbBackend({.memory_bytes = kMemory});
    std::vector<std::unique_ptr<ColdStore>> stores;
    int64_t most = 0;
    std::mt19937_64 random(3);
    for (int i = 0; i < 3; ++i) {
      stores.push_back(backend->Open(folder + "/" + std::to_string(i)).ValueOrDie());
    }
    ColdValues values;
    for (int round = 0; round < 300; ++round) {
      ColdStore& store = *stores[static_cast<size_t>(round % 3)];
      const auto table = store.OpenTable(round % 2 == 0 ? "a" : "b", {}).ValueOrDie();
      ColdWrites writes;
      std::vector<std::string> keys;
      for (int i = 0; i < 1000; ++i) {
        keys.push_back(Number(static_cast<int64_t>(random() % 10'000'000)));
        writes.Put(table, keys.back(), std::string(100, static_cast<char>(random() % 256)));
      }
      ASSERT_TRUE(store.Write(writes).ok());
      const std::vector<std::string_view> views(keys.begin(), keys.end());
      ASSERT_TRUE(store.MultiGet(table, views, &values).ok());
      most = std::max(most, backend->memory_bytes());
    }
    EXPECT_GT(most, kMemory / 4);
    EXPECT_LT(most, 2 * kMemory);  // A memtable that is being flushed comes on top for a moment.
  }
  std::filesystem::remove_all(folder);
}

// The same random changes on both.
TEST(ColdStoreModel, AgreesWithRocksdb) {
  const std::string root = testing::TempDir() + "sabot-cold-agree";
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    std::filesystem::remove_all(root);
    std::mt19937_64 random(seed);
    const auto model_backend = MakeModelBackend();
    const auto rocksdb_backend = MakeRocksdbBackend({.memory_bytes = 1 << 20});
    const auto model = model_backend->Open("/db").ValueOrDie();
    const auto rocksdb = rocksdb_backend->Open(root + "/db").ValueOrDie();
    const auto key = [&] { return Number(static_cast<int64_t>(random() % 500)); };
    for (int step = 0; step < 40; ++step) {
      for (ColdStore* store : {model.get(), rocksdb.get()}) {
        const std::mt19937_64 saved = random;
        for (const char* name : {"a", "b"}) {
          const auto table = TableOf(*store, name);
          ColdWrites writes;
          for (uint64_t i = random() % 200; i > 0; --i) {
            const std::string at = key();
            switch (random() % 8) {
              case 0:
                writes.Delete(table, at);
                break;
              case 1:
                if (random() % 20 == 0) {
                  writes.DeleteRange(table, at, random() % 4 == 0 ? "" : key());
                  break;
                }
                [[fallthrough]];
              default:
                writes.Put(table, at, std::string(random() % 300, static_cast<char>(random())));
            }
          }
          ASSERT_TRUE(store->Write(writes).ok());
        }
        if (store == model.get()) random = saved;
      }
      for (const char* name : {"a", "b"}) {
        ASSERT_EQ(Differences(Read(*model, TableOf(*model, name)),
                              Read(*rocksdb, TableOf(*rocksdb, name))),
                  "");
        std::vector<std::string> keys;
        for (int i = 0; i < 50; ++i) keys.push_back(key());
        const std::vector<std::string_view> views(keys.begin(), keys.end());
        ASSERT_EQ(Get(*model, TableOf(*model, name), views),
                  Get(*rocksdb, TableOf(*rocksdb, name), views));
      }
    }
  }
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace sabot
