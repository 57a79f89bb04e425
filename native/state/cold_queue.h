// ColdQueue: entries on disk, taken from there in order of their bytes.
//
//   Put c a b     Take those below c  ->  a b
//
// What has an order of its own beside its keys (the ends of sessions, rows that wait to be sorted)
// lies here where memory is short. An entry that is put twice is there once.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "state/cold_keys.h"
#include "state/state_tiers.h"

namespace sabot {

class ColdQueue {
 public:
  // `tiers` outlive the queue. nullptr, or tiers that do not spill: nothing may be put.
  ColdQueue(std::string name, StateTiers* tiers) : name_(std::move(name)), tiers_(tiers) {}
  ~ColdQueue();
  ColdQueue(const ColdQueue&) = delete;
  ColdQueue& operator=(const ColdQueue&) = delete;

  arrow::Status Put(std::string_view entry);
  // No entry is less. Of an empty queue it is empty.
  std::string_view least() const { return least_; }
  // Appends the least entries to `taken` and drops them, up to the first that is not due, at most
  // `num_max`.
  arrow::Status Take(size_t num_max, const std::function<bool(std::string_view)>& due,
                     std::vector<std::string>* taken);

 private:
  arrow::Status Flush();

  const std::string name_;
  StateTiers* const tiers_;
  ColdPlace place_;  // Once something was put.
  ColdWrites writes_;
  std::string least_;
  std::string key_;  // Scratch.
};

}  // namespace sabot
