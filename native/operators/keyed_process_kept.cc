// The keys that were used last.
#include "operators/keyed_process_kept.h"

#include <iterator>

namespace sabot {
namespace {

constexpr int64_t kBytesMin = int64_t{4} << 10;  // What takes less is sent every time.
constexpr int64_t kBytesMax = int64_t{32} << 20;
constexpr size_t kKeysMax = 2048;

}  // namespace

const KeptKeys::Kept* KeptKeys::Find(const KeyedTable::KeyRef& key) const {
  const auto [begin, end] = by_hash_.equal_range(key.hash);
  for (auto each = begin; each != end; ++each) {
    if (kept_[each->second].key == key.key) return &kept_[each->second];
  }
  return nullptr;
}

KeptKeys::Place KeptKeys::Use(const KeyedTable::KeyRef& key, int64_t bytes) {
  if (!enabled_) return {};
  if (const Kept* const found = Find(key)) {
    const auto number = static_cast<size_t>(found - kept_.data());
    kept_[number].request = request_;
    return {static_cast<int32_t>(number), true};
  }
  if (bytes < kBytesMin || bytes > kBytesMax) return {};
  const int32_t number = MakeRoom(bytes);
  if (number < 0) return {};
  kept_[static_cast<size_t>(number)] = {std::string(key.key), key.hash, bytes, request_};
  by_hash_.emplace(key.hash, static_cast<size_t>(number));
  bytes_ += bytes;
  return {number, false};
}

void KeptKeys::Resize(const KeyedTable::KeyRef& key, int64_t bytes) {
  const Kept* const found = Find(key);
  if (found == nullptr) return;
  const auto number = static_cast<size_t>(found - kept_.data());
  if (bytes < kBytesMin || bytes > kBytesMax) return Forget(number);
  bytes_ += bytes - found->bytes;
  kept_[number].bytes = bytes;
}

int32_t KeptKeys::MakeRoom(int64_t bytes) {
  while (true) {
    size_t oldest = kept_.size();
    size_t unused = kept_.size();
    for (size_t i = 0; i < kept_.size(); ++i) {
      if (kept_[i].bytes < 0) {
        unused = i;
      } else if (kept_[i].request < request_ &&
                 (oldest == kept_.size() || kept_[i].request < kept_[oldest].request)) {
        oldest = i;
      }
    }
    const bool fits = bytes_ + bytes <= kBytesMax;
    if (fits && unused < kept_.size()) return static_cast<int32_t>(unused);
    if (fits && kept_.size() < kKeysMax) {
      kept_.emplace_back();
      return static_cast<int32_t>(kept_.size() - 1);
    }
    if (oldest == kept_.size()) return -1;
    Forget(oldest);
  }
}

void KeptKeys::Forget(size_t number) {
  Kept& kept = kept_[number];
  bytes_ -= kept.bytes;
  const auto [begin, end] = by_hash_.equal_range(kept.hash);
  for (auto each = begin; each != end; ++each) {
    if (each->second != number) continue;
    by_hash_.erase(each);
    break;
  }
  kept = {};
}

}  // namespace sabot
