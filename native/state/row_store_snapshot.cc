// RowStore's snapshots: which rows have gone since the snapshot before, and the rows that have
// come.
//
//   first piece    header: version, next sequence number, and of a base the schema
//   further ones   released: sequence numbers
//                  rows: runs of sequence numbers (first, length), Arrow IPC
//
// Rows that were stored with other columns are fitted to the store's while they are read.
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "state/row_store.h"
#include "state/stored_columns.h"

namespace sabot {
namespace {

constexpr uint32_t kVersion = 1;

enum PieceKind : uint8_t { kReleased = 1, kRows = 2 };

// Rows that one piece may look at.
constexpr size_t kPieceRows = 65'536;

arrow::Result<std::shared_ptr<arrow::Buffer>> AlignedCopy(std::string_view bytes) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer,
                        arrow::AllocateBuffer(static_cast<int64_t>(bytes.size())));
  std::copy(bytes.begin(), bytes.end(), buffer->mutable_data());
  return buffer;
}

}  // namespace

// --- writing ---

// The rows that a barrier found: references to their batches and to what was dead then, so that the
// store may change or go.
class RowStore::Frozen final : public FrozenState {
 public:
  Frozen(const RowStore& store, bool whole, bool aside, std::vector<uint64_t> released)
      : schema_(store.schema_),
        chain_(store.chain_),
        kind_(whole ? SectionKind::kBase : SectionKind::kDelta),
        aside_(aside),
        num_earlier_(whole ? 0 : store.chain_->num_earlier()),
        next_sequence_(store.next_sequence_),
        released_(std::move(released)) {
    const uint64_t begin = whole ? 0 : store.known_end_;
    // Newest first, up to what the chain has already.
    for (auto segment = store.segments_.rbegin(); segment != store.segments_.rend(); ++segment) {
      if (segment->rows == nullptr) continue;
      if (SequenceOf(*segment, segment->num_rows - 1) < begin) break;
      Segment& part = parts_.emplace_back();
      part.rows = segment->rows;
      part.offset = segment->offset;
      part.num_rows = segment->num_rows;
      part.first_sequence = segment->first_sequence;
      part.sequences = segment->sequences;
      part.dead = segment->dead;
      part.bytes = segment->bytes;
    }
    std::reverse(parts_.begin(), parts_.end());
    if (!parts_.empty()) row_ = FirstAtLeast(parts_.front(), begin);
  }

  ~Frozen() override {
    if (!confirmed_ && !aside_) chain_->Break();
  }

  SectionKind kind() const override { return kind_; }
  int num_earlier() const override { return num_earlier_; }

  arrow::Status NextPiece(size_t bytes_max, ByteWriter& piece, bool* last) override {
    if (!begun_) {
      ARROW_RETURN_NOT_OK(WriteHeader(piece));
      begun_ = true;
    } else if (next_released_ < released_.size()) {
      const size_t count =
          std::min(released_.size() - next_released_, std::max<size_t>(1, bytes_max / 8));
      piece.U8(kReleased);
      piece.Append(released_.data() + next_released_, count * sizeof(uint64_t));
      next_released_ += count;
    } else {
      ARROW_RETURN_NOT_OK(WriteRows(bytes_max, piece));
    }
    *last = next_released_ == released_.size() && part_ == parts_.size();
    return arrow::Status::OK();
  }

  void Confirm() override {
    confirmed_ = true;
    if (!aside_) chain_->Add(kind_, num_entries_);
  }

 private:
  arrow::Status WriteHeader(ByteWriter& piece) const {
    piece.U32(kVersion);
    piece.U64(next_sequence_);
    if (kind_ != SectionKind::kBase) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(const auto schema, arrow::ipc::SerializeSchema(*schema_));
    piece.Bytes(std::string_view(*schema));
    return arrow::Status::OK();
  }

  // Live rows from part_ and row_ on, about `bytes_max` bytes of them.
  arrow::Status WriteRows(size_t bytes_max, ByteWriter& piece) {
    std::vector<RowRef> rows;
    std::vector<std::pair<uint64_t, uint32_t>> runs;
    auto bytes_left = static_cast<int64_t>(bytes_max);
    size_t visits_left = kPieceRows;
    while (part_ < parts_.size() && bytes_left > 0 && visits_left > 0) {
      const Segment& part = parts_[part_];
      const int64_t num_rows = part.num_rows;
      const int64_t row_bytes = std::max<int64_t>(1, part.bytes / num_rows);
      for (; row_ < num_rows && bytes_left > 0 && visits_left-- > 0; ++row_) {
        if (part.dead != nullptr && IsDead(*part.dead, row_)) continue;
        const uint64_t sequence = SequenceOf(part, row_);
        if (runs.empty() || runs.back().first + runs.back().second != sequence)
          runs.emplace_back(sequence, 0);
        ++runs.back().second;
        rows.push_back({part.rows.get(), part.offset + row_});
        bytes_left -= row_bytes;
      }
      if (row_ < num_rows) break;
      written_.push_back(std::exchange(parts_[part_].rows, nullptr));
      ++part_;
      row_ = 0;
    }
    num_entries_ += std::ssize(rows);
    piece.U8(kRows);
    piece.Varint(runs.size());
    for (const auto& [first, length] : runs) {
      piece.Varint(first);
      piece.Varint(length);
    }
    ARROW_RETURN_NOT_OK(AppendBatch(rows, piece));
    written_.clear();
    return arrow::Status::OK();
  }

  static bool IsDead(const Bitmap& dead, int64_t row) {
    return (dead[static_cast<size_t>(row / 64)] >> (row % 64) & 1) != 0;
  }

  arrow::Status AppendBatch(std::span<const RowRef> rows, ByteWriter& piece) const {
    if (rows.empty()) return arrow::Status::OK();
    std::shared_ptr<arrow::RecordBatch> batch;
    const RowRef& first = rows.front();
    const RowRef& last = rows.back();
    const auto count = static_cast<int64_t>(rows.size());
    if (first.batch == last.batch && last.row - first.row + 1 == count) {
      batch = first.batch->Slice(first.row, count);
    } else {
      std::vector<ArrayPtr> columns;
      for (int column = 0; column < schema_->num_fields(); ++column) {
        ARROW_ASSIGN_OR_RAISE(auto array,
                              GatherColumn(rows, column, schema_->field(column)->type()));
        columns.push_back(std::move(array));
      }
      batch = arrow::RecordBatch::Make(schema_, count, std::move(columns));
    }
    ARROW_ASSIGN_OR_RAISE(const auto bytes, arrow::ipc::SerializeRecordBatch(
                                                *batch, arrow::ipc::IpcWriteOptions::Defaults()));
    piece.Append(bytes->data(), static_cast<size_t>(bytes->size()));
    return arrow::Status::OK();
  }

  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<DeltaChain> chain_;
  SectionKind kind_;
  bool aside_;
  int num_earlier_;
  uint64_t next_sequence_;
  std::vector<uint64_t> released_;
  size_t next_released_ = 0;
  std::vector<Segment> parts_;  // Without links.
  size_t part_ = 0;
  int64_t row_ = 0;                      // In part_.
  std::vector<RecordBatchPtr> written_;  // Of the piece under way.
  bool begun_ = false;
  bool confirmed_ = false;
  int64_t num_entries_ = 0;  // Rows written.
};

std::shared_ptr<arrow::Field> RowStore::AddedField() {
  return arrow::field("$added", arrow::int64());
}

arrow::Status RowStore::Snapshot(std::string_view section, SnapshotWriter& to) {
  const bool aside = to.mode() == SnapshotMode::kSavepoint;
  const bool whole = aside || to.mode() == SnapshotMode::kFull || !chain_->CanGrow(num_rows_);
  std::vector<uint64_t> released;
  if (!aside) released = std::exchange(released_, {});
  if (whole) released.clear();
  if (whole && !aside) chain_ = std::make_shared<DeltaChain>();
  to.Freeze(section, std::make_unique<Frozen>(*this, whole, aside, std::move(released)));
  if (!aside) known_end_ = next_sequence_;
  return arrow::Status::OK();
}

// --- reading ---

arrow::Result<RowId> RowStore::Restored::Append(std::span<const int32_t> rows) {
  Segment segment;
  segment.rows = batch_.rows;
  std::vector<uint64_t> sequences = sequences_;
  if (static_cast<int64_t>(rows.size()) != batch_.num_rows()) {
    ARROW_ASSIGN_OR_RAISE(const Batch taken, Take(batch_, rows));
    segment.rows = taken.rows;
    sequences.resize(rows.size());
    for (size_t i = 0; i < rows.size(); ++i)
      sequences[i] = sequences_[static_cast<size_t>(rows[i])];
  }
  segment.first_sequence = sequences.front();
  if (sequences.back() - sequences.front() + 1 != sequences.size())
    segment.sequences = Shared(std::move(sequences));
  return store_->AppendSegment(std::move(segment));
}

// Applies chains to a store that is being restored.
class RowStore::Replay {
 public:
  Replay(RowStore* store, std::string_view section,
         const std::function<arrow::Status(Restored&)>& take)
      : store_(store), section_(section), take_(take), stored_(store->schema_) {}

  bool refitted() const { return stored_.differ(); }
  int64_t num_entries() const { return num_entries_; }  // Rows read, released or not.

  // What later snapshots have released is left out at once.
  arrow::Status Run(const SnapshotReader::SectionChain& chain, bool renumber) {
    renumber_ = renumber;
    released_.clear();
    for (const SnapshotSection* section : chain) {
      if (section->pieces.empty()) return Damaged();
      for (size_t i = 1; i < section->pieces.size(); ++i) {
        ByteReader bytes(section->pieces[i]);
        if (bytes.U8() != kReleased) continue;
        while (bytes.ok() && !bytes.done()) released_.insert(bytes.U64());
        if (!bytes.ok()) return Damaged();
      }
    }
    for (const SnapshotSection* section : chain) {
      ARROW_RETURN_NOT_OK(ReadHeader(section->pieces[0], section->kind));
      for (size_t i = 1; i < section->pieces.size(); ++i) {
        ARROW_RETURN_NOT_OK(ReadRows(section->pieces[i]));
        if (store_->tiers_ != nullptr) ARROW_RETURN_NOT_OK(store_->tiers_->MakeRoom());
      }
    }
    return arrow::Status::OK();
  }

 private:
  arrow::Status Damaged() const {
    return arrow::Status::Invalid("State '", section_, "' is cut short or damaged.");
  }

  arrow::Status ReadHeader(std::string_view piece, SectionKind kind) {
    ByteReader bytes(piece);
    const uint32_t version = bytes.U32();
    const uint64_t next_sequence = bytes.U64();
    if (!bytes.ok()) return Damaged();
    if (version != kVersion) {
      return arrow::Status::Invalid("State '", section_, "' has version ", version,
                                    "; this build reads version ", kVersion, ".");
    }
    if (!renumber_) store_->next_sequence_ = next_sequence;
    if (kind != SectionKind::kBase) return bytes.done() ? arrow::Status::OK() : Damaged();
    ARROW_ASSIGN_OR_RAISE(const auto buffer, AlignedCopy(bytes.Bytes()));
    if (!bytes.ok() || !bytes.done()) return Damaged();
    arrow::io::BufferReader reader(buffer);
    arrow::ipc::DictionaryMemo dictionaries;
    ARROW_ASSIGN_OR_RAISE(const auto schema, arrow::ipc::ReadSchema(&reader, &dictionaries));
    stored_ = StoredColumns(schema, store_->schema_);
    if (stored_.fit()) return arrow::Status::OK();
    return arrow::Status::Invalid("State '", section_, "' was written with other columns (",
                                  schema->ToString(), ", now ", store_->schema_->ToString(),
                                  "): the operator's definition has changed since.");
  }

  arrow::Status ReadRows(std::string_view piece) {
    ByteReader bytes(piece);
    const uint8_t kind = bytes.U8();
    if (kind == kReleased) return arrow::Status::OK();
    if (kind != kRows) return Damaged();
    Restored rows;
    rows.store_ = store_;
    const uint64_t num_runs = bytes.Varint();
    for (uint64_t i = 0; i < num_runs && bytes.ok(); ++i) {
      const uint64_t first = bytes.Varint();
      const uint64_t length = bytes.Varint();
      if (!bytes.ok() || length > kPieceRows - rows.sequences_.size()) return Damaged();
      for (uint64_t j = 0; j < length; ++j) rows.sequences_.push_back(first + j);
    }
    if (!bytes.ok()) return Damaged();
    num_entries_ += std::ssize(rows.sequences_);
    if (rows.sequences_.empty()) return bytes.done() ? arrow::Status::OK() : Damaged();
    ARROW_ASSIGN_OR_RAISE(rows.batch_.rows, ReadBatch(bytes.Take(bytes.size())));
    if (rows.batch_.num_rows() != std::ssize(rows.sequences_)) return Damaged();
    ARROW_RETURN_NOT_OK(DropReleased(&rows));
    if (rows.batch_.num_rows() == 0) return arrow::Status::OK();
    if (renumber_) {
      for (uint64_t& sequence : rows.sequences_) sequence = store_->next_sequence_++;
    }
    return take_(rows);
  }

  arrow::Result<RecordBatchPtr> ReadBatch(std::string_view bytes) const {
    ARROW_ASSIGN_OR_RAISE(const auto buffer, AlignedCopy(bytes));
    arrow::io::BufferReader reader(buffer);
    const arrow::ipc::DictionaryMemo dictionaries;
    ARROW_ASSIGN_OR_RAISE(
        auto batch, arrow::ipc::ReadRecordBatch(stored_.schema(), &dictionaries,
                                                arrow::ipc::IpcReadOptions::Defaults(), &reader));
    ARROW_RETURN_NOT_OK(batch->ValidateFull());
    return stored_.Fit(std::move(batch));
  }

  arrow::Status DropReleased(Restored* rows) const {
    std::vector<int32_t> kept;
    for (size_t i = 0; i < rows->sequences_.size(); ++i) {
      if (!released_.contains(rows->sequences_[i])) kept.push_back(static_cast<int32_t>(i));
    }
    if (kept.size() == rows->sequences_.size()) return arrow::Status::OK();
    for (size_t i = 0; i < kept.size(); ++i)
      rows->sequences_[i] = rows->sequences_[static_cast<size_t>(kept[i])];
    rows->sequences_.resize(kept.size());
    return Take(rows->batch_, kept).Value(&rows->batch_);
  }

  RowStore* store_;
  std::string_view section_;
  const std::function<arrow::Status(Restored&)>& take_;
  bool renumber_ = false;
  int64_t num_entries_ = 0;
  StoredColumns stored_;  // Of the chain at hand.
  std::unordered_set<uint64_t> released_;
};

arrow::Status RowStore::Restore(std::string_view section, const SnapshotReader& from,
                                const std::function<arrow::Status(Restored&)>& take) {
  SABOT_CHECK(num_rows_ == 0 && known_end_ == 0);
  ARROW_ASSIGN_OR_RAISE(const auto chains, from.Chains(section));
  const bool continues = from.continues() && chains.size() == 1;
  Replay replay(this, section, take);
  // Numbers of several stores would meet, so they are given anew; a chain that goes on needs them.
  for (const SnapshotReader::SectionChain& chain : chains)
    ARROW_RETURN_NOT_OK(replay.Run(chain, !continues));
  if (!continues || replay.refitted()) return arrow::Status::OK();
  chain_->Continue(chains[0], replay.num_entries());
  known_end_ = next_sequence_;
  return arrow::Status::OK();
}

}  // namespace sabot
