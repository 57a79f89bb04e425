// Rows in segments, and gathering them back into columns.
#include "state/row_store.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/builder_base.h>
#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/checked_cast.h>

#include <cstring>

#include "base/check.h"

namespace sabot {
namespace {

constexpr size_t kCompactedRowsMax = 65'536;  // In one segment.
// Where there is so much, it goes together.
constexpr int64_t kSpilledBytesMin = int64_t{1} << 20;
// A process may map so many files and no more: the next one waits until it has this part of what is
// on disk.
constexpr int64_t kPartsOnDisk = 1'024;

// Validity of the referenced rows; nullptr where all are valid.
arrow::Result<std::shared_ptr<arrow::Buffer>> GatherValidity(std::span<const RowRef> rows,
                                                             int column, int64_t* null_count) {
  *null_count = 0;
  ARROW_ASSIGN_OR_RAISE(auto bitmap, arrow::AllocateEmptyBitmap(static_cast<int64_t>(rows.size())));
  uint8_t* bits = bitmap->mutable_data();
  const arrow::RecordBatch* batch = nullptr;
  const arrow::Array* array = nullptr;
  ArrayPtr owner;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].batch != batch) {
      batch = rows[i].batch;
      owner = batch == nullptr ? nullptr : batch->column(column);
      array = owner.get();
    }
    if (batch != nullptr && array->IsValid(rows[i].row)) {
      arrow::bit_util::SetBit(bits, static_cast<int64_t>(i));
    } else {
      ++*null_count;
    }
  }
  if (*null_count == 0) return nullptr;
  return bitmap;
}

template <typename T>
arrow::Result<ArrayPtr> GatherFixed(std::span<const RowRef> rows, int column,
                                    const std::shared_ptr<arrow::DataType>& type) {
  const auto length = static_cast<int64_t>(rows.size());
  ARROW_ASSIGN_OR_RAISE(auto values,
                        arrow::AllocateBuffer(length * static_cast<int64_t>(sizeof(T))));
  auto* to = reinterpret_cast<T*>(values->mutable_data());
  const arrow::RecordBatch* batch = nullptr;
  const T* from = nullptr;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].batch == nullptr) {
      to[i] = T{};
      continue;
    }
    if (rows[i].batch != batch) {
      batch = rows[i].batch;
      from = batch->column_data(column)->GetValues<T>(1);
    }
    to[i] = from[rows[i].row];
  }
  int64_t null_count = 0;
  ARROW_ASSIGN_OR_RAISE(auto validity, GatherValidity(rows, column, &null_count));
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, length, {std::move(validity), std::shared_ptr<arrow::Buffer>(std::move(values))},
      null_count));
}

arrow::Result<ArrayPtr> GatherBinary(std::span<const RowRef> rows, int column,
                                     const std::shared_ptr<arrow::DataType>& type) {
  const auto length = static_cast<int64_t>(rows.size());
  ARROW_ASSIGN_OR_RAISE(auto offsets, arrow::AllocateBuffer((length + 1) * 4));
  auto* offset = reinterpret_cast<int32_t*>(offsets->mutable_data());
  std::vector<std::string_view> views(rows.size());
  const arrow::RecordBatch* batch = nullptr;
  ArrayPtr owner;
  int64_t total = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    offset[i] = static_cast<int32_t>(total);
    if (rows[i].batch == nullptr) continue;
    if (rows[i].batch != batch) {
      batch = rows[i].batch;
      owner = batch->column(column);
    }
    const auto& array = arrow::internal::checked_cast<const arrow::BinaryArray&>(*owner);
    if (array.IsNull(rows[i].row)) continue;
    views[i] = array.GetView(rows[i].row);
    total += static_cast<int64_t>(views[i].size());
    if (total > INT32_MAX) return arrow::Status::CapacityError("a gathered column exceeds 2 GiB");
  }
  offset[length] = static_cast<int32_t>(total);
  ARROW_ASSIGN_OR_RAISE(auto bytes, arrow::AllocateBuffer(total));
  uint8_t* to = bytes->mutable_data();
  for (const std::string_view view : views) {
    if (view.empty()) continue;
    std::memcpy(to, view.data(), view.size());
    to += view.size();
  }
  int64_t null_count = 0;
  ARROW_ASSIGN_OR_RAISE(auto validity, GatherValidity(rows, column, &null_count));
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, length,
      {std::move(validity), std::shared_ptr<arrow::Buffer>(std::move(offsets)),
       std::shared_ptr<arrow::Buffer>(std::move(bytes))},
      null_count));
}

// Booleans and nested types: through a builder.
arrow::Result<ArrayPtr> GatherByBuilder(std::span<const RowRef> rows, int column,
                                        const std::shared_ptr<arrow::DataType>& type) {
  ARROW_ASSIGN_OR_RAISE(auto builder, arrow::MakeBuilder(type));
  ARROW_RETURN_NOT_OK(builder->Reserve(static_cast<int64_t>(rows.size())));
  for (const RowRef& ref : rows) {
    if (ref.batch == nullptr) {
      ARROW_RETURN_NOT_OK(builder->AppendNull());
    } else {
      ARROW_RETURN_NOT_OK(builder->AppendArraySlice(*ref.batch->column_data(column), ref.row, 1));
    }
  }
  return builder->Finish();
}

}  // namespace

arrow::Result<ArrayPtr> GatherColumn(std::span<const RowRef> rows, int column,
                                     const std::shared_ptr<arrow::DataType>& type) {
  if (arrow::is_binary_like(type->id())) return GatherBinary(rows, column, type);
  if (type->id() == arrow::Type::DECIMAL128) {
    return GatherFixed<std::array<uint64_t, 2>>(rows, column, type);
  }
  if (arrow::is_primitive(type->id()) && type->id() != arrow::Type::BOOL) {
    switch (type->bit_width()) {
      case 8:
        return GatherFixed<uint8_t>(rows, column, type);
      case 16:
        return GatherFixed<uint16_t>(rows, column, type);
      case 32:
        return GatherFixed<uint32_t>(rows, column, type);
      case 64:
        return GatherFixed<uint64_t>(rows, column, type);
      default:
        break;
    }
  }
  return GatherByBuilder(rows, column, type);
}

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
  if (pooled_bytes() < least) return 0;
  const int64_t wanted = std::max({bytes, kSpilledBytesMin, least});
  int64_t freed = 0;
  std::vector<Segment*> segments;
  std::vector<RecordBatchPtr> batches;
  uint64_t next = std::max(next_spilled_, first_);
  for (; next < first_ + segments_.size() && freed < wanted; ++next) {
    Segment& segment = segments_[next - first_];
    if (segment.rows == nullptr || segment.on_disk) continue;
    segments.push_back(&segment);
    batches.push_back(segment.rows);
    freed += segment.row_bytes();
  }
  if (segments.empty()) return 0;
  ARROW_ASSIGN_OR_RAISE(const auto moved, tiers_->rows()->Move(batches));
  next_spilled_ = next;
  for (size_t i = 0; i < segments.size(); ++i) {
    segments[i]->rows = moved[i];
    segments[i]->on_disk = true;
  }
  disk_bytes_ += freed;
  tiers_->CountSpilled(freed);
  return freed;
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
  segment.num_live = num_rows;
  segment.next.assign(static_cast<size_t>(num_rows), kNoRow);
  segment.bytes = SizeBytes(Batch{segment.rows, nullptr, kNoSplit}) + num_rows * kLinkBytes;
  num_rows_ += segment.num_live;
  num_kept_ += segment.num_live;
  size_bytes_ += segment.bytes;
  segments_.push_back(std::move(segment));
  return (first_ + segments_.size() - 1) << 32;
}

void RowStore::Release(RowId id) {
  Segment& segment = at(id);
  SABOT_CHECK(segment.num_live > 0);
  if (sequence(id) < known_end_ && !chain_->broken()) released_.push_back(sequence(id));
  --num_rows_;
  if (--segment.num_live > 0) return MarkDead(segment, row(id));
  size_bytes_ -= segment.bytes;
  if (segment.on_disk) disk_bytes_ -= segment.row_bytes();
  num_kept_ -= segment.rows->num_rows();
  segment = {};
  while (!segments_.empty() && segments_.front().rows == nullptr) {
    segments_.pop_front();
    ++first_;
  }
}

void RowStore::MarkDead(Segment& segment, int64_t row) {
  std::shared_ptr<Bitmap>& dead = segment.dead;
  if (dead == nullptr) {
    dead = std::make_shared<Bitmap>(static_cast<size_t>(segment.rows->num_rows() + 63) / 64);
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
  int64_t high = segment.rows->num_rows();
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    (SequenceOf(segment, middle) < sequence ? low : high) =
        SequenceOf(segment, middle) < sequence ? middle + 1 : middle;
  }
  return low;
}

std::vector<RowId> RowStore::LiveRows(uint64_t* next, uint64_t end, size_t num_max) const {
  std::vector<RowId> ids;
  for (size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    if (segment.rows == nullptr) continue;
    for (int64_t at = FirstAtLeast(segment, *next); at < segment.rows->num_rows(); ++at) {
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
  const auto at = std::lower_bound(from_.begin(), from_.end(), old);
  SABOT_CHECK(at != from_.end() && *at == old);
  return to_[static_cast<size_t>(at - from_.begin())];
}

arrow::Result<RowMoves> RowStore::Compact(std::vector<RowId> live) {
  SABOT_CHECK(static_cast<int64_t>(live.size()) == num_rows_);
  RowMoves moves;
  moves.from_ = std::move(live);
  moves.to_.reserve(moves.from_.size());
  RowStore compacted(schema_);
  for (size_t begin = 0; begin < moves.from_.size(); begin += kCompactedRowsMax) {
    const size_t count = std::min(kCompactedRowsMax, moves.from_.size() - begin);
    const std::span<const RowId> ids = std::span(moves.from_).subspan(begin, count);
    std::vector<uint64_t> sequences(count);
    for (size_t i = 0; i < count; ++i) sequences[i] = sequence(ids[i]);
    Segment segment;
    ARROW_ASSIGN_OR_RAISE(segment.rows, Gather(ids));
    segment.sequences = std::make_shared<const std::vector<uint64_t>>(std::move(sequences));
    const RowId first = compacted.AppendSegment(std::move(segment));
    for (size_t i = 0; i < count; ++i) moves.to_.push_back(first + i);
  }
  for (size_t i = 0; i < moves.from_.size(); ++i) {
    compacted.set_next(moves.to_[i], moves.To(next(moves.from_[i])));
  }
  segments_ = std::move(compacted.segments_);
  first_ = compacted.first_;
  num_kept_ = compacted.num_kept_;
  size_bytes_ = compacted.size_bytes_;
  disk_bytes_ = 0;
  next_spilled_ = first_;
  return moves;
}

arrow::Result<RecordBatchPtr> RowStore::Gather(std::span<const RowId> ids) const {
  std::vector<RowRef> rows(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    rows[i] = ids[i] == kNoRow ? RowRef{nullptr, 0} : RowRef{at(ids[i]).rows.get(), row(ids[i])};
  }
  std::vector<ArrayPtr> columns;
  for (int column = 0; column < schema_->num_fields(); ++column) {
    ARROW_ASSIGN_OR_RAISE(auto array, GatherColumn(rows, column, schema_->field(column)->type()));
    columns.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(schema_, static_cast<int64_t>(ids.size()), std::move(columns));
}

}  // namespace sabot
