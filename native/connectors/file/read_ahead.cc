// The bytes of one file in order, read without holding a worker thread.
#include "connectors/file/read_ahead.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>
#include <utility>

namespace sabot {
namespace {

// Large enough that handing one over costs nothing, small enough to stay in the processor's cache.
constexpr int64_t kBlockBytes = 512 << 10;
constexpr size_t kBlocksMax = 4;

}  // namespace

struct ReadAhead::Shared {
  Shared(FileSystem& from, std::string name, std::function<void()> wake)
      : files(from), path(std::move(name)), waker(std::move(wake)) {}

  FileSystem& files;
  const std::string path;
  const std::function<void()> waker;

  std::mutex mutex;
  std::unique_ptr<ReadableFile> file;  // Set once; then read by anybody.
  arrow::Status status;
  std::deque<Block> blocks;   // Read, in order.
  std::vector<Block> unused;  // Their memory.
  size_t num_asked = 0;       // Blocks asked for since the last seek and not read yet.
  uint64_t seek = 0;
  bool waits = false;  // The reader was told kNotYet.

  void OpenFile() {
    auto opened = files.OpenToRead(path);
    Finish([&] {
      status = opened.status();
      if (opened.ok()) file = std::move(*opened);
    });
  }

  void ReadBlock(int64_t offset, uint64_t of_seek) {
    Block block;
    {
      const std::lock_guard lock(mutex);
      if (of_seek != seek || !status.ok()) return;
      if (!unused.empty()) {
        block = std::move(unused.back());
        unused.pop_back();
      }
    }
    block.bytes.resize(static_cast<size_t>(kBlockBytes));
    const auto got = file->ReadAt(offset, block.bytes.data(), kBlockBytes);
    Finish([&] {
      if (of_seek != seek) return unused.push_back(std::move(block));
      --num_asked;
      status = got.status();
      block.size = got.ok() ? static_cast<size_t>(*got) : 0;
      blocks.push_back(std::move(block));
    });
  }

  template <typename Change>
  void Finish(Change change) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex);
      change();
      wake = std::exchange(waits, false);
    }
    if (wake) waker();
  }
};

ReadAhead::ReadAhead(FileSystem& files, std::string path, const IoContext& io)
    : executor_(io.executor), shared_(std::make_shared<Shared>(files, std::move(path), io.waker)) {
  if (executor_ == nullptr) {
    shared_->OpenFile();
    return;
  }
  lane_ = executor_->NewLane();
  executor_->Submit(lane_, [shared = shared_] { shared->OpenFile(); });
}

ReadAhead::~ReadAhead() = default;

arrow::Result<int64_t> ReadAhead::Read(char* to, int64_t size) {
  ReadableFile* file = nullptr;
  {
    const std::lock_guard lock(shared_->mutex);
    ARROW_RETURN_NOT_OK(shared_->status);
    file = shared_->file.get();
    if (file == nullptr) {
      shared_->waits = true;
      return kNotYet;
    }
  }
  if (!ahead_) {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, executor_ == nullptr
                                                 ? file->ReadAt(position_, to, size)
                                                 : file->ReadNow(position_, to, size));
    if (got != kWouldWait) {
      position_ += got;
      return got;
    }
    ahead_ = true;
    asked_to_ = position_;
  }
  AskForBlocks();
  return TakeFromBlocks(to, size);
}

void ReadAhead::Seek(int64_t offset, int64_t until) {
  position_ = offset;
  until_ = until;
  ahead_ = false;
  block_begin_ = 0;
  const std::lock_guard lock(shared_->mutex);
  ++shared_->seek;
  shared_->num_asked = 0;
  for (Block& block : shared_->blocks) shared_->unused.push_back(std::move(block));
  shared_->blocks.clear();
}

// As many as may be, but always the one that holds the next byte.
void ReadAhead::AskForBlocks() {
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->blocks.empty() && shared_->blocks.back().size < static_cast<size_t>(kBlockBytes))
    return;  // The end of the file is there.
  while (shared_->num_asked + shared_->blocks.size() < kBlocksMax &&
         (asked_to_ < until_ || shared_->num_asked + shared_->blocks.size() == 0)) {
    ++shared_->num_asked;
    executor_->Submit(lane_, [shared = shared_, offset = asked_to_, seek = shared_->seek] {
      shared->ReadBlock(offset, seek);
    });
    asked_to_ += kBlockBytes;
  }
}

arrow::Result<int64_t> ReadAhead::TakeFromBlocks(char* to, int64_t size) {
  const std::lock_guard lock(shared_->mutex);
  ARROW_RETURN_NOT_OK(shared_->status);
  if (shared_->blocks.empty()) {
    shared_->waits = true;
    return kNotYet;
  }
  Block& block = shared_->blocks.front();
  const size_t count = std::min(static_cast<size_t>(size), block.size - block_begin_);
  std::memcpy(to, block.bytes.data() + block_begin_, count);
  block_begin_ += count;
  position_ += static_cast<int64_t>(count);
  if (block_begin_ < block.size || block.size < static_cast<size_t>(kBlockBytes)) {
    return static_cast<int64_t>(count);
  }
  block_begin_ = 0;
  shared_->unused.push_back(std::move(block));
  shared_->blocks.pop_front();
  return static_cast<int64_t>(count);
}

}  // namespace sabot
