// KeptKeys: keys whose states V8 keeps from one request to the next, because they are large.
//
//   a takes 9 KB  ->  sent, kept as number 0        a again  ->  number 0, nothing is sent
//
// Only the function changes its states, so both sides go on with the same. Which keys are kept is
// decided here: those that were used last, so many bytes of them. Rebuilt on restore.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "state/keyed_table.h"

namespace sabot {

class KeptKeys {
 public:
  // `enabled`: nothing but the function's edits changes its states.
  explicit KeptKeys(bool enabled) : enabled_(enabled) {}

  void BeginRequest() { ++request_; }
  // Whether V8 has the states of the key.
  bool Knows(const KeyedTable::KeyRef& key) const { return Find(key) != nullptr; }
  // How a key of the request crosses whose states take so many bytes.
  struct Place {
    int32_t number = -1;  // -1: it is not kept.
    bool known = false;   // V8 has it: nothing is sent.
  };
  Place Use(const KeyedTable::KeyRef& key, int64_t bytes);
  // It takes so many now.
  void Resize(const KeyedTable::KeyRef& key, int64_t bytes);

 private:
  struct Kept {
    std::string key;  // Empty string and bytes < 0: free.
    uint64_t hash = 0;
    int64_t bytes = -1;
    uint64_t request = 0;  // The last that used it.
  };
  const Kept* Find(const KeyedTable::KeyRef& key) const;
  // A number that no key of this request has; -1: there is none.
  int32_t MakeRoom(int64_t bytes);
  void Forget(size_t number);

  const bool enabled_;
  std::vector<Kept> kept_;  // By number.
  std::unordered_multimap<uint64_t, size_t> by_hash_;
  int64_t bytes_ = 0;
  uint64_t request_ = 0;
};

}  // namespace sabot
