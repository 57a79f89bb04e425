// Small byte blocks of a table: long keys, elements, byte cells. Freed blocks are reused by size
// class.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/large_memory.h"

namespace sabot {

class ByteArena {
 public:
  ByteArena() = default;
  ~ByteArena();
  ByteArena(ByteArena&& from) noexcept { *this = std::move(from); }
  ByteArena& operator=(ByteArena&& from) noexcept;

  // What Allocate(size) makes room for: at least `size`, at least 16.
  static size_t Capacity(size_t size);
  char* Allocate(size_t size);
  // `size`: as given to Allocate, or its Capacity.
  void Free(char* block, size_t size);
  // Frees every block at once.
  void Clear();
  int64_t size_bytes() const { return size_bytes_; }

 private:
  static constexpr size_t kSmallMax = 2048;  // Larger blocks are malloc's own.
  static constexpr size_t kSizeClasses = 16;
  static constexpr size_t kChunkMin = 1024;

  std::array<char*, kSizeClasses> free_{};  // Linked through the blocks' first bytes.
  std::vector<LargeMemory> chunks_;
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t chunk_size_ = kChunkMin;
  std::vector<char*> large_;
  int64_t size_bytes_ = 0;
};

}  // namespace sabot
