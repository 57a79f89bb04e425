// The file that one operator subtask's snapshot is written to.
//
//   "sabot state 1\n"  then per piece: kind, section name, bytes  then an end mark with their
//   number
//
// Gathered in blocks by the task's thread, while what it has written is still in the processor's
// cache, and written off it; small ones are never a file: their bytes stand in the manifest.
#pragma once

#include <arrow/result.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/object_store.h"
#include "checkpoint/manifest.h"
#include "checkpoint/piece_memory.h"
#include "state/snapshot.h"

namespace sabot {

class StateFileWriter final : public SectionSink {
 public:
  // What came of it: called once, by the executor, in the order of Finish in its lane.
  using Written = std::function<void(arrow::Result<StateFile>)>;

  // `has_room` is true again: `wake` is called, by the executor.
  StateFileWriter(ObjectStore& store, std::string name, Executor& executor, Executor::Lane lane,
                  std::shared_ptr<PieceMemory> memory, std::function<void()> wake);
  ~StateFileWriter() override;

  // Fails if an earlier block could not be written.
  arrow::Status Write(std::string_view section, SectionKind kind, std::string piece) override;
  std::string Memory() override { return memory_->Take(); }
  // False while much is waiting to be written.
  bool has_room() const;
  void Finish(Written written);

 private:
  struct Checksum;
  struct Open;  // What the executor's work shares.

  void Append(std::string_view bytes);
  void SubmitBlock();

  ObjectStore& store_;
  const std::string name_;
  Executor& executor_;
  const Executor::Lane lane_;
  const std::shared_ptr<PieceMemory> memory_;
  const std::function<void()> wake_;
  PieceMemory::Block block_;  // nullptr: the next one has not begun.
  size_t block_bytes_ = 0;
  int64_t size_ = 0;
  std::unique_ptr<Checksum> checksum_;
  int64_t num_pieces_ = 0;
  std::shared_ptr<Open> open_;
};

// The sections of a state file; they refer to `bytes`.
arrow::Result<SnapshotSections> ParseStateFile(std::string_view bytes);

}  // namespace sabot
