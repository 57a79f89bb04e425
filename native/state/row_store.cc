// Rows in segments.
#include "state/row_store.h"

#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <bit>

#include "base/check.h"

namespace sabot {
namespace {

constexpr size_t kCompactedRowsMax = 65'536;  // In one segment.
constexpr int64_t kSmallRows = 1'024;
// Where there is so much, it goes together.
constexpr int64_t kSpilledBytesMin = int64_t{1} << 20;
// A process may map so many files and no more: the next one waits until it has this part of what is
// on disk.
constexpr int64_t kPartsOnDisk = 1'024;

RecordBatchPtr LinkBatch(std::vector<RowId> links) {
  static const auto kSchema = arrow::schema({arrow::field("next", arrow::uint64(), false)});
  const auto num_links = std::ssize(links);
  auto column =
      std::make_shared<arrow::UInt64Array>(num_links, arrow::Buffer::FromVector(std::move(links)));
  return arrow::RecordBatch::Make(kSchema, num_links, {std::move(column)});
}

}  // namespace

RowStore::RowStore(std::shared_ptr<arrow::Schema> schema, StateTiers* tiers)
    : schema_(std::move(schema)), tiers_(tiers != nullptr && tiers->limited() ? tiers : nullptr) {
  if (tiers_ != nullptr) tiers_->Add(this);
}

RowStore::~RowStore() {
  if (tiers_ != nullptr) tiers_->Remove(this);
}

arrow::Result<int64_t> RowStore::Spill(int64_t bytes) {
  if (tiers_->rows() == nullptr) return 0;
  const int64_t least = disk_bytes_ / kPartsOnDisk;
  if (movable_bytes() < least) return 0;
  return MoveToDisk(std::max({bytes, kSpilledBytesMin, least}));
}

arrow::Result<int64_t> RowStore::MoveToDisk(int64_t bytes) {
  int64_t freed = 0;
  std::vector<Segment*> segments;
  std::vector<Segment*> whole;  // Of them those whose rows are in memory, too.
  std::vector<RowId> links;
  uint64_t next = std::max(next_spilled_, first_);
  for (; next < first_ + segments_.size() && freed < bytes; ++next) {
    Segment& segment = segments_[next - first_];
    if (segment.rows == nullptr || segment.next.empty()) continue;
    segments.push_back(&segment);
    if (!segment.on_disk) {
      whole.push_back(&segment);
      freed += segment.bytes;
      if (const uint64_t* const numbers = segment.sequences.get(); numbers != nullptr)
        links.insert(links.end(), numbers, numbers + segment.num_rows);
    }
    links.insert(links.end(), segment.next.begin(), segment.next.end());
    freed += segment.link_bytes();
  }
  if (segments.empty()) return 0;
  ARROW_RETURN_NOT_OK(Unite(whole));
  std::vector<RecordBatchPtr> batches;
  for (const Segment* segment : whole) {
    if (batches.empty() || batches.back() != segment->rows) batches.push_back(segment->rows);
  }
  batches.push_back(LinkBatch(std::move(links)));
  ARROW_ASSIGN_OR_RAISE(const auto moved, tiers_->rows()->Move(batches));
  next_spilled_ = next;
  const RecordBatchPtr& moved_links = moved.back();
  const auto* at = moved_links->column_data(0)->GetValues<RowId>(1);
  size_t batch = 0;
  for (Segment* const each : segments) {
    Segment& segment = *each;
    if (!segment.on_disk) {
      if (segment.rows != batches[batch]) ++batch;
      segment.rows = moved[batch];
      if (segment.sequences != nullptr) {
        segment.sequences = {moved_links, at};
        at += segment.num_rows;
      }
    }
    segment.on_disk = true;
    segment.next = {};
    segment.links = at;
    segment.links_on_disk = moved_links;
    at += segment.num_rows;
    link_bytes_ -= segment.link_bytes();
  }
  disk_bytes_ += freed;
  tiers_->CountSpilled(freed);
  return freed;
}

// A batch costs more memory than a few rows, also where it lies on disk.
arrow::Status RowStore::Unite(std::span<Segment* const> segments) {
  for (size_t begin = 0; begin < segments.size();) {
    std::vector<RecordBatchPtr> small;
    int64_t num_rows = 0;
    size_t end = begin;
    for (; end < segments.size() && num_rows < kSmallRows; ++end) {
      const Segment& segment = *segments[end];
      if (segment.num_rows >= kSmallRows) break;
      small.push_back(segment.rows->Slice(segment.offset, segment.num_rows));
      num_rows += segment.num_rows;
    }
    if (small.size() < 2) {
      begin = std::max(end, begin + 1);
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(const auto united, arrow::ConcatenateRecordBatches(small));
    int64_t offset = 0;
    for (; begin < end; ++begin) {
      segments[begin]->rows = united;
      segments[begin]->offset = offset;
      offset += segments[begin]->num_rows;
    }
  }
  return arrow::Status::OK();
}

// They go back with what is moved next.
void RowStore::LinksToMemory(RowId id) {
  Segment& segment = at(id);
  segment.next.assign(segment.links, segment.links + segment.num_rows);
  segment.links = segment.next.data();
  segment.links_on_disk = nullptr;
  link_bytes_ += segment.link_bytes();
  disk_bytes_ -= segment.link_bytes();
  next_spilled_ = std::min(next_spilled_, id >> 32);
}

RowId RowStore::Append(RecordBatchPtr rows) {
  Segment segment;
  segment.first_sequence = next_sequence_;
  segment.rows = std::move(rows);
  next_sequence_ += static_cast<uint64_t>(segment.rows->num_rows());
  return AppendSegment(std::move(segment));
}

RowId RowStore::AppendSegment(Segment segment) {
  const int64_t num_rows = segment.rows->num_rows();
  SABOT_CHECK(num_rows > 0 && num_rows <= UINT32_MAX);
  segment.num_rows = num_rows;
  segment.num_live = num_rows;
  segment.next.assign(static_cast<size_t>(num_rows), kNoRow);
  segment.links = segment.next.data();
  segment.bytes = SizeBytes(Batch{segment.rows, nullptr, kNoSplit});
  if (segment.sequences != nullptr)
    segment.bytes += num_rows * static_cast<int64_t>(sizeof(uint64_t));
  num_rows_ += segment.num_live;
  num_kept_ += segment.num_live;
  size_bytes_ += segment.bytes + segment.link_bytes();
  link_bytes_ += segment.link_bytes();
  segments_.push_back(std::move(segment));
  return (first_ + segments_.size() - 1) << 32;
}

void RowStore::Release(RowId id) {
  Segment& segment = at(id);
  SABOT_CHECK(segment.num_live > 0);
  if (sequence(id) < known_end_ && !chain_->broken()) released_.push_back(sequence(id));
  --num_rows_;
  if (--segment.num_live > 0) return MarkDead(segment, row(id));
  size_bytes_ -= segment.bytes + segment.link_bytes();
  if (segment.on_disk) disk_bytes_ -= segment.bytes;
  (segment.next.empty() ? disk_bytes_ : link_bytes_) -= segment.link_bytes();
  num_kept_ -= segment.num_rows;
  const uint64_t first_sequence = segment.first_sequence;
  segment = {};
  segment.first_sequence = first_sequence;
  while (!segments_.empty() && segments_.front().rows == nullptr) {
    segments_.pop_front();
    ++first_;
  }
}

std::shared_ptr<const uint64_t> RowStore::Shared(std::vector<uint64_t> sequences) {
  auto owner = std::make_shared<const std::vector<uint64_t>>(std::move(sequences));
  const uint64_t* const first = owner->data();
  return {std::move(owner), first};
}

void RowStore::MarkDead(Segment& segment, int64_t row) {
  std::shared_ptr<Bitmap>& dead = segment.dead;
  if (dead == nullptr) {
    dead = std::make_shared<Bitmap>(static_cast<size_t>(segment.num_rows + 63) / 64);
  } else if (dead.use_count() > 1) {
    dead = std::make_shared<Bitmap>(*dead);
  }
  const uint64_t bit = uint64_t{1} << (row % 64);
  uint64_t& word = (*dead)[static_cast<size_t>(row / 64)];
  SABOT_CHECK((word & bit) == 0);  // A row is released once.
  word |= bit;
}

int64_t RowStore::FirstAtLeast(const Segment& segment, uint64_t sequence) {
  int64_t low = 0;
  int64_t high = segment.num_rows;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    (SequenceOf(segment, middle) < sequence ? low : high) =
        SequenceOf(segment, middle) < sequence ? middle + 1 : middle;
  }
  return low;
}

std::vector<RowId> RowStore::LiveRows(uint64_t* next, uint64_t end, size_t num_max) const {
  std::vector<RowId> ids;
  for (size_t i = SegmentOf(*next); i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    if (segment.first_sequence >= end) break;
    if (segment.rows == nullptr) continue;
    for (int64_t at = FirstAtLeast(segment, *next); at < segment.num_rows; ++at) {
      const uint64_t sequence = SequenceOf(segment, at);
      if (sequence >= end) break;
      if (IsDead(segment, at)) continue;
      if (ids.size() == num_max) {
        *next = sequence;
        return ids;
      }
      ids.push_back(((first_ + i) << 32) + static_cast<uint64_t>(at));
    }
  }
  *next = end;
  return ids;
}

RowId RowMoves::To(RowId old) const {
  if (old == kNoRow) return kNoRow;
  const Part& part = parts_[(old >> 32) - first_];
  const uint64_t row = old & UINT32_MAX;
  uint64_t place = part.num_before + row;
  if (part.dead != nullptr) {
    const uint64_t word = (*part.dead)[row / 64];
    const uint64_t before = (uint64_t{1} << row % 64) - 1;
    SABOT_CHECK((word >> row % 64 & 1) == 0);
    place -= part.dead_before[row / 64] + static_cast<uint64_t>(std::popcount(word & before));
  }
  return ((1 + place / kCompactedRowsMax) << 32) + place % kCompactedRowsMax;
}

size_t RowStore::SegmentOf(uint64_t sequence) const {
  const auto behind = std::upper_bound(
      segments_.begin(), segments_.end(), sequence,
      [](uint64_t wanted, const Segment& segment) { return wanted < segment.first_sequence; });
  return behind == segments_.begin() ? 0 : static_cast<size_t>(behind - segments_.begin()) - 1;
}

RowId RowStore::IdOf(uint64_t sequence) const {
  const size_t at = SegmentOf(sequence);
  SABOT_CHECK(at < segments_.size() && segments_[at].rows != nullptr);
  const int64_t row = FirstAtLeast(segments_[at], sequence);
  SABOT_CHECK(row < segments_[at].num_rows && SequenceOf(segments_[at], row) == sequence);
  return ((first_ + at) << 32) + static_cast<uint64_t>(row);
}

std::vector<RowId> RowStore::LiveRows() const {
  uint64_t next = 0;
  return LiveRows(&next, next_sequence_, SIZE_MAX);
}

arrow::Result<RowMoves> RowStore::Compact() {
  RowMoves moves;
  moves.first_ = first_;
  uint64_t num_before = 0;
  for (const Segment& segment : segments_) {
    RowMoves::Part& part = moves.parts_.emplace_back();
    part.num_before = num_before;
    if (segment.rows == nullptr) continue;
    num_before += static_cast<uint64_t>(segment.num_live);
    part.dead = segment.dead;
    if (part.dead == nullptr) continue;
    uint32_t num_dead = 0;
    for (const uint64_t word : *part.dead) {
      part.dead_before.push_back(num_dead);
      num_dead += static_cast<uint32_t>(std::popcount(word));
    }
  }
  const bool to_disk = disk_bytes_ > size_bytes_ / 2;
  RowStore compacted(schema_, to_disk ? tiers_ : nullptr);
  for (uint64_t next = 0; compacted.num_rows_ < num_rows_;) {
    const std::vector<RowId> ids = LiveRows(&next, next_sequence_, kCompactedRowsMax);
    SABOT_CHECK(!ids.empty());
    std::vector<uint64_t> sequences(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) sequences[i] = sequence(ids[i]);
    Segment segment;
    ARROW_ASSIGN_OR_RAISE(segment.rows, Gather(ids));
    segment.first_sequence = sequences.front();
    segment.sequences = Shared(std::move(sequences));
    const RowId first = compacted.AppendSegment(std::move(segment));
    for (size_t i = 0; i < ids.size(); ++i)
      compacted.set_next(first + i, moves.To(this->next(ids[i])));
    if (to_disk &&
        compacted.pooled_bytes() > std::max(kSpilledBytesMin, disk_bytes_ / kPartsOnDisk))
      ARROW_RETURN_NOT_OK(compacted.MoveToDisk(INT64_MAX).status());
  }
  segments_ = std::move(compacted.segments_);
  first_ = compacted.first_;
  num_kept_ = compacted.num_kept_;
  size_bytes_ = compacted.size_bytes_;
  link_bytes_ = compacted.link_bytes_;
  disk_bytes_ = compacted.disk_bytes_;
  next_spilled_ = compacted.next_spilled_;
  return moves;
}

arrow::Result<RecordBatchPtr> RowStore::Gather(std::span<const RowId> ids) const {
  std::vector<RowRef> rows(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    rows[i] = ids[i] == kNoRow ? RowRef{nullptr, 0} : Ref(ids[i]);
  }
  std::vector<ArrayPtr> columns;
  for (int column = 0; column < schema_->num_fields(); ++column) {
    ARROW_ASSIGN_OR_RAISE(auto array, GatherColumn(rows, column, schema_->field(column)->type()));
    columns.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(schema_, static_cast<int64_t>(ids.size()), std::move(columns));
}

}  // namespace sabot
