// ColdLog: rows that are not in memory and are only asked for by key, in files that are written
// from one end to the other.
//
//   index, in memory          segments:  [ a  b  c  d ]  [ c' e  a' ]  [ f  g ... ]
//   tag of a's hash -> a'                  x     x                     still in memory
//
// A row that is taken out or put again leaves a dead one behind (x). When the half of all is dead,
// what lives of the emptiest segments is copied on, a piece at a time, and they go: so nothing is
// ever written but at the end. A bit for every 16 bytes tells which rows live; whoever reads all
// rows keeps the bits, and the segments, as they were when he began.
//
// Where the index itself takes too much, the oldest rows are handed over to whoever they belong to.
//
// Files have no name: they go with the process. Each row has a checksum: what the disk gives back
// wrongly, or not at all, is an error and never another row.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/large_memory.h"
#include "state/cold_log_index.h"

namespace sabot {

struct ColdLogOptions {
  int64_t segment_bytes = int64_t{2} << 20;  // A power of two.
  // A file is held open for each; of more rows the oldest are handed over.
  int64_t num_segments_max = 1'024;
};

class ColdLogRows;

class ColdLog {
 public:
  using Structure = uint32_t;
  using Place = ColdLogIndex::Place;

  // Files are made in `folder`, which comes into being when it is needed.
  ColdLog(FileSystem& files, std::string folder, const ColdLogOptions& options);
  ~ColdLog();
  ColdLog(const ColdLog&) = delete;
  ColdLog& operator=(const ColdLog&) = delete;

  struct Row {
    uint64_t hash;
    std::string_view key;
    std::string_view value;
  };
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual arrow::Status TakeOver(std::span<const Row> rows) = 0;
  };
  // `owner` lasts until Drop. `expires`: every value begins with 8 bytes, little-endian: the time
  // in ms from which on the row may be dropped.
  Structure Open(Owner* owner, bool expires);
  void Drop(Structure structure);  // With its rows.
  void SetTime(Structure structure, int64_t now_ms);

  // A row of a structure, by key; the key's hash tells its key group.
  struct Key {
    Structure structure;
    uint64_t hash;
    std::string_view key;
  };

  // Whether such a row can be put at all.
  bool Fits(size_t key_bytes, size_t value_bytes_max) const;
  // Puts a row that is not there: room for its value, which `End` is told the end of.
  arrow::Result<char*> Begin(const Key& row, size_t value_bytes_max);
  void End(const char* end);

  // Fetches what Find, Remove and End will look at into the processor's cache.
  void PrefetchIndex(const Key& row) const {
    index_.Prefetch(row.hash, ColdLogIndex::TagOf(row.structure, row.hash));
  }
  void PrefetchPlace(const Key& row) const;
  struct Found {
    Place place = ColdLogIndex::kNowhere;
    std::string_view value = {};  // Until the log is used again.
    uint32_t num_units = 0;
    explicit operator bool() const { return place != ColdLogIndex::kNowhere; }
  };
  arrow::Result<Found> Find(const Key& row);
  void Remove(const Key& row, const Found& found);

  // Copies rows on where too many are dead: some, in proportion to what was put since.
  arrow::Status Reclaim();
  // Whether it has more segments than it should.
  bool is_full() const;
  // Hands over rows of the oldest segment, those of about so many bytes of it or what is left;
  // false: there is none but the last, or it is pinned.
  arrow::Result<bool> HandOver(int64_t bytes);
  void Pin() { ++num_pins_; }
  void Unpin() { --num_pins_; }

  // The rows of a structure, as they are now.
  ColdLogRows All(Structure structure) const;
  // Where the rows of a key group lie now; those of other structures are among them.
  std::vector<Place> PlacesOf(int key_group) const { return index_.PlacesOf(key_group); }
  int64_t CountOf(int key_group) const { return index_.CountOf(key_group); }

  int64_t num_rows() const { return index_.count(); }  // Of structures that were dropped, some.
  int64_t memory_bytes() const;
  // What its rows need of that: less for a while after many have gone.
  int64_t needed_bytes() const;
  int64_t disk_bytes() const;

 private:
  friend class ColdLogRows;
  static constexpr size_t kUnit = 16;  // Bytes; places count these.

  // Precedes a row's key and value.
  struct Header {
    uint32_t checksum;  // Of all that follows.
    Structure structure;
    uint64_t hash;
    uint32_t key_size;
    uint32_t value_size;
  };
  static_assert(sizeof(Header) == 24);
  struct Record {
    Header header;
    std::string_view key;
    std::string_view value;
    uint32_t num_units() const { return UnitsOf(header.key_size, header.value_size); }
  };
  static uint32_t UnitsOf(size_t key_bytes, size_t value_bytes) {
    return static_cast<uint32_t>((sizeof(Header) + key_bytes + value_bytes + kUnit - 1) / kUnit);
  }

  using Bits = std::vector<uint64_t>;
  // The units that live rows of a structure take.
  struct Share {
    Structure structure;
    uint32_t num_units;
  };
  // Where rows lie behind each other.
  struct Extent {
    std::shared_ptr<LargeMemory> memory;  // Of the last segment.
    std::shared_ptr<ReadableFile> file;   // Of all others.
    int64_t number = 0;                   // They are written in this order.
    uint32_t num_units = 0;
  };
  // Reads records, from a file a piece at a time. They are good until the next call.
  class Reader {
   public:
    Reader(const std::string* folder, size_t piece_bytes)
        : folder_(folder), piece_bytes_(piece_bytes) {}
    arrow::Result<Record> At(const Extent& extent, uint32_t unit);
    void set_piece_bytes(size_t bytes) { piece_bytes_ = bytes; }

   private:
    // What lies there, of `bytes_max` at most.
    arrow::Result<Record> Parse(const char* at, size_t bytes_max) const;
    arrow::Result<const char*> Read(const Extent& extent, size_t offset, size_t size);
    arrow::Status Damaged() const;

    const std::string* folder_;
    size_t piece_bytes_;
    std::string piece_;
    int64_t number_ = -1;  // Of the segment that the piece is of.
    size_t begin_ = 0;
  };
  struct Segment : Extent {
    uint32_t num_live = 0;
    // nullptr: there is no segment of this number.
    std::shared_ptr<Bits> live;    // Set where a live row begins. Shared with readers.
    std::vector<Share> shares;     // By structure.
    int64_t until_ms = INT64_MIN;  // Then all its rows have expired.
  };
  struct StructureState {
    Owner* owner = nullptr;
    bool expires = false;
    int64_t now_ms = INT64_MIN;
  };

  size_t SegmentOf(Place place) const { return place >> unit_bits_; }
  uint32_t UnitOf(Place place) const { return place & ((uint32_t{1} << unit_bits_) - 1); }
  Place PlaceOf(size_t segment, uint32_t unit) const {
    return static_cast<Place>(segment << unit_bits_ | unit);
  }
  arrow::Result<Record> ReadAt(Place place, Reader& by) const {
    return by.At(segments_[SegmentOf(place)], UnitOf(place));
  }

  static uint32_t ChecksumOf(const char* at, size_t size);

  // What is read where one row is wanted.
  size_t RowBytes() const;
  arrow::Status Reserve(uint32_t num_units);
  arrow::Status Seal();
  void BeginSegment();
  // Of a row that lies at the end already.
  Place AddLast(const Record& record);
  void Kill(Place place, Structure structure, uint32_t num_units);
  uint32_t& ShareOf(Segment& segment, Structure structure);

  std::optional<size_t> NextVictim() const;
  arrow::Status MoveSome(int64_t* units_left);
  arrow::Status MoveOn(Place place);
  // Whether somebody wants it still.
  bool IsWanted(const Record& record) const;
  void Forget(Place place, const Record& record);
  // The oldest segment that lies in a file.
  std::optional<size_t> Oldest() const;
  arrow::Status HandOverRows(std::span<const Place> places);
  void Free(size_t segment);

  FileSystem& files_;
  const std::string folder_;
  const size_t segment_bytes_;
  const unsigned unit_bits_;
  const size_t num_segments_max_;

  ColdLogIndex index_;
  std::map<Structure, StructureState> structures_;
  Structure next_structure_ = 1;
  std::vector<Segment> segments_;
  std::vector<size_t> free_;  // Numbers of segments.
  size_t last_ = SIZE_MAX;    // The one that is written.
  std::shared_ptr<LargeMemory> memory_;
  int64_t next_file_ = 0;
  int64_t num_units_ = 0;  // Of all segments.
  int64_t num_live_ = 0;
  int64_t num_put_ = 0;  // Units, since the last Reclaim.
  // The segment that is being emptied.
  std::optional<size_t> victim_;
  uint32_t victim_unit_ = 0;
  // The segment that is being handed over.
  std::optional<size_t> leaving_;
  uint32_t leaving_unit_ = 0;
  int num_pins_ = 0;
  Key begun_ = {};  // Of Begin.
  Reader reader_;   // Of single rows.
  Reader victim_reader_;
};

// All rows of a structure as they were when this was made, in no order. One thread at a time, the
// log's; must not outlive it.
class ColdLogRows {
 public:
  // Stands on the next row, on the first one first; false: there are no more.
  arrow::Result<bool> Next();
  std::string_view key() const { return record_.key; }
  std::string_view value() const { return record_.value; }
  uint64_t hash() const { return record_.header.hash; }

  // Stands on the row there, if it was one of the structure's when this was made.
  arrow::Result<bool> Seek(ColdLog::Place place);

 private:
  friend class ColdLog;
  struct Part : ColdLog::Extent {
    std::shared_ptr<const ColdLog::Bits> live;
  };
  ColdLogRows(const ColdLog* log, ColdLog::Structure structure);

  const ColdLog* log_;
  ColdLog::Structure structure_;
  std::vector<Part> parts_;  // By number of segment.
  size_t part_ = 0;
  uint32_t unit_ = 0;
  ColdLog::Record record_ = {};
  ColdLog::Reader in_order_;
  ColdLog::Reader at_random_;
};

}  // namespace sabot
