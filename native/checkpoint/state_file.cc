// State files: framing, blocks, reading back.
#include "checkpoint/state_file.h"

#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/hash.h"

namespace sabot {
namespace {

constexpr std::string_view kMagic = "sabot state 1\n";
constexpr uint32_t kEnd = 0xE0F;  // In the place of a kind.
constexpr size_t kInlineBytesMax = 4096;
constexpr size_t kBlockBytes = 1 << 20;
constexpr size_t kSmallPieceBytes = 4096;  // Such pieces are joined, larger ones are not copied.
constexpr int64_t kWaitingBytesMax = 16 << 20;

}  // namespace

struct StateFileWriter::Open {
  ~Open() { XXH3_freeState(hash); }

  // The executor's, one piece of work at a time.
  std::unique_ptr<ObjectWriter> writer;
  XXH3_state_t* hash = XXH3_createState();
  int64_t size = 0;
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
      block_{std::string(kMagic)},
      block_bytes_(kMagic.size()),
      open_(std::make_shared<Open>()) {
  XXH3_64bits_reset(open_->hash);
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
  block_bytes_ += head.size() + piece.size();
  SmallPart() += head.Take();
  if (piece.size() <= kSmallPieceBytes) {
    SmallPart() += piece;
  } else {
    block_.push_back(std::move(piece));
  }
  ++num_pieces_;
  if (block_bytes_ >= kBlockBytes) SubmitBlock();
  return arrow::Status::OK();
}

// The last part, to which small bytes may be added.
std::string& StateFileWriter::SmallPart() {
  if (block_.empty() || block_.back().size() > kSmallPieceBytes) block_.emplace_back();
  return block_.back();
}

bool StateFileWriter::has_room() const { return open_->waiting_bytes < kWaitingBytesMax; }

void StateFileWriter::SubmitBlock() {
  ++num_blocks_;
  const auto size = static_cast<int64_t>(std::exchange(block_bytes_, 0));
  open_->waiting_bytes += size;
  executor_.Submit(lane_, [&store = store_, name = name_, open = open_, wake = wake_,
                           memory = memory_, block = std::exchange(block_, {}), size]() mutable {
    if (open->status.ok() && open->writer == nullptr) {
      auto writer = store.Create(name);
      if (writer.ok()) open->writer = std::move(*writer);
      if (!writer.ok()) open->Fail(writer.status());
    }
    for (std::string& part : block) {
      if (!open->status.ok()) break;
      XXH3_64bits_update(open->hash, part.data(), part.size());
      const arrow::Status status = open->writer->Append(part);
      if (!status.ok()) open->Fail(status);
      memory->Give(std::move(part));
    }
    open->size += size;
    const int64_t before = open->waiting_bytes.fetch_sub(size);
    if (before >= kWaitingBytesMax && before - size < kWaitingBytesMax) wake();
  });
}

void StateFileWriter::Finish(Written written) {
  ByteWriter end;
  end.U32(kEnd);
  end.I64(num_pieces_);
  block_bytes_ += end.size();
  SmallPart() += end.Take();
  if (num_blocks_ == 0 && block_bytes_ <= kInlineBytesMax) {
    StateFile file;
    for (const std::string& part : block_) file.bytes += part;
    file.size = static_cast<int64_t>(file.bytes.size());
    file.checksum = HashBytes(file.bytes);
    // After the files of the same lane: later snapshots must not overtake earlier ones.
    return executor_.Submit(
        lane_, [file = std::move(file), written = std::move(written)] { written(file); });
  }
  SubmitBlock();
  executor_.Submit(lane_, [name = name_, open = open_, written = std::move(written)] {
    if (open->status.ok()) {
      const arrow::Status status = open->writer->Finish();
      if (!status.ok()) open->Fail(status);
    }
    open->writer.reset();
    if (!open->status.ok()) return written(open->status);
    StateFile file;
    file.name = name;
    file.size = open->size;
    file.checksum = XXH3_64bits_digest(open->hash);
    written(std::move(file));
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
