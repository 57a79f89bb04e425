// How state leaves and enters an operator. A snapshot is a set of named sections. Small values are
// written whole every time; a large structure is frozen at the barrier and written piece by piece
// afterwards, whole (a base) or as what has changed since the snapshot before (a delta).
//
//   snapshot    1                 2                 3
//   position    value             value             value      only the newest counts
//   groups      base, 3 pieces    delta             delta      read in this order
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "batch/key_encoding.h"
#include "state/byte_framing.h"

namespace sabot {

enum class SectionKind : uint8_t {
  kValue,  // A small value, in one piece.
  kBase,   // A whole structure: what earlier snapshots say of it is void.
  kDelta,  // What has changed in a structure since the snapshot before.
};

enum class SnapshotMode : uint8_t {
  kIncremental,  // Structures write deltas, and now and then bases.
  kFull,         // Every structure writes a base and begins a new chain.
  kSavepoint,    // Every structure writes a base; the chain goes on as if nothing had been written.
};

// Takes the sections of one snapshot. Pieces come back as they were written; those of one section
// come in order.
class SectionSink {
 public:
  virtual ~SectionSink() = default;
  virtual arrow::Status Write(std::string_view section, SectionKind kind, std::string piece) = 0;
  // For the next piece: what has room for one, if there is any; its bytes are void.
  virtual std::string Memory() { return {}; }
};

// A structure as a barrier found it, while the structure itself goes on changing; both belong to
// the task's thread. Destroyed before Confirm: given up, so the structure's next snapshot is a
// base.
class FrozenState {
 public:
  virtual ~FrozenState() = default;
  virtual SectionKind kind() const = 0;
  // The snapshots right before this one without which it cannot be read; 0 for a base.
  virtual int num_earlier() const = 0;
  // Writes the next piece, of about `bytes_max` bytes. *last: there are no more.
  virtual arrow::Status NextPiece(size_t bytes_max, ByteWriter& piece, bool* last) = 0;
  // All structures of the snapshot were written: the next one may build on it.
  virtual void Confirm() {}
};

// One operator subtask's snapshot: filled at the barrier, written afterwards. The one before must
// be gone when an operator fills the next.
class SnapshotWriter {
 public:
  // `epoch`: of the checkpoint, as OnCommitted will tell it.
  explicit SnapshotWriter(SnapshotMode mode = SnapshotMode::kIncremental, int64_t epoch = 0)
      : mode_(mode), epoch_(epoch) {}
  SnapshotMode mode() const { return mode_; }
  int64_t epoch() const { return epoch_; }

  // At the barrier. A section is put or frozen once.
  void Put(std::string_view section, std::string bytes);
  void PutInt64(std::string_view section, int64_t value);
  void Freeze(std::string_view section, std::unique_ptr<FrozenState> state);

  // Afterwards. Writes all values or one piece of a structure; true once everything is written.
  arrow::Result<bool> WritePiece(SectionSink& to, size_t bytes_max);
  arrow::Status WriteAll(SectionSink& to);
  // The snapshots right before this one, of the same subtask, that it builds on.
  int num_earlier() const { return num_earlier_; }

 private:
  struct Frozen {
    std::string section;
    std::unique_ptr<FrozenState> state;
  };
  SnapshotMode mode_;
  int64_t epoch_;
  std::map<std::string, std::string, std::less<>> values_;
  std::vector<Frozen> frozen_;
  size_t next_ = 0;  // In frozen_.
  int num_earlier_ = 0;
  bool values_written_ = false;
};

// A section as one snapshot holds it; the bytes belong to the snapshot's owner.
struct SnapshotSection {
  SectionKind kind = SectionKind::kValue;
  std::vector<std::string_view> pieces;
};
using SnapshotSections = std::map<std::string, SnapshotSection, std::less<>>;

// A snapshot in memory.
class MemorySnapshot final : public SectionSink {
 public:
  MemorySnapshot() = default;
  MemorySnapshot(MemorySnapshot&&) noexcept = default;  // Pieces stay where they are.
  MemorySnapshot& operator=(MemorySnapshot&&) noexcept = default;
  arrow::Status Write(std::string_view section, SectionKind kind, std::string piece) override;
  const SnapshotSections& sections() const { return sections_; }
  int64_t size_bytes() const { return size_bytes_; }

 private:
  std::deque<std::string> pieces_;
  SnapshotSections sections_;
  int64_t size_bytes_ = 0;
};

// What one old subtask has left: its snapshots, oldest first. The last one is restored; it says
// which structures there are.
struct SnapshotChain {
  std::vector<const SnapshotSections*> snapshots;
  KeyGroups key_groups;
};

// What a restored subtask may read. Keyed state goes by key group; operator state, which belongs to
// no key, in one of three ways:
//
//   old subtasks     list [a b] [c]      union [a b] [c]            broadcast [m] []
//   three new ones   [a] [b] [c]         [a b c] [a b c] [a b c]    [m] [m] [m]
class SnapshotReader {
 public:
  // `continues`: the new subtask takes the place of the one old subtask with the same key groups,
  // and its next snapshot may build on that one's chain.
  SnapshotReader(std::vector<SnapshotChain> old_subtasks, KeyGroups own, bool continues = false);
  // One snapshot, all key groups.
  explicit SnapshotReader(const SnapshotSections& snapshot);

  // The values of this name, one per old subtask that wrote one: union redistribution. Of a list an
  // operator takes its share.
  std::vector<std::string_view> All(std::string_view section) const;
  arrow::Result<int64_t> GetInt64(
      std::string_view section) const;  // Fails if absent; least of several.
  bool Has(std::string_view section) const;

  // A structure's base and the deltas that follow, for every old subtask that wrote it and may hold
  // key groups of this one. Other keys are in there too: see Owns.
  using SectionChain = std::vector<const SnapshotSection*>;
  arrow::Result<std::vector<SectionChain>> Chains(std::string_view section) const;
  // Whether the key with this hash belongs to the restored subtask.
  bool Owns(uint64_t hash) const { return own_.holds(hash); }
  // Broadcast redistribution: state that all subtasks hold alike and the first one writes. Each
  // reads all of it; only the first may build on the old chain.
  SnapshotReader Broadcast() const;
  bool continues() const { return continues_; }

 private:
  std::vector<SnapshotChain> old_subtasks_;
  KeyGroups own_;
  bool continues_;
};

// Batches as Arrow IPC streams inside a snapshot (row buffers).
arrow::Result<std::string> SerializeBatch(const std::shared_ptr<arrow::RecordBatch>& batch);
arrow::Result<std::shared_ptr<arrow::RecordBatch>> DeserializeBatch(std::string_view bytes);

}  // namespace sabot
