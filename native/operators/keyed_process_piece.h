// ProcessPiece: what of an element a keyed process function is asked at once: rows or timers, their
// keys, and the states of these keys.
//
//   rows a b a, states of a and b   ->   keys [a, 5, kept] [b, NULL, kept], rows 0 1 0
//   edits of key 0, of key 1        ->   the states and timers of a and b
//
// A piece is cut where the states of its keys would be too large. No state beside what V8 keeps of
// large keys, which is rebuilt on restore.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "batch/batch.h"
#include "batch/key_encoding.h"
#include "operators/keyed_process_kept.h"
#include "operators/keyed_process_keys.h"
#include "operators/keyed_process_spec.h"
#include "operators/keyed_process_tables.h"
#include "operators/state_rows.h"

namespace sabot {

class ProcessPiece {
 public:
  // `rows`: the input's schema. `tables` outlives it.
  ProcessPiece(const KeyedProcessSpec& spec, const Schema& rows, ProcessTables* tables);

  arrow::Status BeginRows(const Batch& rows);
  // The next rows as they cross, at least those of one key; nullptr: there are none left.
  arrow::Result<RecordBatchPtr> NextRows();
  // Takes the timers that are due next, up to *until; nullptr: none is. *until becomes the time up
  // to which those that are set meanwhile fire with them.
  arrow::Result<RecordBatchPtr> NextTimers(ProcessTimers& timers, int64_t* until);
  // The next keys of a state, each an event; *last: there are no more. nullptr: there is none.
  arrow::Result<RecordBatchPtr> NextKeys(size_t state, SlotCursor& at, bool* last);
  // Nothing of a key.
  void BeginNone();
  // The keys of these, with the states of those that V8 has not kept.
  arrow::Result<RecordBatchPtr> GatherKeys();

  std::span<const KeyedTable::KeyRef> keys() const { return keys_.keys(); }
  // From the first row that was asked on.
  Batch rows() const { return in_.Slice(first_row_, in_.num_rows() - first_row_); }

  // Edits of every state, of event-time timers and of processing-time timers.
  size_t num_edits() const { return tables_->states().size() + 2; }
  std::vector<std::shared_ptr<arrow::Schema>> EditSchemas() const;
  // In that order; nullptr: none.
  arrow::Status Apply(std::span<const RecordBatchPtr> edits);
  // Everything was applied.
  void End();
  void Clear();

 private:
  arrow::Status FetchStates(size_t begin);
  int64_t BytesOf(size_t key) const;
  arrow::Status ApplyTimers(const arrow::RecordBatch& edits, ProcessTimers& timers);

  const KeyedProcessSpec& spec_;
  ProcessTables* const tables_;
  std::shared_ptr<arrow::Schema> key_schema_;
  std::shared_ptr<arrow::Schema> row_schema_;
  Batch in_;
  EncodedKeys encoded_;
  int64_t next_row_ = 0;
  int64_t first_row_ = 0;
  std::vector<ProcessTimers::Timer> due_;
  std::deque<std::string> found_;  // keys_ refers to them.
  KeptKeys kept_;
  std::vector<size_t> kept_at_;  // Among keys_.
  PieceKeys keys_;
  std::vector<std::vector<Slot>> slots_;  // Of these, in every state.
  std::vector<Slot> timer_slots_;
};

}  // namespace sabot
