// The random subject and its model.
#include "state/keyed_table_rig.h"

#include <arrow/array/builder_binary.h>
#include <arrow/type.h>

#include "base/hash.h"

namespace sabot::test {
namespace {

using Kind = CellSpec::Kind;

// [01][key][00 01], and no zero within.
std::string Decoded(std::string_view key) { return std::string(key.substr(1, key.size() - 3)); }

}  // namespace

void AddTo(Model* model, const KeyedTable& table, Slot slot) {
  ModelKey& key = (*model)[Decoded(table.key(slot))];
  key.count = table.cells().at<int64_t>(kCount, slot);
  if (table.cells().has_bytes(kText, slot)) key.text = table.cells().bytes(kText, slot);
  if (table.layout().children.empty()) return;
  const ChildTable& set = table.child(kSet);
  for (const Slot at : set.Elements(slot))
    key.set[std::string(set.element(at))] = set.cells().at<int64_t>(0, at);
  const ChildTable& ordered = table.child(kOrdered);
  for (const Slot at : ordered.Elements(slot))
    key.ordered[std::string(ordered.element(at))] = ordered.cells().bytes(0, at);
}

EncodedKeys Encoded(const std::string& key) {
  arrow::BinaryBuilder builder;
  EXPECT_TRUE(builder.Append(key).ok());
  const std::vector<ArrayPtr> columns{builder.Finish().ValueOrDie()};
  EncodedKeys keys;
  EXPECT_TRUE(keys.Encode(columns, 1).ok());
  return keys;
}

KeyedTableLayout RigLayout(bool with_children) {
  KeyedTableLayout layout{{{"count", Kind::kFixed8}, {"text", Kind::kBytes}}, {}};
  if (with_children)
    layout.children = {{{{"times", Kind::kFixed8}}, false}, {{{"value", Kind::kBytes}}, true}};
  return layout;
}

Model ModelOf(KeyedTable& table) {
  Model model;
  KeyedTable::Scan keys(table);
  int64_t num_keys = 0;
  while (true) {
    const auto slots = keys.Next(7);
    EXPECT_TRUE(slots.ok()) << slots.status();
    if (!slots.ok() || slots->empty()) break;
    for (const Slot slot : *slots) AddTo(&model, table, slot);
    num_keys += std::ssize(*slots);
  }
  EXPECT_EQ(num_keys, std::ssize(model));  // None twice.
  return model;
}

void Subject::Change() {
  const uint64_t dice = random_() % 16;
  if (!has_children()) return dice < 3 ? EraseKey() : dice < 4 ? RenewKey() : PutKey();
  switch (dice) {
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

// Short ones, and ones that are kept in the arena.
std::string Subject::RandomKey() {
  const uint64_t number = random_() % 40;
  return "key " + std::to_string(number) + std::string(number % 3 == 0 ? 20 : 0, '.');
}

std::string Subject::RandomElement() {
  const uint64_t number = random_() % 12;
  return std::to_string(number) + std::string(number % 4 == 0 ? 20 : 0, '.');
}

// A key that is there; empty if there is none.
std::string Subject::PresentKey() {
  if (model_.empty()) return "";
  return std::next(model_.begin(), static_cast<ptrdiff_t>(random_() % model_.size()))->first;
}

Slot Subject::SlotOf(const std::string& key) {
  Slot slot = kNoSlot;
  std::vector<int64_t> inserted;
  const arrow::Status status = table_->LookupOrInsert(Encoded(key), std::span(&slot, 1), &inserted);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(inserted.empty(), model_.contains(key)) << key;
  return slot;
}

// A slot that is not touched yet, where the table has such.
Slot Subject::PresentSlot(const std::string& key) {
  if (spills_) return SlotOf(key);
  const EncodedKeys encoded = Encoded(key);
  return table_->Lookup(encoded.key(0), encoded.hash(0));
}

void Subject::SetCells(Slot slot, ModelKey& key) {
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

void Subject::PutKey() {
  const std::string key = RandomKey();
  const Slot slot = SlotOf(key);
  SetCells(slot, model_[key]);
}

void Subject::TouchKey() {
  const std::string key = PresentKey();
  if (key.empty()) return;
  const Slot slot = PresentSlot(key);
  table_->Touch(slot);
  SetCells(slot, model_[key]);
}

void Subject::EraseKey() {
  const std::string key = PresentKey();
  if (key.empty()) return;
  table_->Erase(PresentSlot(key));
  model_.erase(key);
}

// As group_aggregate does: the old slot is still changed before it goes.
void Subject::RenewKey() {
  const std::string key = PresentKey();
  if (key.empty()) return;
  const Slot old = PresentSlot(key);
  const Slot renewed = table_->Renew(old);
  renewed_.insert(key);
  model_[key] = {};
  bool inserted;
  if (has_children()) {
    ChildTable& set = table_->child(kSet);
    set.FindOrInsert(old, "late", HashBytes("late"), &inserted);
    if (const Slot first = set.First(old); first != kNoSlot) set.Erase(first);
  }
  SetCells(renewed, model_[key]);
  table_->Erase(old);
  if (has_children() && random_() % 2 == 0) PutElementOf(key);
}

void Subject::PutElement() {
  const std::string key = random_() % 4 == 0 ? RandomKey() : PresentKey();
  if (!key.empty()) PutElementOf(key);
}

void Subject::PutElementOf(const std::string& key) {
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

void Subject::EraseElement() {
  const std::string key = PresentKey();
  if (key.empty()) return;
  const std::string element = RandomElement();
  const int child = static_cast<int>(random_() % 2);
  table_->child(child).Erase(PresentSlot(key), element, HashBytes(element));
  child == kSet ? model_[key].set.erase(element) : model_[key].ordered.erase(element);
}

void Subject::EraseElements() {
  const std::string key = PresentKey();
  if (key.empty()) return;
  table_->child(kSet).EraseAll(PresentSlot(key));
  model_[key].set.clear();
}

std::optional<RandomSnapshots::Written> RandomSnapshots::Step(
    Subject& subject, const std::function<std::unique_ptr<KeyedTable>()>& fresh) {
  std::mt19937_64& random = subject.random();
  if (writer_ == nullptr) {
    if (random() % 20 != 0) return std::nullopt;
    const uint64_t dice = random() % 20;
    writer_ = std::make_unique<SnapshotWriter>(dice == 0   ? SnapshotMode::kFull
                                               : dice <= 2 ? SnapshotMode::kSavepoint
                                                           : SnapshotMode::kIncremental);
    const arrow::Status begun = subject.table().Snapshot(*writer_);
    EXPECT_TRUE(begun.ok()) << begun;
    snapshot_ = MemorySnapshot();
    frozen_ = subject.model();
    return std::nullopt;
  }
  if (random() % 300 == 0) {
    GiveUp();
    return std::nullopt;
  }
  if (random() % 400 == 0) {
    // The table goes, and another one begins under its name once this snapshot is written.
    subject.Replace(fresh(), {});
    const arrow::Status whole = writer_->WriteAll(snapshot_);
    EXPECT_TRUE(whole.ok()) << whole;
  } else {
    if (random() % changes_per_piece_ != 0) return std::nullopt;
    const auto done = writer_->WritePiece(snapshot_, 1 + random() % 200);
    EXPECT_TRUE(done.ok()) << done.status();
    if (!done.ok() || !*done) return std::nullopt;
  }
  Written written{writer_->mode(), writer_->num_earlier(), std::move(frozen_)};
  writer_.reset();
  savepoint_.reset();
  if (written.mode == SnapshotMode::kSavepoint) {
    EXPECT_EQ(written.num_earlier, 0);
    savepoint_ = std::move(snapshot_);
  } else {
    kept_.Keep(std::move(snapshot_), written.num_earlier);
  }
  return written;
}

SnapshotChain RandomSnapshots::chain() const {
  return savepoint_ ? SnapshotChain{{&savepoint_->sections()}, {}} : kept_.view();
}

}  // namespace sabot::test
