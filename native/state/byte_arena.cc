// Blocks up to 2 KiB come in classes 16, 24, 32, 48, 64, ...; chunks they are cut from grow from 1
// KiB to 2 MiB, a huge page.
#include "state/byte_arena.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/check.h"

namespace sabot {
namespace {

constexpr size_t kChunkMax = size_t{2} << 20;

// Two classes per power of two: 16, 24, 32, 48, 64, 96, ...
size_t ClassOf(size_t size) {
  if (size <= 16) return 0;
  const auto log =
      static_cast<size_t>(std::bit_width(size - 1)) - 1;  // 2^log < size <= 2^(log + 1)
  const size_t middle = (size_t{1} << log) + (size_t{1} << (log - 1));
  return 2 * (log - 4) + (size <= middle ? 1 : 2);
}

size_t SizeOfClass(size_t size_class) {
  const size_t power = size_t{16} << (size_class / 2);
  return size_class % 2 == 0 ? power : power + power / 2;
}

}  // namespace

ByteArena::~ByteArena() { Clear(); }

ByteArena& ByteArena::operator=(ByteArena&& from) noexcept {
  Clear();
  free_ = std::exchange(from.free_, {});
  chunks_ = std::move(from.chunks_);
  next_ = std::exchange(from.next_, nullptr);
  left_ = std::exchange(from.left_, 0);
  chunk_size_ = std::exchange(from.chunk_size_, kChunkMin);
  large_ = std::move(from.large_);
  size_bytes_ = std::exchange(from.size_bytes_, 0);
  return *this;
}

void ByteArena::Clear() {
  for (char* block : large_) std::free(block);
  large_.clear();
  chunks_.clear();
  free_ = {};
  next_ = nullptr;
  left_ = 0;
  chunk_size_ = kChunkMin;
  size_bytes_ = 0;
}

size_t ByteArena::Capacity(size_t size) {
  return size > kSmallMax ? std::bit_ceil(size) : SizeOfClass(ClassOf(size));
}

char* ByteArena::Allocate(size_t size) {
  const size_t capacity = Capacity(size);
  size_bytes_ += static_cast<int64_t>(capacity);
  if (size > kSmallMax) {
    // The block's place in large_ stands before it, so that Free finds it.
    auto* block = static_cast<char*>(std::malloc(capacity + 16));
    SABOT_CHECK(block != nullptr);
    const uint64_t place = large_.size();
    std::memcpy(block, &place, sizeof(place));
    large_.push_back(block);
    return block + 16;
  }
  char*& free = free_[ClassOf(size)];
  if (free != nullptr) {
    char* const block = free;
    std::memcpy(&free, block, sizeof(char*));
    return block;
  }
  if (left_ < capacity) {
    next_ = chunks_.emplace_back(std::max(chunk_size_, capacity)).data();
    left_ = std::max(chunk_size_, capacity);
    if (chunk_size_ < kChunkMax) chunk_size_ *= 2;
  }
  char* const block = next_;
  next_ += capacity;
  left_ -= capacity;
  return block;
}

void ByteArena::Free(char* block, size_t size) {
  size_bytes_ -= static_cast<int64_t>(Capacity(size));
  if (size > kSmallMax) {
    char* const start = block - 16;
    uint64_t place;
    std::memcpy(&place, start, sizeof(place));
    large_[place] = large_.back();
    std::memcpy(large_[place], &place, sizeof(place));
    large_.pop_back();
    std::free(start);
    return;
  }
  char*& free = free_[ClassOf(size)];
  std::memcpy(block, &free, sizeof(char*));
  free = block;
}

}  // namespace sabot
