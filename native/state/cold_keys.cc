// Naming rows in a ColdStore.
#include "state/cold_keys.h"

#include "base/check.h"

namespace sabot {

std::string ColdPrefixOf(uint64_t structure_number) {
  std::string number;
  for (; structure_number > 0; structure_number >>= 8) {
    number.insert(number.begin(), static_cast<char>(structure_number & 0xFF));
  }
  return static_cast<char>(number.size()) + number;
}

std::string EndOfPrefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == UINT8_MAX) end.pop_back();
  SABOT_CHECK(!end.empty());
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

std::string ColdPlace::Begin(int key_group) const {
  static_assert(kMaxParallelism < UINT8_MAX);
  return prefix + static_cast<char>(key_group);
}

arrow::Result<std::unique_ptr<ColdScan>> ScanKeyGroups(const ColdPlace& from, KeyGroups wanted) {
  return from.store->Scan(from.table, from.Begin(wanted.first), from.Begin(wanted.last + 1));
}

}  // namespace sabot
