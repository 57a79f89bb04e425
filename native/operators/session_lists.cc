// Lists of sessions in the cells of their keys.
#include "operators/session_lists.h"

#include <cstddef>
#include <cstring>

#include "base/check.h"

namespace sabot {

SessionLists::SessionLists(KeyedTable* sessions, StateTiers* tiers)
    : sessions_(sessions),
      table_("session_lists",
             {.cells = {{"number", CellSpec::Kind::kFixed8},
                        {"slot", CellSpec::Kind::kFixed4},
                        {"further", CellSpec::Kind::kBytes}},
              .children = {}},
             tiers) {}

uint64_t SessionLists::NumberOf(const KeyedTable& sessions, Slot session) {
  const std::string_view key = sessions.key(session);
  uint64_t number = 0;
  std::memcpy(&number, key.data() + key.size() - kNumberBytes, kNumberBytes);
  return number;
}

// --- one list ---

// Further sessions lie from the oldest to the newest.
SessionLists::Listed SessionLists::At(Slot list, size_t i) const {
  if (i == 0) return {table_.cells().at<uint64_t>(kNumber, list), newest(list)};
  const std::string_view further = table_.cells().bytes(kFurther, list);
  Listed listed{};
  std::memcpy(&listed, further.data() + further.size() - i * sizeof(Listed), sizeof(Listed));
  return listed;
}

// To know better where a session lies is no change.
void SessionLists::SetSlot(Slot list, size_t i, Slot session) {
  if (i == 0) {
    table_.cells().at<Slot>(kSlot, list) = session;
    return;
  }
  std::string further(table_.cells().bytes(kFurther, list));
  std::memcpy(further.data() + further.size() - i * sizeof(Listed) + offsetof(Listed, slot),
              &session, sizeof(Slot));
  table_.cells().set_bytes(kFurther, list, further);
}

void SessionLists::SetNewest(Slot list, Listed newest) {
  table_.cells().at<uint64_t>(kNumber, list) = newest.number;
  table_.cells().at<Slot>(kSlot, list) = newest.slot;
}

void SessionLists::Push(Slot list, bool is_new, Listed session) {
  if (!is_new) {
    table_.Touch(list);
    const Listed before = At(list, 0);
    table_.cells().append_bytes(kFurther, list,
                                {reinterpret_cast<const char*>(&before), sizeof(Listed)});
  }
  SetNewest(list, session);
}

std::vector<Slot> SessionLists::sessions(Slot list) const {
  std::vector<Slot> sessions;
  for (size_t i = 0; i < count(list); ++i) sessions.push_back(session(list, i));
  return sessions;
}

void SessionLists::Remove(Slot list, uint64_t number) {
  size_t i = 0;
  while (At(list, i).number != number) ++i;
  table_.Touch(list);
  std::string further(table_.cells().bytes(kFurther, list));
  SABOT_CHECK(i * sizeof(Listed) <= further.size() && !further.empty());
  if (i == 0) {
    SetNewest(list, At(list, 1));
    i = 1;
  }
  further.erase(further.size() - i * sizeof(Listed), sizeof(Listed));
  table_.cells().set_bytes(kFurther, list, further);
}

// --- a batch ---

arrow::Status SessionLists::Begin(const EncodedKeys& keys) {
  keys_ = &keys;
  lists_.resize(static_cast<size_t>(keys.length()));
  ARROW_RETURN_NOT_OK(table_.Fetch(keys, lists_));
  if (!sessions_->spills()) return arrow::Status::OK();
  for (size_t row = 0; row < lists_.size(); ++row) {
    const auto at = static_cast<int64_t>(row);
    if (lists_[row] != kNoSlot) Want(lists_[row], keys.key(at), keys.hash(at));
  }
  return RecallWanted();
}

Slot SessionLists::Of(int64_t row) {
  Slot& list = lists_[static_cast<size_t>(row)];
  // A row before this one may have been the key's first.
  if (list == kNoSlot) list = table_.Lookup(keys_->key(row), keys_->hash(row));
  return list;
}

void SessionLists::Add(int64_t row, uint64_t number, Slot session) {
  bool is_new = false;
  const Slot list = table_.LookupOrInsert(keys_->key(row), keys_->hash(row), &is_new);
  Push(list, is_new, {number, session});
}

// --- sessions on disk ---

bool SessionLists::IsThere(const Listed& session, std::string_view key) const {
  if (session.slot >= sessions_->num_slots() || !sessions_->live(session.slot)) return false;
  const std::string_view there = sessions_->key(session.slot);
  return there.size() == key.size() + kNumberBytes && there.starts_with(key) &&
         std::memcmp(there.data() + key.size(), &session.number, kNumberBytes) == 0;
}

void SessionLists::Want(Slot list, std::string_view key, uint64_t hash) {
  for (size_t i = 0; i < count(list); ++i) {
    const Listed session = At(list, i);
    if (IsThere(session, key)) continue;
    wanted_keys_.append(key);
    wanted_keys_.append(reinterpret_cast<const char*>(&session.number), kNumberBytes);
    wanted_.push_back({list, i, hash, wanted_keys_.size()});
  }
}

arrow::Status SessionLists::RecallWanted() {
  if (wanted_.empty()) return arrow::Status::OK();
  std::vector<KeyedTable::KeyRef> keys;
  size_t begin = 0;
  for (const Wanted& each : wanted_) {
    keys.push_back({std::string_view(wanted_keys_).substr(begin, each.key_end - begin), each.hash});
    begin = each.key_end;
  }
  std::vector<Slot> slots(keys.size());
  ARROW_RETURN_NOT_OK(sessions_->Fetch(keys, slots));
  for (size_t i = 0; i < wanted_.size(); ++i) {
    SABOT_CHECK(slots[i] != kNoSlot);  // What a list names is open.
    SetSlot(wanted_[i].list, wanted_[i].place, slots[i]);
  }
  wanted_.clear();
  wanted_keys_.clear();
  return arrow::Status::OK();
}

arrow::Status SessionLists::FetchLists(std::span<const Slot> sessions) {
  std::vector<KeyedTable::KeyRef> keys;
  for (const Slot session : sessions)
    keys.push_back({GroupKey(*sessions_, session), sessions_->hash(session)});
  lists_.resize(keys.size());
  return table_.Fetch(keys, lists_);
}

arrow::Status SessionLists::Add(std::span<const Slot> sessions) {
  ARROW_RETURN_NOT_OK(FetchLists(sessions));
  for (const Slot session : sessions) {
    bool is_new = false;
    const Slot list =
        table_.LookupOrInsert(GroupKey(*sessions_, session), sessions_->hash(session), &is_new);
    Push(list, is_new, {NumberOf(*sessions_, session), session});
  }
  return arrow::Status::OK();
}

arrow::Status SessionLists::Remove(std::span<const Slot> sessions) {
  ARROW_RETURN_NOT_OK(FetchLists(sessions));
  for (size_t i = 0; i < sessions.size(); ++i) {
    const Slot list = lists_[i];
    SABOT_CHECK(list != kNoSlot);
    if (count(list) == 1) {
      table_.Erase(list);
    } else {
      Remove(list, NumberOf(*sessions_, sessions[i]));
    }
  }
  return arrow::Status::OK();
}

arrow::Result<std::vector<Slot>> SessionLists::SessionsOf(std::string_view key, uint64_t hash) {
  ARROW_ASSIGN_OR_RAISE(const Slot list, table_.Fetch(key, hash));
  if (list == kNoSlot) return std::vector<Slot>();
  Want(list, key, hash);
  ARROW_RETURN_NOT_OK(RecallWanted());
  return sessions(list);
}

}  // namespace sabot
