// Ends in memory and on disk.
#include "operators/session_ends.h"

#include <cstring>
#include <string>

#include "base/check.h"
#include "base/hash.h"

namespace sabot {
namespace {

constexpr size_t kRecalledMax = 8192;
constexpr size_t kEndBytes = sizeof(int64_t);
constexpr size_t kVoidMin = 4096;  // So many are not worth a walk.

// Bytes that compare as ends do.
void AppendEnd(int64_t end, std::string* to) {
  const uint64_t ordered = __builtin_bswap64(static_cast<uint64_t>(end) ^ (uint64_t{1} << 63));
  to->append(reinterpret_cast<const char*>(&ordered), kEndBytes);
}
int64_t EndIn(std::string_view entry) {
  SABOT_CHECK(entry.size() > kEndBytes);
  uint64_t ordered = 0;
  std::memcpy(&ordered, entry.data(), kEndBytes);
  return static_cast<int64_t>(__builtin_bswap64(ordered) ^ (uint64_t{1} << 63));
}

}  // namespace

SessionEnds::SessionEnds(KeyedTable* sessions, int end_cell, size_t number_bytes, StateTiers* tiers)
    : sessions_(sessions),
      end_cell_(end_cell),
      number_bytes_(number_bytes),
      tiers_(tiers != nullptr && tiers->limited() ? tiers : nullptr),
      cold_("ends", tiers) {
  if (tiers_ != nullptr) tiers_->Add(this);
  if (sessions_->spills()) sessions_->OnEvict([this](Slot session) { return ToDisk(session); });
}

SessionEnds::~SessionEnds() {
  sessions_->OnEvict(nullptr);
  if (tiers_ != nullptr) tiers_->Remove(this);
}

void SessionEnds::Push(Slot session) { Queue(EndOf(session), session); }

void SessionEnds::Queue(int64_t end, Slot session) {
  if (session >= stamps_.size())
    stamps_.resize(std::max<size_t>(size_t{session} + 1, stamps_.size() * 2));
  SABOT_CHECK(stamps_[session] == 0);
  if (++last_stamp_ == 0) ++last_stamp_;
  stamps_[session] = last_stamp_;
  queue_.push_back({end, last_stamp_, session});
  std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
}

void SessionEnds::Forget(Slot session) {
  if (session >= stamps_.size() || stamps_[session] == 0) return;
  stamps_[session] = 0;
  ++num_void_;
}

arrow::Status SessionEnds::ToDisk(Slot session) {
  // Not in memory's queue: its end lies on disk since it was there before.
  if (session >= stamps_.size() || stamps_[session] == 0) return arrow::Status::OK();
  Forget(session);
  std::string entry;
  AppendEnd(EndOf(session), &entry);
  entry.append(sessions_->key(session));
  ARROW_RETURN_NOT_OK(cold_.Put(entry));
  NoteLeast();
  return arrow::Status::OK();
}

void SessionEnds::NoteLeast() {
  has_cold_ = !cold_.least().empty();
  if (has_cold_) cold_end_ = EndIn(cold_.least());
}

arrow::Status SessionEnds::Recall(const std::function<bool(int64_t)>& due) {
  std::vector<std::string> taken;
  ARROW_RETURN_NOT_OK(
      cold_.Take(kRecalledMax, [&](std::string_view entry) { return due(EndIn(entry)); }, &taken));
  NoteLeast();
  std::vector<KeyedTable::KeyRef> keys;
  for (const std::string& entry : taken) {
    const std::string_view key = std::string_view(entry).substr(kEndBytes);
    keys.push_back({key, HashBytes(key.substr(0, key.size() - number_bytes_))});
  }
  std::vector<Slot> slots(keys.size());
  ARROW_RETURN_NOT_OK(sessions_->Fetch(keys, slots));
  for (const Slot session : slots) {
    // It may have been merged into another since, or be queued as it was when it came back.
    if (session == kNoSlot) continue;
    if (session < stamps_.size() && stamps_[session] != 0) continue;
    Push(session);
  }
  return arrow::Status::OK();
}

int64_t SessionEnds::memory_bytes() const {
  return static_cast<int64_t>(queue_.size() * sizeof(QueuedEnd) + stamps_.size() * 4);
}

// What ends of sessions that have left leave behind.
arrow::Result<int64_t> SessionEnds::Spill(int64_t) {
  if (num_void_ < kVoidMin || num_void_ * 2 < queue_.size()) return 0;
  const int64_t before = memory_bytes();
  std::erase_if(queue_, [this](const QueuedEnd& each) { return stamps_[each.slot] != each.stamp; });
  queue_.shrink_to_fit();
  std::make_heap(queue_.begin(), queue_.end(), std::greater<>());
  num_void_ = 0;
  return before - memory_bytes();
}

}  // namespace sabot
