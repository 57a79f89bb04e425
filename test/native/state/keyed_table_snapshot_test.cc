// KeyedTable's incremental snapshots against a model: random changes, barriers, tiny pieces written
// between them, snapshots given up, tables that go before they are written, restores. A failing
// seed is printed and replays exactly.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/hash.h"
#include "state/keyed_table.h"

namespace sabot {
namespace {

using Kind = CellSpec::Kind;

enum Cell : int { kCount = 0, kText = 1 };
enum Child : int { kSet = 0, kOrdered = 1 };

KeyedTableLayout Layout() {
  return {{{"count", Kind::kFixed8}, {"text", Kind::kBytes}},
          {{{{"times", Kind::kFixed8}}, false}, {{{"value", Kind::kBytes}}, true}}};
}

struct ModelKey {
  int64_t count = 0;
  std::optional<std::string> text;
  std::map<std::string, int64_t> set;
  std::map<std::string, std::string> ordered;
  auto operator<=>(const ModelKey&) const = default;
};
using Model = std::map<std::string, ModelKey>;

Model ModelOf(const KeyedTable& table) {
  Model model;
  for (const Slot slot : table.LiveSlots()) {
    ModelKey& key = model[std::string(table.key(slot))];
    key.count = table.cells().at<int64_t>(kCount, slot);
    if (table.cells().has_bytes(kText, slot)) key.text = table.cells().bytes(kText, slot);
    const ChildTable& set = table.child(kSet);
    for (const Slot at : set.Elements(slot))
      key.set[std::string(set.element(at))] = set.cells().at<int64_t>(0, at);
    const ChildTable& ordered = table.child(kOrdered);
    for (const Slot at : ordered.Elements(slot))
      key.ordered[std::string(ordered.element(at))] = ordered.cells().bytes(0, at);
  }
  return model;
}

// A table that changes at random, with the model that it must agree with.
class Subject {
 public:
  explicit Subject(uint64_t seed) : random_(seed) {}

  void Change() {
    switch (random_() % 16) {
      case 0:
      case 1:
      case 2:
        return EraseKey();
      case 3:
        return RenewKey();
      case 4:
        return EraseElements();
      case 5:
      case 6:
        return EraseElement();
      case 7:
        return TouchKey();
      case 8:
      case 9:
      case 10:
        return PutElement();
      default:
        return PutKey();
    }
  }

  void Replace(std::unique_ptr<KeyedTable> table, Model model) {
    table_ = std::move(table);
    model_ = std::move(model);
  }
  KeyedTable& table() { return *table_; }
  const Model& model() const { return model_; }
  std::mt19937_64& random() { return random_; }

 private:
  // Short ones, and ones that are kept in the arena.
  std::string RandomKey() {
    const uint64_t number = random_() % 40;
    return "key " + std::to_string(number) + std::string(number % 3 == 0 ? 20 : 0, '.');
  }
  std::string RandomElement() {
    const uint64_t number = random_() % 12;
    return std::to_string(number) + std::string(number % 4 == 0 ? 20 : 0, '.');
  }
  Slot SlotOf(const std::string& key) {
    bool inserted;
    return table_->LookupOrInsert(key, HashBytes(key), &inserted);
  }
  // A key that is there; empty if there is none.
  std::string PresentKey() {
    if (model_.empty()) return "";
    return std::next(model_.begin(), static_cast<ptrdiff_t>(random_() % model_.size()))->first;
  }
  Slot PresentSlot(const std::string& key) { return table_->Lookup(key, HashBytes(key)); }

  void SetCells(Slot slot, ModelKey& key) {
    key.count = static_cast<int64_t>(random_() % 1'000);
    table_->cells().at<int64_t>(kCount, slot) = key.count;
    if (random_() % 4 == 0) {
      key.text.reset();
      table_->cells().clear_bytes(kText, slot);
    } else {
      key.text = std::string(random_() % 30, 't');
      table_->cells().set_bytes(kText, slot, *key.text);
    }
  }

  void PutKey() {
    const std::string key = RandomKey();
    SetCells(SlotOf(key), model_[key]);
  }

  void TouchKey() {
    const std::string key = PresentKey();
    if (key.empty()) return;
    const Slot slot = PresentSlot(key);
    table_->Touch(slot);
    SetCells(slot, model_[key]);
  }

  void EraseKey() {
    const std::string key = PresentKey();
    if (key.empty()) return;
    table_->Erase(PresentSlot(key));
    model_.erase(key);
  }

  // As group_aggregate does: the old slot is still changed before it goes.
  void RenewKey() {
    const std::string key = PresentKey();
    if (key.empty()) return;
    const Slot old = PresentSlot(key);
    const Slot renewed = table_->Renew(old);
    model_[key] = {};
    bool inserted;
    ChildTable& set = table_->child(kSet);
    set.FindOrInsert(old, "late", HashBytes("late"), &inserted);
    if (const Slot first = set.First(old); first != kNoSlot) set.Erase(first);
    SetCells(renewed, model_[key]);
    table_->Erase(old);
    if (random_() % 2 == 0) PutElementOf(key);
  }

  void PutElement() {
    const std::string key = random_() % 4 == 0 ? RandomKey() : PresentKey();
    if (!key.empty()) PutElementOf(key);
  }

  void PutElementOf(const std::string& key) {
    const Slot slot = SlotOf(key);
    ModelKey& model = model_[key];
    const std::string element = RandomElement();
    bool inserted;
    if (random_() % 2 == 0) {
      ChildTable& set = table_->child(kSet);
      const Slot at = set.FindOrInsert(slot, element, HashBytes(element), &inserted);
      set.Touch(at);
      model.set[element] += 7;
      set.cells().at<int64_t>(0, at) += 7;
    } else {
      ChildTable& ordered = table_->child(kOrdered);
      const Slot at = ordered.FindOrInsert(slot, element, HashBytes(element), &inserted);
      ordered.Touch(at);
      ordered.cells().set_bytes(0, at, model.ordered[element] = std::string(random_() % 40, 'v'));
    }
  }

  void EraseElement() {
    const std::string key = PresentKey();
    if (key.empty()) return;
    const std::string element = RandomElement();
    const int child = static_cast<int>(random_() % 2);
    table_->child(child).Erase(PresentSlot(key), element, HashBytes(element));
    child == kSet ? model_[key].set.erase(element) : model_[key].ordered.erase(element);
  }

  void EraseElements() {
    const std::string key = PresentKey();
    if (key.empty()) return;
    table_->child(kSet).EraseAll(PresentSlot(key));
    model_[key].set.clear();
  }

  std::mt19937_64 random_;
  std::unique_ptr<KeyedTable> table_ = std::make_unique<KeyedTable>("t", Layout());
  Model model_;
};

// Snapshots that are kept, as a coordinator would.
struct Chain {
  std::deque<MemorySnapshot> snapshots;

  void Keep(MemorySnapshot snapshot, int num_earlier) {
    ASSERT_LE(num_earlier, std::ssize(snapshots));
    while (std::ssize(snapshots) > num_earlier) snapshots.pop_front();
    snapshots.push_back(std::move(snapshot));
  }
  SnapshotChain view() const {
    SnapshotChain chain;
    for (const MemorySnapshot& each : snapshots) chain.snapshots.push_back(&each.sections());
    return chain;
  }
};

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

void RunChain(uint64_t seed, int64_t* num_deltas) {
  Subject subject(seed);
  std::mt19937_64& random = subject.random();
  Chain chain;
  std::unique_ptr<SnapshotWriter> writer;
  MemorySnapshot snapshot;
  Model frozen;
  const auto changes_per_piece = 1 + random() % 4;
  for (int step = 0; step < 3'000; ++step) {
    subject.Change();
    if (writer == nullptr) {
      if (random() % 20 != 0) continue;
      const uint64_t dice = random() % 20;
      writer = std::make_unique<SnapshotWriter>(dice == 0   ? SnapshotMode::kFull
                                                : dice <= 2 ? SnapshotMode::kSavepoint
                                                            : SnapshotMode::kIncremental);
      ASSERT_TRUE(subject.table().Snapshot(*writer).ok());
      snapshot = MemorySnapshot();
      frozen = subject.model();
      continue;
    }
    if (random() % 300 == 0) {
      writer.reset();  // Given up.
      continue;
    }
    if (random() % 400 == 0) {
      // The table goes, and another one begins under its name once this snapshot is written.
      subject.Replace(std::make_unique<KeyedTable>("t", Layout()), {});
      ASSERT_TRUE(writer->WriteAll(snapshot).ok());
    } else {
      if (random() % changes_per_piece != 0) continue;
      const auto done = writer->WritePiece(snapshot, 1 + random() % 200);
      ASSERT_TRUE(done.ok()) << done.status();
      if (!*done) continue;
    }
    const int parallelism = random() % 3 == 0 ? 3 : 1;
    if (writer->mode() == SnapshotMode::kSavepoint) {
      ASSERT_EQ(writer->num_earlier(), 0);
      ASSERT_EQ(RestoredAt(parallelism, {{&snapshot.sections()}, {}}), frozen);
      writer.reset();
      continue;
    }
    *num_deltas += writer->num_earlier() > 0 ? 1 : 0;
    chain.Keep(std::move(snapshot), writer->num_earlier());
    writer.reset();
    ASSERT_EQ(RestoredAt(parallelism, chain.view()), frozen);
    if (random() % 6 == 0) {
      auto restored = std::make_unique<KeyedTable>("t", Layout());
      ASSERT_TRUE(restored->Restore(SnapshotReader({chain.view()}, {}, true)).ok());
      subject.Replace(std::move(restored), frozen);
    }
  }
  writer.reset();
  ASSERT_EQ(ModelOf(subject.table()), subject.model());
}

TEST(KeyedTableSnapshot, ChainsAgreeWithAModelUnderRandomChanges) {
  int64_t num_deltas = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RunChain(seed, &num_deltas);
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

// Whatever is in a snapshot's bytes, reading ends with a table or an error.
TEST(KeyedTableSnapshot, DamagedBytesAreNoCrash) {
  Subject subject(5);
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
}  // namespace sabot
