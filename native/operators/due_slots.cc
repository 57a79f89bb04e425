// Times in memory and on disk.
#include "operators/due_slots.h"

#include <cstring>
#include <string>

#include "base/check.h"
#include "base/hash.h"

namespace sabot {
namespace {

constexpr size_t kRecalledMax = 8192;
constexpr size_t kTimeBytes = sizeof(int64_t);

// Bytes that compare as times do.
void AppendTime(int64_t time, std::string* to) {
  const uint64_t ordered = __builtin_bswap64(static_cast<uint64_t>(time) ^ (uint64_t{1} << 63));
  to->append(reinterpret_cast<const char*>(&ordered), kTimeBytes);
}
int64_t TimeIn(std::string_view entry) {
  SABOT_CHECK(entry.size() > kTimeBytes);
  uint64_t ordered = 0;
  std::memcpy(&ordered, entry.data(), kTimeBytes);
  return static_cast<int64_t>(__builtin_bswap64(ordered) ^ (uint64_t{1} << 63));
}

}  // namespace

DueSlots::DueSlots(std::string name, KeyedTable* table, int time_cell, size_t unhashed_bytes,
                   StateTiers* tiers)
    : table_(table),
      time_cell_(time_cell),
      unhashed_bytes_(unhashed_bytes),
      tiers_(tiers != nullptr && tiers->limited() ? tiers : nullptr),
      cold_(std::move(name), tiers) {
  if (tiers_ != nullptr) tiers_->Add(this);
  if (table_->spills()) table_->OnEvict([this](Slot slot) { return ToDisk(slot); });
}

DueSlots::~DueSlots() {
  table_->OnEvict(nullptr);
  if (tiers_ != nullptr) tiers_->Remove(this);
}

void DueSlots::Push(Slot slot) { Queue(TimeOf(slot), slot); }

void DueSlots::Queue(int64_t time, Slot slot) {
  if (slot >= stamps_.size())
    stamps_.resize(std::max<size_t>(size_t{slot} + 1, stamps_.size() * 2));
  SABOT_CHECK(stamps_[slot] == 0);
  if (++last_stamp_ == 0) ++last_stamp_;
  stamps_[slot] = last_stamp_;
  queue_.push_back({time, last_stamp_, slot});
  std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
}

void DueSlots::Forget(Slot slot) {
  if (slot >= stamps_.size() || stamps_[slot] == 0) return;
  stamps_[slot] = 0;
  ++num_void_;
  if (HasManyVoid()) DropVoid();
}

void DueSlots::DropVoid() {
  std::erase_if(queue_,
                [this](const QueuedTime& each) { return stamps_[each.slot] != each.stamp; });
  std::make_heap(queue_.begin(), queue_.end(), std::greater<>());
  num_void_ = 0;
}

arrow::Status DueSlots::ToDisk(Slot slot) {
  // Not in memory's queue: its time lies on disk since it was there before.
  if (slot >= stamps_.size() || stamps_[slot] == 0) return arrow::Status::OK();
  Forget(slot);
  std::string entry;
  AppendTime(TimeOf(slot), &entry);
  entry.append(table_->key(slot));
  ARROW_RETURN_NOT_OK(cold_.Put(entry));
  NoteLeast();
  return arrow::Status::OK();
}

void DueSlots::NoteLeast() {
  has_cold_ = !cold_.least().empty();
  if (has_cold_) cold_time_ = TimeIn(cold_.least());
}

arrow::Status DueSlots::Recall(const std::function<bool(int64_t)>& due) {
  std::vector<std::string> taken;
  ARROW_RETURN_NOT_OK(
      cold_.Take(kRecalledMax, [&](std::string_view entry) { return due(TimeIn(entry)); }, &taken));
  NoteLeast();
  std::vector<KeyedTable::KeyRef> keys;
  for (const std::string& entry : taken) {
    const std::string_view key = std::string_view(entry).substr(kTimeBytes);
    keys.push_back({key, HashBytes(key.substr(0, key.size() - unhashed_bytes_))});
  }
  std::vector<Slot> slots(keys.size());
  ARROW_RETURN_NOT_OK(table_->Fetch(keys, slots));
  for (const Slot slot : slots) {
    // It may have gone since, or be queued as it was when it came back.
    if (slot == kNoSlot) continue;
    if (slot < stamps_.size() && stamps_[slot] != 0) continue;
    Push(slot);
  }
  return arrow::Status::OK();
}

int64_t DueSlots::memory_bytes() const {
  return static_cast<int64_t>(queue_.size() * sizeof(QueuedTime) + stamps_.size() * 4);
}

arrow::Result<int64_t> DueSlots::Spill(int64_t) {
  const int64_t before = memory_bytes();
  if (HasManyVoid()) DropVoid();
  if (queue_.size() * 2 < queue_.capacity()) queue_.shrink_to_fit();
  return before - memory_bytes();
}

}  // namespace sabot
