// PieceMemory: the memory of what was written, for what is still to be: pieces of snapshots, and
// the blocks of files that they are gathered in. Either is large enough that the allocator would
// get it from the system and give it back every time.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"

namespace sabot {

// Thread-safe.
class PieceMemory {
 public:
  static constexpr size_t kBlockBytes = size_t{1} << 20;
  using Block = std::shared_ptr<char>;  // Aligned as disks want it.

  // What was given last; empty if there is none. The bytes are void.
  std::string Take() {
    const std::lock_guard lock(mutex_);
    if (pieces_.empty()) return {};
    std::string piece = std::move(pieces_.back());
    pieces_.pop_back();
    return piece;
  }
  void Give(std::string piece) {
    if (piece.capacity() < kPieceBytesMin || piece.capacity() > kPieceBytesMax) return;
    const std::lock_guard lock(mutex_);
    if (pieces_.size() < kPiecesMax) pieces_.push_back(std::move(piece));
  }

  Block TakeBlock() {
    {
      const std::lock_guard lock(mutex_);
      if (!blocks_.empty()) {
        Block block = std::move(blocks_.back());
        blocks_.pop_back();
        return block;
      }
    }
    auto* const memory = static_cast<char*>(std::aligned_alloc(kBlockAlignment, kBlockBytes));
    SABOT_CHECK(memory != nullptr);
    return {memory, [](char* block) { std::free(block); }};
  }
  void GiveBlock(Block block) {
    const std::lock_guard lock(mutex_);
    if (blocks_.size() < kBlocksMax) blocks_.push_back(std::move(block));
  }

 private:
  static constexpr size_t kPieceBytesMin = size_t{64} << 10;
  static constexpr size_t kPieceBytesMax = size_t{256} << 10;
  static constexpr size_t kPiecesMax = 4;
  static constexpr size_t kBlockAlignment = 4096;
  static constexpr size_t kBlocksMax = 8;

  std::mutex mutex_;
  std::vector<std::string> pieces_;
  std::vector<Block> blocks_;
};

}  // namespace sabot
