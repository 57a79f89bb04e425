// The file that one operator subtask's snapshot is written to.
//
//   "sabot state 1\n"  then per piece: kind, section name, bytes  then an end mark with their
//   number
//
// Written in blocks off the task's thread; small ones are never a file: their bytes stand in the
// manifest.
#pragma once

#include <arrow/result.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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
  struct Open;  // What the executor's work shares.

  std::string& SmallPart();
  void SubmitBlock();

  ObjectStore& store_;
  const std::string name_;
  Executor& executor_;
  const Executor::Lane lane_;
  const std::shared_ptr<PieceMemory> memory_;
  const std::function<void()> wake_;
  std::vector<std::string> block_;  // In parts: large pieces as they came.
  size_t block_bytes_ = 0;
  int64_t num_pieces_ = 0;
  int64_t num_blocks_ = 0;  // Submitted.
  std::shared_ptr<Open> open_;
};

// The sections of a state file; they refer to `bytes`.
arrow::Result<SnapshotSections> ParseStateFile(std::string_view bytes);

}  // namespace sabot
