// The bytes of one file in order, read without holding a worker thread.
//
//   in memory (the page cache)  ->  Read copies them at once
//   on the disk only            ->  blocks, a few of them, read ahead on an I/O thread; Read copies
//   what
//                                   has come, or says kNotYet and calls the waker later
//
// Opening is an I/O thread's work too. Without an executor everything happens at once.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/file_system.h"

namespace sabot {

// What Read says where bytes are still to come.
inline constexpr int64_t kNotYet = -1;

// Who reads: where the waiting is done, and whom to wake afterwards.
struct IoContext {
  Executor* executor = nullptr;
  std::function<void()> waker = nullptr;
};

class ReadAhead {
 public:
  ReadAhead(FileSystem& files, std::string path, const IoContext& io);
  ~ReadAhead();

  // At most `size` bytes; 0 only at the end of the file.
  arrow::Result<int64_t> Read(char* to, int64_t size);
  // The next Read is from this offset on; nothing from `until` on is read before it is asked for.
  void Seek(int64_t offset, int64_t until = INT64_MAX);

 private:
  struct Block {
    std::vector<char> bytes;
    size_t size = 0;
  };
  struct Shared;

  void Open();
  void AskForBlocks();
  arrow::Result<int64_t> TakeFromBlocks(char* to, int64_t size);

  Executor* const executor_;
  Executor::Lane lane_ = 0;
  // With the I/O thread, which may be at work when we are gone.
  const std::shared_ptr<Shared> shared_;
  int64_t position_ = 0;
  int64_t until_ = INT64_MAX;
  bool ahead_ = false;      // Since the last Seek a byte was not in memory.
  int64_t asked_to_ = 0;    // Blocks up to here have been asked for.
  size_t block_begin_ = 0;  // Of the first block: what has been taken.
};

}  // namespace sabot
