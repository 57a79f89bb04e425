// SessionLists: which sessions a key has, the newest first.
//
//   key a    (number 7, slot 3)   further ones (5, slot 9) (2, slot 4)
//
// Mostly there is one: it lies in the key's cells. A session is known by its number, with which its
// own key ends. Its slot is where it was last: Begin brings the sessions of a batch's keys into
// memory and puts their slots right. Lists go to disk as any table's keys do, and are no part of
// snapshots.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "state/keyed_table.h"

namespace sabot {

class SessionLists {
 public:
  static constexpr size_t kNumberBytes = 8;

  // `sessions` outlives the lists.
  SessionLists(KeyedTable* sessions, StateTiers* tiers);

  static std::string_view GroupKey(const KeyedTable& sessions, Slot session) {
    const std::string_view key = sessions.key(session);
    return key.substr(0, key.size() - kNumberBytes);
  }
  static uint64_t NumberOf(const KeyedTable& sessions, Slot session);

  // A batch with these keys; they outlive it. Afterwards the slots of its lists are right.
  arrow::Status Begin(const EncodedKeys& keys);
  // The list of a row's key; kNoSlot: it has no session.
  Slot Of(int64_t row);
  size_t count(Slot list) const {
    return 1 + table_.cells().bytes(kFurther, list).size() / sizeof(Listed);
  }
  Slot session(Slot list, size_t i) const { return i == 0 ? newest(list) : At(list, i).slot; }
  std::vector<Slot> sessions(Slot list) const;
  // Of a row of the batch.
  void Add(int64_t row, uint64_t number, Slot session);
  // A session of a list, which has others.
  void Remove(Slot list, uint64_t number);

  // Sessions, whatever their keys are.
  arrow::Status Add(std::span<const Slot> sessions);
  arrow::Status Remove(std::span<const Slot> sessions);
  arrow::Result<std::vector<Slot>> SessionsOf(std::string_view key, uint64_t hash);

  int64_t size_bytes() const { return table_.size_bytes(); }

 private:
  enum Cell : int { kNumber = 0, kSlot = 1, kFurther = 2 };
  struct Listed {
    uint64_t number;
    Slot slot;
    uint32_t unused = 0;
  };

  Slot newest(Slot list) const { return table_.cells().at<Slot>(kSlot, list); }
  Listed At(Slot list, size_t i) const;
  void SetSlot(Slot list, size_t i, Slot session);
  void SetNewest(Slot list, Listed newest);
  void Push(Slot list, bool is_new, Listed session);
  // The session is at its slot.
  bool IsThere(const Listed& session, std::string_view key) const;
  // Notes the sessions of a list that are not.
  void Want(Slot list, std::string_view key, uint64_t hash);
  arrow::Status RecallWanted();
  arrow::Status FetchLists(std::span<const Slot> sessions);

  KeyedTable* const sessions_;
  KeyedTable table_;
  const EncodedKeys* keys_ = nullptr;  // Of the batch.
  std::vector<Slot> lists_;            // Of its rows, or of the sessions at hand.
  // Sessions to be brought into memory.
  struct Wanted {
    Slot list;
    size_t place;
    uint64_t hash;
    size_t key_end;  // In wanted_keys_.
  };
  std::vector<Wanted> wanted_;
  std::string wanted_keys_;
};

}  // namespace sabot
