// What travels to and from a ColdStore: changes and answers, each in one buffer.
#include "state/cold_store.h"

#include <algorithm>

namespace sabot {

void ColdWrites::Clear() {
  bytes_.clear();
  changes_.clear();
}

void ColdWrites::Append(Kind kind, Table table, std::string_view key, std::string_view value) {
  changes_.push_back({kind, table, bytes_.size(), static_cast<uint32_t>(key.size()),
                      static_cast<uint32_t>(value.size())});
  bytes_.append(key);
  bytes_.append(value);
}

void ColdWrites::SortByKey() {
  const auto key_of = [this](const Place& place) {
    return std::string_view(bytes_).substr(place.offset, place.key_size);
  };
  std::sort(changes_.begin(), changes_.end(), [&](const Place& a, const Place& b) {
    return a.table != b.table ? a.table < b.table : key_of(a) < key_of(b);
  });
}

ColdWrites::Change ColdWrites::change(int64_t i) const {
  const Place& place = changes_[static_cast<size_t>(i)];
  const char* const at = bytes_.data() + place.offset;
  return {place.kind, place.table, {at, place.key_size}, {at + place.key_size, place.value_size}};
}

void ColdValues::Clear() {
  bytes_.clear();
  places_.clear();
}

void ColdValues::Add(std::string_view value) {
  places_.push_back({bytes_.size(), value.size()});
  bytes_.append(value);
}

}  // namespace sabot
