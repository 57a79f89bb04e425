// How a KeyedTable's rows are named in a ColdStore.
//
//   structure number 300, key group 5, key 'a'      02 01 2c   05   'a'
//   its child set 1, element 'x'                    02 01 2c   05   'a'   01   'x'
//
// Structures whose names differ only behind the first ':' (the slices of a window) share a table of
// the store; a number that the store has given out once tells them apart. Then the key group, so
// that a range of key groups is a range of keys. Within one structure no key is the beginning of
// another, as the key encoding has it: so a key's elements follow it, and nothing else does.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "batch/key_encoding.h"
#include "state/cold_store.h"

namespace sabot {

// The store's table for a structure of this name.
inline std::string ColdTableOf(std::string_view structure) {
  return std::string(structure.substr(0, structure.find(':')));
}
// What begins all keys of a structure: the number's length in bytes, and the number, big-endian.
std::string ColdPrefixOf(uint64_t structure_number);

// Each appends. An element's key follows its row's.
inline void AppendColdKey(std::string_view prefix, uint64_t hash, std::string_view key,
                          std::string* to) {
  to->append(prefix);
  to->push_back(static_cast<char>(KeyGroupOf(hash)));
  to->append(key);
}
inline void AppendColdElement(int child, std::string_view element, std::string* to) {
  to->push_back(static_cast<char>(child));
  to->append(element);
}

// The least key above all that begin with `prefix`, which is not all 255.
std::string EndOfPrefix(std::string_view prefix);

// Where rows of one structure lie.
struct ColdPlace {
  ColdStore* store = nullptr;
  ColdStore::Table table = 0;
  std::string prefix;
  // Where the keys of a key group begin, and those of the one before end.
  std::string Begin(int key_group) const;
};
// A scan of the rows in these key groups.
arrow::Result<std::unique_ptr<ColdScan>> ScanKeyGroups(const ColdPlace& from, KeyGroups wanted);

}  // namespace sabot
