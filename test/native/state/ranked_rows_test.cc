// Ranked rows against models: ties, barriers and restores, rows on disk, and what a TTL forgets.
#include "state/ranked_rows.h"

#include <arrow/array.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

#include "harness.h"
#include "state/short_memory.h"

namespace sabot {
namespace {

using test::ShortMemory;

// Rows of a key, ordered by `v`, told apart by `n`.
const Schema& RowSchema() {
  static const Schema schema = test::MakeSchema({"k BIGINT", "v BIGINT", "n BIGINT"});
  return schema;
}

int64_t ColumnOf(const RankedRows& rows, RowId id, int column) {
  const RowRef row = rows.store().Ref(id);
  return static_cast<const arrow::Int64Array&>(*row.batch->column(column)).Value(row.row);
}

struct Row {
  int64_t key;
  int64_t value;
  int64_t number;
};

Batch BatchOf(const std::vector<Row>& rows) {
  std::string json;
  for (const Row& row : rows) {
    json += (json.empty() ? "[" : ", [") + std::to_string(row.key) + ", " +
            std::to_string(row.value) + ", " + std::to_string(row.number) + "]";
  }
  return test::MakeBatch(RowSchema(), "[" + json + "]");
}

constexpr int64_t kTtlMs = 100;

struct Kind {
  Ties ties;
  int64_t limit;
  bool renewed_by_eviction;
};

// As Flink keeps them: per key a map from the sort key to its rows, an entry of which is as old as
// its last write.
class Model {
 public:
  explicit Model(Kind kind) : kind_(kind) {}

  // Whether the row is kept, and the number of the one that falls off, or -1.
  std::pair<bool, int64_t> Insert(const Row& row, int64_t now) {
    Group& group = Live(row.key, now);
    int64_t count = 0;
    for (const auto& [value, entry] : group) count += std::ssize(entry.rows);
    if (count >= kind_.limit) {
      const int64_t worst = group.rbegin()->first;
      if (row.value > worst) return {false, -1};
      if (row.value == worst && kind_.ties == Ties::kOldestFirst) return {false, -1};
    }
    int64_t evicted = -1;
    if (count >= kind_.limit) {
      const auto last = std::prev(group.end());
      Entry& entry = last->second;
      evicted = kind_.ties == Ties::kOldestFirst ? entry.rows.back() : entry.rows.front();
      kind_.ties == Ties::kOldestFirst ? entry.rows.pop_back() : entry.rows.pop_front();
      if (kind_.renewed_by_eviction) entry.written_ms = now;
      if (entry.rows.empty()) group.erase(last);
    }
    Entry& entry = group[row.value];
    entry.rows.push_back(row.number);
    entry.written_ms = now;
    return {true, evicted};
  }

  std::vector<int64_t> Numbers(int64_t now) {
    std::vector<int64_t> numbers;
    for (const auto& [key, group] : groups_) {
      for (const auto& [value, entry] : Live(key, now))
        numbers.insert(numbers.end(), entry.rows.begin(), entry.rows.end());
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }

 private:
  struct Entry {
    std::deque<int64_t> rows;
    int64_t written_ms = 0;
  };
  using Group = std::map<int64_t, Entry>;

  Group& Live(int64_t key, int64_t now) {
    Group& group = groups_[key];
    std::erase_if(group, [&](const auto& each) { return each.second.written_ms <= now - kTtlMs; });
    return group;
  }

  Kind kind_;
  std::map<int64_t, Group> groups_;
};

std::vector<int64_t> Numbers(RankedRows& rows) {
  std::vector<RowId> ids = rows.store().LiveRows();
  EXPECT_TRUE(rows.LeaveOutExpired(&ids).ok());
  std::vector<int64_t> numbers;
  for (const RowId id : ids) numbers.push_back(ColumnOf(rows, id, 2));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

class Subject {
 public:
  Subject(Kind kind, bool on_disk)
      : kind_(kind), memory_(on_disk ? new ShortMemory : nullptr), model_(kind), rows_(Empty()) {}

  void Insert(const std::vector<Row>& rows) {
    rows_->SetTime(now_);
    ASSERT_TRUE(rows_->Begin(BatchOf(rows)).ok());
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto inserted = rows_->Insert(static_cast<int64_t>(i)).ValueOrDie();
      const auto [kept, evicted] = model_.Insert(rows[i], now_);
      ASSERT_EQ(inserted.element != kNoSlot, kept);
      ASSERT_EQ(inserted.evicted == kNoRow ? -1 : ColumnOf(*rows_, inserted.evicted, 2), evicted);
    }
    ASSERT_TRUE(rows_->End().ok());
    if (memory_ != nullptr) {
      ASSERT_TRUE(memory_->tiers.MakeRoom().ok());
    }
  }

  void Restore(bool continues) {
    SnapshotWriter writer;
    ASSERT_TRUE(rows_->Snapshot(writer).ok());
    while (std::ssize(chain_) > writer.num_earlier()) chain_.pop_front();
    ASSERT_TRUE(writer.WriteAll(chain_.emplace_back()).ok());
    SnapshotChain view;
    for (const MemorySnapshot& each : chain_) view.snapshots.push_back(&each.sections());
    rows_ = Empty();
    rows_->SetTime(now_);
    ASSERT_TRUE(rows_->Restore(SnapshotReader({view}, {}, continues)).ok());
  }

  void Advance(int64_t millis) {
    now_ += millis;
    rows_->SetTime(now_);
    ASSERT_EQ(Numbers(*rows_), model_.Numbers(now_));
  }

  RankedRows& rows() { return *rows_; }

 private:
  std::unique_ptr<RankedRows> Empty() {
    return std::make_unique<RankedRows>(
        "rows", RowSchema(), std::vector<int>{0}, std::vector<SortKey>{{.column = 1}}, kind_.limit,
        kind_.ties, memory_ == nullptr ? nullptr : &memory_->tiers,
        RankedRowsTtl{.ms = kTtlMs, .renewed_by_eviction = kind_.renewed_by_eviction});
  }

  Kind kind_;
  std::unique_ptr<ShortMemory> memory_;
  Model model_;
  std::unique_ptr<RankedRows> rows_;
  std::deque<MemorySnapshot> chain_;
  int64_t now_ = 1'000'000;
};

class RankedRowsTtlTest : public testing::TestWithParam<std::tuple<Kind, bool>> {};

TEST_P(RankedRowsTtlTest, ForgetsWhatFlinkForgets) {
  const auto& [kind, on_disk] = GetParam();
  std::mt19937_64 random(5);
  Subject subject(kind, on_disk);
  int64_t number = 0;
  for (int step = 0; step < 400 && !HasFatalFailure(); ++step) {
    std::vector<Row> rows(1 + random() % 12);
    for (Row& row : rows) {
      row = {static_cast<int64_t>(random() % 5), static_cast<int64_t>(random() % 4), ++number};
    }
    subject.Insert(rows);
    if (step % 7 == 0) subject.Restore(random() % 2 == 0);
    subject.Advance(static_cast<int64_t>(random() % 30));
  }
}

INSTANTIATE_TEST_SUITE_P(All, RankedRowsTtlTest,
                         testing::Combine(testing::Values(Kind{Ties::kOldestFirst, 4, true},
                                                          Kind{Ties::kOldestFirst, 4, false},
                                                          Kind{Ties::kNewestFirst, 1, false}),
                                          testing::Bool()));

// Keys that do not come again leave memory and disk as others come.
TEST(RankedRows, WhatHasExpiredTakesNoRoom) {
  for (const bool on_disk : {false, true}) {
    Subject subject({Ties::kOldestFirst, 2, true}, on_disk);
    for (int64_t key = 0; key < 20'000; key += 100) {
      std::vector<Row> rows;
      for (int64_t i = 0; i < 100; ++i) rows.push_back({key + i, 0, key + i});
      subject.Insert(rows);
    }
    subject.Restore(true);
    EXPECT_EQ(subject.rows().store().num_rows(), 20'000);
    subject.Advance(kTtlMs);
    for (int i = 0; i < 20; ++i) subject.Insert({{1'000'000, 0, i}});
    EXPECT_EQ(subject.rows().store().num_rows(), 2);
    EXPECT_FALSE(subject.rows().Groups()->Next(10).ValueOrDie().size() > 1);
  }
}

// A TTL may be given to rows that are there, which count from then on, and taken away.
TEST(RankedRows, MayBeginToAgeAndCeaseTo) {
  const auto open = [](int64_t ttl_ms) {
    return std::make_unique<RankedRows>("rows", RowSchema(), std::vector<int>{0},
                                        std::vector<SortKey>{{.column = 1}}, 2, Ties::kOldestFirst,
                                        nullptr, RankedRowsTtl{.ms = ttl_ms});
  };
  auto rows = open(0);
  ASSERT_TRUE(rows->Begin(BatchOf({{1, 1, 1}, {1, 2, 2}})).ok());
  for (const int64_t row : {0, 1}) ASSERT_TRUE(rows->Insert(row).ok());
  ASSERT_TRUE(rows->End().ok());
  int64_t now = 500;
  for (const int64_t ttl_ms : {kTtlMs, int64_t{0}, kTtlMs}) {
    MemorySnapshot snapshot;
    SnapshotWriter writer;
    ASSERT_TRUE(rows->Snapshot(writer).ok());
    ASSERT_TRUE(writer.WriteAll(snapshot).ok());
    rows = open(ttl_ms);
    rows->SetTime(now);
    ASSERT_TRUE(
        rows->Restore(SnapshotReader({SnapshotChain{{&snapshot.sections()}, {}}}, {}, true)).ok());
    now += kTtlMs - 1;
    rows->SetTime(now);
    EXPECT_EQ(Numbers(*rows), (std::vector<int64_t>{1, 2}));
  }
  rows->SetTime(now + 1);
  EXPECT_EQ(Numbers(*rows), std::vector<int64_t>());
}

std::string Ranks(RankedRows& rows) {
  std::map<int64_t, std::string> groups;
  const auto scan = rows.Groups();
  for (auto slots = scan->Next(4).ValueOrDie(); !slots.empty();
       slots = scan->Next(4).ValueOrDie()) {
    for (const Slot group : slots) {
      for (Slot at = rows.First(group); at != kNoSlot; at = rows.After(at)) {
        const RowId id = rows.RowOf(at);
        groups[ColumnOf(rows, id, 0)] += " " + std::to_string(ColumnOf(rows, id, 2));
      }
    }
  }
  std::string all;
  for (const auto& [key, text] : groups) all += std::to_string(key) + ":" + text + "\n";
  return all;
}

// Many ties, which arrival decides.
TEST(RankedRows, ChainsKeepRanksAndTies) {
  for (const Ties ties : {Ties::kOldestFirst, Ties::kNewestFirst}) {
    ShortMemory memory;
    const auto empty = [&](StateTiers* tiers) {
      return std::make_unique<RankedRows>("rows", RowSchema(), std::vector<int>{0},
                                          std::vector<SortKey>{{.column = 1}}, 5, ties, tiers);
    };
    std::mt19937_64 random(3);
    int64_t number = 0;
    auto rows = empty(&memory.tiers);
    auto never_restored = empty(nullptr);
    std::deque<MemorySnapshot> chain;
    for (int step = 0; step < 200; ++step) {
      std::vector<Row> drawn(20);
      for (Row& row : drawn) {
        row = {static_cast<int64_t>(random() % 6), static_cast<int64_t>(random() % 10), ++number};
      }
      const Batch batch = BatchOf(drawn);
      for (RankedRows* each : {rows.get(), never_restored.get()}) {
        ASSERT_TRUE(each->Begin(batch).ok());
        for (int64_t row = 0; row < batch.num_rows(); ++row) {
          if (row % 3 == 0) continue;
          ASSERT_TRUE(each->Insert(row).ok());
        }
        ASSERT_TRUE(each->End().ok());
      }
      ASSERT_TRUE(memory.tiers.MakeRoom().ok());
      ASSERT_EQ(Ranks(*rows), Ranks(*never_restored));
      if (step % 10 != 0) continue;
      SnapshotWriter writer;
      ASSERT_TRUE(rows->Snapshot(writer).ok());
      while (std::ssize(chain) > writer.num_earlier()) chain.pop_front();
      ASSERT_TRUE(writer.WriteAll(chain.emplace_back()).ok());
      SnapshotChain view;
      for (const MemorySnapshot& each : chain) view.snapshots.push_back(&each.sections());
      rows = empty(&memory.tiers);
      ASSERT_TRUE(rows->Restore(SnapshotReader({view}, {}, random() % 2 == 0)).ok());
      ASSERT_EQ(Ranks(*rows), Ranks(*never_restored));
    }
  }
}

}  // namespace
}  // namespace sabot
