// KeyedTable over a ColdStore: the same random changes as in the tests of its snapshots, with
// memory for a few keys only; restores from one backend to another; a disk that fails. A failing
// seed is printed and replays exactly.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"
#include "base/hash.h"
#include "base/memory_budget.h"
#include "state/cold_backends.h"
#include "state/cold_keys.h"
#include "state/cold_log.h"
#include "state/keyed_table_rig.h"
#include "state/state_tiers.h"

namespace sabot::test {
namespace {

// The last three have a log over the store, for keys without children: one that keeps all rows, and
// two that hand them on as they must.
enum class Backend { kMemory, kModel, kRocksdb, kLog, kLogThatHandsOver, kLogOnRocksdb };
constexpr int kNumBackends = 6;

bool IsRocksdb(Backend backend) {
  return backend == Backend::kRocksdb || backend == Backend::kLogOnRocksdb;
}
bool HasLog(Backend backend) { return backend >= Backend::kLog; }

// Where tables live: one budget of memory, one cold store.
class World {
 public:
  World(Backend backend, int64_t limit_bytes, const std::string& root)
      : budget_({.limit_bytes = limit_bytes}, [] { return int64_t{0}; }),
        backend_(IsRocksdb(backend) ? MakeRocksdbBackend({.memory_bytes = 1 << 20})
                                    : MakeModelBackend()) {
    static uint64_t num_worlds = 0;
    FileSystem* const files = IsRocksdb(backend) ? &LocalFileSystem() : &files_;
    tiers_ = std::make_unique<StateTiers>(
        TiersOptions{.budget = &budget_,
                     .backend = backend == Backend::kMemory ? nullptr : backend_.get(),
                     .files = HasLog(backend) ? files : nullptr,
                     .folder = root + "/" + std::to_string(++num_worlds),
                     .log_part = backend == Backend::kLog ? 1 : 3});
  }
  StateTiers& tiers() { return *tiers_; }

 private:
  MemoryBudget budget_;
  MemoryFileSystem files_;
  std::unique_ptr<ColdBackend> backend_;
  std::unique_ptr<StateTiers> tiers_;
};

class KeyedTableColdTest : public testing::TestWithParam<Backend> {
 protected:
  KeyedTableColdTest() { std::filesystem::remove_all(root_); }
  ~KeyedTableColdTest() override { std::filesystem::remove_all(root_); }

  std::unique_ptr<KeyedTable> NewTable(World& world) {
    return std::make_unique<KeyedTable>("t", RigLayout(with_children_), &world.tiers());
  }

  Model RestoredAt(int parallelism, Backend backend, const SnapshotChain& chain) {
    Model all;
    for (int subtask = 0; subtask < parallelism; ++subtask) {
      const KeyGroups own = KeyGroupsOf(subtask, parallelism);
      World world(backend, LimitOf(backend), root_);
      const auto table = NewTable(world);
      const arrow::Status status = table->Restore(SnapshotReader({chain}, own));
      EXPECT_TRUE(status.ok()) << status;
      all.merge(ModelOf(*table));
    }
    return all;
  }

  void RunSeed(uint64_t seed);

  static int64_t LimitOf(Backend backend) {
    return backend == Backend::kMemory ? kUnlimited : kLimit;
  }
  int64_t limit() const { return LimitOf(GetParam()); }
  uint64_t num_seeds(uint64_t of_models) const {
    return IsRocksdb(GetParam()) ? 8 : HasLog(GetParam()) ? of_models / 2 : of_models;
  }
  // Where there is a log most tables have no children, whose keys do not go there.
  bool ChildrenOf(uint64_t seed) const {
    return HasLog(GetParam()) ? seed % 8 == 0 : seed % 3 != 0;
  }

  static constexpr int64_t kLimit = 2'000;
  static constexpr int64_t kUnlimited = MemoryBudget::kUnlimited;
  const std::string root_ =
      testing::TempDir() + "sabot-keyed-table-cold-" + std::to_string(getpid());
  bool with_children_ = true;
  int64_t num_deltas_ = 0;
  int64_t num_bases_over_cold_ = 0;
  int64_t num_rows_in_logs_ = 0;  // When snapshots were taken.
};

std::string NameOf(Backend backend) {
  static constexpr std::array kNames{"memory",           "model",       "rocksdb", "log",
                                     "logThatHandsOver", "logOnRocksdb"};
  return kNames[static_cast<size_t>(backend)];
}

INSTANTIATE_TEST_SUITE_P(Backends, KeyedTableColdTest,
                         testing::Values(Backend::kModel, Backend::kRocksdb, Backend::kLog,
                                         Backend::kLogThatHandsOver, Backend::kLogOnRocksdb),
                         [](const auto& each) { return NameOf(each.param); });

void KeyedTableColdTest::RunSeed(uint64_t seed) {
  auto world = std::make_unique<World>(GetParam(), limit(), root_);
  const auto fresh = [&] { return NewTable(*world); };
  Subject subject(seed, fresh(), true);
  std::mt19937_64& random = subject.random();
  RandomSnapshots snapshots(random);
  const auto changes_per_element = 1 + random() % 8;
  for (int step = 0; step < 1'000; ++step) {
    subject.Change();
    if (random() % changes_per_element == 0) {
      const arrow::Status status = world->tiers().MakeRoom();
      ASSERT_TRUE(status.ok()) << status;
    }
    if (random() % 200 == 0) {
      ASSERT_EQ(ModelOf(subject.table()), subject.model());
    }
    const auto written = snapshots.Step(subject, fresh);
    if (!written) continue;
    const int parallelism = random() % 3 == 0 ? 3 : 1;
    const auto reader = static_cast<Backend>(random() % kNumBackends);
    ASSERT_EQ(RestoredAt(parallelism, reader, snapshots.chain()), written->frozen);
    if (world->tiers().log() != nullptr) num_rows_in_logs_ += world->tiers().log()->num_rows();
    if (written->mode == SnapshotMode::kSavepoint) continue;
    num_deltas_ += written->num_earlier > 0 ? 1 : 0;
    // More keys than memory holds.
    num_bases_over_cold_ += written->num_earlier == 0 && written->frozen.size() > 25 ? 1 : 0;
    if (random() % 6 != 0) continue;
    auto next = std::make_unique<World>(GetParam(), limit(), root_);
    auto restored = NewTable(*next);
    const arrow::Status status = restored->Restore(SnapshotReader({snapshots.chain()}, {}, true));
    ASSERT_TRUE(status.ok()) << status;
    subject.Replace(std::move(restored), written->frozen);
    world = std::move(next);
  }
  snapshots.GiveUp();
  ASSERT_EQ(ModelOf(subject.table()), subject.model());
  subject.Replace(nullptr, {});
}

TEST_P(KeyedTableColdTest, AgreesWithAModelUnderRandomChanges) {
  const uint64_t num_seeds_run = num_seeds(60);
  for (uint64_t seed = 1; seed <= num_seeds_run; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    with_children_ = ChildrenOf(seed);
    RunSeed(seed);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(num_deltas_, 5 * static_cast<int64_t>(num_seeds_run));
  EXPECT_GT(num_bases_over_cold_, static_cast<int64_t>(num_seeds_run));
  if (HasLog(GetParam())) {
    EXPECT_GT(num_rows_in_logs_, 50 * static_cast<int64_t>(num_seeds_run));
  }
}

// What a scan changes goes back to disk with the next piece, what it erases does not come again.
TEST_P(KeyedTableColdTest, AScanChangesAndErasesWhatItGives) {
  for (const bool all_on_disk : {false, true}) {
    with_children_ = !HasLog(GetParam());
    World world(GetParam(), limit(), root_);
    const auto table = NewTable(world);
    std::set<std::string> evicted;
    table->OnEvict([&](Slot slot) {
      evicted.emplace(table->key(slot));
      return arrow::Status::OK();
    });
    Model expected;
    for (int i = 0; i < 300; ++i) {
      const std::string key = "key " + std::to_string(i);
      Slot slot = kNoSlot;
      ASSERT_TRUE(table->LookupOrInsert(Encoded(key), std::span(&slot, 1), nullptr).ok());
      table->cells().at<int64_t>(kCount, slot) = i;
      bool inserted = false;
      if (with_children_)
        table->child(kSet).FindOrInsert(slot, "element", HashBytes("element"), &inserted);
      if (i % 3 != 0) {
        expected[key].count = i % 3 == 1 ? i + 1'000 : i;
        if (with_children_) expected[key].set["element"] = 0;
      }
      if (i >= 290 && !all_on_disk) continue;
      ASSERT_TRUE(world.tiers().MakeRoom().ok());
    }
    EXPECT_GT(evicted.size(), 250u);
    const int64_t num_in_memory = table->num_keys();
    {
      KeyedTable::Scan keys(*table);
      while (true) {
        const auto slots = keys.Next(7).ValueOrDie();
        if (slots.empty()) break;
        ASSERT_LE(table->num_keys(), num_in_memory + 7);
        for (const Slot slot : slots) {
          const int64_t count = table->cells().at<int64_t>(kCount, slot);
          if (count % 3 == 0) table->Erase(slot);
          if (count % 3 != 1) continue;
          table->Touch(slot);
          table->cells().at<int64_t>(kCount, slot) = count + 1'000;
        }
      }
    }
    EXPECT_EQ(ModelOf(*table), expected);
    ASSERT_TRUE(world.tiers().MakeRoom().ok());
    EXPECT_EQ(ModelOf(*table), expected);
    const EncodedKeys kept = Encoded("key 7");
    const EncodedKeys erased = Encoded("key 6");
    const std::vector<KeyedTable::KeyRef> wanted = {
        {kept.key(0), kept.hash(0)}, {erased.key(0), erased.hash(0)}, {kept.key(0), kept.hash(0)}};
    std::vector<Slot> slots(3);
    ASSERT_TRUE(table->Fetch(wanted, slots).ok());
    EXPECT_EQ(slots[0], slots[2]);
    EXPECT_EQ(slots[1], kNoSlot);
    EXPECT_EQ(table->cells().at<int64_t>(kCount, slots[0]), 1'007);
  }
}

// Whatever moves between memory and disk meanwhile: who reads sees every key that is there all the
// time once, as it is at that moment.
TEST_P(KeyedTableColdTest, IsReadWhileItChanges) {
  int64_t num_read = 0;
  for (uint64_t seed = 1; seed <= num_seeds(40); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    with_children_ = ChildrenOf(seed);
    World world(GetParam(), limit(), root_);
    Subject subject(seed, NewTable(world), true);
    std::mt19937_64& random = subject.random();
    for (int round = 0; round < 20; ++round) {
      for (int i = 0; i < 30; ++i) subject.Change();
      ASSERT_TRUE(world.tiers().MakeRoom().ok());
      std::set<std::string> always;
      for (const auto& [key, value] : subject.model()) always.insert(key);
      subject.renewed().clear();
      std::map<std::string, int> times;
      KeyedTable::Reading reading(static_cast<int64_t>(random() % 20));
      std::vector<Slot> kept;
      for (bool last = false; !last;) {
        const auto slots = reading.Next(subject.table(), 1 + random() % 5, &last);
        ASSERT_TRUE(slots.ok()) << slots.status();
        for (const Slot slot : std::exchange(kept, {})) {
          ASSERT_TRUE(subject.table().live(slot));
          Model again;
          AddTo(&again, subject.table(), slot);
          for (const auto& [key, value] : again) ASSERT_EQ(value, subject.model().at(key)) << key;
        }
        Model read;
        for (const Slot slot : *slots) AddTo(&read, subject.table(), slot);
        for (const auto& [key, value] : read) {
          ASSERT_EQ(value, subject.model().at(key)) << key;
          ++times[key];
        }
        if (random() % 3 == 0) {
          reading.Keep();
          kept = *slots;
          continue;
        }
        if (random() % 2 == 0) {
          ASSERT_TRUE(world.tiers().MakeRoom().ok());
        }
        for (uint64_t changes = random() % 4; changes > 0; --changes) {
          subject.Change();
          std::erase_if(always, [&](const auto& key) { return !subject.model().contains(key); });
        }
      }
      for (const std::string& key : always) {
        if (subject.renewed().contains(key)) continue;
        ASSERT_EQ(times[key], 1) << key;
        ++num_read;
      }
    }
    subject.Replace(nullptr, {});
  }
  EXPECT_GT(num_read, 500);
}

// Lets a test look at the store that a table's keys have moved to.
class WatchedBackend final : public ColdBackend {
 public:
  explicit WatchedBackend(std::unique_ptr<ColdBackend> backend) : backend_(std::move(backend)) {}
  arrow::Result<std::unique_ptr<ColdStore>> Open(const std::string& folder) override {
    ARROW_ASSIGN_OR_RAISE(auto store, backend_->Open(folder));
    store_ = store.get();
    return store;
  }
  int64_t memory_bytes() const override { return backend_->memory_bytes(); }

  int64_t RowsAfterCompaction(const std::string& structure, const ColdTableOptions& options) {
    const auto table = store_->OpenTable(ColdTableOf(structure), options).ValueOrDie();
    EXPECT_TRUE(store_->Compact(table).ok());
    const auto rows = store_->Scan(table, "", "").ValueOrDie();
    int64_t count = 0;
    for (; rows->valid(); ++count) EXPECT_TRUE(rows->Next().ok());
    return count;
  }

 private:
  std::unique_ptr<ColdBackend> backend_;
  ColdStore* store_ = nullptr;
};

// Keys on disk grow old, too; who reads one under kReadAndWrite keeps it from compaction.
TEST_P(KeyedTableColdTest, CompactionDropsKeysThatNobodyHasUsed) {
  for (const auto update : {TtlUpdate::kCreateAndWrite, TtlUpdate::kReadAndWrite}) {
    MemoryBudget budget({.limit_bytes = 0}, [] { return int64_t{0}; });
    WatchedBackend backend(IsRocksdb(GetParam()) ? MakeRocksdbBackend({.memory_bytes = 1 << 20})
                                                 : MakeModelBackend());
    StateTiers tiers(TiersOptions{.budget = &budget, .backend = &backend, .folder = root_});
    KeyedTableLayout layout = RigLayout(false);
    layout.ttl_ms = 100;
    layout.ttl_update = update;
    KeyedTable table("t", layout, &tiers);
    const auto key = [](int i) { return Encoded("key " + std::to_string(i)); };
    table.BeginBatch(1'000);
    for (int i = 0; i < 50; ++i) {
      Slot slot = kNoSlot;
      ASSERT_TRUE(table.LookupOrInsert(key(i), std::span(&slot, 1), nullptr).ok());
    }
    ASSERT_TRUE(tiers.MakeRoom().ok());
    ASSERT_EQ(table.num_keys(), 0);
    table.BeginBatch(1'060);
    for (int i = 0; i < 50; i += 2)
      EXPECT_NE(table.Read(key(i).key(0), key(i).hash(0)).ValueOrDie(), kNoSlot);
    ASSERT_TRUE(tiers.MakeRoom().ok());
    ASSERT_EQ(table.num_keys(), 0);
    const ColdTableOptions options{.expires = true};
    EXPECT_EQ(backend.RowsAfterCompaction("t", options), 50);
    table.BeginBatch(1'100);
    const bool lives = update == TtlUpdate::kReadAndWrite;
    EXPECT_EQ(backend.RowsAfterCompaction("t", options), lives ? 25 : 0);
    EXPECT_EQ(std::ssize(ModelOf(table)), lives ? 25 : 0);
    table.BeginBatch(1'160);
    EXPECT_EQ(backend.RowsAfterCompaction("t", options), 0);
  }
}

// A model whose disk fails after some operations, and goes on failing.
class FailingStore final : public ColdStore {
 public:
  FailingStore(std::unique_ptr<ColdStore> store, int64_t* operations_left)
      : store_(std::move(store)), left_(operations_left) {}
  arrow::Result<Table> OpenTable(const std::string& name,
                                 const ColdTableOptions& options) override {
    ARROW_RETURN_NOT_OK(Ask());
    return store_->OpenTable(name, options);
  }
  arrow::Status MultiGet(Table table, std::span<const std::string_view> keys,
                         ColdValues* values) override {
    ARROW_RETURN_NOT_OK(Ask());
    return store_->MultiGet(table, keys, values);
  }
  arrow::Status Write(const ColdWrites& writes) override {
    ARROW_RETURN_NOT_OK(Ask());
    return store_->Write(writes);
  }
  arrow::Result<std::unique_ptr<ColdScan>> Scan(Table table, std::string_view from,
                                                std::string_view to) override {
    ARROW_RETURN_NOT_OK(Ask());
    return store_->Scan(table, from, to);
  }
  void SetProcessingTime(int64_t now_ms) override { store_->SetProcessingTime(now_ms); }
  arrow::Status Compact(Table table) override { return store_->Compact(table); }

 private:
  arrow::Status Ask() {
    return --*left_ < 0 ? UserError("io", "/disk", "Input/output error") : arrow::Status::OK();
  }
  std::unique_ptr<ColdStore> store_;
  int64_t* left_;
};

class FailingBackend final : public ColdBackend {
 public:
  explicit FailingBackend(int64_t operations) : left_(operations) {}
  arrow::Result<std::unique_ptr<ColdStore>> Open(const std::string& folder) override {
    ARROW_ASSIGN_OR_RAISE(auto store, model_->Open(folder));
    return std::make_unique<FailingStore>(std::move(store), &left_);
  }
  int64_t memory_bytes() const override { return 0; }

 private:
  int64_t left_;
  std::unique_ptr<ColdBackend> model_ = MakeModelBackend();
};

// One pass over keys that do not fit into memory, with snapshots and a scan; what it ended with.
arrow::Status WorkWithLittleMemory(KeyedTable& table, StateTiers& tiers) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 60; ++i) {
      const EncodedKeys keys = Encoded("key " + std::to_string(i * 7 % 60));
      Slot slot = kNoSlot;
      ARROW_RETURN_NOT_OK(table.LookupOrInsert(keys, std::span(&slot, 1), nullptr));
      ++table.cells().at<int64_t>(kCount, slot);
      if (i % 13 == 5) table.Erase(slot);
      ARROW_RETURN_NOT_OK(tiers.MakeRoom());
    }
    SnapshotWriter writer;
    ARROW_RETURN_NOT_OK(table.Snapshot(writer));
    MemorySnapshot snapshot;
    ARROW_RETURN_NOT_OK(writer.WriteAll(snapshot));
    KeyedTable::Scan all(table);
    for (bool more = true; more;) {
      ARROW_ASSIGN_OR_RAISE(const auto slots, all.Next(10));
      more = !slots.empty();
    }
  }
  return arrow::Status::OK();
}

TEST(KeyedTableOnAFailingDisk, SaysSoWhateverItWasDoing) {
  int64_t num_failures = 0;
  for (int64_t operations = 0;; ++operations) {
    MemoryBudget budget({.limit_bytes = 2'000}, [] { return int64_t{0}; });
    FailingBackend backend(operations);
    StateTiers tiers(TiersOptions{.budget = &budget, .backend = &backend, .folder = ""});
    auto table = std::make_unique<KeyedTable>("t", RigLayout(), &tiers);
    const arrow::Status status = WorkWithLittleMemory(*table, tiers);
    if (status.ok()) {
      // Its rows can no longer be deleted.
      table.reset();
      EXPECT_FALSE(tiers.MakeRoom().ok());
      break;
    }
    ASSERT_NE(DetailOf(status), nullptr) << status;
    ASSERT_EQ(DetailOf(status)->kind(), "io");
    ++num_failures;
  }
  EXPECT_GT(num_failures, 100);
}

// Whatever the limit, memory that cannot spill is not exceeded in silence.
TEST(KeyedTableInMemory, OverTheLimitIsAnError) {
  MemoryBudget budget({.limit_bytes = 2'000}, [] { return int64_t{0}; });
  StateTiers tiers(TiersOptions{.budget = &budget, .backend = nullptr, .folder = ""});
  KeyedTable table("t", RigLayout(), &tiers);
  const arrow::Status status = WorkWithLittleMemory(table, tiers);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(DetailOf(status)->kind(), "memory-limit");
  EXPECT_NE(status.message().find("'state.backend.type' to 'rocksdb'"), std::string::npos);
}

}  // namespace
}  // namespace sabot::test
