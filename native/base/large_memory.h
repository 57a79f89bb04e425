// LargeMemory: zeroed bytes for structures that grow large and are read at random. From 2 MiB on in
// the system's huge pages, where it has them: few page faults when the memory is first touched, few
// address translations afterwards.
//
//   LargeMemory(64 << 20)  ->  data(), 64 MiB of zeros; physical memory comes as it is touched
#pragma once

#include <cstddef>
#include <utility>

namespace sabot {

class LargeMemory {
 public:
  LargeMemory() = default;
  explicit LargeMemory(size_t size);  // There is enough memory, or the process ends.
  ~LargeMemory();
  LargeMemory(LargeMemory&& from) noexcept
      : data_(std::exchange(from.data_, nullptr)), size_(std::exchange(from.size_, 0)) {}
  LargeMemory& operator=(LargeMemory&& from) noexcept {
    std::swap(data_, from.data_);
    std::swap(size_, from.size_);
    return *this;
  }

  char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  char* data_ = nullptr;  // Aligned to 16 bytes, to 2 MiB from that size on.
  size_t size_ = 0;
};

}  // namespace sabot
