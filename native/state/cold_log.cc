// Rows behind each other in segments, and what lives of them.
#include "state/cold_log.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"

namespace sabot {
namespace {

// Of a file: where one row is wanted, so much more than rows have on average; where all are.
constexpr size_t kRowAir = 64;
constexpr size_t kLargePiece = size_t{256} << 10;
constexpr size_t kRowPartMax = 4;  // A row takes a quarter of a segment at most.

}  // namespace

ColdLog::ColdLog(FileSystem& files, std::string folder, const ColdLogOptions& options)
    : files_(files),
      folder_(std::move(folder)),
      segment_bytes_(static_cast<size_t>(options.segment_bytes)),
      unit_bits_(static_cast<unsigned>(std::countr_zero(segment_bytes_ / kUnit))),
      num_segments_max_(static_cast<size_t>(options.num_segments_max)),
      reader_(&folder_, kRowAir),
      victim_reader_(&folder_, kLargePiece) {
  SABOT_CHECK(std::has_single_bit(segment_bytes_) && segment_bytes_ >= 64 * kUnit);
}

ColdLog::~ColdLog() = default;

ColdLog::Structure ColdLog::Open(Owner* owner, bool expires) {
  structures_[next_structure_] = {.owner = owner, .expires = expires};
  return next_structure_++;
}

void ColdLog::SetTime(Structure structure, int64_t now_ms) {
  structures_.at(structure).now_ms = now_ms;
}

// Entries of the index go when their segments are emptied.
void ColdLog::Drop(Structure structure) {
  structures_.erase(structure);
  for (Segment& segment : segments_) {
    const auto share = std::lower_bound(
        segment.shares.begin(), segment.shares.end(), structure,
        [](const Share& each, Structure wanted) { return each.structure < wanted; });
    if (share == segment.shares.end() || share->structure != structure) continue;
    segment.num_live -= share->num_units;
    num_live_ -= share->num_units;
    segment.shares.erase(share);
  }
}

int64_t ColdLog::memory_bytes() const {
  return needed_bytes() - index_.needed_bytes() + index_.size_bytes();
}

int64_t ColdLog::needed_bytes() const {
  int64_t bytes = index_.needed_bytes();
  for (const Segment& segment : segments_) {
    bytes += static_cast<int64_t>(sizeof(Segment) + segment.shares.size() * sizeof(Share));
    if (segment.live != nullptr) bytes += static_cast<int64_t>(segment_bytes_ / kUnit / 8);
  }
  return bytes + (memory_ == nullptr ? 0 : static_cast<int64_t>(segment_bytes_));
}

int64_t ColdLog::disk_bytes() const {
  int64_t bytes = 0;
  for (const Segment& segment : segments_) {
    if (segment.file != nullptr) bytes += static_cast<int64_t>(segment.num_units * kUnit);
  }
  return bytes;
}

// --- rows ---

uint32_t ColdLog::ChecksumOf(const char* at, size_t size) {
  // Not zero of zeros.
  constexpr size_t kSkipped = sizeof(Header::checksum);
  return static_cast<uint32_t>(HashBytes(at + kSkipped, size - kSkipped)) ^ 0x5ab07106u;
}

arrow::Status ColdLog::Reader::Damaged() const {
  return UserError("state-damaged", *folder_,
                   "state in '" + *folder_ + "': a row is not what was written");
}

arrow::Result<ColdLog::Record> ColdLog::Reader::At(const Extent& extent, uint32_t unit) {
  const size_t offset = unit * kUnit;
  const size_t bytes_max = extent.num_units * kUnit - offset;
  if (extent.memory != nullptr) return Parse(extent.memory->data() + offset, bytes_max);
  if (bytes_max < sizeof(Header)) return Damaged();
  ARROW_ASSIGN_OR_RAISE(const char* at, Read(extent, offset, sizeof(Header)));
  Header header;
  std::memcpy(&header, at, sizeof(header));
  const size_t size = sizeof(Header) + size_t{header.key_size} + size_t{header.value_size};
  if (size > bytes_max) return Damaged();
  ARROW_ASSIGN_OR_RAISE(at, Read(extent, offset, size));
  return Parse(at, size);
}

// A segment does not change once it is in a file.
arrow::Result<const char*> ColdLog::Reader::Read(const Extent& extent, size_t offset, size_t size) {
  if (number_ == extent.number && offset >= begin_ && offset + size <= begin_ + piece_.size())
    return piece_.data() + (offset - begin_);
  const size_t wanted = std::min(std::max(size, piece_bytes_), extent.num_units * kUnit - offset);
  number_ = -1;
  piece_.resize(wanted);
  ARROW_ASSIGN_OR_RAISE(const int64_t got,
                        extent.file->ReadAt(static_cast<int64_t>(offset), piece_.data(),
                                            static_cast<int64_t>(wanted)));
  if (got != static_cast<int64_t>(wanted)) return Damaged();
  number_ = extent.number;
  begin_ = offset;
  return piece_.data();
}

arrow::Result<ColdLog::Record> ColdLog::Reader::Parse(const char* at, size_t bytes_max) const {
  Header header;
  std::memcpy(&header, at, sizeof(header));
  const size_t size = sizeof(Header) + size_t{header.key_size} + size_t{header.value_size};
  if (size > bytes_max || ChecksumOf(at, size) != header.checksum) return Damaged();
  const char* const key = at + sizeof(Header);
  return Record{header, {key, header.key_size}, {key + header.key_size, header.value_size}};
}

void ColdLog::PrefetchPlace(const Key& row) const {
  const uint32_t tag = ColdLogIndex::TagOf(row.structure, row.hash);
  const Place place = index_.Find(row.hash, tag, [](Place) { return true; });
  if (place == ColdLogIndex::kNowhere) return;
  __builtin_prefetch(&(*segments_[SegmentOf(place)].live)[UnitOf(place) / 64], 1);
}

size_t ColdLog::RowBytes() const {
  const int64_t units = num_live_ / std::max<int64_t>(index_.count(), 1);
  return static_cast<size_t>(units) * kUnit + kRowAir;
}

arrow::Result<ColdLog::Found> ColdLog::Find(const Key& row) {
  reader_.set_piece_bytes(RowBytes());
  const uint32_t tag = ColdLogIndex::TagOf(row.structure, row.hash);
  Found found;
  arrow::Status status;
  const Place place = index_.Find(row.hash, tag, [&](Place candidate) {
    auto record = ReadAt(candidate, reader_);
    if (!record.ok()) {
      status = record.status();
      return true;
    }
    found.value = record->value;
    found.num_units = record->num_units();
    return record->header.structure == row.structure && record->header.hash == row.hash &&
           record->key == row.key;
  });
  ARROW_RETURN_NOT_OK(status);
  found.place = place;
  return found;
}

void ColdLog::Remove(const Key& row, const Found& found) {
  Kill(found.place, row.structure, found.num_units);
  index_.Erase(row.hash, ColdLogIndex::TagOf(row.structure, row.hash), found.place);
}

uint32_t& ColdLog::ShareOf(Segment& segment, Structure structure) {
  const auto share =
      std::lower_bound(segment.shares.begin(), segment.shares.end(), structure,
                       [](const Share& each, Structure wanted) { return each.structure < wanted; });
  if (share != segment.shares.end() && share->structure == structure) return share->num_units;
  return segment.shares.insert(share, {structure, 0})->num_units;
}

void ColdLog::Kill(Place place, Structure structure, uint32_t num_units) {
  Segment& segment = segments_[SegmentOf(place)];
  if (segment.live.use_count() > 1) segment.live = std::make_shared<Bits>(*segment.live);
  const uint32_t unit = UnitOf(place);
  (*segment.live)[unit / 64] &= ~(uint64_t{1} << unit % 64);
  if (!structures_.contains(structure)) return;  // Counted when it was dropped.
  segment.num_live -= num_units;
  num_live_ -= num_units;
  ShareOf(segment, structure) -= num_units;
}

// --- putting ---

bool ColdLog::Fits(size_t key_bytes, size_t value_bytes_max) const {
  const size_t bytes = sizeof(Header) + key_bytes + value_bytes_max;
  if (bytes > segment_bytes_ / kRowPartMax) return false;
  // Places are numbers of 32 bits, of which the last is none.
  return segments_.size() - free_.size() < (size_t{1} << (32 - unit_bits_)) - 1;
}

void ColdLog::BeginSegment() {
  if (free_.empty()) {
    last_ = segments_.size();
    segments_.emplace_back();
  } else {
    last_ = free_.back();
    free_.pop_back();
  }
  // A reader may still have what was there.
  if (memory_ == nullptr || memory_.use_count() > 1)
    memory_ = std::make_shared<LargeMemory>(segment_bytes_);
  Segment& segment = segments_[last_];
  segment = {};
  segment.memory = memory_;
  segment.live = std::make_shared<Bits>(segment_bytes_ / kUnit / 64);
}

arrow::Status ColdLog::Seal() {
  Segment& segment = segments_[last_];
  if (next_file_ == 0) ARROW_RETURN_NOT_OK(files_.CreateFolder(folder_));
  const std::string path = folder_ + "/log-" + std::to_string(next_file_++);
  const auto write = [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(const auto file, files_.Create(path));
    ARROW_RETURN_NOT_OK(file->Append({segment.memory->data(), segment.num_units * kUnit}));
    return file->Close();
  };
  const arrow::Status written = write();
  auto opened = written.ok() ? files_.OpenToRead(path) : written;
  const arrow::Status removed = files_.Exists(path) ? files_.Remove(path) : arrow::Status::OK();
  ARROW_RETURN_NOT_OK(opened.status());
  ARROW_RETURN_NOT_OK(removed);
  segment.file = std::move(*opened);
  segment.number = next_file_;
  segment.memory.reset();
  last_ = SIZE_MAX;
  return arrow::Status::OK();
}

arrow::Status ColdLog::Reserve(uint32_t num_units) {
  if (last_ != SIZE_MAX &&
      (size_t{segments_[last_].num_units} + num_units) * kUnit > segment_bytes_) {
    ARROW_RETURN_NOT_OK(Seal());
  }
  if (last_ == SIZE_MAX) BeginSegment();
  return arrow::Status::OK();
}

arrow::Result<char*> ColdLog::Begin(const Key& row, size_t value_bytes_max) {
  ARROW_RETURN_NOT_OK(Reserve(UnitsOf(row.key.size(), value_bytes_max)));
  begun_ = row;
  char* const at = memory_->data() + segments_[last_].num_units * kUnit;
  if (!row.key.empty()) std::memcpy(at + sizeof(Header), row.key.data(), row.key.size());
  return at + sizeof(Header) + row.key.size();
}

void ColdLog::End(const char* end) {
  char* const at = memory_->data() + segments_[last_].num_units * kUnit;
  const size_t key_size = begun_.key.size();
  const char* const value = at + sizeof(Header) + key_size;
  Header header{.checksum = 0,
                .structure = begun_.structure,
                .hash = begun_.hash,
                .key_size = static_cast<uint32_t>(key_size),
                .value_size = static_cast<uint32_t>(end - value)};
  std::memcpy(at, &header, sizeof(header));
  header.checksum = ChecksumOf(at, static_cast<size_t>(end - at));
  std::memcpy(at, &header.checksum, sizeof(header.checksum));
  const Record record{header, {}, {value, header.value_size}};
  const Place place = AddLast(record);
  index_.Insert(begun_.hash, ColdLogIndex::TagOf(begun_.structure, begun_.hash), place);
}

ColdLog::Place ColdLog::AddLast(const Record& record) {
  Segment& segment = segments_[last_];
  const uint32_t unit = segment.num_units;
  const uint32_t num_units = record.num_units();
  (*segment.live)[unit / 64] |= uint64_t{1} << unit % 64;
  segment.num_units += num_units;
  segment.num_live += num_units;
  ShareOf(segment, record.header.structure) += num_units;
  num_units_ += num_units;
  num_live_ += num_units;
  num_put_ += num_units;
  int64_t until_ms = INT64_MAX;
  if (structures_.at(record.header.structure).expires)
    std::memcpy(&until_ms, record.value.data(), sizeof(until_ms));
  segment.until_ms = std::max(segment.until_ms, until_ms);
  return PlaceOf(last_, unit);
}

// --- reading all ---

ColdLogRows::ColdLogRows(const ColdLog* log, ColdLog::Structure structure)
    : log_(log),
      structure_(structure),
      in_order_(&log->folder_, kLargePiece),
      at_random_(&log->folder_, log->RowBytes()) {}

ColdLogRows ColdLog::All(Structure structure) const {
  ColdLogRows rows(this, structure);
  rows.parts_.resize(segments_.size());
  for (size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    if (segment.live == nullptr) continue;
    rows.parts_[i] = {{segment}, segment.live};
  }
  return rows;
}

arrow::Result<bool> ColdLogRows::Next() {
  for (; part_ < parts_.size(); ++part_, unit_ = 0) {
    const Part& part = parts_[part_];
    while (unit_ < part.num_units) {
      const uint64_t word = (*part.live)[unit_ / 64] >> unit_ % 64;
      if (word == 0) {
        unit_ = (unit_ / 64 + 1) * 64;
        continue;
      }
      unit_ += static_cast<uint32_t>(std::countr_zero(word));
      if (unit_ >= part.num_units) break;
      ARROW_ASSIGN_OR_RAISE(record_, in_order_.At(part, unit_++));
      if (record_.header.structure == structure_) return true;
    }
    parts_[part_] = {};  // It may go.
  }
  return false;
}

arrow::Result<bool> ColdLogRows::Seek(ColdLog::Place place) {
  const size_t segment = log_->SegmentOf(place);
  const uint32_t unit = log_->UnitOf(place);
  if (segment >= parts_.size()) return false;
  const Part& part = parts_[segment];
  if (part.live == nullptr || unit >= part.num_units) return false;
  if (((*part.live)[unit / 64] >> unit % 64 & 1) == 0) return false;
  ARROW_ASSIGN_OR_RAISE(record_, at_random_.At(part, unit));
  return record_.header.structure == structure_;
}

}  // namespace sabot
