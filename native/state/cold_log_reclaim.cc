// Making room in a ColdLog: what lives of a segment is copied on or handed over, and it goes.
#include <algorithm>
#include <bit>
#include <cstring>
#include <deque>
#include <utility>

#include "base/check.h"
#include "state/cold_log.h"

namespace sabot {

std::optional<size_t> ColdLog::NextVictim() const {
  int64_t now_ms = INT64_MAX;
  for (const auto& [number, structure] : structures_) {
    if (structure.expires) now_ms = std::min(now_ms, structure.now_ms);
  }
  const int64_t air = 2 * static_cast<int64_t>(segment_bytes_ / kUnit);
  const bool too_empty = num_units_ > 2 * num_live_ + air;
  std::optional<size_t> emptiest;
  for (size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    if (segment.file == nullptr || leaving_ == i) continue;
    if (segment.until_ms <= now_ms && segment.until_ms != INT64_MAX) return i;
    if (too_empty && (!emptiest || segment.num_live < segments_[*emptiest].num_live)) emptiest = i;
  }
  return emptiest;
}

arrow::Status ColdLog::Reclaim() {
  // A victim is at least half dead: so much gains on what was put.
  int64_t units_left = 4 * num_put_ + 1'024;
  while (units_left > 0) {
    if (!victim_) victim_ = NextVictim();
    if (!victim_) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(MoveSome(&units_left));
  }
  num_put_ = 0;  // What was copied is not put.
  return arrow::Status::OK();
}

// Goes on with the victim.
arrow::Status ColdLog::MoveSome(int64_t* units_left) {
  const size_t victim = *victim_;
  const uint32_t end = segments_[victim].num_units;
  while (victim_unit_ < end && *units_left > 0) {
    // The bits may be copied meanwhile.
    const uint64_t word = (*segments_[victim].live)[victim_unit_ / 64] >> victim_unit_ % 64;
    if (word == 0) {
      const uint32_t next = (victim_unit_ / 64 + 1) * 64;
      *units_left -= next - victim_unit_;
      victim_unit_ = next;
      continue;
    }
    const auto skipped = static_cast<uint32_t>(std::countr_zero(word));
    *units_left -= skipped + 1;
    victim_unit_ += skipped;
    ARROW_RETURN_NOT_OK(MoveOn(PlaceOf(victim, victim_unit_)));
    ++victim_unit_;
  }
  if (victim_unit_ < end) return arrow::Status::OK();
  Free(victim);
  victim_.reset();
  victim_unit_ = 0;
  return arrow::Status::OK();
}

// A row of the victim to the end, unless nobody wants it any more.
arrow::Status ColdLog::MoveOn(Place place) {
  ARROW_ASSIGN_OR_RAISE(const Record record, ReadAt(place, victim_reader_));
  if (!IsWanted(record)) {
    Forget(place, record);
    return arrow::Status::OK();
  }
  const uint32_t num_units = record.num_units();
  ARROW_RETURN_NOT_OK(Reserve(num_units));
  const size_t size = sizeof(Header) + record.key.size() + record.value.size();
  std::memcpy(memory_->data() + segments_[last_].num_units * kUnit,
              record.key.data() - sizeof(Header), size);
  const Place to = AddLast(record);
  Kill(place, record.header.structure, num_units);
  const uint64_t hash = record.header.hash;
  index_.Move(hash, ColdLogIndex::TagOf(record.header.structure, hash), place, to);
  return arrow::Status::OK();
}

bool ColdLog::IsWanted(const Record& record) const {
  const auto structure = structures_.find(record.header.structure);
  if (structure == structures_.end()) return false;
  if (!structure->second.expires) return true;
  int64_t until_ms;
  std::memcpy(&until_ms, record.value.data(), sizeof(until_ms));
  return until_ms > structure->second.now_ms;
}

void ColdLog::Forget(Place place, const Record& record) {
  Kill(place, record.header.structure, record.num_units());
  const uint64_t hash = record.header.hash;
  index_.Erase(hash, ColdLogIndex::TagOf(record.header.structure, hash), place);
}

bool ColdLog::is_full() const { return segments_.size() - free_.size() > num_segments_max_; }

std::optional<size_t> ColdLog::Oldest() const {
  std::optional<size_t> oldest;
  for (size_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i].file == nullptr) continue;
    if (!oldest || segments_[i].number < segments_[*oldest].number) oldest = i;
  }
  return oldest;
}

arrow::Result<bool> ColdLog::HandOver(int64_t bytes) {
  if (num_pins_ > 0) return false;
  if (!leaving_) {
    leaving_ = Oldest();
    leaving_unit_ = 0;
    if (!leaving_) return false;
    if (victim_ == leaving_) {
      victim_.reset();
      victim_unit_ = 0;
    }
  }
  const size_t leaving = *leaving_;
  const uint32_t end = segments_[leaving].num_units;
  const uint32_t until = static_cast<uint32_t>(
      std::min<int64_t>(end, leaving_unit_ + bytes / static_cast<int64_t>(kUnit) + 64));
  std::vector<Place> places;
  uint32_t unit = leaving_unit_;
  while (unit < until) {
    const uint64_t word = (*segments_[leaving].live)[unit / 64] >> unit % 64;
    if (word == 0) {
      unit = (unit / 64 + 1) * 64;
      continue;
    }
    unit += static_cast<uint32_t>(std::countr_zero(word));
    places.push_back(PlaceOf(leaving, unit++));
  }
  ARROW_RETURN_NOT_OK(HandOverRows(places));
  leaving_unit_ = unit;
  if (unit < end) return true;
  Free(leaving);
  leaving_.reset();
  return true;
}

arrow::Status ColdLog::HandOverRows(std::span<const Place> places) {
  std::deque<std::string> bytes;
  std::map<Structure, std::vector<Row>> wanted;
  std::vector<Record> all;
  for (const Place place : places) {
    ARROW_ASSIGN_OR_RAISE(const Record record, ReadAt(place, victim_reader_));
    if (IsWanted(record)) {
      const std::string& row =
          bytes.emplace_back(record.key.data(), record.key.size() + record.value.size());
      const std::string_view both(row);
      wanted[record.header.structure].push_back(
          {record.header.hash, both.substr(0, record.key.size()), both.substr(record.key.size())});
    }
    all.push_back(Record{record.header, {}, {}});
  }
  for (const auto& [structure, rows] : wanted)
    ARROW_RETURN_NOT_OK(structures_.at(structure).owner->TakeOver(rows));
  for (size_t i = 0; i < places.size(); ++i) Forget(places[i], all[i]);
  return arrow::Status::OK();
}

void ColdLog::Free(size_t segment) {
  SABOT_CHECK(segments_[segment].num_live == 0);
  num_units_ -= segments_[segment].num_units;
  segments_[segment] = {};
  free_.push_back(segment);
}

}  // namespace sabot
