// Tables that change at random, beside a model that they must agree with; shared by the tests of
// KeyedTable's snapshots and of its cold tier.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "state/keyed_table.h"

namespace sabot::test {

enum Cell : int { kCount = 0, kText = 1 };
enum Child : int { kSet = 0, kOrdered = 1 };

KeyedTableLayout RigLayout(bool with_children = true);
EncodedKeys Encoded(const std::string& key);  // One row.

struct ModelKey {
  int64_t count = 0;
  std::optional<std::string> text;
  std::map<std::string, int64_t> set;
  std::map<std::string, std::string> ordered;
  auto operator<=>(const ModelKey&) const = default;
};
using Model = std::map<std::string, ModelKey>;

// All that a table holds, wherever it lies. Keys as they were before their encoding.
Model ModelOf(KeyedTable& table);
// What one slot holds.
void AddTo(Model* model, const KeyedTable& table, Slot slot);

class Subject {
 public:
  // `spills`: keys of the table may be in its cold store.
  Subject(uint64_t seed, std::unique_ptr<KeyedTable> table, bool spills = false)
      : random_(seed), table_(std::move(table)), spills_(spills) {}

  // One random change, of keys or elements.
  void Change();
  void Replace(std::unique_ptr<KeyedTable> table, Model model) {
    table_ = std::move(table);
    model_ = std::move(model);
  }
  KeyedTable& table() { return *table_; }
  const Model& model() const { return model_; }
  // Keys that were renewed since this was cleared.
  std::set<std::string>& renewed() { return renewed_; }
  std::mt19937_64& random() { return random_; }

 private:
  std::string RandomKey();
  std::string RandomElement();
  std::string PresentKey();
  Slot SlotOf(const std::string& key);
  Slot PresentSlot(const std::string& key);
  void SetCells(Slot slot, ModelKey& key);
  void PutKey();
  void TouchKey();
  void EraseKey();
  void RenewKey();
  void PutElement();
  void PutElementOf(const std::string& key);
  void EraseElement();
  void EraseElements();
  bool has_children() const { return !table_->layout().children.empty(); }

  std::mt19937_64 random_;
  std::unique_ptr<KeyedTable> table_;
  bool spills_;
  Model model_;
  std::set<std::string> renewed_;
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

// Snapshots of a table that changes: begun, written piece by piece or given up at random, tables
// that go before they are written, and what was written as a chain.
class RandomSnapshots {
 public:
  explicit RandomSnapshots(std::mt19937_64& random) : changes_per_piece_(1 + random() % 4) {}

  struct Written {
    SnapshotMode mode;
    int num_earlier;
    Model frozen;  // What the table held at the barrier.
  };
  // After a change; `fresh` makes an empty table. What has been written by this step, if anything:
  // chain() restores it.
  std::optional<Written> Step(Subject& subject,
                              const std::function<std::unique_ptr<KeyedTable>()>& fresh);
  SnapshotChain chain() const;
  void GiveUp() { writer_.reset(); }

 private:
  const uint64_t changes_per_piece_;
  Chain kept_;
  std::optional<MemorySnapshot> savepoint_;  // If that was written last.
  std::unique_ptr<SnapshotWriter> writer_;
  MemorySnapshot snapshot_;
  Model frozen_;
};

}  // namespace sabot::test
