// Small pieces from calloc, large ones mapped.
#include "base/large_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

#include "base/check.h"

namespace sabot {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

size_t MappedSize(size_t size) { return (size + kHugePage - 1) / kHugePage * kHugePage; }

char* MapAligned(size_t size) {
  // The system aligns to small pages: what is too much at both ends goes back.
  const size_t asked = size + kHugePage;
  void* const mapped =
      mmap(nullptr, asked, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SABOT_CHECK(mapped != MAP_FAILED);
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t aligned = (begin + kHugePage - 1) / kHugePage * kHugePage;
  if (aligned > begin) munmap(mapped, aligned - begin);
  const size_t behind = begin + asked - (aligned + size);
  if (behind > 0) munmap(reinterpret_cast<void*>(aligned + size), behind);
  auto* const data = reinterpret_cast<char*>(aligned);
  // Refused where huge pages are off: small ones do as well.
  (void)madvise(data, size, MADV_HUGEPAGE);
  return data;
}

}  // namespace

LargeMemory::LargeMemory(size_t size) : size_(size) {
  if (size == 0) return;
  data_ =
      size < kHugePage ? static_cast<char*>(std::calloc(size, 1)) : MapAligned(MappedSize(size));
  SABOT_CHECK(data_ != nullptr);
}

LargeMemory::~LargeMemory() {
  if (size_ < kHugePage) {
    std::free(data_);
  } else {
    munmap(data_, MappedSize(size_));
  }
}

}  // namespace sabot
