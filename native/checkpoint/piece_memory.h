// PieceMemory: the memory of pieces that were written, for pieces to come. A piece is large enough
// that the allocator would get it from the system and give it back every time.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace sabot {

// Thread-safe.
class PieceMemory {
 public:
  // What was given last; empty if there is none. The bytes are void.
  std::string Take() {
    const std::lock_guard lock(mutex_);
    if (pieces_.empty()) return {};
    std::string piece = std::move(pieces_.back());
    pieces_.pop_back();
    return piece;
  }
  void Give(std::string piece) {
    if (piece.capacity() < kBytesMin || piece.capacity() > kBytesMax) return;
    const std::lock_guard lock(mutex_);
    if (pieces_.size() < kPiecesMax) pieces_.push_back(std::move(piece));
  }

 private:
  static constexpr size_t kBytesMin = size_t{64} << 10;
  static constexpr size_t kBytesMax = size_t{256} << 10;
  static constexpr size_t kPiecesMax = 32;

  std::mutex mutex_;
  std::vector<std::string> pieces_;
};

}  // namespace sabot
