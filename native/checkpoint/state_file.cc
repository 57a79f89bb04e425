// State files: framing, blocks, reading back.
#include "checkpoint/state_file.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/hash.h"

namespace sabot {
namespace {

constexpr std::string_view kMagic = "sabot state 1\n";
constexpr uint32_t kEnd = 0xE0F;  // In the place of a kind.
constexpr int64_t kInlineBytesMax = 4096;
constexpr int64_t kWaitingBytesMax = 16 << 20;

}  // namespace

struct StateFileWriter::Checksum {
  Checksum() { XXH3_64bits_reset(state); }
  ~Checksum() { XXH3_freeState(state); }
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  XXH3_state_t* const state = XXH3_createState();
};

struct StateFileWriter::Open {
  // The executor's, one piece of work at a time.
  std::unique_ptr<ObjectWriter> writer;
  arrow::Status status;

  std::atomic<int64_t> waiting_bytes{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  arrow::Status failure;  // Once `failed` is set.

  void Fail(arrow::Status with) {
    status = std::move(with);
    writer.reset();
    const std::lock_guard lock(mutex);
    failure = status;
    failed = true;
  }
};

StateFileWriter::StateFileWriter(ObjectStore& store, std::string name, Executor& executor,
                                 Executor::Lane lane, std::shared_ptr<PieceMemory> memory,
                                 std::function<void()> wake)
    : store_(store),
      name_(std::move(name)),
      executor_(executor),
      lane_(lane),
      memory_(std::move(memory)),
      wake_(std::move(wake)),
      checksum_(std::make_unique<Checksum>()),
      open_(std::make_shared<Open>()) {
  Append(kMagic);
}

StateFileWriter::~StateFileWriter() = default;

arrow::Status StateFileWriter::Write(std::string_view section, SectionKind kind,
                                     std::string piece) {
  if (open_->failed) {
    const std::lock_guard lock(open_->mutex);
    return open_->failure;
  }
  ByteWriter head;
  head.U32(static_cast<uint32_t>(kind));
  head.Bytes(section);
  head.U64(piece.size());
  Append(head.view());
  Append(piece);
  memory_->Give(std::move(piece));
  ++num_pieces_;
  return arrow::Status::OK();
}

void StateFileWriter::Append(std::string_view bytes) {
  XXH3_64bits_update(checksum_->state, bytes.data(), bytes.size());
  size_ += static_cast<int64_t>(bytes.size());
  while (!bytes.empty()) {
    if (block_ == nullptr) block_ = memory_->TakeBlock();
    const size_t part = std::min(bytes.size(), PieceMemory::kBlockBytes - block_bytes_);
    std::memcpy(block_.get() + block_bytes_, bytes.data(), part);
    block_bytes_ += part;
    bytes.remove_prefix(part);
    if (block_bytes_ == PieceMemory::kBlockBytes) SubmitBlock();
  }
}

bool StateFileWriter::has_room() const { return open_->waiting_bytes < kWaitingBytesMax; }

void StateFileWriter::SubmitBlock() {
  const size_t size = std::exchange(block_bytes_, 0);
  const auto bytes = static_cast<int64_t>(size);
  open_->waiting_bytes += bytes;
  executor_.Submit(lane_, [&store = store_, name = name_, open = open_, wake = wake_,
                           memory = memory_, block = std::exchange(block_, nullptr), size, bytes] {
    if (open->status.ok() && open->writer == nullptr) {
      auto writer = store.Create(name);
      if (writer.ok()) open->writer = std::move(*writer);
      if (!writer.ok()) open->Fail(writer.status());
    }
    if (open->status.ok()) {
      const arrow::Status status = open->writer->Append({block.get(), size});
      if (!status.ok()) open->Fail(status);
    }
    memory->GiveBlock(block);
    const int64_t before = open->waiting_bytes.fetch_sub(bytes);
    if (before >= kWaitingBytesMax && before - bytes < kWaitingBytesMax) wake();
  });
}

void StateFileWriter::Finish(Written written) {
  ByteWriter end;
  end.U32(kEnd);
  end.I64(num_pieces_);
  Append(end.view());
  StateFile file;
  file.size = size_;
  file.checksum = XXH3_64bits_digest(checksum_->state);
  if (file.size <= kInlineBytesMax) {
    file.bytes.assign(block_.get(), block_bytes_);
    memory_->GiveBlock(std::exchange(block_, nullptr));
    // After the files of the same lane: later snapshots must not overtake earlier ones.
    return executor_.Submit(
        lane_, [file = std::move(file), written = std::move(written)] { written(file); });
  }
  if (block_ != nullptr) SubmitBlock();
  file.name = name_;
  executor_.Submit(lane_, [open = open_, file = std::move(file), written = std::move(written)] {
    if (open->status.ok()) {
      const arrow::Status status = open->writer->Finish();
      if (!status.ok()) open->Fail(status);
    }
    open->writer.reset();
    open->status.ok() ? written(file) : written(open->status);
  });
}

arrow::Result<SnapshotSections> ParseStateFile(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return arrow::Status::Invalid("this is no sabot state file");
  ByteReader from(bytes.substr(kMagic.size()));
  SnapshotSections sections;
  int64_t num_pieces = 0;
  while (from.ok()) {
    const uint32_t kind = from.U32();
    if (kind == kEnd) {
      if (from.I64() != num_pieces || !from.ok() || !from.done()) break;
      return sections;
    }
    const std::string_view name = from.Bytes();
    const std::string_view piece = from.Take(from.U64());
    if (!from.ok() || kind > static_cast<uint32_t>(SectionKind::kDelta)) break;
    SnapshotSection& section = sections[std::string(name)];
    if (!section.pieces.empty() && section.kind != static_cast<SectionKind>(kind)) break;
    section.kind = static_cast<SectionKind>(kind);
    section.pieces.push_back(piece);
    ++num_pieces;
  }
  return arrow::Status::Invalid("the state file is cut short or damaged");
}

}  // namespace sabot
